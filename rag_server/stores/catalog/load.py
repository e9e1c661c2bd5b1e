"""Collections that are restored: filled out of sight, then shown in one moment.

Until it is published such a collection is a deleted one, whose time of deletion lies ahead and
moves on while any collection of the same restore is being filled: one that is given up is
swept away like all others.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from rag_server.core.backups import SavedCollection
from rag_server.core.documents import View
from rag_server.core.errors import AlreadyExists, PreconditionFailed, Reason
from rag_server.stores.catalog.dump import (
    CHUNK_COLUMNS,
    DOCUMENT_COLUMNS,
    EMBEDDING_COLUMNS,
    VECTOR_COLUMNS,
)
from rag_server.stores.catalog.engine import Database, insert_missing, insert_row
from rag_server.stores.catalog.generation import encode_settings
from rag_server.stores.catalog.instant import Clock, to_micros
from rag_server.stores.catalog.metadata_schema_json import encode_schema
from rag_server.stores.catalog.schema import (
    builds,
    collections,
    commits,
    documents,
    embeddings,
    generations,
    keys,
)
from rag_server.stores.catalog.version import INSERT_CHUNK, INSERT_VECTOR
from rag_server.stores.catalog.writer import Writer

# How long a collection stays that is not filled any more.
_ABANDONED = timedelta(hours=1)
_GENERATION = 1

_DOCUMENT = [column.name for column in DOCUMENT_COLUMNS]
_CHUNK = [column.name for column in CHUNK_COLUMNS]
_VECTOR = [column.name for column in VECTOR_COLUMNS]
_EMBEDDING = [column.name for column in EMBEDDING_COLUMNS]
_BUILD = ("recipe", "chunk_count")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a collection is restored to, and what it takes from the backup."""

    tenant: str
    name: str
    saved: SavedCollection


@dataclass(frozen=True, slots=True)
class Load:
    """Some documents with all of their chunks and vectors, and the embeddings of those: rows of
    the columns in `dump`, a chunk's or vector's key after its columns."""

    documents: Sequence[Sequence[Any]]
    chunks: Sequence[Sequence[Any]]
    embeddings: Sequence[Sequence[Any]]
    vectors: Sequence[Sequence[Any]] = ()


class SqlLoader:
    """Fills and publishes collections through the catalog's one writer."""

    def __init__(self, database: Database, writer: Writer, clock: Clock) -> None:
        self._database = database
        self._writer = writer
        self._clock = clock

    def begin(self, place: Place) -> int:
        """An empty collection that nobody sees; its row."""

        def work(connection: Connection) -> int:
            row = {
                "tenant": place.tenant,
                "name": place.name,
                "description": place.saved.description,
                "revision": place.saved.revision,
                "generation": _GENERATION,
                "created_at": to_micros(place.saved.created_at),
                "deleted_at": self._hidden_until(),
                "metadata_schema": encode_schema(place.saved.metadata_schema),
            }
            number = insert_row(connection, insert(collections).values(row), collections.c.id)
            connection.execute(insert(generations).values(self._serving(number, place.saved)))
            return number

        return self._writer.run(work)

    def taken(self, places: Sequence[Place]) -> None:
        """Raises AlreadyExists when a name is in use."""
        with self._database.reading() as connection:
            for place in places:
                if _live(connection, place) is not None:
                    raise _name_taken(place)

    def hold(self, rows: Collection[int]) -> None:
        """Keep the sweep off collections under restore for another hour. Raises
        PreconditionFailed when it has taken one."""
        self._writer.run(lambda connection: self._still_hidden(connection, rows))

    def add(self, collection_id: int, load: Load, held: Collection[int]) -> int:
        """Store documents in one commit; their number. `held` are all collections of the same
        restore, which are kept as by `hold`."""

        def work(connection: Connection) -> int:
            self._still_hidden(connection, held)
            numbers = {
                row[0]: _insert_document(connection, collection_id, row) for row in load.documents
            }
            chunk_rows = [row for row in load.chunks if row[0] in numbers]
            vector_rows = [row for row in load.vectors if row[0] in numbers]
            _insert_embeddings(connection, load.embeddings, [*chunk_rows, *vector_rows])
            _insert_chunks(connection, collection_id, numbers, chunk_rows)
            _insert_vectors(connection, collection_id, numbers, vector_rows)
            return len(numbers)

        return self._writer.run(work)

    def publish(self, filled: Mapping[int, Place], *, replace: bool) -> list[View]:
        """Show all of them in one commit; what has one of their names goes in the same one if
        `replace`, else AlreadyExists is raised."""

        def work(connection: Connection) -> list[View]:
            now = to_micros(self._clock())
            self._still_hidden(connection, filled)
            for row, place in filled.items():
                _make_room(connection, place, now, replace=replace)
                _show(connection, row, place)
                _commit(connection, row, place.saved.revision, now)
            return [View(row, _GENERATION, place.saved.revision) for row, place in filled.items()]

        return self._writer.run(work)

    def published(self, rows: Sequence[int]) -> bool:
        """Whether all of these collections are shown."""
        shown = select(func.count()).where(
            collections.c.id.in_(rows), collections.c.deleted_at.is_(None)
        )
        with self._database.reading() as connection:
            return connection.scalar(shown) == len(rows)

    def abandon(self, rows: Iterable[int]) -> None:
        """Leave collections that are not published to the sweep; published ones stay."""
        hidden = collections.c.id.in_(list(rows)), collections.c.deleted_at.is_not(None)
        swept = update(collections).where(*hidden).values(deleted_at=0)
        self._writer.run(lambda connection: connection.execute(swept))

    def keys(self, rows: Iterable[Mapping[str, Any]]) -> int:
        """Store API keys that are not there; those that are stay as they are, revoked ones
        revoked. How many are new."""

        def work(connection: Connection) -> int:
            known = set(connection.scalars(select(keys.c.id)))
            new = [dict(row) for row in rows if row["id"] not in known]
            if new:
                connection.execute(insert(keys), new)
            return len(new)

        return self._writer.run(work)

    def _hidden_until(self) -> int:
        return to_micros(self._clock() + _ABANDONED)

    def _still_hidden(self, connection: Connection, rows: Collection[int]) -> None:
        mine = collections.c.id.in_(list(rows)), collections.c.deleted_at > 0
        moved = connection.execute(
            update(collections).where(*mine).values(deleted_at=self._hidden_until())
        )
        if moved.rowcount < len(rows):
            raise PreconditionFailed(
                "a restored collection was swept away meanwhile: begin again",
                Reason.NOT_READY,
            )

    def _serving(self, row: int, saved: SavedCollection) -> dict[str, Any]:
        return {
            "collection_id": row,
            "generation": _GENERATION,
            "state": "serving",
            "created_at": to_micros(self._clock()),
            **encode_settings(saved.settings),
        }


