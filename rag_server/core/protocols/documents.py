"""The catalog's documents, chunks and embeddings."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from rag_server.core.call import Deadline
from rag_server.core.documents import (
    ChunkWords,
    Collection,
    Commit,
    Embedding,
    Known,
    NewDocument,
    Relative,
    Sentences,
    StoredChunk,
    StoredDocument,
    Vector,
    View,
)
from rag_server.core.filters import Filter
from rag_server.core.values import Span


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
