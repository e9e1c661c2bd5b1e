"""Chunks and vectors of the catalog."""

from collections import defaultdict
from collections.abc import Sequence
from operator import itemgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag_server.core.call import Deadline
from rag_server.core.documents import (
    ChunkWords,
    Relative,
    Sentences,
    StoredChunk,
    Vector,
    View,
)
from rag_server.core.filters import Filter, matches
from rag_server.core.values import Span
from rag_server.stores.catalog.blob import (
    unpack_sentences,
    unpack_spans,
    unpack_tokens,
    unpack_vectors,
)
from rag_server.stores.catalog.cursor import Cursor, Row
from rag_server.stores.catalog.entries import Entries, entry_of, slices
from rag_server.stores.catalog.schema import content
from rag_server.stores.catalog.value_json import decode_metadata

_VISIBLE = """
SELECT chunk_id, id, document FROM chunks INDEXED BY chunks_by_id
WHERE collection_id = ? AND generation = ? AND created_rev <= ?
AND (deleted_rev IS NULL OR deleted_rev > ?) AND chunk_id IN (*)
"""
_COLUMNS = """
SELECT c.id, c.chunk_id, d.document_id, c.ordinal, c.span_start, c.span_end, c.text, c.tokens,
  d.title, d.metadata, c.parent_start, c.parent_end, c.page, c.heading
"""
_READ = f"{_COLUMNS} FROM chunks c JOIN documents d ON d.id = c.document WHERE c.id IN (*)"
_READ_VISIBLE = f"""
{_COLUMNS} FROM chunks c INDEXED BY chunks_by_id JOIN documents d ON d.id = c.document
WHERE c.collection_id = ? AND c.generation = ? AND c.created_rev <= ?
AND (c.deleted_rev IS NULL OR c.deleted_rev > ?) AND c.chunk_id IN (*)
"""
_OF_ENTRIES = "SELECT c.id, c.chunk_id, c.document"
_SENTENCES = """
SELECT c.id, c.sentences, e.sentences, e.dimension
FROM chunks c JOIN embeddings e ON e.id = c.embedding WHERE c.id IN (*)
"""
_SENTENCE_VECTORS = """
SELECT c.id, e.sentences, e.dimension
FROM chunks c JOIN embeddings e ON e.id = c.embedding WHERE c.id IN (*)
"""
_VECTORS_OF_TOKENS = """
SELECT c.id, e.tokens FROM chunks c JOIN embeddings e ON e.id = c.embedding
WHERE e.tokens IS NOT NULL AND c.id IN (*)
"""
_VECTORS_OF_ROWS = """
SELECT c.id, e.vector FROM chunks c JOIN embeddings e ON e.id = c.embedding WHERE c.id IN (*)
"""
_RELATIVES = """
SELECT r.id, c.id, c.chunk_id, c.ordinal, c.span_start, c.span_end, c.tokens,
  c.parent_start, c.parent_end
FROM chunks r CROSS JOIN chunks c INDEXED BY chunks_by_document
  ON c.document = r.document AND c.generation = r.generation
WHERE c.created_rev <= ? AND (c.deleted_rev IS NULL OR c.deleted_rev > ?) AND r.id IN (*)
"""
_SIBLINGS = f"{_RELATIVES} AND c.parent_start = r.parent_start"
_METADATA = """
SELECT id, metadata FROM documents INDEXED BY documents_by_id
WHERE collection_id = ? AND created_rev <= ? AND (deleted_rev IS NULL OR deleted_rev > ?)
"""
_VECTORS = """
SELECT c.id, c.chunk_id, e.vector
FROM chunks c INDEXED BY chunks_by_revision CROSS JOIN embeddings e ON e.id = c.embedding
WHERE c.collection_id = ? AND c.generation = ? AND c.created_rev > ? AND c.created_rev <= ?
AND (c.deleted_rev IS NULL OR c.deleted_rev > ?)
"""
_COUNT = """
SELECT COUNT(*) FROM chunks c INDEXED BY chunks_by_revision
WHERE c.collection_id = ? AND c.generation = ? AND c.created_rev > ? AND c.created_rev <= ?
AND (c.deleted_rev IS NULL OR c.deleted_rev > ?)
"""
_WORDS = """
SELECT c.id, c.chunk_id, d.title, c.text
FROM chunks c INDEXED BY chunks_by_revision CROSS JOIN documents d ON d.id = c.document
WHERE c.collection_id = ? AND c.generation = ? AND c.created_rev > ? AND c.created_rev <= ?
AND (c.deleted_rev IS NULL OR c.deleted_rev > ?)
"""
_IDS = _COUNT.replace("COUNT(*)", "c.chunk_id, c.id")
# Of some documents, which are few.
_VECTORS_OF, _COUNT_OF, _WORDS_OF, _IDS_OF = (
    f"{sql.replace('chunks_by_revision', 'chunks_by_document')} AND c.document IN (*)"
    for sql in (_VECTORS, _COUNT, _WORDS, _IDS)
)

