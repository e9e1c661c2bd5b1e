"""Generations of collections, from their building to their end."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, insert, or_, select, update

from rag_server.core.content import ContentType, Mark
from rag_server.core.documents import (
    Build,
    Collection,
    GenerationSettings,
    Unbuilt,
    View,
)
from rag_server.core.errors import AlreadyExists, Reason
from rag_server.stores.catalog.collections import gone
from rag_server.stores.catalog.engine import Database
from rag_server.stores.catalog.generation import encode_settings
from rag_server.stores.catalog.instant import Clock, to_micros
from rag_server.stores.catalog.removal import forget_generation
from rag_server.stores.catalog.schema import builds, chunks, collections, documents, generations
from rag_server.stores.catalog.value_json import decode_metadata
from rag_server.stores.catalog.version import Revision
from rag_server.stores.catalog.writer import Writer


class _NotYet(Exception):
    """Undoes a swap that would show less than everything."""


class SqlGenerations:
    """Implements `GenerationStore`."""

    def __init__(self, database: Database, writer: Writer, clock: Clock) -> None:
        self._database = database
        self._writer = writer
        self._clock = clock

    def building(self, collection: Collection) -> int | None:
        """The one that is being built."""
        with self._database.reading() as connection:
            return _building(connection, collection.id)

    def begin(self, collection: Collection, settings: GenerationSettings) -> int:
        """A new one beside the serving one."""

        def work(connection: Connection) -> int:
            # Holds the collection, so that two servers do not both find none.
            Revision.begin(connection, collection, self._now())
            if _building(connection, collection.id) is not None:
                message = "another generation of the collection is being built"
                raise AlreadyExists(message, Reason.JOB_IN_PROGRESS)
            of_collection = generations.c.collection_id == collection.id
            newest = select(func.max(generations.c.generation)).where(of_collection)
            number = int(connection.scalar(newest) or 0) + 1
            row = {"collection_id": collection.id, "generation": number, "state": "building"}
            settled = {"created_at": self._now(), **encode_settings(settings)}
            connection.execute(insert(generations).values(row | settled))
            return number

        return self._writer.run(work)

    def unbuilt(
        self, collection: Collection, generation: int, recipe: bytes, after: str, limit: int
    ) -> list[Unbuilt]:
        """Ascending by the bytes of the id."""
        table = documents.c
        query = (
            _unbuilt(collection, generation, recipe)
            .add_columns(
                table.id, table.document_id, table.content_type, table.title, table.metadata
            )
            .add_columns(table.text)
            .where(table.document_id > after)
            .order_by(table.document_id)
            .limit(limit)
        )
        with self._database.reading() as connection:
            rows = connection.execute(query).all()
            return [
                _document(row, _marks(connection, row.id, collection.generation)) for row in rows
            ]

    def left(self, collection: Collection, generation: int, recipe: bytes) -> tuple[int, int]:
        """Counted in one state of the catalog."""
        every = select(func.count()).where(*_live(collection))
        missing = _unbuilt(collection, generation, recipe).add_columns(func.count())
        with self._database.reading() as connection:
            return int(connection.scalar(missing) or 0), int(connection.scalar(every) or 0)

    def build(self, collection: Collection, generation: int, builds: Sequence[Build]) -> int:
        """Add chunks that readers do not see; the revision."""
        return self._writer.run(
            lambda connection: self._revision(connection, collection, generation).build(builds)
        )

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
        """Let it serve, if nothing is missing."""

        def work(connection: Connection) -> int:
            revision = self._revision(connection, collection, generation)
            revision.add(builds)
            if connection.execute(
                _unbuilt(collection, generation, recipe).add_columns(documents.c.id).limit(1)
            ).first():
                raise _NotYet
            if connection.scalar(_newer(collection, generation, applied())) > tail:
                raise _NotYet
            return revision.serve()

        try:
            return self._writer.run(work)
        except _NotYet:
            return None

    def abandon(self, collection_id: int, generation: int) -> bool:
        """Retire what is being built, as if it had served long ago."""
        one = _one(collection_id, generation)
        given_up = update(generations).where(one, generations.c.state == "building")

        def work(connection: Connection) -> bool:
            connection.execute(given_up.values(state="retired", retired_at=0))
            return connection.scalar(select(generations.c.retired_at).where(one)) == 0

        return self._writer.run(work)

    def retired(self, before: datetime) -> list[View]:
        """Oldest collection first."""
        query = (
            select(collections.c.id, generations.c.generation, collections.c.revision)
            .join(generations, generations.c.collection_id == collections.c.id)
            .where(collections.c.deleted_at.is_(None), generations.c.state == "retired")
            .where(generations.c.retired_at < to_micros(before))
            .order_by(collections.c.id, generations.c.generation)
        )
        with self._database.reading() as connection:
            return [View(*row) for row in connection.execute(query)]

    def forget(self, view: View) -> None:
        """Remove all rows of a retired generation."""
        forget_generation(self._writer, view)

    def _revision(
        self, connection: Connection, collection: Collection, generation: int
    ) -> Revision:
        """The revision that builds a generation. Raises NotFound where it is given up."""
        built = replace(collection, generation=generation)
        revision = Revision.begin(connection, built, self._now())
        if _building(connection, collection.id) != generation:
            raise gone(collection.name)
        return revision

    def _now(self) -> int:
        return to_micros(self._clock())


def _one(collection_id: int, generation: int) -> ColumnElement[bool]:
    table = generations.c
    return (table.collection_id == collection_id) & (table.generation == generation)


def _building(connection: Connection, collection_id: int) -> int | None:
    query = select(generations.c.generation).where(
        generations.c.collection_id == collection_id, generations.c.state == "building"
    )
    return connection.scalar(query)


def _live(collection: Collection) -> tuple[ColumnElement[bool], ...]:
    return documents.c.collection_id == collection.id, documents.c.deleted_rev.is_(None)


def _unbuilt(collection: Collection, generation: int, recipe: bytes) -> Select[Any]:
    """Live documents without a build by the recipe; columns are to be added."""
    build = (builds.c.document == documents.c.id) & (builds.c.generation == generation)
    other = or_(builds.c.recipe.is_(None), builds.c.recipe != recipe)
    return select().select_from(documents.outerjoin(builds, build)).where(*_live(collection), other)


def _newer(collection: Collection, generation: int, revision: int) -> Select[Any]:
    """How many live chunks were made after a revision."""
    return select(func.count()).where(
        chunks.c.collection_id == collection.id,
        chunks.c.generation == generation,
        chunks.c.created_rev > revision,
        chunks.c.deleted_rev.is_(None),
    )


def _marks(connection: Connection, row: int, generation: int) -> tuple[Mark, ...]:
    """Pages and headings as the chunks of another generation know them."""
    table = chunks.c
    query = (
        select(table.span_start, table.page, table.heading)
        .where(table.document == row, table.generation == generation)
        .order_by(table.ordinal)
    )
    found = [Mark(*each) for each in connection.execute(query)]
    return tuple(found) if any(mark.page or mark.heading for mark in found) else ()


def _document(row: Row[Any], marks: tuple[Mark, ...]) -> Unbuilt:
    return Unbuilt(
        row.id,
        row.document_id,
        bytes(row.text).decode(),
        ContentType(row.content_type),
        row.title,
        decode_metadata(row.metadata),
        marks,
    )
