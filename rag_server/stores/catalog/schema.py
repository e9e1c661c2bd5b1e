"""Tables of the catalog.

Rows of documents and chunks are versions: visible at revision r when
`created_rev <= r` and `deleted_rev` is null or above r. Instants are microseconds since
1970. Wide blobs stand last, so that the columns before them are read without walking
the blob's overflow pages (a chunk's text is short: what was added later may follow it).
`stores/migrations` makes these tables; a test holds the two together.
"""

from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    text,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeEngine

METADATA = MetaData()


class Content(TypeDecorator[str]):
    """Text that may hold U+0000, which PostgreSQL does not take as text: bytes there, which
    raw reads decode with `content`."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Bytes in PostgreSQL."""
        kind = LargeBinary() if dialect.name == "postgresql" else Text()
        return dialect.type_descriptor(kind)

    def process_bind_param(self, value: str | None, dialect: Dialect) -> Any:
        """As the database has it."""
        return value.encode() if value is not None and dialect.name == "postgresql" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> str | None:
        """As it was."""
        del dialect
        return None if value is None else content(value)


def content(value: str | bytes) -> str:
    """A column of type `Content`, as read without SQLAlchemy."""
    return value.decode() if isinstance(value, bytes) else value


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


# Ordered by bytes everywhere, whatever the locale of a PostgreSQL database.
_TEXT = Text().with_variant(Text(collation="C"), "postgresql")
# SQLite numbers rows by itself only where the primary key is declared INTEGER.
_ROW = BigInteger().with_variant(Integer(), "sqlite")

