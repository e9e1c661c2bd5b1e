"""Where work is done that would hold up the event loop."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from rag_server.core.call import Deadline

T = TypeVar("T")


class Workers(Protocol):
    """A bounded pool for one class of work."""

    async def run(self, work: Callable[[], T], deadline: Deadline) -> T:
        """Run in a thread. Raises Exhausted when too much is waiting, DeadlineExceeded."""
        ...
