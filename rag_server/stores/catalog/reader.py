"""Chunks of one document, and stored text."""

from rag_server.core.documents import StoredChunk, View
from rag_server.core.values import Span
from rag_server.stores.catalog.chunks import SqlChunks
from rag_server.stores.catalog.cursor import Cursor

_DOCUMENT = """
SELECT id FROM documents INDEXED BY documents_by_id WHERE collection_id = ? AND document_id = ?
AND created_rev <= ? AND (deleted_rev IS NULL OR deleted_rev > ?)
"""
_CHUNKS = """
SELECT id FROM chunks INDEXED BY chunks_by_document
WHERE document = ? AND generation = ? AND ordinal > ? ORDER BY ordinal LIMIT ?
"""
_TEXT = """
SELECT substr(text, CAST(? AS INTEGER), CAST(? AS INTEGER))
FROM documents INDEXED BY documents_by_id
WHERE collection_id = ? AND document_id = ?
AND created_rev <= ? AND (deleted_rev IS NULL OR deleted_rev > ?)
"""


class SqlReader:
    """Implements `ChunkReader`."""

    def __init__(self, cursor: Cursor, chunks: SqlChunks) -> None:
        self._cursor = cursor
        self._chunks = chunks

    def of_document(self, view: View, id: str, after: int, limit: int) -> list[StoredChunk] | None:
        """Ascending by ordinal; None: no such document."""
        found = self._cursor.rows(_DOCUMENT, (view.collection_id, id, view.revision, view.revision))
        if not found:
            return None
        # A version's chunks live and die with it: whoever sees it sees them.
        ((document,),) = found
        rows = self._cursor.rows(_CHUNKS, (document, view.generation, after, limit))
        chunks = self._chunks.read([row for (row,) in rows])
        return [chunks[row] for (row,) in rows if row in chunks]

    def text(self, view: View, document_id: str, span: Span) -> bytes:
        """Bytes of the visible version; shorter or empty if out of range."""
        length = max(0, span.end - span.start)
        rows = self._cursor.rows(
            _TEXT,
            (
                span.start + 1,
                length,
                view.collection_id,
                document_id,
                view.revision,
                view.revision,
            ),
        )
        # SQLite cuts null out of an empty blob.
        cut: bytes = (rows and rows[0][0]) or b""
        return cut