collections = Table(
    "collections",
    METADATA,
    Column("id", _ROW, primary_key=True),
    Column("tenant", _TEXT, nullable=False),
    Column("name", _TEXT, nullable=False),
    Column("description", Content, nullable=False),
    Column("revision", BigInteger, nullable=False),
    Column("generation", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("deleted_at", BigInteger),
    Column("metadata_schema", _TEXT),
    # The ids name derived indexes: one may never stand for another collection.
    sqlite_autoincrement=True,
)
Index(
    "collections_live",
    collections.c.tenant,
    collections.c.name,
    unique=True,
    **_where("deleted_at IS NULL"),
)

# What the chunks of a generation are made with. `state`: "building" beside the serving one,
# "serving" (the one that the collection's row names), or "retired", kept for running reads.
generations = Table(
    "generations",
    METADATA,
    Column("collection_id", ForeignKey("collections.id"), primary_key=True),
    Column("generation", Integer, primary_key=True),
    Column("state", _TEXT, nullable=False),
    Column("embedder", _TEXT, nullable=False),
    Column("chunking", _TEXT, nullable=False),
    Column("index_settings", _TEXT, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("retired_at", BigInteger),
    Column("fields", _TEXT, nullable=False, server_default="[]"),
    sqlite_with_rowid=False,
)

commits = Table(
    "commits",
    METADATA,
    Column("collection_id", ForeignKey("collections.id"), primary_key=True),
    Column("revision", BigInteger, primary_key=True),
    Column("committed_at", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

documents = Table(
    "documents",
    METADATA,
    Column("id", _ROW, primary_key=True),
    Column("collection_id", ForeignKey("collections.id"), nullable=False),
    Column("document_id", _TEXT, nullable=False),
    Column("content_type", _TEXT, nullable=False),
    Column("title", Content, nullable=False),
    Column("metadata", _TEXT, nullable=False),
    Column("fingerprint", LargeBinary, nullable=False),
    Column("size_bytes", BigInteger, nullable=False),
    Column("created_rev", BigInteger, nullable=False),
    Column("deleted_rev", BigInteger),
    Column("updated_at", BigInteger, nullable=False),
    Column("deleted_at", BigInteger),
    Column("text", LargeBinary, nullable=False),
    sqlite_autoincrement=True,
)
Index(
    "documents_by_id",
    documents.c.collection_id,
    documents.c.document_id,
    documents.c.created_rev,
    documents.c.deleted_rev,
)
Index(
    "documents_live",
    documents.c.collection_id,
    documents.c.document_id,
    unique=True,
    **_where("deleted_rev IS NULL"),
)
Index(
    "documents_dead",
    documents.c.collection_id,
    documents.c.deleted_at,
    **_where("deleted_at IS NOT NULL"),
)

# Which versions of documents have their chunks in which generation, and how they were made.
builds = Table(
    "builds",
    METADATA,
    Column("document", ForeignKey("documents.id"), primary_key=True),
    Column("generation", Integer, primary_key=True),
    Column("recipe", LargeBinary, nullable=False),
    Column("chunk_count", Integer, nullable=False),
    sqlite_with_rowid=False,
)

embeddings = Table(
    "embeddings",
    METADATA,
    Column("id", _ROW, primary_key=True),
    Column("key", LargeBinary, nullable=False, unique=True),
    Column("dimension", Integer, nullable=False),
    Column("sentences", LargeBinary, nullable=False),
    Column("vector", LargeBinary, nullable=False),
    Column("tokens", LargeBinary),
)

# Vectors that versions of documents have in fields beside their chunks, whatever the
# generation. `created_rev` is that of the document.
document_vectors = Table(
    "document_vectors",
    METADATA,
    Column("document", ForeignKey("documents.id"), primary_key=True),
    Column("field", _TEXT, primary_key=True),
    Column("span_start", BigInteger, primary_key=True),
    Column("span_end", BigInteger, nullable=False),
    Column("embedding", ForeignKey("embeddings.id"), nullable=False),
    Column("collection_id", ForeignKey("collections.id"), nullable=False),
    Column("created_rev", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)
Index(
    "document_vectors_by_revision",
    document_vectors.c.collection_id,
    document_vectors.c.field,
    document_vectors.c.created_rev,
)
Index("document_vectors_by_embedding", document_vectors.c.embedding)

chunks = Table(
    "chunks",
    METADATA,
    Column("id", _ROW, primary_key=True),
    Column("collection_id", ForeignKey("collections.id"), nullable=False),
    Column("generation", Integer, nullable=False),
    Column("chunk_id", _TEXT, nullable=False),
    Column("document", ForeignKey("documents.id"), nullable=False),
    Column("ordinal", Integer, nullable=False),
    Column("span_start", BigInteger, nullable=False),
    Column("span_end", BigInteger, nullable=False),
    Column("tokens", Integer, nullable=False),
    Column("embedding", ForeignKey("embeddings.id"), nullable=False),
    Column("created_rev", BigInteger, nullable=False),
    Column("deleted_rev", BigInteger),
    Column("deleted_at", BigInteger),
    Column("sentences", LargeBinary, nullable=False),
    Column("text", Content, nullable=False),
    Column("parent_start", BigInteger),
    Column("parent_end", BigInteger),
    Column("page", Integer),
    Column("heading", Content, nullable=False, server_default=""),
    sqlite_autoincrement=True,
)
Index(
    "chunks_by_id",
    chunks.c.collection_id,
    chunks.c.generation,
    chunks.c.chunk_id,
    chunks.c.created_rev,
    chunks.c.deleted_rev,
    chunks.c.document,
)
Index(
    "chunks_live",
    chunks.c.collection_id,
    chunks.c.generation,
    chunks.c.chunk_id,
    unique=True,
    **_where("deleted_rev IS NULL"),
)
Index(
    "chunks_by_revision",
    chunks.c.collection_id,
    chunks.c.generation,
    chunks.c.created_rev,
    chunks.c.deleted_rev,
)
Index("chunks_by_document", chunks.c.document, chunks.c.generation, chunks.c.ordinal)
Index("chunks_by_embedding", chunks.c.embedding)
Index(
    "chunks_dead",
    chunks.c.collection_id,
    chunks.c.generation,
    chunks.c.deleted_at,
    **_where("deleted_at IS NOT NULL"),
)

Index(
    "chunks_by_deletion",
    chunks.c.collection_id,
    chunks.c.generation,
    chunks.c.deleted_rev,
    **_where("deleted_rev IS NOT NULL"),
)

keys = Table(
    "keys",
    METADATA,
    Column("id", _TEXT, primary_key=True),
    Column("hash", LargeBinary, nullable=False),
    Column("tenant", _TEXT, nullable=False),
    Column("roles", _TEXT, nullable=False),
    Column("filter", _TEXT),
    Column("name", _TEXT, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("revoked_at", BigInteger),
)

# Long work. `tenant` null: of the whole server. `owner` holds it until `lease_until`, which it
# moves on while it lives; whoever finds an expired lease takes the job over from `checkpoint`.
jobs = Table(
    "jobs",
    METADATA,
    Column("id", _TEXT, primary_key=True),
    Column("tenant", _TEXT),
    Column("kind", _TEXT, nullable=False),
    Column("collection", _TEXT, nullable=False),
    Column("spec", _TEXT, nullable=False),
    Column("state", _TEXT, nullable=False),
    Column("phase", _TEXT, nullable=False),
    Column("done", BigInteger, nullable=False),
    Column("total", BigInteger, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("started_at", BigInteger),
    Column("updated_at", BigInteger, nullable=False),
    Column("finished_at", BigInteger),
    Column("cancel_requested_at", BigInteger),
    Column("owner", _TEXT),
    Column("lease_until", BigInteger),
    Column("checkpoint", _TEXT, nullable=False),
    Column("result", _TEXT, nullable=False),
    Column("error_reason", _TEXT),
    Column("error_message", _TEXT),
    Column("request_id", _TEXT),
    Column("request_digest", LargeBinary),
)
Index("jobs_by_tenant", jobs.c.tenant, jobs.c.created_at, jobs.c.id)
Index("jobs_open", jobs.c.state, jobs.c.lease_until, **_where("finished_at IS NULL"))
Index(
    "jobs_by_request",
    jobs.c.tenant,
    jobs.c.request_id,
    unique=True,
    **_where("request_id IS NOT NULL"),
)

# One row: the name by which what is derived from this catalog is told from the rest.
identity = Table(
    "identity",
    METADATA,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("name", _TEXT, nullable=False),
)

# Who of several servers does what only one may do at a time.
leases = Table(
    "leases",
    METADATA,
    Column("name", _TEXT, primary_key=True),
    Column("owner", _TEXT, nullable=False),
    Column("lease_until", BigInteger, nullable=False),
)
