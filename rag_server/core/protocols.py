"""Every extension point of the server, each of a few methods.

Unless a docstring says otherwise, methods are synchronous, run in a worker
thread, are thread-safe and raise only `rag_server.core.errors`.
"""

from collections.abc import AsyncGenerator, Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import compress
from typing import Any, Protocol, TypeVar, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from rag_server.core.call import Call, Deadline
from rag_server.core.chunk_log import ChunkLog
from rag_server.core.content import ContentType, Modality, Parsed, Pixels
from rag_server.core.documents import (
    Build,
    ChunkWords,
    Collection,
    Commit,
    Document,
    Embedding,
    GenerationSettings,
    IndexSettings,
    Known,
    NewDocument,
    Passage,
    Piece,
    Relative,
    Sentences,
    StoredChunk,
    StoredDocument,
    Unbuilt,
    Vector,
    VectorField,
    View,
)
from rag_server.core.filters import Filter
from rag_server.core.findings import Finding, Progress
from rag_server.core.jobs import JobStore
from rag_server.core.leadership import Leases
from rag_server.core.metadata_schema import MetadataSchema
from rag_server.core.principal import Principal, Role
from rag_server.core.retrieval import (
    AbstainReason,
    Candidate,
    Degradation,
    Delta,
    GeneratorSpec,
    Hit,
)
from rag_server.core.specs import RerankerSpec, RetrieverSpec
from rag_server.core.understanding import Understanding
from rag_server.core.values import Span

T = TypeVar("T")


class Embedder(Protocol):
    """Turns text into unit vectors. Equal input gives equal output under one `fingerprint`."""

    @property
    def name(self) -> str:
        """Name for people, e.g. "all-MiniLM-L6-v2-int8"."""
        ...

    @property
    def fingerprint(self) -> str:
        """Changes whenever vectors may change: model, weights, pooling."""
        ...

    @property
    def dimension(self) -> int:
        """Length d of a vector."""
        ...

    @property
    def max_tokens(self) -> int:
        """Tokens of a text that are seen; what is beyond is cut."""
        ...

    def token_offsets(self, text: str) -> Sequence[tuple[int, int]]:
        """Half-open character range of every token of `text`, ascending, nothing cut."""
        ...

    def embed_query(self, text: str) -> Vector:
        """Unit float32 (d,) of a question of any length."""
        ...

    def embed_passages(self, passages: Sequence[Passage]) -> list[Embedding]:
        """One Embedding per passage, in order."""
        ...


@runtime_checkable
class TokenEmbedder(Embedder, Protocol):
    """An embedder whose embeddings of passages hold the vectors of their tokens."""

    def embed_query_tokens(self, text: str) -> tuple[Vector, NDArray[np.int8]]:
        """The vector of a question, as `embed_query`, and those of its tokens, as in Embedding,
        from one pass of the model."""
        ...


class ImageEmbedder(Protocol):
    """Turns images into unit vectors. Equal input gives equal output under one `fingerprint`."""

    @property
    def name(self) -> str:
        """Name for people, which collections keep."""
        ...

    @property
    def fingerprint(self) -> str:
        """Changes whenever vectors may change."""
        ...

    @property
    def dimension(self) -> int:
        """Length d of a vector."""
        ...

    def embed_image(self, image: NDArray[np.uint8]) -> Vector:
        """Unit float32 (d,) of an upright image, uint8 (h, w, 3), red, green, blue; both sides
        of at least one pixel."""
        ...


@runtime_checkable
class Tokenising(Protocol):
    """Ability of an embedder to keep the vectors of tokens."""

    def with_tokens(self) -> TokenEmbedder:
        """The same model under a name and fingerprint of its own; its vectors are equal."""
        ...


@runtime_checkable
class WordedImageEmbedder(Protocol):
    """Optional ability of an image embedder: texts and images have their vectors in one space."""

    def embed_text(self, text: str) -> Vector:
        """Unit float32 (d,) of a text of any length: near those of the images that it suits."""
        ...


