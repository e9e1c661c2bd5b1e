import time
from collections.abc import Callable
from math import inf

import pytest

from rag_server.core.call import Deadline
from rag_server.core.errors import Reason, Unavailable
from rag_server.core.health import BreakerState
from rag_server.core.telemetry import Silent
from rag_server.resilience.dependency import BreakerPolicy, Dependency
from rag_server.resilience.failure import Failure
from rag_server.resilience.retry import RetryPolicy

LONG = 60.0


class Noted(Silent):
    def __init__(self) -> None:
        self.retries: list[str] = []
        self.states: list[tuple[str, BreakerState]] = []

    def retried(self, dependency: str) -> None:
        self.retries.append(dependency)

    def breaker(self, dependency: str, state: BreakerState) -> None:
        self.states.append((dependency, state))


@pytest.fixture
def noted() -> Noted:
    return Noted()


@pytest.fixture
def make(noted: Noted) -> Callable[..., Dependency]:
    def made(attempts: int = 3, base: float = 0.001, budget: float = 1.0) -> Dependency:
        retries = RetryPolicy(attempts, base, cap_seconds=LONG, budget=budget)
        return Dependency("chroma", "the vector index", retries, BreakerPolicy(50, LONG), noted)

    return made


class Flaky:
    """Fails some times, then works; notes the time it is given."""

    def __init__(self, *errors: Failure) -> None:
        self._errors = list(errors)
        self.given: list[float] = []

    def __call__(self, seconds: float) -> str:
        self.given.append(seconds)
        if self._errors:
            raise self._errors.pop(0)
        return "there"


def away() -> Failure:
    return Failure("cannot be reached")


def test_what_may_succeed_is_tried_again(make: Callable[..., Dependency], noted: Noted) -> None:
    work = Flaky(away(), away())
    assert make().call(work, Deadline(LONG), 1.0) == "there"
    assert work.given == [1.0, 1.0, 1.0]
    assert noted.retries == ["chroma", "chroma"]


def test_attempts_end_with_a_typed_error(make: Callable[..., Dependency], noted: Noted) -> None:
    work = Flaky(*(away() for _ in range(9)))
    with pytest.raises(Unavailable, match="the vector index cannot be reached") as caught:
        make(attempts=3).call(work, Deadline(LONG), 1.0)
    assert len(work.given) == 3
    assert (caught.value.reason, caught.value.metadata) == (
        Reason.NOT_READY,
        {"dependency": "chroma"},
    )


def test_what_is_not_transient_is_not_tried_again(make: Callable[..., Dependency]) -> None:
    work = Flaky(Failure("refuses the API key", transient=False))
    with pytest.raises(Unavailable, match="refuses the API key"):
        make().call(work, Deadline(LONG), 1.0)
    assert len(work.given) == 1


def test_an_attempt_gets_half_of_what_is_left_at_most(make: Callable[..., Dependency]) -> None:
    work = Flaky()
    make().call(work, Deadline(10.0), 20.0)
    make().call(work, Deadline(inf), 20.0)
    assert 4.0 < work.given[0] <= 5.0
    assert work.given[1] == 20.0


def test_nobody_waits_beyond_the_deadline_for_a_retry(make: Callable[..., Dependency]) -> None:
    asked = Failure("answers with HTTP status 429", retry_after=30.0)
    work = Flaky(asked, asked)
    with pytest.raises(Unavailable) as caught:
        make().call(work, Deadline(5.0), 1.0)
    assert len(work.given) == 1
    assert caught.value.retry_after_ms is not None
    assert caught.value.retry_after_ms >= 30_000


def test_what_the_dependency_asks_for_is_waited(make: Callable[..., Dependency]) -> None:
    work = Flaky(Failure("answers with HTTP status 429", retry_after=0.2))
    began = time.monotonic()
    make().call(work, Deadline(LONG), 1.0)
    assert time.monotonic() - began >= 0.2


def test_the_budget_is_shared_and_ends(make: Callable[..., Dependency], noted: Noted) -> None:
    dependency = make(attempts=3, budget=0.1)
    for _ in range(40):
        with pytest.raises(Unavailable):
            dependency.call(Flaky(away(), away(), away()), Deadline(LONG), 1.0)
    # The reserve, then a tenth of the calls.
    assert 10 <= len(noted.retries) <= 14


def test_impatient_callers_do_not_open_the_breaker(make: Callable[..., Dependency]) -> None:
    dependency = make()

    def hangs(seconds: float) -> None:
        raise Failure("does not answer in time", transient=False, timed_out=True)

    for _ in range(60):
        with pytest.raises(Unavailable, match="in time"):
            dependency.call(hangs, Deadline(1.0), 20.0)
    assert [dependency.state] == [BreakerState.CLOSED]
    for _ in range(50):
        with pytest.raises(Unavailable):
            dependency.call(hangs, Deadline(LONG), 20.0)
    assert [dependency.state] == [BreakerState.OPEN]


def test_an_open_breaker_is_said_with_a_time_to_come_back(
    make: Callable[..., Dependency], noted: Noted
) -> None:
    dependency = make(attempts=1)
    for _ in range(50):
        with pytest.raises(Unavailable):
            dependency.call(Flaky(away()), Deadline(LONG), 1.0)
    work = Flaky()
    for ask in (dependency.check, lambda: dependency.call(work, Deadline(LONG), 1.0)):
        with pytest.raises(Unavailable) as caught:
            ask()
        assert caught.value.retry_after_ms is not None
        assert caught.value.retry_after_ms > 1_000
    assert work.given == []
    assert noted.states == [("chroma", BreakerState.CLOSED), ("chroma", BreakerState.OPEN)]


def test_waits_differ_from_nothing_to_the_whole_step(make: Callable[..., Dependency]) -> None:
    """Full jitter: waits are drawn from the whole range, so that callers come apart."""
    dependency = make(attempts=2, base=0.02)
    waits: list[float] = []
    for _ in range(40):
        times: list[float] = []

        def work(seconds: float, times: list[float] = times) -> None:
            times.append(time.monotonic())
            if len(times) == 1:
                raise away()

        dependency.call(work, Deadline(LONG), 1.0)
        waits.append(times[1] - times[0])
    assert min(waits) < 0.01
    assert max(waits) > 0.01
