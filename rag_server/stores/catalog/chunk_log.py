"""Chunks by the revisions that made and ended them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rag_server.core.chunk_log import ALIVE, ChunkRows, Rows, number_of
from rag_server.core.documents import View
from rag_server.core.values import Metadata
from rag_server.stores.catalog.blob import unpack_vectors
from rag_server.stores.catalog.cursor import Cursor
from rag_server.stores.catalog.value_json import decode_metadata

_STRETCH = """
SELECT created_rev FROM chunks INDEXED BY chunks_by_revision
WHERE collection_id = ? AND generation = ? AND created_rev > ? AND created_rev <= ?
ORDER BY created_rev LIMIT 1 OFFSET ?
"""
_CREATED = """
SELECT c.id, c.chunk_id, c.document, c.embedding, e.key, c.created_rev, c.deleted_rev
FROM chunks c INDEXED BY chunks_by_revision CROSS JOIN embeddings e ON e.id = c.embedding
WHERE c.collection_id = ? AND c.generation = ? AND c.created_rev > ? AND c.created_rev <= ?
AND (c.deleted_rev IS NULL OR c.deleted_rev > ?)
ORDER BY c.created_rev, c.id
"""
_DELETED = """
SELECT id, deleted_rev FROM chunks INDEXED BY chunks_by_deletion
WHERE collection_id = ? AND generation = ? AND deleted_rev > ? AND deleted_rev <= ? LIMIT ?
"""
_METADATA = "SELECT id, metadata FROM documents WHERE id IN (*)"
_VECTORS = "SELECT id, vector FROM embeddings WHERE id IN (*)"


class SqlChunkLog:
    """Implements `ChunkLog`."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor

    def stretch(self, view: View, after: int, limit: int) -> int:
        """The revision that made the `limit`-th chunk, or the view's."""
        found = self._cursor.rows(_STRETCH, (*_between(view, after, view.revision), limit - 1))
        return int(found[0][0]) if found else view.revision

    def created(self, view: View, after: int, upto: int, *, living: bool = False) -> ChunkRows:
        """In the order of revisions, then of rows."""
        seen = view.revision if living else 0
        found = self._cursor.rows(_CREATED, (*_between(view, after, upto), seen))
        columns = zip(*found, strict=True) if found else [()] * 7
        rows, ids, documents, embeddings, keys, created, deleted = columns
        return ChunkRows(
            rows=np.array(rows, np.int64),
            ids=np.array([each.encode() for each in ids], np.bytes_),
            documents=np.array(documents, np.int64),
            embeddings=np.array(embeddings, np.int64),
            keys=np.array([number_of(each) for each in keys], np.int64),
            created=np.array(created, np.int64),
            deleted=np.array([ALIVE if each is None else each for each in deleted], np.int64),
        )

    def deleted(self, view: View, after: int, upto: int, limit: int) -> tuple[Rows, Rows]:
        """In any order."""
        found = self._cursor.rows(_DELETED, (*_between(view, after, upto), limit))
        pairs = np.array(found, np.int64).reshape(-1, 2)
        return pairs[:, 0], pairs[:, 1]

    def metadata(self, documents: Sequence[int]) -> dict[int, Metadata]:
        """By row of the document."""
        found = self._cursor.rows_in(_METADATA, (), documents)
        return {row: decode_metadata(encoded) for row, encoded in found}

    def vectors(self, embeddings: Sequence[int]) -> tuple[list[int], NDArray[np.float32]]:
        """In any order."""
        found = self._cursor.rows_in(_VECTORS, (), embeddings)
        return [row for row, _ in found], unpack_vectors([vector for _, vector in found])


def _between(view: View, after: int, upto: int) -> tuple[int, int, int, int]:
    return view.collection_id, view.generation, after, upto