class Parser(Protocol):
    """Turns raw content into the text that is stored."""

    def parse(self, content: bytes) -> Parsed:
        """The text that a reader would see, with title and marks where it carries any.
        Raises InvalidRequest for content that cannot be read, PreconditionFailed where a
        library is missing."""
        ...


class Parsing(Protocol):
    """Parses whatever is sent, where and as far as that is safe. Asynchronous."""

    async def parse(self, document: Document, call: Call) -> Parsed:
        """As `Parser.parse`. Raises also InvalidRequest for a document over a limit,
        Unavailable, Exhausted, DeadlineExceeded."""
        ...


class Chunker(Protocol):
    """Cuts a text into pieces worth embedding."""

    @property
    def fingerprint(self) -> str:
        """Changes whenever pieces may change."""
        ...

    def chunk(
        self, text: str, content_type: ContentType, title: str, hints: Sequence[str] = ()
    ) -> list[Piece]:
        """Pieces that together hold every visible character of `text`, without white space at
        their ends; each fits the embedder together with the title. Empty for blank text.

        Starts and ends ascend; the spans are disjoint unless the strategy has an overlap.
        `hints`: what may name the document's programming language, by itself or by the
        suffix of its files ("python", "py"), in upper or lower case, the most telling first.
        """
        ...


class CollectionStore(Protocol):
    """Collections of the catalog."""

    def create(
        self,
        tenant: str,
        name: str,
        description: str,
        settings: GenerationSettings,
        schema: MetadataSchema | None = None,
    ) -> Collection:
        """Raises AlreadyExists."""
        ...

    def update(
        self,
        tenant: str,
        name: str,
        description: str | None,
        schema: MetadataSchema | None,
    ) -> None:
        """Change what is not None; a schema without fields removes the declared one. Raises
        NotFound."""
        ...

    def metadata_schema(self, collection_id: int) -> MetadataSchema | None:
        """What was declared for the collection, by its row."""
        ...

    def get(self, tenant: str, name: str, counts: bool = False) -> Collection:
        """Newest state, with document and chunk counts if asked. Raises NotFound."""
        ...

    def page(self, tenant: str, after: str, limit: int) -> list[Collection]:
        """Ascending by name, those above `after`, with counts."""
        ...

    def delete(self, tenant: str, name: str) -> int:
        """Delete with all documents; number of documents. Raises NotFound."""
        ...

    def documents(self) -> int:
        """Number of visible documents in all collections of all tenants."""
        ...

    def views(self, *, retired: bool = False) -> list[View]:
        """Newest view of every generation, serving or being built (and of those retired), of
        every live collection of every tenant."""
        ...

    def settings(self, view: View) -> GenerationSettings:
        """What the view's generation is made with. Raises NotFound unless `views` has it."""
        ...


class GenerationStore(Protocol):
    """Generations of collections: each is built beside the serving one, takes its place, and
    is removed after another has taken its own. At most one of a collection is being built."""

    def building(self, collection: Collection) -> int | None:
        """The one that is being built."""
        ...

    def begin(self, collection: Collection, settings: GenerationSettings) -> int:
        """A new one, to be built; its number was never that of another whose rows are there.
        Raises NotFound if the collection is gone, AlreadyExists while another is built."""
        ...

    def unbuilt(
        self, collection: Collection, generation: int, recipe: bytes, after: str, limit: int
    ) -> list[Unbuilt]:
        """Live documents with an id above `after` (UTF-8 bytes) whose chunks are not there as
        the recipe makes them, ascending."""
        ...

    def left(self, collection: Collection, generation: int, recipe: bytes) -> tuple[int, int]:
        """(number of such documents, number of all)."""
        ...

    def build(self, collection: Collection, generation: int, builds: Sequence[Build]) -> int:
        """Add the chunks of those versions that are still live, in one commit; the revision it
        made. Readers see nothing of it. Raises NotFound if the collection is gone or the
        generation is not being built."""
        ...

    def swap(
        self,
        collection: Collection,
        generation: int,
        recipe: bytes,
        builds: Sequence[Build],
        *,
        applied: Callable[[], int],
        tail: int,
    ) -> int | None:
        """Add the chunks and let the generation serve, in one commit; the revision it made.

        None, and nothing is changed, unless then every live document has its chunks as the
        recipe makes them, and at most `tail` of those are newer than the revision that the
        vector index has `applied`. Raises as `build`."""
        ...

    def abandon(self, collection_id: int, generation: int) -> bool:
        """Give up what is being built; whether its rows are to be forgotten."""
        ...

    def retired(self, before: datetime) -> list[View]:
        """Views of generations of live collections that have not served since that time."""
        ...

    def forget(self, view: View) -> None:
        """Remove all rows of a retired generation; another one is left alone."""
        ...


