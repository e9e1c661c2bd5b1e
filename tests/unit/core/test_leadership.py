import pytest

from rag_server.core.errors import Reason, Unavailable
from rag_server.core.leadership import Leadership


class Table:
    """Leases of a catalog that may be away; `free`: nobody else holds any."""

    def __init__(self) -> None:
        self.free = True
        self.away = False
        self.asked = 0

    def take(self, name: str, owner: str, seconds: float) -> bool:
        self.asked += 1
        if self.away:
            raise Unavailable("the catalog is not available", Reason.NOT_READY)
        return self.free

    def release(self, name: str, owner: str) -> None:
        self.free = True


class Time:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def table() -> Table:
    return Table()


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def leadership(table: Table, time: Time) -> Leadership:
    return Leadership(table, "follow", "one", seconds=9.0, clock=time)


def test_the_catalog_is_asked_again_after_a_third_of_the_lease(
    leadership: Leadership, table: Table, time: Time
) -> None:
    assert leadership.held()
    time.now = 2.9
    assert leadership.held()
    assert table.asked == 1
    time.now = 3.0
    assert leadership.held()
    assert table.asked == 2


def test_one_that_does_not_lead_asks_each_time(leadership: Leadership, table: Table) -> None:
    table.free = False
    assert not leadership.held()
    table.free = True
    assert leadership.held()


def test_another_took_over(leadership: Leadership, table: Table, time: Time) -> None:
    assert leadership.held()
    table.free = False
    time.now = 20.0
    assert not leadership.held()


def test_while_the_catalog_is_away_a_lease_is_held_until_it_runs_out(
    leadership: Leadership, table: Table, time: Time
) -> None:
    assert leadership.held()
    table.away = True
    time.now = 8.9
    assert leadership.held()
    time.now = 9.0
    with pytest.raises(Unavailable):
        leadership.held()


def test_who_released_asks_before_leading_again(leadership: Leadership, table: Table) -> None:
    assert leadership.held()
    leadership.release()
    table.free = False
    assert not leadership.held()
