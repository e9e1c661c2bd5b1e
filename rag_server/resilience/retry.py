"""Retries that cannot become a storm: with jitter, within the deadline, out of a budget."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from threading import Lock
from typing import TypeVar

from tenacity import RetryCallState, Retrying, retry_if_exception, wait_random_exponential

from rag_server.core.call import Deadline
from rag_server.resilience.failure import Failure

T = TypeVar("T")

# Retries that the budget holds at most, so that a quiet dependency has some, too.
_RESERVE = 10.0


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """`attempts` of one call, the first included; the n-th wait is drawn from 0 to
    `base_seconds` times 2^n, at most `cap_seconds`; `budget`: retries per call on average,
    over all callers."""

    attempts: int
    base_seconds: float
    cap_seconds: float
    budget: float


class RetryBudget:
    """Each call earns a part of a retry, each retry takes a whole one."""

    def __init__(self, ratio: float) -> None:
        self._ratio = ratio
        self._left = _RESERVE
        self._lock = Lock()

    def earn(self) -> None:
        """A call was made."""
        with self._lock:
            self._left = min(_RESERVE, self._left + self._ratio)

    def spend(self) -> bool:
        """Whether there was a retry left."""
        with self._lock:
            if self._left < 1.0:
                return False
            self._left -= 1.0
            return True


class Retries:
    """Repeats what failed and may succeed; one object per dependency, since the budget is
    shared by all of its callers."""

    def __init__(self, policy: RetryPolicy, retried: Callable[[], None]) -> None:
        """`retried` hears of each retry."""
        self._attempts = policy.attempts
        self._retried = retried
        self._budget = RetryBudget(policy.budget)
        self._jitter = wait_random_exponential(
            multiplier=policy.base_seconds, max=policy.cap_seconds
        )

    def run(self, work: Callable[[], T], deadline: Deadline) -> T:
        """What `work`, which must be idempotent, returns or at last raises. Only transient
        Failures are repeated."""
        self._budget.earn()
        retrying = Retrying(
            retry=retry_if_exception(_is_transient),
            wait=self._wait,
            stop=partial(self._stop, deadline),
            before_sleep=lambda _: self._retried(),
            reraise=True,
        )
        return retrying(work)

    def _wait(self, state: RetryCallState) -> float:
        asked = _failure(state).retry_after or 0.0
        return max(self._jitter(state), asked)

    def _stop(self, deadline: Deadline, state: RetryCallState) -> bool:
        if state.attempt_number >= self._attempts:
            return True
        return state.upcoming_sleep >= deadline.remaining() or not self._budget.spend()


def _is_transient(error: BaseException) -> bool:
    return isinstance(error, Failure) and error.transient


def _failure(state: RetryCallState) -> Failure:
    assert state.outcome is not None, "tenacity waits after an attempt"
    error = state.outcome.exception()
    assert isinstance(error, Failure), "only Failures are repeated"
    return error