class DocumentStore(Protocol):
    """Documents of the catalog. Reads see exactly one view."""

    def write(self, collection: Collection, documents: Sequence[NewDocument]) -> Commit:
        """Make all documents visible in one commit, replacing earlier versions;
        one kind per document (UNCHANGED where fingerprint and recipe are the stored ones).
        The revision moves by one unless nothing changed. Durable on return.
        Raises NotFound if the collection is gone."""
        ...

    def delete(self, collection: Collection, ids: Sequence[str]) -> Commit:
        """Delete the ids that exist, in one commit; `deleted` in order of `ids`."""
        ...

    def known(self, view: View, ids: Sequence[str]) -> dict[str, Known]:
        """What the visible version of each id was made from; ids without one are left out."""
        ...

    def get(self, view: View, id: str) -> StoredDocument | None:
        """The visible version with its text and metadata."""
        ...

    def page(self, view: View, after: str, limit: int) -> list[StoredDocument]:
        """Visible documents with an id above `after` (UTF-8 bytes), ascending, without text."""
        ...


class ChunkStore(Protocol):
    """Chunks and vectors of the catalog. Reads see exactly one view."""

    def visible(self, view: View, chunk_ids: Sequence[str]) -> dict[str, tuple[int, int]]:
        """(row, document row) by chunk id for those visible; others are left out."""
        ...

    def read_visible(self, view: View, chunk_ids: Sequence[str]) -> dict[str, StoredChunk]:
        """Whole chunks by id for those visible; others are left out."""
        ...

    def of_entries(
        self, view: View, entries: Sequence[str], each: int, documents: set[int] | None = None
    ) -> dict[str, list[tuple[int, str]]]:
        """(row, chunk id) by entry of a vector index: of the visible chunks that an entry stands
        for, of the given document rows (None: all), the first `each` by chunk id, ascending.
        Entries without any may be left out."""
        ...

    def read(self, rows: Sequence[int]) -> dict[int, StoredChunk]:
        """Chunks by row, as `visible` or `vectors` named them."""
        ...

    def sentences(self, rows: Sequence[int]) -> dict[int, Sentences]:
        """Sentences of chunks by row."""
        ...

    def sentence_vectors(self, rows: Sequence[int]) -> dict[int, NDArray[np.int8]]:
        """The vectors of their sentences alone, by row: int8 (n, d) as in Embedding."""
        ...

    def relatives(
        self, view: View, rows: Sequence[int], *, whole: bool
    ) -> dict[int, tuple[Relative, ...]]:
        """By each of the rows, in order of ordinals, the visible chunks with the same parent,
        itself included (nothing for a chunk that has none); `whole`: of the same document."""
        ...

    def vectors_of(self, rows: Sequence[int]) -> dict[int, Vector]:
        """Unit float32 (d,) by row."""
        ...

    def token_vectors(self, rows: Sequence[int]) -> dict[int, NDArray[np.int8]]:
        """The vectors of their tokens, int8 (t, k) as in Embedding, by row; those without are
        left out."""
        ...

    def matching(self, view: View, filter: Filter, deadline: Deadline) -> set[int]:
        """Rows of the visible documents that pass the filter. Raises DeadlineExceeded."""
        ...

    def vectors(
        self, view: View, *, since: int = 0, documents: set[int] | None = None
    ) -> tuple[list[tuple[int, str]], NDArray[np.float32]]:
        """((row, chunk id) of n chunks, float32 (n, d)): visible chunks created after revision
        `since`, of the given document rows (None: all)."""
        ...

    def words(
        self, view: View, *, since: int = 0, documents: set[int] | None = None
    ) -> list[ChunkWords]:
        """Texts of the same chunks as `vectors` returns, ascending by row."""
        ...

    def ids(self, view: View, documents: set[int]) -> dict[str, int]:
        """Rows by chunk id of the visible chunks of the given document rows."""
        ...

    def count(self, view: View, *, since: int = 0, documents: set[int] | None = None) -> int:
        """How many chunks `vectors` would return."""
        ...


