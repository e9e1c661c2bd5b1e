import pytest

from tests.chaos.consistency.history import ABSENT, History, Read, Write
from tests.chaos.consistency.judge import judge


@pytest.fixture
def history() -> History:
    """Three commits: a and b appear together, a changes, b goes."""
    made = History()
    # In no order, as threads report them.
    made.wrote(Write(3, {"b": ABSENT}))
    made.wrote(Write(1, {"a": 1, "b": 1}))
    made.wrote(Write(2, {"a": 2}))
    return made


def reading(revision: int, acknowledged: int = 0, complete: bool = True, **seen: set[int]) -> Read:
    versions = {name: frozenset(each) for name, each in seen.items()}
    return Read(0, revision, versions, acknowledged, complete)


@pytest.mark.parametrize(
    "read",
    [
        reading(0),
        reading(1, a={1}, b={1}),
        reading(2, acknowledged=2, a={2}, b={1}),
        reading(3, acknowledged=2, a={2}),
        reading(1, complete=False, a={1}),
    ],
)
def test_a_read_of_one_revision_that_is_new_enough_is_right(history: History, read: Read) -> None:
    history.read(read)
    verdict = judge(history)
    assert (verdict.checked, verdict.stale, verdict.mixed, verdict.notes) == (1, 0, 0, ())


def test_a_read_of_less_than_was_acknowledged_before_is_stale(history: History) -> None:
    history.read(reading(1, acknowledged=2, a={1}, b={1}))
    verdict = judge(history)
    assert (verdict.stale, verdict.mixed) == (1, 0)
    assert "revision 1 read after 2" in verdict.notes[0]


@pytest.mark.parametrize(
    "read",
    [
        pytest.param(reading(2, a={1}, b={1}), id="an older version"),
        pytest.param(reading(1, a={2}, b={1}), id="a newer version"),
        pytest.param(reading(2, a={1, 2}, b={1}), id="two versions of a document"),
        pytest.param(reading(3, a={2}, b={1}), id="a deleted document"),
        pytest.param(reading(1, a={1}), id="a missing document"),
        pytest.param(reading(1, a={1}, b={1}, c={1}), id="a document that nobody wrote"),
    ],
)
def test_a_read_that_is_not_of_its_revision_is_mixed(history: History, read: Read) -> None:
    history.read(read)
    verdict = judge(history)
    assert (verdict.stale, verdict.mixed) == (0, 1)
    assert verdict.notes[0].startswith("mixed: ")


def test_a_revision_that_nobody_knows_of_voids_the_run(history: History) -> None:
    history.read(reading(4, a={2}))
    with pytest.raises(ValueError, match="nobody knows of revision 4"):
        judge(history)
