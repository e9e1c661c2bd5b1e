"""Collections, documents and chunks."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from rag_server.core.errors import RagError
from rag_server.core.values import Metadata, Span

Vector = NDArray[np.float32]


class ContentType(StrEnum):
    """How raw content is read; names of `ragrpc.v1.ContentType`."""

    PLAIN = "PLAIN"
    MARKDOWN = "MARKDOWN"
    HTML = "HTML"


@dataclass(frozen=True, slots=True)
class Document:
    """A document as its owner sends it. `title` None: take it from the content."""

    id: str
    content: str
    content_type: ContentType = ContentType.PLAIN
    title: str | None = None
    metadata: Metadata = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a parser made of raw content: the text that all spans refer to."""

    text: str
    title: str = ""


@dataclass(frozen=True, slots=True)
class Piece:
    """A chunk before it is stored: `span` in the document, `sentences` relative
    to the chunk's first byte (ascending, disjoint), `tokens` of the embedder."""

    span: Span
    tokens: int
    sentences: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Passage:
    """What is embedded: the title and the text of a chunk, with the byte spans of its sentences."""

    title: str
    text: str
    sentences: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class Embedding:
    """`vector`: unit float32 (d,). `sentences`: int8 (n, d), unit vectors times 127,
    one per sentence of the passage, pooled from the passage's own token vectors
    (all zero for a sentence beyond the model's window)."""

    vector: Vector
    sentences: NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class View:
    """What a read is pinned to: one revision of one generation of a collection."""

    collection_id: int
    generation: int
    revision: int

    @property
    def index_name(self) -> str:
        """Name of the derived indexes of this collection and generation."""
        return f"c{self.collection_id}-g{self.generation}"


@dataclass(frozen=True, slots=True)
class Collection:
    """A named set of documents of one tenant; `revision` counts its commits."""

    id: int
    tenant: str
    name: str
    description: str
    revision: int
    generation: int
    embedder: str
    created_at: datetime
    document_count: int = 0
    chunk_count: int = 0

    @property
    def view(self) -> View:
        """The newest view of the collection."""
        return View(self.id, self.generation, self.revision)


@dataclass(frozen=True, slots=True)
class NewChunk:
    """A chunk on its way into the catalog. `key` identifies its embedding by text and model."""

    id: str
    ordinal: int
    span: Span
    text: str
    tokens: int
    sentences: tuple[Span, ...]
    key: bytes
    embedding: Embedding


@dataclass(frozen=True, slots=True)
class NewDocument:
    """A parsed, chunked and embedded document on its way into the catalog.

    `fingerprint` covers content, title, metadata, chunker and embedder: equal
    fingerprints mean that nothing needs to be written.
    """

    id: str
    text: str
    content_type: ContentType
    title: str
    metadata: Metadata
    fingerprint: bytes
    chunks: Sequence[NewChunk]


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document as the catalog holds it; `text` is empty in lists."""

    id: str
    text: str
    content_type: ContentType
    title: str
    metadata: Metadata
    revision: int
    updated_at: datetime
    chunk_count: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class StoredChunk:
    """A visible chunk with what a hit needs; `row` is the catalog's name for this version."""

    row: int
    id: str
    document_id: str
    ordinal: int
    span: Span
    text: str
    tokens: int
    title: str
    metadata: Metadata


@dataclass(frozen=True, slots=True)
class Sentences:
    """Sentences of a chunk: n byte spans relative to the chunk's first byte, ascending, and
    their vectors, int8 (n, d) as in Embedding."""

    spans: tuple[Span, ...]
    vectors: NDArray[np.int8]


NO_SENTENCES = Sentences((), np.zeros((0, 0), np.int8))


class OutcomeKind(StrEnum):
    """What became of one document; names of `ragrpc.v1.UpsertOutcome.Kind`."""

    CREATED = "CREATED"
    UPDATED = "UPDATED"
    UNCHANGED = "UNCHANGED"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one document of a batch; `error` is set when FAILED."""

    document_id: str
    kind: OutcomeKind
    chunk_count: int = 0
    embedded_count: int = 0
    error: RagError | None = None


@dataclass(frozen=True, slots=True)
class Commit:
    """What one catalog commit did: the new revision, and per document what happened."""

    revision: int
    kinds: Sequence[OutcomeKind] = ()
    deleted: Sequence[str] = ()