class ChunkReader(Protocol):
    """Lists the chunks of one document and reads stored text."""

    def of_document(self, view: View, id: str, after: int, limit: int) -> list[StoredChunk] | None:
        """Visible chunks with an ordinal above `after`, ascending; None: no such document."""
        ...

    def text(self, view: View, document_id: str, span: Span) -> bytes:
        """Bytes of the stored text of the visible version; shorter or empty if out of range."""
        ...


class EmbeddingStore(Protocol):
    """Embeddings by key (text and model), free of revisions."""

    def known(self, keys: Sequence[bytes]) -> dict[bytes, Embedding]:
        """Those that are stored."""
        ...


@dataclass(frozen=True, slots=True)
class Changes:
    """A stretch of the feed: entries of all chunks created in (after, upto], each once, with
    float32 (n, d).

    An entry is a distinct embedding of a generation, whatever number of chunks have it; its id
    is the hexadecimal key of the embedding, so that one id never stands for two vectors."""

    upto: int
    ids: list[str]
    vectors: NDArray[np.float32]

    def only(self, wanted: Container[str]) -> "Changes":
        """The wanted ones, as a change that proves no revision."""
        return self._kept([entry in wanted for entry in self.ids])

    def without(self, known: Container[str]) -> "Changes":
        """All but the known ones, likewise."""
        return self._kept([entry not in known for entry in self.ids])

    def _kept(self, kept: Sequence[bool]) -> "Changes":
        return Changes(0, list(compress(self.ids, kept)), self.vectors[np.flatnonzero(kept)])


@dataclass(frozen=True, slots=True)
class FieldRows:
    """Vectors of a field, of all versions of documents created up to revision `upto` and after
    an earlier one: the catalog's rows of the documents and where in their text the spans start,
    int64 (n,), and float32 (n, d)."""

    upto: int
    documents: NDArray[np.int64]
    starts: NDArray[np.int64]
    vectors: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Place:
    """A visible chunk by its row and id, and where in its document it is."""

    row: int
    chunk_id: str
    document: int
    span: Span


class FieldStore(Protocol):
    """Vectors that documents have in fields beside their chunks."""

    def created(
        self, view: View, modality: Modality, dimension: int, after: int, limit: int
    ) -> FieldRows:
        """Whole revisions after `after` up to at most view.revision, about `limit` vectors (one
        revision at least), deleted ones included; of other dimensions none."""
        ...

    def visible(self, view: View) -> NDArray[np.int64]:
        """Rows of the visible documents, int64 (n,)."""
        ...

    def places(self, view: View, documents: Sequence[int]) -> list[Place]:
        """The visible chunks of those documents, by document in the order of their text."""
        ...

    def documents_of(self, rows: Sequence[int]) -> NDArray[np.int64]:
        """Rows of the documents of chunks, each once, int64 (n,)."""
        ...


