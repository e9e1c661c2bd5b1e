"""When a stream that broke is opened again."""

import random
from dataclasses import dataclass, field
from time import monotonic

import grpc

from rag_client._channel import RetryPolicy
from rag_client.errors import RagError, ResourceExhausted, Unavailable

# What the transport makes of a server that dies or cuts a call off.
_BROKEN = (grpc.StatusCode.CANCELLED, grpc.StatusCode.INTERNAL, grpc.StatusCode.UNKNOWN)
# Seconds; a server that restarts with much to look through takes some.
PATIENCE = 60.0


class Broken(Exception):
    """A stream has ended before its time: with OK where `error` is None."""

    def __init__(self, error: RagError | None) -> None:
        super().__init__(error)
        self.error = error


@dataclass(slots=True)
class Reconnecting:
    """Pauses grow by the policy, with jitter. A stream that was open before is tried again for
    `patience` seconds without an answer; one that never was, as often as any other call."""

    policy: RetryPolicy
    patience: float
    _opened: bool = False
    _attempts: int = 0
    _answered: int = -1
    _since: float = field(default_factory=monotonic)

    def opened(self) -> None:
        """A stream was open."""
        self._opened = True

    def pause(self, error: RagError | None, answered: int) -> float:
        """Seconds until the next attempt after a stream ended, by an error or by draining, with
        so many documents answered for. Raises the error where there is none."""
        if answered != self._answered:
            self._answered, self._attempts, self._since = answered, 0, monotonic()
        self._attempts += 1
        if error is not None and not (_passes(error) and self._patient()):
            raise error
        grown = self.policy.initial_backoff * self.policy.multiplier ** (self._attempts - 1)
        asked = (error.retry_after if error is not None else None) or 0.0
        # Those who lost the same server shall not return together.
        jitter = random.uniform(0.5, 1.0)  # noqa: S311 - no secret depends on it
        return max(asked, jitter * min(self.policy.max_backoff, grown))

    def _patient(self) -> bool:
        if self._opened:
            return monotonic() - self._since < self.patience
        return self._attempts < self.policy.max_attempts


def _passes(error: RagError) -> bool:
    if isinstance(error, Unavailable):
        return True
    if isinstance(error, ResourceExhausted):
        return error.retry_after is not None
    # With a reason it is the server's own word.
    return error.code in _BROKEN and not error.reason
