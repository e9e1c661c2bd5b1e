"""One state of the catalog, read for a backup: everything in one snapshot transaction, so that
writers go on meanwhile and are not seen."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Row, Select, func, select

from rag_server.core.backups import Scope
from rag_server.core.documents import Collection
from rag_server.stores.catalog.engine import Database
from rag_server.stores.catalog.generation import decode_settings
from rag_server.stores.catalog.instant import from_micros
from rag_server.stores.catalog.schema import (
    builds,
    chunks,
    collections,
    commits,
    document_vectors,
    documents,
    embeddings,
    generations,
    keys,
)

# Rows named in one statement.
SLICE = 500
# Rows that may be in memory at once: a document's text has up to some megabytes.
_WINDOW = 16

DOCUMENT_COLUMNS = (
    documents.c.id,
    documents.c.document_id,
    documents.c.content_type,
    documents.c.title,
    documents.c.metadata,
    documents.c.fingerprint,
    documents.c.size_bytes,
    documents.c.created_rev,
    documents.c.updated_at,
    builds.c.recipe,
    builds.c.chunk_count,
    documents.c.text,
)
CHUNK_COLUMNS = (
    chunks.c.document,
    chunks.c.ordinal,
    chunks.c.chunk_id,
    chunks.c.span_start,
    chunks.c.span_end,
    chunks.c.tokens,
    chunks.c.created_rev,
    chunks.c.parent_start,
    chunks.c.parent_end,
    chunks.c.page,
    chunks.c.heading,
    chunks.c.sentences,
    chunks.c.text,
)
VECTOR_COLUMNS = (
    document_vectors.c.document,
    document_vectors.c.field,
    document_vectors.c.span_start,
    document_vectors.c.span_end,
    document_vectors.c.created_rev,
)
EMBEDDING_COLUMNS = (
    embeddings.c.key,
    embeddings.c.dimension,
    embeddings.c.sentences,
    embeddings.c.vector,
    embeddings.c.tokens,
)
_COLLECTIONS = (
    select(*collections.c, generations.c.embedder, generations.c.chunking)
    .add_columns(generations.c.index_settings, generations.c.fields)
    .join(
        generations,
        (generations.c.collection_id == collections.c.id)
        & (generations.c.generation == collections.c.generation),
    )
    .where(collections.c.deleted_at.is_(None))
    .order_by(collections.c.id)
)


@dataclass(frozen=True, slots=True)
class LiveDocument:
    """A visible version: its row, revision, bytes of text, and what its digest is made of."""

    row: int
    created_rev: int
    size: int
    digest: int


class SqlDump:
    """Gives snapshots."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @contextmanager
    def snapshot(self) -> Iterator["Snapshot"]:
        """The state at the first read, until the context is left."""
        with self._database.snapshot() as connection:
            yield Snapshot(connection)


class Snapshot:
    """Reads of one state; used by one thread. Rows come as tuples of the columns above."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def collections(self, scope: Scope) -> list[Collection]:
        """The live collections of a scope, oldest first, without counts."""
        query = _COLLECTIONS
        if scope.tenant is not None:
            query = query.where(collections.c.tenant == scope.tenant)
        if scope.collection is not None:
            query = query.where(collections.c.name == scope.collection)
        return [_collection(row) for row in self._connection.execute(query)]

    def committed_at(self, collection_id: int, revision: int) -> int | None:
        """When the collection got that revision, in microseconds; None: it never did."""
        query = select(commits.c.committed_at).where(
            commits.c.collection_id == collection_id, commits.c.revision == revision
        )
        return self._connection.scalar(query)

    def live(self, collection_id: int) -> Iterator[LiveDocument]:
        """The visible documents, in no order."""
        table = documents.c
        query = select(
            table.id, table.created_rev, table.size_bytes, table.document_id, table.fingerprint
        ).where(table.collection_id == collection_id, table.deleted_rev.is_(None))
        for row, created_rev, size, name, fingerprint in self._connection.execute(query):
            digest = sha256(name.encode() + b"\0" + fingerprint).digest()
            yield LiveDocument(row, created_rev, size, int.from_bytes(digest))

    def documents(self, generation: int, rows: Sequence[int]) -> Iterator[Row[Any]]:
        """Documents with their builds in a generation, ascending by row."""
        build = (builds.c.document == documents.c.id) & (builds.c.generation == generation)
        query = select(*DOCUMENT_COLUMNS).select_from(documents.outerjoin(builds, build))
        yield from self._stream(query.where(documents.c.id.in_(rows)).order_by(documents.c.id))

    def chunks(self, generation: int, rows: Sequence[int]) -> Iterator[Row[Any]]:
        """Chunks of documents, with the row of their embedding and its key as last columns."""
        query = (
            select(*CHUNK_COLUMNS, embeddings.c.id.label("embedding"), embeddings.c.key)
            .join(embeddings, embeddings.c.id == chunks.c.embedding)
            .where(chunks.c.document.in_(rows), chunks.c.generation == generation)
            .where(chunks.c.deleted_rev.is_(None))
            .order_by(chunks.c.document, chunks.c.ordinal)
        )
        yield from self._stream(query)

    def vectors(self, rows: Sequence[int]) -> list[Row[Any]]:
        """Vectors of documents in their fields, with last columns as `chunks` has them."""
        query = (
            select(*VECTOR_COLUMNS, embeddings.c.id.label("embedding"), embeddings.c.key)
            .join(embeddings, embeddings.c.id == document_vectors.c.embedding)
            .where(document_vectors.c.document.in_(rows))
        )
        return list(self._connection.execute(query))

    def embeddings(self, rows: Sequence[int]) -> Iterator[Row[Any]]:
        """Embeddings by row."""
        for start in range(0, len(rows), SLICE):
            some = embeddings.c.id.in_(rows[start : start + SLICE])
            yield from self._stream(select(*EMBEDDING_COLUMNS).where(some))

    def chunk_count(self, collection_id: int, generation: int) -> int:
        """How many chunks of a generation are visible."""
        query = select(func.count()).where(
            chunks.c.collection_id == collection_id,
            chunks.c.generation == generation,
            chunks.c.deleted_rev.is_(None),
        )
        return int(self._connection.execute(query).scalar_one())

    def keys(self) -> list[Row[Any]]:
        """All API keys, revoked ones too."""
        return list(self._connection.execute(select(*keys.c)))

    def _stream(self, query: Select[Any]) -> Iterator[Row[Any]]:
        return iter(self._connection.execute(query, execution_options={"yield_per": _WINDOW}))


def _collection(row: Row[Any]) -> Collection:
    return Collection(
        row.id,
        row.tenant,
        row.name,
        row.description,
        row.revision,
        row.generation,
        decode_settings(row.embedder, row.chunking, row.index_settings, row.fields),
        from_micros(row.created_at),
    )
