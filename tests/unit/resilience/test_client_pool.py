import threading

import pytest

from rag_server.core.errors import Exhausted
from rag_server.resilience.clients import ClientPool, PoolPolicy
from rag_server.resilience.failure import Failure

LONG = 60.0


class Client:
    def __init__(self) -> None:
        self.closed = False
        self.well = True
        self.checks = 0

    def check(self, timeout: float) -> None:
        self.checks += 1
        if not self.well:
            raise Failure("cannot be reached")

    def close(self) -> None:
        self.closed = True


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def made() -> list[Client]:
    return []


@pytest.fixture
def pool(made: list[Client], clock: Clock) -> ClientPool[Client]:
    def make() -> Client:
        made.append(Client())
        return made[-1]

    return ClientPool("Chroma", make, PoolPolicy(2, 0.05, recycle_seconds=300.0), clock)


def borrow(pool: ClientPool[Client]) -> Client:
    with pool.borrowed(LONG) as client:
        return client


def test_a_client_that_works_is_kept(pool: ClientPool[Client], made: list[Client]) -> None:
    assert borrow(pool) is borrow(pool)
    with pytest.raises(KeyError), pool.borrowed(LONG):
        raise KeyError("an answer")
    assert len(made) == 1
    assert made[0].checks == 0


def test_a_client_that_failed_is_not(pool: ClientPool[Client], made: list[Client]) -> None:
    with pytest.raises(Failure), pool.borrowed(LONG):
        raise Failure("cannot be reached")
    assert made[0].closed
    assert borrow(pool) is made[1]


def test_nobody_shares_a_client_and_none_waits_for_long(pool: ClientPool[Client]) -> None:
    with pool.borrowed(LONG) as one, pool.borrowed(LONG) as other:
        assert one is not other
        with pytest.raises(Exhausted) as caught, pool.borrowed(LONG):
            pass
        assert caught.value.retry_after_ms is not None
    borrow(pool)


def test_who_waits_gets_what_comes_free(made: list[Client]) -> None:
    pool = ClientPool("Chroma", Client, PoolPolicy(1, LONG, LONG))
    got: list[Client] = []
    with pool.borrowed(LONG) as first:
        waiting = threading.Thread(target=lambda: got.append(borrow(pool)))
        waiting.start()
    waiting.join()
    assert got == [first]


def test_an_old_client_is_made_anew(
    pool: ClientPool[Client], made: list[Client], clock: Clock
) -> None:
    borrow(pool)
    clock.now = 301.0
    assert borrow(pool) is made[1]
    assert made[0].closed


@pytest.mark.parametrize(("well", "expected"), [(True, 1), (False, 2)])
def test_one_that_was_idle_for_long_is_asked_first(
    pool: ClientPool[Client], made: list[Client], clock: Clock, well: bool, expected: int
) -> None:
    borrow(pool)
    made[0].well = well
    clock.now = 31.0
    borrow(pool)
    assert (made[0].checks, len(made), made[0].closed) == (1, expected, not well)


def test_closing_reaches_those_that_are_lent(pool: ClientPool[Client]) -> None:

    kept = borrow(pool)
    with pool.borrowed(LONG) as lent:
        pool.close()
        assert lent is kept
        assert not lent.closed
    assert lent.closed