# Documents tested against a filter between two looks at the deadline.
_BETWEEN_CHECKS = 256


class SqlChunks:
    """Implements `ChunkStore`."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor
        self._entries = Entries(cursor)

    def visible(self, view: View, chunk_ids: Sequence[str]) -> dict[str, tuple[int, int]]:
        """Rows of those that are visible."""
        rows = self._cursor.rows_in(_VISIBLE, _pinned(view), chunk_ids)
        return {chunk_id: (row, document) for chunk_id, row, document in rows}

    def read_visible(self, view: View, chunk_ids: Sequence[str]) -> dict[str, StoredChunk]:
        """Whole chunks of those that are visible."""
        rows = self._cursor.rows_in(_READ_VISIBLE, _pinned(view), chunk_ids)
        return {fields[1]: _stored(fields) for fields in rows}

    def of_entries(
        self, view: View, entries: Sequence[str], each: int, documents: set[int] | None = None
    ) -> dict[str, list[tuple[int, str]]]:
        """Rows and ids of those that are visible, by entry."""
        found: dict[str, list[tuple[int, str]]] = defaultdict(list)
        for some in slices(entries):
            rows = self._entries.all(_OF_ENTRIES, view, some)
            if rows is None:
                found |= self._entries.first(view, some, each, documents)
                continue
            for row, chunk_id, document, key in sorted(rows, key=itemgetter(1)):
                if documents is None or document in documents:
                    found[entry_of(key)].append((row, chunk_id))
        return {entry: chunks[:each] for entry, chunks in found.items()}

    def read(self, rows: Sequence[int]) -> dict[int, StoredChunk]:
        """Chunks by row; those purged meanwhile are left out."""
        return {fields[0]: _stored(fields) for fields in self._cursor.rows_in(_READ, (), rows)}

    def sentences(self, rows: Sequence[int]) -> dict[int, Sentences]:
        """Sentences by row; those purged meanwhile are left out."""
        found = self._cursor.rows_in(_SENTENCES, (), rows)
        return {
            row: Sentences(unpack_spans(spans), unpack_sentences(vectors, dimension))
            for row, spans, vectors, dimension in found
        }

    def sentence_vectors(self, rows: Sequence[int]) -> dict[int, NDArray[np.int8]]:
        """Vectors of sentences by row; those purged meanwhile are left out."""
        found = self._cursor.rows_in(_SENTENCE_VECTORS, (), rows)
        return {row: unpack_sentences(vectors, dimension) for row, vectors, dimension in found}

    def relatives(
        self, view: View, rows: Sequence[int], *, whole: bool
    ) -> dict[int, tuple[Relative, ...]]:
        """Chunks with the same parent or document, in order of ordinals."""
        sql = _RELATIVES if whole else _SIBLINGS
        found: dict[int, list[Relative]] = {}
        for fields in self._cursor.rows_in(sql, (view.revision, view.revision), rows):
            found.setdefault(fields[0], []).append(_relative(fields[1:]))
        return {
            row: tuple(sorted(some, key=lambda each: each.ordinal)) for row, some in found.items()
        }

    def token_vectors(self, rows: Sequence[int]) -> dict[int, NDArray[np.int8]]:
        """Vectors of tokens by row; those purged meanwhile are left out, too."""
        found = self._cursor.rows_in(_VECTORS_OF_TOKENS, (), rows)
        return {row: vectors for row, blob in found if (vectors := unpack_tokens(blob)) is not None}

    def vectors_of(self, rows: Sequence[int]) -> dict[int, Vector]:
        """Vectors by row; those purged meanwhile are left out."""
        found = self._cursor.rows_in(_VECTORS_OF_ROWS, (), rows)
        matrix = unpack_vectors([vector for _, vector in found])
        return dict(zip([row for row, _ in found], matrix, strict=True))

    def matching(self, view: View, filter: Filter, deadline: Deadline) -> set[int]:
        """Rows of the visible documents that pass the filter, each one evaluated."""
        rows = self._cursor.rows(_METADATA, (view.collection_id, view.revision, view.revision))
        passing: set[int] = set()
        for start in range(0, len(rows), _BETWEEN_CHECKS):
            deadline.check("filter")
            passing.update(
                row
                for row, metadata in rows[start : start + _BETWEEN_CHECKS]
                if matches(filter, decode_metadata(metadata))
            )
        return passing

    def vectors(
        self, view: View, *, since: int = 0, documents: set[int] | None = None
    ) -> tuple[list[tuple[int, str]], NDArray[np.float32]]:
        """Ascending by row; float32 (0, 0) where there is none."""
        rows = sorted(self._select(_VECTORS, _VECTORS_OF, view, since, documents))
        matrix = unpack_vectors([vector for _, _, vector in rows])
        return [(row, chunk_id) for row, chunk_id, _ in rows], matrix

    def words(
        self, view: View, *, since: int = 0, documents: set[int] | None = None
    ) -> list[ChunkWords]:
        """Texts of the same chunks as `vectors` returns, ascending by row."""
        rows = sorted(self._select(_WORDS, _WORDS_OF, view, since, documents))
        return [
            ChunkWords(row, chunk_id, content(title), content(text))
            for row, chunk_id, title, text in rows
        ]

    def ids(self, view: View, documents: set[int]) -> dict[str, int]:
        """Rows by chunk id of the visible chunks of the given document rows."""
        return dict(self._select(_IDS, _IDS_OF, view, 0, documents))

    def count(self, view: View, *, since: int = 0, documents: set[int] | None = None) -> int:
        """How many chunks `vectors` would return."""
        return sum(count for (count,) in self._select(_COUNT, _COUNT_OF, view, since, documents))

    def _select(
        self, of_all: str, of_some: str, view: View, since: int, documents: set[int] | None
    ) -> list[Row]:
        fixed: tuple[Any, ...] = (
            view.collection_id,
            view.generation,
            since,
            view.revision,
            view.revision,
        )
        if documents is None:
            return self._cursor.rows(of_all, fixed)
        return self._cursor.rows_in(of_some, fixed, list(documents))


def _pinned(view: View) -> Row:
    return view.collection_id, view.generation, view.revision, view.revision


def _stored(fields: Row) -> StoredChunk:
    row, chunk_id, document_id, ordinal, start, end, text, tokens, title, metadata, *place = fields
    parent_start, parent_end, page, heading = place
    return StoredChunk(
        row,
        chunk_id,
        document_id,
        ordinal,
        Span(start, end),
        content(text),
        tokens,
        content(title),
        decode_metadata(metadata),
        None if parent_start is None else Span(parent_start, parent_end),
        page,
        content(heading),
    )


def _relative(fields: Row) -> Relative:
    row, chunk_id, ordinal, start, end, tokens, parent_start, parent_end = fields
    parent = None if parent_start is None else Span(parent_start, parent_end)
    return Relative(row, chunk_id, ordinal, Span(start, end), tokens, parent)
