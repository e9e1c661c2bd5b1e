"""Collections, documents and chunks."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

from rag_client.errors import RagError, UpsertFailed
from rag_client.types.chunking import Chunking
from rag_client.types.metadata_schema import MetadataSchema
from rag_client.types.pipelines import Modality
from rag_client.values import Metadata, Span


class ContentType(StrEnum):
    """How raw content is read."""

    PLAIN = "plain"
    MARKDOWN = "markdown"
    HTML = "html"
    PDF = "pdf"
    DOCX = "docx"
    CSV = "csv"
    JSONL = "jsonl"
    CODE = "code"
    IMAGE = "image"


@dataclass(frozen=True, slots=True)
class VectorField:
    """A vector field of a collection, and the model that makes its vectors."""

    modality: Modality
    embedder: str


@dataclass(frozen=True, slots=True)
class Collection:
    """A named set of documents. `revision` counts its commits, `generation` (from 1) the
    builds of its chunks and vectors; the counts are of what is visible. `chunking` is that of
    the serving generation, with every option; None: one that this client does not know.
    `metadata_schema` is the declared one, if any; `fields` are those beside the text."""

    name: str
    description: str
    created_at: datetime
    revision: int
    generation: int
    document_count: int
    chunk_count: int
    embedder: str
    chunking: Chunking | None = None
    metadata_schema: MetadataSchema | None = None
    fields: tuple[VectorField, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A document to store: its raw content as `text`, or as `data`, the bytes of a file, which
    PDF, DOCX and images need and which are UTF-8 for all other types. `title` None: the server
    takes the document's own, or its first heading. What an image is found by as text is its
    title, or where that is None the name in its id."""

    id: str
    text: str = ""
    content_type: (
        ContentType
        | Literal["plain", "markdown", "html", "pdf", "docx", "csv", "jsonl", "code", "image"]
    ) = ContentType.PLAIN
    title: str | None = None
    metadata: Metadata = field(default_factory=dict)
    data: bytes | None = None


@dataclass(frozen=True, slots=True)
class StoredDocument:
    """A document as the server holds it. `text` is the parsed text that all spans refer
    to (empty in lists), `size_bytes` its length in UTF-8."""

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
class Chunk:
    """A piece of a document; `ordinal` counts from 0, `token_count` in the embedder's tokens.

    `parent`: the span of the larger piece that it was cut from, if any. `page` counts from 1;
    None: the document has no pages. `heading`: the headings, or in code the names of classes
    and functions, that it stands under, as in "Install > Linux"; may be empty."""

    id: str
    span: Span
    text: str
    token_count: int
    ordinal: int
    parent: Span | None = None
    page: int | None = None
    heading: str = ""


@dataclass(frozen=True, slots=True)
class StageTiming:
    """Wall-clock milliseconds spent in one stage."""

    stage: str
    milliseconds: float


class OutcomeKind(StrEnum):
    """What became of one document of an upsert."""

    UNSPECIFIED = "unspecified"
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class UpsertOutcome:
    """What became of one document; `error` is set when FAILED. `embedded_chunk_count`
    of its `chunk_count` chunks had to be embedded, the others were known."""

    document_id: str
    kind: OutcomeKind
    chunk_count: int = 0
    embedded_chunk_count: int = 0
    error: RagError | None = None


@dataclass(frozen=True, slots=True)
class UpsertProgress:
    """How far an upsert has come: documents answered for, their encoded bytes, failures."""

    documents: int
    bytes: int
    failed: int


@dataclass(frozen=True, slots=True)
class UpsertResult:
    """What an upsert did: one outcome per document, in the order given.

    `consistency_token`, passed as `at_least_as_fresh`, makes a read see these writes; it
    is empty, and `revision` 0, where no document was given. `timings` add up over batches.
    """

    outcomes: tuple[UpsertOutcome, ...] = ()
    consistency_token: str = ""
    revision: int = 0
    timings: tuple[StageTiming, ...] = ()

    @property
    def counts(self) -> Mapping[OutcomeKind, int]:
        """Number of documents by outcome; every kind but UNSPECIFIED is there."""
        counts = dict.fromkeys(list(OutcomeKind)[1:], 0)
        for outcome in self.outcomes:
            counts[outcome.kind] = counts.get(outcome.kind, 0) + 1
        return counts

    @property
    def failed(self) -> tuple[UpsertOutcome, ...]:
        """The outcomes of the documents that were not written, in order."""
        return tuple(each for each in self.outcomes if each.kind is OutcomeKind.FAILED)

    def raise_for_failures(self) -> "UpsertResult":
        """The result itself; UpsertFailed where any document was not written."""
        failures = {each.document_id: each.error for each in self.failed if each.error}
        if not failures:
            return self
        first, error = next(iter(failures.items()))
        message = f"{len(failures)} of {len(self.outcomes)} documents failed; {first!r}: {error}"
        raise UpsertFailed(message, failures=failures)


@dataclass(frozen=True, slots=True)
class IngestProgress:
    """How far an ingest has come: documents answered for, the bytes of their content, and how
    many of them were unchanged or failed."""

    documents: int
    bytes: int
    unchanged: int
    failed: int


@dataclass(frozen=True, slots=True)
class FailedDocument:
    """A document that was not written, and why."""

    document_id: str
    error: RagError


@dataclass(frozen=True, slots=True)
class IngestResult:
    """What an ingest did: how many documents were created, updated and unchanged, and those
    that failed, in the order in which they did.

    `embedded_chunk_count` of `chunk_count` chunks had to be embedded. `consistency_token`
    as in UpsertResult.
    """

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    failed: tuple[FailedDocument, ...] = ()
    chunk_count: int = 0
    embedded_chunk_count: int = 0
    consistency_token: str = ""
    revision: int = 0

    @property
    def documents(self) -> int:
        """Number of all documents."""
        return self.created + self.updated + self.unchanged + len(self.failed)

    def raise_for_failures(self) -> "IngestResult":
        """The result itself; UpsertFailed where any document was not written."""
        if self.failed:
            first = self.failed[0]
            raise UpsertFailed(
                f"{len(self.failed)} of {self.documents} documents failed; "
                f"{first.document_id!r}: {first.error}",
                failures={each.document_id: each.error for each in self.failed},
            )
        return self


@dataclass(frozen=True, slots=True)
class DeleteResult:
    """Ids that were there and are gone, in the order given; `consistency_token` makes a
    read no longer see them. Where no id was given it is empty and `revision` is 0."""

    deleted_ids: tuple[str, ...] = ()
    consistency_token: str = ""
    revision: int = 0