def _live(connection: Connection, place: Place) -> int | None:
    return connection.scalar(
        select(collections.c.id).where(
            collections.c.tenant == place.tenant,
            collections.c.name == place.name,
            collections.c.deleted_at.is_(None),
        )
    )


def _make_room(connection: Connection, place: Place, now: int, *, replace: bool) -> None:
    there = _live(connection, place)
    if there is None:
        return
    if not replace:
        raise _name_taken(place)
    connection.execute(update(collections).where(collections.c.id == there).values(deleted_at=now))


def _show(connection: Connection, row: int, place: Place) -> None:
    shown = update(collections).where(collections.c.id == row).values(deleted_at=None)
    try:
        connection.execute(shown)
    except IntegrityError as error:
        # Another server has made one of that name since we looked.
        raise _name_taken(place) from error


def _name_taken(place: Place) -> AlreadyExists:
    return AlreadyExists(
        f"there is a collection {place.name} already: restore it under another name, or replace it",
        Reason.COLLECTION_EXISTS,
        {"collection": place.name},
    )


def _commit(connection: Connection, row: int, revision: int, now: int) -> None:
    # Revision 0 is nobody's commit.
    if revision:
        made = {"collection_id": row, "revision": revision, "committed_at": now}
        connection.execute(insert(commits).values(made))


def _insert_embeddings(
    connection: Connection, rows: Sequence[Sequence[Any]], users: Sequence[Sequence[Any]]
) -> None:
    needed = {row[-1] for row in users}
    # Without the last column, if the program that wrote the backup did not know it.
    values = [dict(zip(_EMBEDDING, row, strict=False)) for row in rows if row[0] in needed]
    if values:
        connection.execute(insert_missing(embeddings, "key"), values)


def _insert_document(connection: Connection, collection_id: int, row: Sequence[Any]) -> int:
    values = dict(zip(_DOCUMENT, row, strict=True))
    del values["id"]
    build = {name: values.pop(name) for name in _BUILD}
    new = insert(documents).values(values | {"collection_id": collection_id})
    number = insert_row(connection, new, documents.c.id)
    if build["recipe"] is not None:
        made = {"document": number, "generation": _GENERATION} | build
        connection.execute(insert(builds).values(made))
    return number


def _insert_chunks(
    connection: Connection,
    collection_id: int,
    numbers: Mapping[int, int],
    rows: Sequence[Sequence[Any]],
) -> None:
    shared = {"collection_id": collection_id, "generation": _GENERATION}
    values = [
        dict(zip(_CHUNK, row, strict=False))
        | shared
        | {"document": numbers[row[0]], "embedding_key": row[len(_CHUNK)]}
        for row in rows
    ]
    if values:
        connection.execute(INSERT_CHUNK, values)


def _insert_vectors(
    connection: Connection,
    collection_id: int,
    numbers: Mapping[int, int],
    rows: Sequence[Sequence[Any]],
) -> None:
    values = [
        dict(zip(_VECTOR, row, strict=False))
        | {"collection_id": collection_id, "document": numbers[row[0]], "embedding_key": row[-1]}
        for row in rows
    ]
    if values:
        connection.execute(INSERT_VECTOR, values)
