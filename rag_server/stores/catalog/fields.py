"""Vectors that documents have in fields beside their chunks."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rag_server.core.content import Modality
from rag_server.core.documents import View
from rag_server.core.protocols import FieldRows, Place
from rag_server.core.values import Span
from rag_server.stores.catalog.blob import unpack_vectors
from rag_server.stores.catalog.cursor import Cursor

_STRETCH = """
SELECT created_rev FROM document_vectors INDEXED BY document_vectors_by_revision
WHERE collection_id = ? AND field = ? AND created_rev > ? AND created_rev <= ?
ORDER BY created_rev LIMIT 1 OFFSET ?
"""
_CREATED = """
SELECT v.document, v.span_start, e.vector
FROM document_vectors v INDEXED BY document_vectors_by_revision
CROSS JOIN embeddings e ON e.id = v.embedding
WHERE v.collection_id = ? AND v.field = ? AND v.created_rev > ? AND v.created_rev <= ?
AND e.dimension = ?
ORDER BY v.document, v.span_start
"""
_VISIBLE = """
SELECT id FROM documents INDEXED BY documents_by_id
WHERE collection_id = ? AND created_rev <= ? AND (deleted_rev IS NULL OR deleted_rev > ?)
"""
_PLACES = """
SELECT id, chunk_id, document, span_start, span_end FROM chunks INDEXED BY chunks_by_document
WHERE generation = ? AND created_rev <= ? AND (deleted_rev IS NULL OR deleted_rev > ?)
AND document IN (*)
"""
_DOCUMENTS = "SELECT DISTINCT document FROM chunks WHERE id IN (*)"


class SqlFields:
    """Implements `FieldStore`."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor

    def created(
        self, view: View, modality: Modality, dimension: int, after: int, limit: int
    ) -> FieldRows:
        """By document, then in the order of its text."""
        field = (view.collection_id, modality.value, after)
        reached = self._cursor.rows(_STRETCH, (*field, view.revision, limit - 1))
        upto = int(reached[0][0]) if reached else view.revision
        found = self._cursor.rows(_CREATED, (*field, upto, dimension))
        documents, starts, vectors = zip(*found, strict=True) if found else ((), (), ())
        matrix = unpack_vectors(vectors).reshape(-1, dimension)
        return FieldRows(upto, np.array(documents, np.int64), np.array(starts, np.int64), matrix)

    def visible(self, view: View) -> NDArray[np.int64]:
        """In no order."""
        found = self._cursor.rows(_VISIBLE, (view.collection_id, view.revision, view.revision))
        return np.array(found, np.int64).reshape(-1)

    def places(self, view: View, documents: Sequence[int]) -> list[Place]:
        """By document and span."""
        pinned = (view.generation, view.revision, view.revision)
        rows = self._cursor.rows_in(_PLACES, pinned, documents)
        places = [Place(row, chunk, of, Span(start, end)) for row, chunk, of, start, end in rows]
        return sorted(places, key=lambda each: (each.document, each.span.start, each.row))

    def documents_of(self, rows: Sequence[int]) -> NDArray[np.int64]:
        """In no order."""
        found = self._cursor.rows_in(_DOCUMENTS, (), rows)
        return np.unique(np.array(found, np.int64).reshape(-1))
