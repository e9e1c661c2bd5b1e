import random
from pathlib import Path

import pytest

from tests.chaos.__main__ import planted
from tests.chaos.death import Death, at_point
from tests.chaos.run import ChaosRun

_SEED = 20_260_101


@pytest.fixture
def run(tmp_path: Path) -> ChaosRun:
    return ChaosRun(tmp_path, _SEED)


def test_killed_in_a_commit_in_indexing_and_in_a_migration_nothing_is_lost_or_half_visible(
    run: ChaosRun,
) -> None:
    points = [
        run.round(Death(point="commit.inside", visit=12)),
        run.round(Death(point="index.inside", visit=3)),
        run.round(at_point("migrate.step", random.Random(_SEED))),
    ]
    run.restart()
    assert points == ["commit.inside", "index.inside", "migrate.step"]
    assert run.tally.acknowledged > 0
    assert run.tally.observations > 0
    faults = (run.tally.lost, run.tally.half_visible, run.tally.verify_failures)
    assert (faults, run.tally.notes) == ((0, 0, 0), [])


def test_acknowledging_before_the_commit_is_durable_would_be_noticed(tmp_path: Path) -> None:
    assert planted(tmp_path, _SEED, "lost") > 0


def test_showing_a_document_in_two_steps_would_be_noticed(tmp_path: Path) -> None:
    assert planted(tmp_path, _SEED, "half") > 0
