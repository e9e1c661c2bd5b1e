"""The feed of committed changes, and the removal of what nobody can see any more."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from datetime import datetime

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    delete,
    func,
    or_,
    select,
    tuple_,
    update,
)

from rag_server.core.documents import View
from rag_server.core.protocols import Changes
from rag_server.stores.catalog.blob import unpack_vectors
from rag_server.stores.catalog.engine import Database
from rag_server.stores.catalog.entries import entry_of, keys_of
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

# Dead chunks looked at in one go; so many are as many entries at most.
_STRETCH = 500

_Rows = Select[tuple[int]]


class SqlFeed:
    """Implements `Feed`."""

    def __init__(self, database: Database, writer: Writer) -> None:
        self._database = database
        self._writer = writer

    def changes(self, view: View, after: int, limit: int) -> Changes:
        """Whole revisions in (after, view.revision], each entry once, in order of creation."""
        with self._database.reading() as connection:
            upto = end_of_stretch(connection, view, after, limit)
            created = (chunks.c.created_rev > after) & (chunks.c.created_rev <= upto)
            first = func.min(chunks.c.id).label("first")
            entries = (
                select(chunks.c.embedding, first)
                .where(of_generation(view), created)
                .group_by(chunks.c.embedding)
                .subquery()
            )
            query = (
                select(embeddings.c.key, embeddings.c.vector)
                .join(entries, entries.c.embedding == embeddings.c.id)
                .order_by(entries.c.first)
            )
            return _changes(upto, connection.execute(query))

    def living(self, view: View, ids: Sequence[str], upto: int | None = None) -> Changes:
        """Entries among them that a live chunk refers to."""
        alive = select(chunks.c.id).where(
            chunks.c.embedding == embeddings.c.id,
            of_generation(view),
            chunks.c.deleted_rev.is_(None),
        )
        if upto is not None:
            alive = alive.where(chunks.c.created_rev <= upto)
        query = select(embeddings.c.key, embeddings.c.vector).where(
            embeddings.c.key.in_(keys_of(ids)), alive.exists()
        )
        with self._database.reading() as connection:
            return _changes(0, connection.execute(query))

    def dead(self, view: View, before: datetime) -> Iterator[list[str]]:
        """Walks over the dead chunks in order of deletion, a stretch at a time."""
        moment = to_micros(before)
        at, row = -1, -1
        while True:
            with self._database.reading() as connection:
                stretch = connection.execute(_stretch_of_dead(view, moment, at, row)).all()
                ids = connection.scalars(_dead(view, moment, {each.embedding for each in stretch}))
                entries = [entry_of(key) for key in ids]
            if entries:
                yield entries
            if len(stretch) < _STRETCH:
                return
            at, row = stretch[-1].deleted_at, stretch[-1].id

    def purge(self, view: View, before: datetime) -> int:
        """Remove dead chunks, then document versions without chunks; number of chunks."""
        moment = to_micros(before)
        some_chunks = select(chunks.c.id).where(of_generation(view), chunks.c.deleted_at < moment)
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


def of_generation(view: View) -> ColumnElement[bool]:
    """That a chunk is one of the view's generation."""
    return (chunks.c.collection_id == view.collection_id) & (chunks.c.generation == view.generation)


def _changes(upto: int, rows: Iterable[Row[bytes, bytes]]) -> Changes:
    vectors = {entry_of(key): vector for key, vector in rows}
    return Changes(upto, list(vectors), unpack_vectors(list(vectors.values())))


def _stretch_of_dead(view: View, moment: int, at: int, row: int) -> Select[int, int, int]:
    """The next chunks that were deleted before `moment`, after that one."""
    return (
        select(chunks.c.id, chunks.c.deleted_at, chunks.c.embedding)
        .where(of_generation(view), chunks.c.deleted_at < moment)
        .where(tuple_(chunks.c.deleted_at, chunks.c.id) > tuple_(at, row))
        .order_by(chunks.c.deleted_at, chunks.c.id)
        .limit(_STRETCH)
    )


def _dead(view: View, moment: int, some: Collection[int]) -> Select[bytes]:
    """Keys of those embeddings that no chunk of the generation needs any more."""
    survivor = (
        select(chunks.c.id)
        .where(of_generation(view), chunks.c.embedding == embeddings.c.id)
        .where(or_(chunks.c.deleted_at.is_(None), chunks.c.deleted_at >= moment))
    )
    return select(embeddings.c.key).where(embeddings.c.id.in_(some), ~survivor.exists())


def end_of_stretch(connection: Connection, view: View, after: int, limit: int) -> int:
    """The revision in which the `limit`-th chunk was created, or the view's."""
    query = (
        select(chunks.c.created_rev)
        .where(
            of_generation(view), chunks.c.created_rev > after, chunks.c.created_rev <= view.revision
        )
        .order_by(chunks.c.created_rev)
        .offset(limit - 1)
        .limit(1)
    )
    reached = connection.scalar(query)
    return view.revision if reached is None else int(reached)
