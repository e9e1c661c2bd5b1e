"""All that follows the catalog in one server, told and asked together."""

from collections.abc import Iterator
from contextlib import contextmanager

from rag_server.core.documents import View
from rag_server.core.follower import Follower


class Followers:
    """Implements `Following`."""

    def __init__(self, vector: Follower, lexical: Follower) -> None:
        self.vector = vector
        self.lexical = lexical

    def start(self) -> None:
        """Begin to follow."""
        self.vector.start()
        self.lexical.start()

    def stop(self) -> None:
        """End after what is in hand."""
        self.lexical.stop()
        self.vector.stop()

    def notify(self, view: View) -> None:
        """A commit made `view`."""
        self.vector.notify(view)
        self.lexical.notify(view)

    def forget(self, view: View) -> None:
        """Follow it no more."""
        self.vector.forget(view)
        self.lexical.forget(view)

    def applied(self, view: View) -> int:
        """Revision that every index has applied."""
        return min(self.vector.applied(view), self.lexical.applied(view))

    @contextmanager
    def still(self) -> Iterator[None]:
        """Nothing of this server is added to the vector index meanwhile: what servers share is
        what others remove from."""
        with self.vector.still():
            yield

    @property
    def leads(self) -> bool:
        """Whether this server changes the vector index."""
        return self.vector.leads

    def ping(self) -> None:
        """Raises Unavailable when an index is not followed any more."""
        self.vector.ping()
        self.lexical.ping()
