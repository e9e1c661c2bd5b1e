"""Documents of the catalog."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, Select, select

from rag_server.core.content import ContentType
from rag_server.core.documents import Collection, Commit, Known, NewDocument, StoredDocument, View
from rag_server.stores.catalog.cursor import Cursor
from rag_server.stores.catalog.engine import Database
from rag_server.stores.catalog.instant import Clock, from_micros, to_micros
from rag_server.stores.catalog.schema import builds, documents
from rag_server.stores.catalog.value_json import decode_metadata
from rag_server.stores.catalog.version import Revision, within
from rag_server.stores.catalog.writer import Writer

_KNOWN = """
SELECT d.document_id, d.fingerprint, b.recipe, b.chunk_count
FROM documents d INDEXED BY documents_by_id
CROSS JOIN builds b ON b.document = d.id AND b.generation = ?
WHERE d.collection_id = ? AND d.created_rev <= ?
AND (d.deleted_rev IS NULL OR d.deleted_rev > ?) AND d.document_id IN (*)
"""

_COLUMNS = (
    documents.c.document_id,
    documents.c.content_type,
    documents.c.title,
    documents.c.metadata,
    documents.c.created_rev,
    documents.c.updated_at,
    builds.c.chunk_count,
    documents.c.size_bytes,
)


class SqlDocuments:
    """Implements `DocumentStore`."""

    def __init__(self, database: Database, cursor: Cursor, writer: Writer, clock: Clock) -> None:
        self._database = database
        self._cursor = cursor
        self._writer = writer
        self._clock = clock

    def write(self, collection: Collection, documents: Sequence[NewDocument]) -> Commit:
        """Make all visible in one commit, which neighbours may share; durable on return."""
        return self._writer.run(
            lambda connection: Revision.begin(connection, collection, self._now()).write(documents)
        )

    def delete(self, collection: Collection, ids: Sequence[str]) -> Commit:
        """Delete the ids that exist, in one commit. Raises NotFound if the collection is gone."""
        return self._writer.run(
            lambda connection: Revision.begin(connection, collection, self._now()).delete(ids)
        )

    def known(self, view: View, ids: Sequence[str]) -> dict[str, Known]:
        """What those that are visible were made from."""
        fixed = (view.generation, view.collection_id, view.revision, view.revision)
        rows = self._cursor.rows_in(_KNOWN, fixed, ids)
        return {document_id: Known(*rest) for document_id, *rest in rows}

    def get(self, view: View, id: str) -> StoredDocument | None:
        """The visible version with its text and metadata."""
        query = _select(view, *_COLUMNS, documents.c.text).where(documents.c.document_id == id)
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return _stored(*row) if row else None

    def page(self, view: View, after: str, limit: int) -> list[StoredDocument]:
        """Ascending by the bytes of the id, without text."""
        query = _select(view, *_COLUMNS).where(documents.c.document_id > after)
        query = query.order_by(documents.c.document_id).limit(limit)
        with self._database.reading() as connection:
            return [_stored(*row) for row in connection.execute(query)]

    def _now(self) -> int:
        return to_micros(self._clock())


def _select(view: View, *columns: Column[Any]) -> Select[Any]:
    build = (builds.c.document == documents.c.id) & (builds.c.generation == view.generation)
    query = select(*columns).select_from(documents.outerjoin(builds, build))
    return query.where(within(documents, view))


def _stored(
    id: str,
    content_type: str,
    title: str,
    metadata: str,
    revision: int,
    updated_at: int,
    chunk_count: int | None,
    size_bytes: int,
    text: bytes = b"",
) -> StoredDocument:
    return StoredDocument(
        id,
        text.decode(),
        ContentType(content_type),
        title,
        decode_metadata(metadata),
        revision,
        from_micros(updated_at),
        chunk_count or 0,
        size_bytes,
    )
