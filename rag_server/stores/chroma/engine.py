"""How the index reaches Chroma; one implementation per kind of Chroma."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from rag_server.core.call import Deadline
from rag_server.core.health import BreakerState
from rag_server.stores.chroma.session import Session

T = TypeVar("T")


class Engine(Protocol):
    """Lends sessions. Raises Unavailable where Chroma is away, and PartGone."""

    @property
    def shared(self) -> bool:
        """Whether others may change Chroma, too."""
        ...

    @property
    def breaker(self) -> BreakerState | None:
        """State of the circuit breaker, None where there is none."""
        ...

    @property
    def most_results(self) -> int:
        """Most results of one search."""
        ...

    def most_records(self) -> int:
        """Most records of one write."""
        ...

    def read(self, work: Callable[[Session], T], deadline: Deadline) -> T:
        """What `work` returns; it may be done more than once."""
        ...

    def write(self, work: Callable[[Session], T]) -> T:
        """The same for changes, which take longer and have no caller that waits."""
        ...

    def check(self) -> None:
        """Raises Unavailable where Chroma is known to be away; asks nobody."""
        ...

    def ping(self) -> None:
        """Raises Unavailable when Chroma does not answer."""
        ...

    def close(self) -> None:
        """Release everything; again is fine."""
        ...
