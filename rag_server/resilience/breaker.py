"""A circuit breaker: while a dependency fails, nobody waits for it."""

from collections.abc import Callable
from contextlib import suppress
from threading import RLock
from time import monotonic
from typing import TypeVar

import pybreaker

from rag_server.core.errors import RagError
from rag_server.core.health import BreakerState
from rag_server.resilience.failure import BreakerOpen, CutShort, Failure

T = TypeVar("T")

_STATES = {
    pybreaker.STATE_CLOSED: BreakerState.CLOSED,
    pybreaker.STATE_HALF_OPEN: BreakerState.HALF_OPEN,
    pybreaker.STATE_OPEN: BreakerState.OPEN,
}
# Said to those who come while a trial is under way, in seconds.
_SOON = 0.1


class Breaker:
    """Opens after `failures` Failures in a row; `reset_seconds` later one call is let through
    as a trial, which closes it or opens it again.

    pybreaker keeps the state. Calls do not run inside of it, where they would hold its lock
    and come one after the other.
    """

    def __init__(
        self, failures: int, reset_seconds: float, changed: Callable[[BreakerState], None]
    ) -> None:
        """`changed` hears of each new state, the first one included."""
        self._reset_seconds = reset_seconds
        self._changed = changed
        self._lock = RLock()
        self._opened_at = 0.0
        self._trying = False
        self._machine = pybreaker.CircuitBreaker(failures, reset_seconds, listeners=[_Heard(self)])
        changed(BreakerState.CLOSED)

    @property
    def state(self) -> BreakerState:
        """The state now."""
        return _STATES[self._machine.current_state]

    def check(self) -> None:
        """Raise BreakerOpen unless calls are let through as usual."""
        if self.state is not BreakerState.CLOSED:
            raise BreakerOpen(self._left())

    def run(self, work: Callable[[], T]) -> T:
        """What `work` returns or raises. A Failure counts against the dependency; a RagError
        or CutShort is our own doing and says nothing; any other exception is an answer.
        Raises BreakerOpen without doing it."""
        trial = self._admit()
        try:
            result = work()
        except Failure:
            self._record(trial, good=False)
            raise
        except (RagError, CutShort):
            self._withdraw(trial)
            raise
        except Exception:
            self._record(trial, good=True)
            raise
        except BaseException:
            self._withdraw(trial)
            raise
        self._record(trial, good=True)
        return result

    def became(self, state: BreakerState) -> None:
        """The machine has changed."""
        if state is BreakerState.OPEN:
            self._opened_at = monotonic()
        self._changed(state)

    def _admit(self) -> bool:
        """Whether the call is a trial."""
        with self._lock:
            if self.state is BreakerState.CLOSED:
                return False
            if self._trying or self._opened_at + self._reset_seconds > monotonic():
                raise BreakerOpen(self._left())
            self._trying = True
            self._machine.half_open()
            return True

    def _left(self) -> float:
        return max(_SOON, self._opened_at + self._reset_seconds - monotonic())

    def _record(self, trial: bool, good: bool) -> None:
        with self._lock:
            if trial:
                self._trying = False
            elif self.state is not BreakerState.CLOSED:
                # It began before the breaker opened: only a trial may close it.
                return
            with suppress(pybreaker.CircuitBreakerError, _Bad):
                self._machine.call(_good if good else _bad)

    def _withdraw(self, trial: bool) -> None:
        if trial:
            with self._lock:
                self._trying = False
                self._machine.open()


class _Heard(pybreaker.CircuitBreakerListener):
    def __init__(self, breaker: Breaker) -> None:
        self._breaker = breaker

    def state_change(
        self,
        cb: pybreaker.CircuitBreaker,  # noqa: ARG002 - the signature is the library's
        old_state: pybreaker.CircuitBreakerState | None,  # noqa: ARG002 - as above
        new_state: pybreaker.CircuitBreakerState,
    ) -> None:
        self._breaker.became(_STATES[new_state.name])


class _Bad(Exception):
    pass


def _good() -> None:
    return


def _bad() -> None:
    raise _Bad
