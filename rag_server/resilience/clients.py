"""A pool of clients, each lent to one thread at a time."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock, Semaphore
from time import monotonic
from typing import Generic, Protocol, TypeVar

from rag_server.core.errors import Exhausted, Reason
from rag_server.resilience.failure import Failure


class Client(Protocol):
    """What is pooled."""

    def check(self, timeout: float) -> None:
        """Ask for a sign of life. Raises Failure."""
        ...

    def close(self) -> None:
        """Release its connections."""
        ...


C = TypeVar("C", bound=Client)

# Idle time after which a client is asked for a sign of life before it is lent, in seconds.
_STALE = 30.0
_RETRY_MS = 100


@dataclass(frozen=True, slots=True)
class PoolPolicy:
    """At most `size` clients; a borrower waits `borrow_seconds`; a client lives for
    `recycle_seconds`, so that new addresses of a name come to be used."""

    size: int
    borrow_seconds: float
    recycle_seconds: float


@dataclass(slots=True)
class _Lent(Generic[C]):
    client: C
    made_at: float
    idle_since: float = 0.0


class ClientPool(Generic[C]):
    """Makes clients when they are first needed and keeps those that work."""

    def __init__(
        self,
        name: str,
        make: Callable[[], C],
        policy: PoolPolicy,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """`make` must not ask the service."""
        self._name = name
        self._make = make
        self._policy = policy
        self._clock = clock
        self._permits = Semaphore(policy.size)
        self._lock = Lock()
        self._idle: list[_Lent[C]] = []
        self._closed = False

    @contextmanager
    def borrowed(self, timeout: float) -> Iterator[C]:
        """A client for the time of the block; one that raises Failure there is not kept.
        Raises Exhausted where none came free within `timeout` or the pool's own patience."""
        if not self._permits.acquire(timeout=min(timeout, self._policy.borrow_seconds)):
            raise self._exhausted()
        try:
            lent = self._take(timeout)
            try:
                yield lent.client
            except Failure:
                lent.client.close()
                raise
            except BaseException:
                self._put_back(lent)
                raise
            self._put_back(lent)
        finally:
            self._permits.release()

    def close(self) -> None:
        """Close all clients, those that are lent once they come back; again is fine."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for each in idle:
            each.client.close()

    def _take(self, timeout: float) -> _Lent[C]:
        while (lent := self._newest_idle()) is not None:
            if self._is_good(lent, timeout):
                return lent
            lent.client.close()
        return _Lent(self._make(), self._clock())

    def _newest_idle(self) -> _Lent[C] | None:
        with self._lock:
            return self._idle.pop() if self._idle else None

    def _is_good(self, lent: _Lent[C], timeout: float) -> bool:
        now = self._clock()
        if now - lent.made_at >= self._policy.recycle_seconds:
            return False
        if now - lent.idle_since < _STALE:
            return True
        try:
            lent.client.check(timeout)
        except Failure:
            return False
        return True

    def _put_back(self, lent: _Lent[C]) -> None:
        lent.idle_since = self._clock()
        with self._lock:
            if not self._closed:
                self._idle.append(lent)
                return
        lent.client.close()

    def _exhausted(self) -> Exhausted:
        return Exhausted(
            f"no client of {self._name} came free in time",
            Reason.OVERLOADED,
            {"pool": self._name},
            retry_after_ms=_RETRY_MS,
        )
