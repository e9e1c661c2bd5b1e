from pathlib import Path

import pytest

from tests.chaos.consistency.__main__ import judged

_SEED = 20_260_101


def test_two_servers_answer_from_one_revision_that_is_new_enough(tmp_path: Path) -> None:
    verdict = judged(tmp_path, 400, _SEED)
    assert verdict.checked >= 400
    assert verdict.commits > 0
    assert (verdict.stale, verdict.mixed, verdict.notes) == (0, 0, ())


@pytest.mark.parametrize("plant", ["stale", "mixed"])
def test_a_server_that_does_not_would_be_noticed(tmp_path: Path, plant: str) -> None:
    verdict = judged(tmp_path, 300, _SEED, plant)
    assert {"stale": verdict.stale, "mixed": verdict.mixed}[plant] > 0
