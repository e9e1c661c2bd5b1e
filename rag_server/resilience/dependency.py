"""A service that may be away, and how it is called."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from rag_server.core.call import Deadline
from rag_server.core.errors import Reason, Unavailable
from rag_server.core.health import BreakerState
from rag_server.core.telemetry import Telemetry
from rag_server.resilience.breaker import Breaker
from rag_server.resilience.failure import BreakerOpen, CutShort, Failure
from rag_server.resilience.retry import Retries, RetryPolicy

T = TypeVar("T")

# Part of the time left that an attempt may take; the rest is for doing without.
_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class BreakerPolicy:
    """Opens after `failures` in a row, for `reset_seconds`."""

    failures: int
    reset_seconds: float


class Dependency:
    """Calls of one service outside of this process: each attempt in a bounded time, repeated
    where that may help, and not made at all while the service fails.

    `name` is a metric label ("chroma"), `part` what it is to a caller ("the vector index").
    """

    def __init__(
        self,
        name: str,
        part: str,
        retries: RetryPolicy,
        breaker: BreakerPolicy,
        telemetry: Telemetry,
    ) -> None:
        self._name = name
        self._part = part
        self._reset_seconds = breaker.reset_seconds
        self._retries = Retries(retries, lambda: telemetry.retried(name))
        self._breaker = Breaker(
            breaker.failures,
            breaker.reset_seconds,
            lambda state: telemetry.breaker(name, state),
        )

    @property
    def state(self) -> BreakerState:
        """State of its breaker."""
        return self._breaker.state

    def check(self) -> None:
        """Raise Unavailable while the service is known to fail."""
        try:
            self._breaker.check()
        except BreakerOpen as error:
            raise self._unavailable("fails", error.retry_after) from error

    def call(self, work: Callable[[float], T], deadline: Deadline, timeout: float) -> T:
        """What `work` returns or raises. It is given its time in seconds (`timeout`, or half
        of what is left where that is less), must be idempotent and raise Failure where the
        service fails. Raises Unavailable in place of a Failure, with a time to come back."""

        def attempt() -> T:
            allowed = min(timeout, deadline.remaining() * _SHARE)
            return self._breaker.run(lambda: _once(work, allowed, timeout))

        try:
            return self._retries.run(attempt, deadline)
        except Failure as error:
            # By then it is known whether it fails for everybody.
            raise self._unavailable(
                error.detail, error.retry_after or self._reset_seconds
            ) from error
        except BreakerOpen as error:
            raise self._unavailable("fails", error.retry_after) from error
        except CutShort as error:
            raise self._unavailable("does not answer in time", self._reset_seconds) from error

    def _unavailable(self, detail: str, retry_after: float) -> Unavailable:
        return Unavailable(
            f"{self._part} {detail}",
            Reason.NOT_READY,
            {"dependency": self._name},
            retry_after_ms=_apart(retry_after),
        )


def _once(work: Callable[[float], T], allowed: float, timeout: float) -> T:
    try:
        return work(allowed)
    except Failure as error:
        if error.timed_out and allowed < timeout:
            # An impatient caller must not make the service look broken to everybody.
            raise CutShort from error
        raise


def _apart(seconds: float) -> int:
    # Those who are turned away together shall not return together.
    return int(1000 * seconds * random.uniform(1.0, 1.5))  # noqa: S311 - no secret depends on it
