"""Collections of the catalog."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select, true, update
from sqlalchemy.exc import IntegrityError

from rag_server.core.documents import Collection, GenerationSettings, View
from rag_server.core.errors import AlreadyExists, NotFound, Reason
from rag_server.core.metadata_schema import MetadataSchema
from rag_server.stores.catalog.cursor import Cursor
from rag_server.stores.catalog.engine import Database, insert_row
from rag_server.stores.catalog.generation import decode_settings, encode_settings
from rag_server.stores.catalog.instant import Clock, from_micros, to_micros
from rag_server.stores.catalog.metadata_schema_json import decode_schema, encode_schema
from rag_server.stores.catalog.schema import chunks, collections, content, documents, generations
from rag_server.stores.catalog.writer import Writer

_GET = """
SELECT c.id, c.tenant, c.name, c.description, c.revision, c.generation, c.created_at,
  c.metadata_schema, g.embedder, g.chunking, g.index_settings, g.fields
FROM collections c JOIN generations g ON g.collection_id = c.id AND g.generation = c.generation
WHERE c.tenant = ? AND c.name = ? AND c.deleted_at IS NULL
"""


class SqlCollections:
    """Implements `CollectionStore`. A deleted collection keeps its row, without its
    name, until the feed forgets it."""

    def __init__(self, database: Database, cursor: Cursor, writer: Writer, clock: Clock) -> None:
        self._database = database
        self._cursor = cursor
        self._writer = writer
        self._clock = clock

    def create(
        self,
        tenant: str,
        name: str,
        description: str,
        settings: GenerationSettings,
        schema: MetadataSchema | None = None,
    ) -> Collection:
        """A new, empty collection at revision 0."""
        created_at = self._clock()

        def work(connection: Connection) -> int:
            if connection.scalar(select(collections.c.id).where(*_live(tenant, name))) is not None:
                raise _taken(name)
            row = insert(collections).values(
                tenant=tenant,
                name=name,
                description=description,
                revision=0,
                generation=1,
                created_at=to_micros(created_at),
                metadata_schema=encode_schema(schema),
            )
            try:
                number = insert_row(connection, row, collections.c.id)
            except IntegrityError as error:
                # Another server was faster.
                raise _taken(name) from error
            connection.execute(insert(generations).values(_serving(number, settings, created_at)))
            return number

        row = self._writer.run(work)
        return Collection(
            row, tenant, name, description, 0, 1, settings, created_at, metadata_schema=schema
        )

    def update(
        self,
        tenant: str,
        name: str,
        description: str | None,
        schema: MetadataSchema | None,
    ) -> None:
        """Change what is not None; a schema without fields removes the declared one."""
        values: dict[str, Any] = {}
        if description is not None:
            values["description"] = description
        if schema is not None:
            values["metadata_schema"] = encode_schema(schema if schema.fields else None)

        def work(connection: Connection) -> None:
            found = connection.scalar(select(collections.c.id).where(*_live(tenant, name)))
            if found is None:
                _missing(name)
            if values:
                changed = update(collections).where(*_live(tenant, name)).values(values)
                connection.execute(changed)

        self._writer.run(work)

    def metadata_schema(self, collection_id: int) -> MetadataSchema | None:
        """What was declared for the collection, deleted or not."""
        rows = self._cursor.rows(
            "SELECT metadata_schema FROM collections WHERE id = ?", (collection_id,)
        )
        return decode_schema(rows[0][0]) if rows else None

    def get(self, tenant: str, name: str, counts: bool = False) -> Collection:
        """Newest state."""
        if counts:
            with self._database.reading() as connection:
                row = connection.execute(_counted().where(*_live(tenant, name))).one_or_none()
            return _collection(*(row or _missing(name)))
        rows = self._cursor.rows(_GET, (tenant, name))
        return _collection(*(rows[0] if rows else _missing(name)))

    def page(self, tenant: str, after: str, limit: int) -> list[Collection]:
        """Ascending by name, with counts."""
        query = (
            _counted()
            .where(collections.c.tenant == tenant, collections.c.name > after)
            .where(collections.c.deleted_at.is_(None))
            .order_by(collections.c.name)
            .limit(limit)
        )
        with self._database.reading() as connection:
            return [_collection(*row) for row in connection.execute(query)]

    def delete(self, tenant: str, name: str) -> int:
        """Number of documents that went with it."""

        def work(connection: Connection) -> int:
            # Whoever writes to it finishes first.
            connection.execute(
                select(collections.c.id).where(*_live(tenant, name)).with_for_update()
            )
            row = connection.execute(_counted().where(*_live(tenant, name))).one_or_none()
            found = _collection(*(row or _missing(name)))
            connection.execute(
                update(collections)
                .where(collections.c.id == found.id)
                .values(deleted_at=to_micros(self._clock()))
            )
            return found.document_count

        return self._writer.run(work)

    def documents(self) -> int:
        """Visible documents of all live collections."""
        query = (
            select(func.count())
            .select_from(documents.join(collections))
            .where(documents.c.deleted_rev.is_(None), collections.c.deleted_at.is_(None))
        )
        with self._database.reading() as connection:
            return int(connection.execute(query).scalar_one())

    def views(self, *, retired: bool = False) -> list[View]:
        """Newest view of every generation that is followed (or retired), oldest collection
        first."""
        query = (
            select(collections.c.id, generations.c.generation, collections.c.revision)
            .join(generations, generations.c.collection_id == collections.c.id)
            .where(collections.c.deleted_at.is_(None))
            .where(true() if retired else generations.c.state != "retired")
            .order_by(collections.c.id, generations.c.generation)
        )
        with self._database.reading() as connection:
            return [View(*row) for row in connection.execute(query)]

    def settings(self, view: View) -> GenerationSettings:
        """Recipe of a generation that is followed."""
        table = generations.c
        query = (
            select(table.embedder, table.chunking, table.index_settings, table.fields)
            .join(collections, collections.c.id == table.collection_id)
            .where(collections.c.deleted_at.is_(None), table.state != "retired")
            .where(collections.c.id == view.collection_id, table.generation == view.generation)
        )
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        return decode_settings(*(row or _missing(view.index_name)))


def gone(name: str) -> NotFound:
    """The error for a collection that does not exist for this caller."""
    message = f"there is no collection {name}"
    return NotFound(message, Reason.COLLECTION_NOT_FOUND, {"collection": name})


def _taken(name: str) -> AlreadyExists:
    message = f"there is a collection {name} already"
    return AlreadyExists(message, Reason.COLLECTION_EXISTS, {"collection": name})


def _missing(name: str) -> Row[Any]:
    raise gone(name)


def _live(tenant: str, name: str) -> tuple[Any, ...]:
    table = collections.c
    return table.tenant == tenant, table.name == name, table.deleted_at.is_(None)


def _counted() -> Select[Any]:
    """The columns of `_collection`, counts included: live rows are those visible now."""
    document_count = (
        select(func.count())
        .where(documents.c.collection_id == collections.c.id, documents.c.deleted_rev.is_(None))
        .scalar_subquery()
    )
    chunk_count = (
        select(func.count())
        .where(chunks.c.collection_id == collections.c.id)
        .where(chunks.c.generation == collections.c.generation, chunks.c.deleted_rev.is_(None))
        .scalar_subquery()
    )
    columns = [column for column in collections.c if column.name != "deleted_at"]
    table = generations.c
    settings = (table.embedder, table.chunking, table.index_settings, table.fields)
    serving = (generations.c.collection_id == collections.c.id) & (
        generations.c.generation == collections.c.generation
    )
    query = select(*columns, *settings, document_count, chunk_count)
    return query.select_from(collections.join(generations, serving))


def _serving(collection_id: int, settings: GenerationSettings, at: datetime) -> dict[str, Any]:
    return {
        "collection_id": collection_id,
        "generation": 1,
        "state": "serving",
        "created_at": to_micros(at),
        **encode_settings(settings),
    }


def _collection(
    id: int,
    tenant: str,
    name: str,
    description: str,
    revision: int,
    generation: int,
    created_at: int,
    schema: str | None,
    embedder: str,
    chunking: str,
    index: str,
    fields: str,
    document_count: int = 0,
    chunk_count: int = 0,
) -> Collection:
    return Collection(
        id,
        tenant,
        name,
        content(description),
        revision,
        generation,
        decode_settings(embedder, chunking, index, fields),
        from_micros(created_at),
        document_count,
        chunk_count,
        decode_schema(schema),
    )
