"""Items put together from the frames of a stream, within what the sender may send."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from rag_server.core.documents import Outcome, OutcomeKind
from rag_server.core.errors import InvalidRequest, RagError, Violation
from rag_server.core.frames import Answer, Credits, Frame, Header, Item, Refused

# No sender has to send more at a time.
_FRAME_BYTES = 1024 * 1024


@dataclass(slots=True)
class _Open:
    """The item that is arriving; without a header once it has failed."""

    header: Header | None
    content: bytes | bytearray = b""


class Assembly:
    """Holds at most what the credits pay for, or one item. Every item that was begun is
    answered once: by the owner of the assembly, which takes it in full, or by an Answer of
    this one; the owner settles both."""

    def __init__(self, credits: Credits, max_item_bytes: int) -> None:
        self._window = credits.bytes
        self._bytes, self._items = credits.bytes, credits.items
        # Bytes granted beyond the window, for an item that is larger than that.
        self._lent = 0
        self._freed_bytes = self._freed_items = 0
        self._max_item_bytes = max_item_bytes
        self._open: _Open | None = None
        # Bytes that each unanswered item has cost.
        self._costs: dict[int, int] = {}

    def take(self, frames: Iterable[Frame]) -> Iterator[Item | Answer]:
        """What frames complete or ruin. Raises InvalidRequest where they are more than the
        credits pay for or belong to no item."""
        for frame in frames:
            if isinstance(frame, bytes):
                yield from self._data(frame)
            elif isinstance(frame, Header | Refused):
                yield from self._begin(frame)
            else:
                yield from self._end()

    def finish(self) -> Iterator[Answer]:
        """What is left when no more frames come."""
        yield from self._abandon()

    def settle(self, number: int) -> None:
        """The item was answered: what it has cost may be granted anew."""
        self._freed_bytes += self._costs.pop(number)
        self._freed_items += 1

    def grant(self) -> Credits | None:
        """What may be sent in addition from now on; None: nothing."""
        repaid = min(self._lent, self._freed_bytes)
        self._lent -= repaid
        freed, items = self._freed_bytes - repaid, self._freed_items
        self._freed_bytes = self._freed_items = 0
        if self._starving(self._bytes + freed):
            self._lent += self._window
            freed += self._window
        self._bytes += freed
        self._items += items
        return Credits(freed, items) if freed or items else None

    def _starving(self, left: int) -> bool:
        """Whether the only unanswered item is one that the window does not pay for: no answer
        will free what it lacks."""
        alone = len(self._costs) == 1 and self._open is not None and self._open.header is not None
        return alone and left < min(_FRAME_BYTES, self._window // 2)

    def _begin(self, frame: Header | Refused) -> Iterator[Answer]:
        yield from self._abandon()
        if frame.number in self._costs:
            raise _wrong("header.item_id", "is that of an item not yet answered")
        self._spend(frame.bytes, 1, "header")
        self._costs[frame.number] = frame.bytes
        if isinstance(frame, Refused):
            self._open = _Open(None)
            yield _failed(frame.number, frame.document_id, frame.error)
            return
        self._open = _Open(frame)
        if frame.size is not None and frame.size > self._max_item_bytes:
            yield self._fail(self._open, frame, self._too_large())

    def _data(self, data: bytes) -> Iterator[Answer]:
        self._spend(len(data), 0, "data")
        opened = self._began("data")
        header = opened.header
        if header is None:
            self._freed_bytes += len(data)
            return
        self._costs[header.number] += len(data)
        if len(opened.content) + len(data) > self._max_item_bytes:
            yield self._fail(opened, header, self._too_large())
        elif not opened.content:
            opened.content = data
        else:
            if isinstance(opened.content, bytes):
                opened.content = bytearray(opened.content)
            opened.content += data

    def _end(self) -> Iterator[Item | Answer]:
        opened = self._began("end")
        self._open = None
        header, content = opened.header, opened.content
        if header is None:
            return
        if not content:
            yield self._fail(opened, header, _wrong("content", "is required"))
        elif header.size not in (None, len(content)):
            came = f"has {len(content):,} bytes, the header said {header.size:,}"
            yield self._fail(opened, header, _wrong("content", came))
        else:
            yield Item(header.number, replace(header.document, content=bytes(content)))

    def _abandon(self) -> Iterator[Answer]:
        opened, self._open = self._open, None
        if opened is not None and opened.header is not None:
            yield self._fail(opened, opened.header, _wrong("end", "is missing"))

    def _spend(self, bytes: int, items: int, field: str) -> None:
        if bytes > self._bytes or items > self._items:
            raise _wrong(field, "is more than the credits pay for")
        self._bytes -= bytes
        self._items -= items

    def _began(self, field: str) -> _Open:
        if self._open is None:
            raise _wrong(field, "belongs to no item: a header must come first")
        return self._open

    def _fail(self, opened: _Open, header: Header, error: RagError) -> Answer:
        opened.header, opened.content = None, b""
        return _failed(header.number, header.document.id, error)

    def _too_large(self) -> RagError:
        return _wrong("content", f"is over {self._max_item_bytes:,} bytes")


def _failed(number: int, document_id: str, error: RagError) -> Answer:
    return Answer(number, Outcome(document_id, OutcomeKind.FAILED, error=error))


def _wrong(field: str, description: str) -> InvalidRequest:
    return InvalidRequest.of(Violation(field, description))
