"""The feed of committed changes, and the removal of what nobody can see any more."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Select, delete, or_, select, update

from rag_server.core.documents import View
from rag_server.core.protocols import Changes
from rag_server.stores.catalog.blob import unpack_vectors
from rag_server.stores.catalog.engine import Database
from rag_server.stores.catalog.instant import to_micros
from rag_server.stores.catalog.removal import remove_all, remove_chunks, remove_documents
from rag_server.stores.catalog.schema import (
    chunks,
    collections,
    commits,
    documents,
    embeddings,
    generations,
)
from rag_server.stores.catalog.writer import Writer

_Rows = Select[tuple[int]]


class SqlFeed:
    """Implements `Feed`."""

    def __init__(self, database: Database, writer: Writer) -> None:
        self._database = database
        self._writer = writer

    def changes(self, view: View, after: int, limit: int) -> Changes:
        """Whole revisions in (after, view.revision], each chunk id once, in order of creation."""
        with self._database.reading() as connection:
            upto = _end_of_stretch(connection, view, after, limit)
            query = (
                select(chunks.c.chunk_id, embeddings.c.vector)
                .join(embeddings, embeddings.c.id == chunks.c.embedding)
                .where(_of(view), chunks.c.created_rev > after, chunks.c.created_rev <= upto)
                .order_by(chunks.c.created_rev, chunks.c.id)
            )
            vectors = {row.chunk_id: row.vector for row in connection.execute(query)}
        return Changes(upto, list(vectors), unpack_vectors(list(vectors.values())))

    def living(self, view: View, ids: Sequence[str]) -> Changes:
        """Live chunks among them with their vectors."""
        query = (
            select(chunks.c.chunk_id, embeddings.c.vector)
            .join(embeddings, embeddings.c.id == chunks.c.embedding)
            .where(_of(view), chunks.c.chunk_id.in_(ids), chunks.c.deleted_rev.is_(None))
        )
        with self._database.reading() as connection:
            vectors = {row.chunk_id: row.vector for row in connection.execute(query)}
        return Changes(0, list(vectors), unpack_vectors(list(vectors.values())))

    def dead(self, view: View, before: datetime) -> list[str]:
        """Ids of which every version that is still there was deleted before that time."""
        other = chunks.alias("other")
        moment = to_micros(before)
        survivor = (
            select(other.c.id)
            .where(other.c.collection_id == chunks.c.collection_id)
            .where(other.c.generation == chunks.c.generation)
            .where(other.c.chunk_id == chunks.c.chunk_id)
            .where(or_(other.c.deleted_at.is_(None), other.c.deleted_at >= moment))
        )
        query = (
            select(chunks.c.chunk_id)
            .distinct()
            .where(_of(view), chunks.c.deleted_at < moment, ~survivor.exists())
        )
        with self._database.reading() as connection:
            return list(connection.scalars(query))

    def purge(self, view: View, before: datetime) -> int:
        """Remove dead chunks, then document versions without chunks; number of chunks."""
        moment = to_micros(before)
        some_chunks = select(chunks.c.id).where(_of(view), chunks.c.deleted_at < moment)
        some_documents = select(documents.c.id).where(
            documents.c.collection_id == view.collection_id,
            documents.c.deleted_at < moment,
            ~select(chunks.c.id).where(chunks.c.document == documents.c.id).exists(),
        )
        purged = self._all(some_chunks, remove_chunks)
        self._all(some_documents, remove_documents)
        return purged

    def dropped(self, before: datetime) -> list[View]:
        """Views of collections deleted before that time, oldest first."""
        query = (
            select(collections.c.id, generations.c.generation, collections.c.revision)
            .join(generations, generations.c.collection_id == collections.c.id)
            .where(collections.c.deleted_at < to_micros(before))
            .order_by(collections.c.id, generations.c.generation)
        )
        with self._database.reading() as connection:
            return [View(*row) for row in connection.execute(query)]

    def forget(self, view: View) -> None:
        """Remove all rows of a deleted collection; a live or unknown one is left alone."""
        one = (collections.c.id == view.collection_id, collections.c.deleted_at.is_not(None))
        # First: whoever was filling it, and may be still, must not show what is left of it.
        given_up = update(collections).where(*one).values(deleted_at=0)
        self._writer.run(lambda connection: connection.execute(given_up))
        deleted = select(collections.c.id).where(*one).scalar_subquery()
        some_chunks = select(chunks.c.id).where(chunks.c.collection_id == deleted)
        some_documents = select(documents.c.id).where(documents.c.collection_id == deleted)
        self._all(some_chunks, remove_chunks)
        self._all(some_documents, remove_documents)

        def last(connection: Connection) -> None:
            connection.execute(delete(commits).where(commits.c.collection_id == deleted))
            connection.execute(delete(generations).where(generations.c.collection_id == deleted))
            connection.execute(delete(collections).where(collections.c.id == deleted))

        self._writer.run(last, alone=True)

    def _all(self, some: _Rows, remove: Callable[[Connection, _Rows], int]) -> int:
        with self._database.reading() as connection:
            if connection.execute(some.limit(1)).first() is None:
                # All other writers would wait for a removal of nothing, too.
                return 0
        return remove_all(self._writer, lambda connection: remove(connection, some))


def _of(view: View) -> ColumnElement[bool]:
    return (chunks.c.collection_id == view.collection_id) & (chunks.c.generation == view.generation)


def _end_of_stretch(connection: Connection, view: View, after: int, limit: int) -> int:
    """The revision in which the `limit`-th chunk was created, or the view's."""
    query = (
        select(chunks.c.created_rev)
        .where(_of(view), chunks.c.created_rev > after, chunks.c.created_rev <= view.revision)
        .order_by(chunks.c.created_rev)
        .offset(limit - 1)
        .limit(1)
    )
    reached = connection.scalar(query)
    return view.revision if reached is None else int(reached)
