"""What goes back and forth on a stream of documents."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from rag_server.core.documents import Document, Outcome
from rag_server.core.errors import RagError


@dataclass(frozen=True, slots=True)
class Header:
    """Begins an item: the sender's `number` for it, the document without its content, the
    `bytes` that the header itself costs, and the size of the content in bytes, where the
    sender knows it."""

    number: int
    document: Document
    bytes: int = 0
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """A header that is wrong: the item fails, whatever follows of it."""

    number: int
    document_id: str
    error: RagError
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class End:
    """Ends an item."""


# Bytes are the next part of an item's content.
Frame: TypeAlias = Header | Refused | bytes | End


@dataclass(frozen=True, slots=True)
class Item:
    """A document that has arrived in full."""

    number: int
    document: Document


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of an item."""

    number: int
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Credits:
    """What a sender may send: bytes (of headers and content) and items."""

    bytes: int
    items: int


@dataclass(frozen=True, slots=True)
class Opened:
    """The stream is open; `max_item_bytes` of content are taken."""

    credits: Credits
    max_item_bytes: int


@dataclass(frozen=True, slots=True)
class Answered:
    """Items are answered; those that were written are durable at the revision."""

    answers: Sequence[Answer]
    revision: int
    token: str


@dataclass(frozen=True, slots=True)
class Draining:
    """No further item is taken."""


Event: TypeAlias = Opened | Credits | Answered | Draining