class FieldIndex(Protocol):
    """Exact search over the vectors of a field."""

    def nearest(
        self,
        view: View,
        modality: Modality,
        vector: Vector,
        documents: NDArray[np.int64],
        limit: int,
        deadline: Deadline,
    ) -> list[tuple[int, int, float]]:
        """(document row, start of the span, cosine) of the `limit` nearest of those documents to
        a unit float32 (d,), and of all that are as near as the last; best first. Raises
        DeadlineExceeded."""
        ...


class Feed(Protocol):
    """What derived indexes follow."""

    def changes(self, view: View, after: int, limit: int) -> Changes:
        """Whole revisions after `after` up to at most view.revision, about `limit` chunks
        (one revision at least)."""
        ...

    def living(self, view: View, ids: Sequence[str], upto: int | None = None) -> Changes:
        """Those of a few hundred entries that a chunk of the generation refers to which is live
        now (and was created at or before revision `upto`), in the form of changes that prove
        no revision (`upto` 0)."""
        ...

    def dead(self, view: View, before: datetime) -> Iterator[list[str]]:
        """Entries to which only chunks refer that were deleted before that time: a few hundred
        at a time, read when they are asked for; some may come twice."""
        ...

    def purge(self, view: View, before: datetime) -> int:
        """Remove for good what was deleted before that time; number of chunks."""
        ...

    def dropped(self, before: datetime) -> list[View]:
        """Views of all generations of collections deleted before that time whose rows are
        still there."""
        ...

    def forget(self, view: View) -> None:
        """Remove all rows of a deleted collection."""
        ...


class WordFeed(Protocol):
    """What the lexical index follows."""

    def changes(self, view: View, after: int, limit: int) -> tuple[int, list[ChunkWords]]:
        """The revision that a stretch as of `Feed.changes` goes up to, and the texts of its
        chunks, each id once."""
        ...

    def dead(self, view: View, before: datetime) -> set[str]:
        """Ids of chunks of which every version was deleted before that time."""
        ...

    def count(self, view: View) -> int:
        """Number of chunk ids of which there is a row, dead or alive."""
        ...

    def known(self, view: View, ids: Sequence[str]) -> set[str]:
        """Those of a few thousand ids of which there is a row, dead or alive."""
        ...


@dataclass(frozen=True, slots=True)
class KeyRecord:
    """An API key without its secret."""

    id: str
    principal: Principal
    name: str
    created_at: datetime
    revoked_at: datetime | None


class KeyStore(Protocol):
    """API keys; only a hash of the secret is stored."""

    def create(
        self, tenant: str, roles: frozenset[Role], name: str, filter: Filter | None
    ) -> tuple[KeyRecord, str]:
        """A new key and its full text, which cannot be read again. Raises InvalidRequest
        for a filter with any role but reader."""
        ...

    def authenticate(self, key: str) -> Principal:
        """The principal of a key. Raises NotAuthenticated, the same for every cause."""
        ...

    def all(self) -> list[KeyRecord]:
        """All keys, oldest first."""
        ...

    def revoke(self, id: str) -> None:
        """Revoke from now on; again is fine. Raises NotFound."""
        ...


class Catalog(Protocol):
    """The only truth: everything else can be rebuilt from it."""

    @property
    def collections(self) -> CollectionStore: ...
    @property
    def generations(self) -> GenerationStore: ...
    @property
    def documents(self) -> DocumentStore: ...
    @property
    def chunks(self) -> ChunkStore: ...
    @property
    def reader(self) -> ChunkReader: ...
    @property
    def embeddings(self) -> EmbeddingStore: ...
    @property
    def fields(self) -> FieldStore: ...
    @property
    def feed(self) -> Feed: ...
    @property
    def words(self) -> WordFeed: ...
    @property
    def log(self) -> ChunkLog: ...
    @property
    def keys(self) -> KeyStore: ...
    @property
    def leases(self) -> Leases: ...
    @property
    def jobs(self) -> JobStore: ...


