import random
from pathlib import Path

import pytest

from tests.chaos.__main__ import planted
from tests.chaos.death import Death, at_point
from tests.chaos.run import ChaosRun

_SEED = 20_260_101
# A job that an earlier kill has left is waited for, however busy the machine is.
_UNTIL_REACHED = 60.0
_IN_COMMANDS = ("backup.segment", "restore.swap", "migrate.step")


@pytest.fixture
def run(tmp_path: Path) -> ChaosRun:
    return ChaosRun(tmp_path, _SEED)


def test_killed_in_every_path_nothing_is_lost_or_half_visible(run: ChaosRun) -> None:
    deaths = [
        Death(point="commit.inside", visit=12),
        Death(point="index.inside", visit=3),
        Death(_UNTIL_REACHED, "reindex.batch"),
        Death(_UNTIL_REACHED, "garbage.removed"),
        *(at_point(each, random.Random(_SEED)) for each in _IN_COMMANDS),
    ]
    points = [run.round(death) for death in deaths]
    run.finish()
    assert points == [death.point for death in deaths]
    assert run.tally.acknowledged > 0
    assert run.tally.observations > 0
    faults = (run.tally.lost, run.tally.half_visible, run.tally.verify_failures)
    assert (faults, run.tally.notes) == ((0, 0, 0), [])


def test_acknowledging_before_the_commit_is_durable_would_be_noticed(tmp_path: Path) -> None:
    assert planted(tmp_path, _SEED, "lost") > 0


def test_showing_a_document_in_two_steps_would_be_noticed(tmp_path: Path) -> None:
    assert planted(tmp_path, _SEED, "half") > 0
