import threading
from collections.abc import Callable

import pytest

from rag_server.core.errors import Exhausted
from rag_server.core.health import BreakerState
from rag_server.resilience.breaker import Breaker
from rag_server.resilience.failure import BreakerOpen, CutShort, Failure

LONG = 60.0
Made = Callable[..., Breaker]


@pytest.fixture
def states() -> list[BreakerState]:
    return []


@pytest.fixture
def make(states: list[BreakerState]) -> Made:
    return lambda failures=2, reset=0.0: Breaker(failures, reset, states.append)


def fail() -> None:
    raise Failure("cannot be reached")


def attempt(breaker: Breaker, error: Exception) -> None:
    def work() -> None:
        raise error

    with pytest.raises(type(error)):
        breaker.run(work)


def test_it_opens_after_failures_in_a_row(make: Made, states: list[BreakerState]) -> None:
    breaker = make(failures=2, reset=LONG)
    attempt(breaker, Failure("a"))
    breaker.run(lambda: None)
    attempt(breaker, Failure("b"))
    assert [breaker.state] == [BreakerState.CLOSED]
    attempt(breaker, Failure("c"))
    assert states == [BreakerState.CLOSED, BreakerState.OPEN]


def test_an_open_one_asks_nobody_and_says_when_it_will(make: Made) -> None:
    breaker = make(failures=1, reset=LONG)
    attempt(breaker, Failure("a"))
    asked: list[int] = []
    with pytest.raises(BreakerOpen) as caught:
        breaker.run(lambda: asked.append(1))
    assert asked == []
    assert 0 < caught.value.retry_after <= LONG
    with pytest.raises(BreakerOpen):
        breaker.check()


def test_a_trial_that_succeeds_closes_it(make: Made, states: list[BreakerState]) -> None:
    breaker = make(failures=1, reset=0.0)
    attempt(breaker, Failure("a"))
    assert breaker.run(lambda: "there") == "there"
    assert states == [
        BreakerState.CLOSED,
        BreakerState.OPEN,
        BreakerState.HALF_OPEN,
        BreakerState.CLOSED,
    ]
    breaker.check()


def test_a_trial_that_fails_opens_it_again(make: Made) -> None:
    breaker = make(failures=3, reset=0.0)
    for _ in range(3):
        attempt(breaker, Failure("a"))
    attempt(breaker, Failure("still"))
    assert [breaker.state] == [BreakerState.OPEN]


def test_only_one_call_at_a_time_tries(make: Made) -> None:
    breaker = make(failures=1, reset=0.0)
    attempt(breaker, Failure("a"))
    begun, go_on = threading.Event(), threading.Event()

    def trial() -> None:
        begun.set()
        assert go_on.wait(LONG)

    trying = threading.Thread(target=breaker.run, args=(trial,))
    trying.start()
    assert begun.wait(LONG)
    with pytest.raises(BreakerOpen):
        breaker.run(lambda: None)
    go_on.set()
    trying.join()
    breaker.run(lambda: None)


def test_calls_run_beside_each_other(make: Made) -> None:
    breaker = make()
    both = threading.Barrier(2)
    others = threading.Thread(target=breaker.run, args=(lambda: both.wait(LONG),))
    others.start()
    breaker.run(lambda: both.wait(LONG))
    others.join()


@pytest.mark.parametrize("error", [CutShort(), Exhausted("no client")])
def test_our_own_doing_says_nothing(make: Made, error: Exception) -> None:
    breaker = make(failures=1, reset=0.0)
    attempt(breaker, error)
    assert [breaker.state] == [BreakerState.CLOSED]
    attempt(breaker, Failure("a"))
    attempt(breaker, error)
    assert [breaker.state] == [BreakerState.OPEN]


def test_a_refusal_is_an_answer(make: Made) -> None:
    breaker = make(failures=1, reset=0.0)
    attempt(breaker, Failure("a"))
    attempt(breaker, KeyError("no such thing"))
    assert [breaker.state] == [BreakerState.CLOSED]


def test_a_late_success_does_not_close_it(make: Made) -> None:
    breaker = make(failures=1, reset=LONG)

    def slow() -> None:
        attempt(breaker, Failure("meanwhile"))

    breaker.run(slow)
    assert [breaker.state] == [BreakerState.OPEN]
