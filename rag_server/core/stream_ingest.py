"""Documents over streams: who may stream how much, and how streams end with the server."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import contextmanager

from rag_server.core.call import Call
from rag_server.core.errors import Exhausted, Reason, Unavailable
from rag_server.core.frames import Event, Frame, Opened
from rag_server.core.ingest import IngestPath
from rag_server.core.ingest_session import IngestSession, StreamLimits

# Streams end when their senders are done, which nobody can foresee.
_RETRY_AFTER_MS = 2_000


class StreamIngest:
    """Takes documents in from several senders at a time."""

    def __init__(self, path: IngestPath, limits: StreamLimits) -> None:
        self._path = path
        self._limits = limits
        self._sessions: set[IngestSession] = set()
        self._draining = False
        self._open = 0

    async def run(
        self, collection: str, frames: AsyncIterator[Sequence[Frame]], call: Call
    ) -> AsyncGenerator[Event, None]:
        """The events of one stream, until `frames` end and all items are answered, or until
        it is drained. Raises what concerns the stream as a whole."""
        with self._admitted():
            opening = call.within(self._limits.item_seconds)
            found, _ = await self._path.check(collection, (), opening)
            session = IngestSession(self._path, self._limits, found, call)
            self._sessions.add(session)
            try:
                yield Opened(self._limits.credits, self._limits.max_item_bytes)
                async with session.working(frames):
                    while events := await session.events():
                        for event in events:
                            yield event
            finally:
                self._sessions.discard(session)

    def drain(self) -> None:
        """Take no further items on any stream; what is under way is finished and answered."""
        self._draining = True
        for session in self._sessions:
            session.drain()

    @contextmanager
    def _admitted(self) -> Iterator[None]:
        if self._draining:
            raise Unavailable("the server is shutting down", Reason.NOT_READY)
        if self._open >= self._limits.streams:
            raise Exhausted(
                "too many streams of documents are open",
                Reason.OVERLOADED,
                {"limit": str(self._limits.streams)},
                retry_after_ms=_RETRY_AFTER_MS,
            )
        self._open += 1
        try:
            yield
        finally:
            self._open -= 1