class CatalogAudit(Protocol):
    """Ability of a catalog to say whether it keeps its own rules."""

    def look(self, progress: Progress) -> list[Finding]:
        """What breaks a rule, in one state of the catalog, which is not changed."""
        ...


class VectorIndex(Protocol):
    """A derived index of vectors, one part per `View.index_name`, whose entries are the distinct
    embeddings of that generation (see `Changes`) and never change. Other processes may change
    the index, too. Raises Unavailable when the engine is away."""

    @property
    def most_results(self) -> int:
        """Most results that one search can give."""
        ...

    def prepare(self, name: str, settings: IndexSettings) -> None:
        """Make the part, built as `settings` say, at revision 0; one that is there stays as
        it is."""
        ...

    def applied(self, name: str) -> int:
        """Revision up to which the feed is applied, as last heard; 0 for an unknown name.
        From memory, never raises."""
        ...

    def apply(self, name: str, changes: Changes) -> None:
        """Add the entries that are not there and publish `changes.upto`; idempotent. Raises
        Unavailable for a part that is not prepared or was lost."""
        ...

    def remove(self, name: str, ids: Sequence[str]) -> None:
        """Remove entries; unknown ids and names are fine."""
        ...

    def search(
        self, name: str, vector: Vector, limit: int, deadline: Deadline, *, applied: int = 0
    ) -> list[tuple[str, float]]:
        """Up to `limit` (entry, cosine), best first; none for an unknown name.
        Raises Unavailable when the part has not (or no longer) applied the revision
        `applied`, and early enough before the deadline to do without the index."""
        ...

    def drop(self, name: str) -> None:
        """Remove the whole part; an unknown name is fine."""
        ...

    def names(self) -> list[str]:
        """Names of all parts, as last heard."""
        ...

    def refresh(self) -> None:
        """Hear from the engine which parts there are and what they have applied: another
        process may have written, or data may have been lost."""
        ...


@dataclass(frozen=True, slots=True)
class RankedRows:
    """What a lexical index found, best first, as parallel arrays of n: the catalog's rows
    (int64) and scores (float64). Of each chunk it knows the newest version up to the revision
    `applied`."""

    rows: NDArray[np.int64]
    scores: NDArray[np.float64]
    applied: int

    @classmethod
    def nothing(cls, applied: int) -> "RankedRows":
        """No row."""
        return cls(np.empty(0, np.int64), np.empty(0, np.float64), applied)


class LexicalIndex(Protocol):
    """A derived index of words by chunk id, one part per `View.index_name`, of this server alone.
    Scores are sums of BM25 over the question's words and, times `bigram_weight`, its pairs of
    neighbouring words; above 0. Its methods raise Unavailable when the part has not (or no
    longer) applied the revision `applied`."""

    def search(
        self,
        name: str,
        question: str,
        limit: int,
        *,
        bigram_weight: float,
        among: Sequence[str] | None = None,
        applied: int = 0,
    ) -> list[tuple[str, float]]:
        """Up to `limit` (chunk id, score) that share a word with the question, best first; of
        the chunks `among` only, unless it is None. None for an unknown name."""
        ...

    def rank(
        self,
        name: str,
        question: str,
        limit: int,
        *,
        bigram_weight: float,
        among: Sequence[int] | None = None,
        applied: int = 0,
    ) -> RankedRows:
        """The same by the catalog's rows, for a fraction of the time; of the rows `among`
        only, unless it is None."""
        ...

    def score(
        self, name: str, question: str, texts: Sequence[ChunkWords], *, bigram_weight: float
    ) -> list[float]:
        """What chunks that are not in the index would have for scores, as if their words were
        counted with its own; 0 where they share no word with the question."""
        ...


