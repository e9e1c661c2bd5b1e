"""The first schema: collections, versions of documents and chunks, embeddings, keys."""

import sqlalchemy as sa
from alembic import op

from rag_server.stores.migrations.columns import CONTENT, ROW, TEXT

revision = "0001_initial"
down_revision = None


def upgrade() -> None:
    """Make all tables."""
    _collections()
    _commits()
    _documents()
    _embeddings()
    _chunks()
    _keys()


def _collections() -> None:
    op.create_table(
        "collections",
        sa.Column("id", ROW, primary_key=True),
        sa.Column("tenant", TEXT, nullable=False),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("description", CONTENT, nullable=False),
        sa.Column("revision", sa.BigInteger, nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("embedder", TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("deleted_at", sa.BigInteger),
        sqlite_autoincrement=True,
    )
    _index(
        "collections_live", "collections", "tenant name", unique=True, where="deleted_at IS NULL"
    )


def _commits() -> None:
    op.create_table(
        "commits",
        sa.Column("collection_id", ROW, sa.ForeignKey("collections.id"), primary_key=True),
        sa.Column("revision", sa.BigInteger, primary_key=True),
        sa.Column("committed_at", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )


def _documents() -> None:
    op.create_table(
        "documents",
        sa.Column("id", ROW, primary_key=True),
        sa.Column("collection_id", ROW, sa.ForeignKey("collections.id"), nullable=False),
        sa.Column("document_id", TEXT, nullable=False),
        sa.Column("content_type", TEXT, nullable=False),
        sa.Column("title", CONTENT, nullable=False),
        sa.Column("metadata", TEXT, nullable=False),
        sa.Column("fingerprint", sa.LargeBinary, nullable=False),
        sa.Column("chunk_count", sa.Integer, nullable=False),
        sa.Column("size_bytes", sa.BigInteger, nullable=False),
        sa.Column("created_rev", sa.BigInteger, nullable=False),
        sa.Column("deleted_rev", sa.BigInteger),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        sa.Column("deleted_at", sa.BigInteger),
        sa.Column("text", sa.LargeBinary, nullable=False),
        sqlite_autoincrement=True,
    )
    _index("documents_by_id", "documents", "collection_id document_id created_rev deleted_rev")
    _index(
        "documents_live",
        "documents",
        "collection_id document_id",
        unique=True,
        where="deleted_rev IS NULL",
    )
    _index(
        "documents_dead", "documents", "collection_id deleted_at", where="deleted_at IS NOT NULL"
    )


def _embeddings() -> None:
    op.create_table(
        "embeddings",
        sa.Column("id", ROW, primary_key=True),
        sa.Column("key", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("dimension", sa.Integer, nullable=False),
        sa.Column("sentences", sa.LargeBinary, nullable=False),
        sa.Column("vector", sa.LargeBinary, nullable=False),
    )
    if op.get_context().dialect.name == "postgresql":
        # Numbers that look random: trying to compress them is lost time.
        for column in ("sentences", "vector"):
            op.execute(f"ALTER TABLE embeddings ALTER COLUMN {column} SET STORAGE EXTERNAL")


def _chunks() -> None:
    op.create_table(
        "chunks",
        sa.Column("id", ROW, primary_key=True),
        sa.Column("collection_id", ROW, sa.ForeignKey("collections.id"), nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("chunk_id", TEXT, nullable=False),
        sa.Column("document", ROW, sa.ForeignKey("documents.id"), nullable=False),
        sa.Column("ordinal", sa.Integer, nullable=False),
        sa.Column("span_start", sa.BigInteger, nullable=False),
        sa.Column("span_end", sa.BigInteger, nullable=False),
        sa.Column("tokens", sa.Integer, nullable=False),
        sa.Column("embedding", ROW, sa.ForeignKey("embeddings.id"), nullable=False),
        sa.Column("created_rev", sa.BigInteger, nullable=False),
        sa.Column("deleted_rev", sa.BigInteger),
        sa.Column("deleted_at", sa.BigInteger),
        sa.Column("sentences", sa.LargeBinary, nullable=False),
        sa.Column("text", CONTENT, nullable=False),
        sqlite_autoincrement=True,
    )
    _index(
        "chunks_by_id",
        "chunks",
        "collection_id generation chunk_id created_rev deleted_rev document",
    )
    _index(
        "chunks_live",
        "chunks",
        "collection_id generation chunk_id",
        unique=True,
        where="deleted_rev IS NULL",
    )
    _index("chunks_by_revision", "chunks", "collection_id generation created_rev deleted_rev")
    _index("chunks_by_document", "chunks", "document generation ordinal")
    _index("chunks_by_embedding", "chunks", "embedding")
    _index(
        "chunks_dead",
        "chunks",
        "collection_id generation deleted_at",
        where="deleted_at IS NOT NULL",
    )


def _keys() -> None:
    op.create_table(
        "keys",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("hash", sa.LargeBinary, nullable=False),
        sa.Column("tenant", TEXT, nullable=False),
        sa.Column("roles", TEXT, nullable=False),
        sa.Column("filter", TEXT),
        sa.Column("name", TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("revoked_at", sa.BigInteger),
    )


def _index(
    name: str, table: str, columns: str, *, unique: bool = False, where: str | None = None
) -> None:
    condition = sa.text(where) if where else None
    op.create_index(
        name,
        table,
        columns.split(),
        unique=unique,
        sqlite_where=condition,
        postgresql_where=condition,
    )