class InspectableLexicalIndex(LexicalIndex, Protocol):
    """A lexical index that can be compared with the catalog, and filled."""

    def prepare(self, name: str) -> int:
        """Make the part unless it is there; the revision that it has applied."""
        ...

    def applied(self, name: str) -> int:
        """Revision up to which the feed is applied; 0 for an unknown name."""
        ...

    def apply(self, name: str, chunks: Sequence[ChunkWords], upto: int) -> None:
        """Add the chunks and publish `upto` in one commit; idempotent."""
        ...

    def ids(self, name: str) -> list[str]:
        """Ids of all chunks that it holds, in any order; none for an unknown name."""
        ...

    def drop(self, name: str) -> None:
        """Remove the whole part; an unknown name is fine."""
        ...


class InspectableIndex(VectorIndex, Protocol):
    """An index that can be compared with the catalog."""

    def ids(self, name: str) -> list[str]:
        """All entries that it holds, in any order; none for an unknown name."""
        ...

    def vectors(self, name: str, ids: Sequence[str]) -> dict[str, Vector]:
        """float32 (d,) by entry of those that it holds, as it was given them."""
        ...


class Applier(Protocol):
    """A derived index as its follower sees it, with one part per `View.index_name`. Called from
    one thread, except for `applied`."""

    @property
    def kind(self) -> str:
        """One word for metrics and people, e.g. "vector"."""
        ...

    def applied(self, name: str) -> int:
        """Revision up to which the feed is applied, as last heard; 0 for an unknown name.
        From memory, never raises."""
        ...

    def follow(self, view: View, after: int) -> int:
        """Apply the next stretch of the feed, which is idempotent; `after` is what is applied,
        and below the view's revision. The revision then applied. Raises NotFound when the
        collection is gone, Unavailable when the engine is away."""
        ...

    def drop(self, name: str) -> None:
        """Remove the whole part; an unknown name is fine."""
        ...

    def names(self) -> list[str]:
        """Names of all parts, as last heard."""
        ...

    def refresh(self) -> None:
        """Hear which parts there are and what they have applied: another process may have
        written, or data may have been lost. Raises Unavailable when the engine is away."""
        ...


class Pingable(Protocol):
    """Ability to say whether the part works."""

    def ping(self) -> None:
        """Raises Unavailable when it does not."""
        ...


class Freshness(Protocol):
    """Tells how far an index has followed."""

    def applied(self, view: View) -> int:
        """Revision that the index has applied."""
        ...

    def wait(self, view: View, revision: int, deadline: Deadline) -> int:
        """Wait until `revision` is applied, but not for long; the revision then applied.
        Raises Unavailable at once while the index is away."""
        ...


class Question(Protocol):
    """A question with its vector, which is computed at most once."""

    @property
    def text(self) -> str: ...

    def vector(self) -> Vector:
        """Unit float32 (d,)."""
        ...


class SearchQuestion(Question, Protocol):
    """A question to a collection, of which others can be made."""

    def reworded(self, text: str) -> "SearchQuestion":
        """Another question to the same collection."""
        ...

    def passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Unit float32 (n, d) of texts as the chunks of the collection are embedded."""
        ...


@runtime_checkable
class TokenQuestion(Question, Protocol):
    """A question that may have the vectors of its tokens."""

    def tokens(self) -> NDArray[np.int8] | None:
        """int8 (t, k) as in Embedding, from the same pass as the vector; None where the
        embedder of the collection keeps none."""
        ...


@dataclass(frozen=True, slots=True)
class Search:
    """What a retriever is asked: `filter` already holds the principal's. `among`: candidates of
    the same view and filter, of which alone the answer is made; None: of all chunks. `image`:
    what the question shows, if anything; `fields`: those that the collection has."""

    view: View
    question: SearchQuestion
    limit: int
    filter: Filter | None
    spec: RetrieverSpec
    among: Sequence[Candidate] | None = None
    image: Pixels | None = None
    fields: tuple[VectorField, ...] = ()


class Understander(Protocol):
    """Reads conditions off a question."""

    def understand(
        self, question: str, schema: MetadataSchema, today: date, threshold: float, call: Call
    ) -> Understanding:
        """Clauses below `threshold` (0 to 1) are boosts, others filters; spans are inside the
        question. Any text is understood somehow. Raises DeadlineExceeded."""
        ...


class Retriever(Protocol):
    """Finds candidates. Returns at most `limit`, best first, all visible in the view
    and passing the filter, each chunk once. Ties are in order of chunk id."""

    def retrieve(self, search: Search, call: Call) -> list[Candidate]: ...


class PairScorer(Protocol):
    """A model that reads a question and a text together."""

    def scores(self, question: str, texts: Sequence[str], deadline: Deadline) -> list[float]:
        """How well each text answers the question, 0 to 1, in order. Raises DeadlineExceeded as
        soon as the time foreseeably does not suffice."""
        ...


@dataclass(frozen=True, slots=True)
class Reranking:
    """What a reranker is asked: `candidates` best first, each once; `limit` at least 1."""

    question: Question
    candidates: Sequence[Candidate]
    limit: int
    spec: RerankerSpec


class Reranker(Protocol):
    """Orders candidates anew. Returns at most `limit` of those given, each once, best first by
    its own score, which is the candidate's from then on and is added as a stage; higher is
    better, ties are in order of chunk id. Raises Unavailable where its model is away,
    DeadlineExceeded where the time of the call does not suffice, PreconditionFailed where the
    server or the collection is not set up for it."""

    def rerank(self, reranking: Reranking, call: Call) -> list[Candidate]: ...


class Generator(Protocol):
    """Writes an answer. Asynchronous; runs on the event loop and must not block it."""

    @property
    def name(self) -> str:
        """Name with model, e.g. "extractive"."""
        ...

    def generate(
        self, question: Question, hits: Sequence[Hit], spec: GeneratorSpec, call: Call
    ) -> AsyncGenerator[Delta | Degradation | AbstainReason, None]:
        """Deltas in order; an AbstainReason ends it and voids them. Reports tokens into
        `call.usage`. Raises Unavailable, DeadlineExceeded."""
        ...


@runtime_checkable
class StructuredGenerator(Protocol):
    """Optional ability of a generator: answers as JSON under a schema."""

    async def complete(self, prompt: str, schema: Mapping[str, Any], call: Call) -> Any:
        """Parsed JSON that validates against `schema`. Raises Unavailable when the
        model is away or its output does not validate."""
        ...


class Completion(Protocol):
    """A language model for those who work in threads, such as retrievers."""

    def complete(
        self, template: str, variables: Mapping[str, object], schema: Mapping[str, Any], call: Call
    ) -> Any:
        """Parsed JSON that validates against `schema`, for the prompt `template` with its
        variables. Blocks the thread, never one of the event loop: at most half of what the call
        has left, and no longer than the server's own limit. Adds the tokens to `call.usage`.

        Raises Unavailable when the model is away, known to fail, too slow, or does not keep to
        the schema; PreconditionFailed when there is none or it refuses the server;
        DeadlineExceeded when the call's own time is up or its caller has gone away."""
        ...


@dataclass(frozen=True, slots=True)
class Support:
    """Where a statement is supported: hit, byte span within the hit's text, 0 < score <= 1."""

    hit_index: int
    span: Span
    score: float


class Citer(Protocol):
    """Finds the source of a statement."""

    def cite(self, statement: str, hits: Sequence[Hit]) -> Support | None:
        """The best support among the hits; None where none is sufficient."""
        ...

    def statements(self, text: str) -> tuple[Span, ...]:
        """Byte spans of the statements of an answer, ascending; the last may be unfinished."""
        ...


class Workers(Protocol):
    """A bounded pool for one class of work."""

    async def run(self, work: Callable[[], T], deadline: Deadline) -> T:
        """Run in a thread. Raises Exhausted when too much is waiting, DeadlineExceeded."""
        ...
