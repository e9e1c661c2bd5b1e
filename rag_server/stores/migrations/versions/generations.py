"""Generations with settings of their own, builds of documents, jobs and leases."""

import sqlalchemy as sa
from alembic import op

from rag_server.stores.migrations.columns import CONTENT, ROW, TEXT

revision = "0002_generations"
down_revision = "0001_initial"

# What every collection was made with so far.
_CHUNKING = '{"strategy":"recursive","max_tokens":200}'
_INDEX = '{"ef_construction":200,"ef_search":100,"max_neighbors":24}'


def upgrade() -> None:
    """Move what belongs to a generation out of collections and documents."""
    _make_generations()
    _make_builds()
    for column in _chunk_columns():
        op.add_column("chunks", column)
    _make_jobs()


def downgrade() -> None:
    """Put it back as it stands for the serving generation; others are lost, as are jobs."""
    op.drop_table("leases")
    op.drop_table("jobs")
    _keep_serving_chunks_only()
    for column in reversed(_chunk_columns()):
        op.drop_column("chunks", column.name)
    _return_builds()
    _return_generations()


def _make_generations() -> None:
    op.create_table(
        "generations",
        sa.Column("collection_id", ROW, sa.ForeignKey("collections.id"), primary_key=True),
        sa.Column("generation", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("embedder", TEXT, nullable=False),
        sa.Column("chunking", TEXT, nullable=False),
        sa.Column("index_settings", TEXT, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("retired_at", sa.BigInteger),
        sqlite_with_rowid=False,
    )
    made = sa.text(
        "INSERT INTO generations (collection_id, generation, state, embedder, chunking,"
        " index_settings, created_at) SELECT id, generation, 'serving', embedder, :chunking,"
        " :index, created_at FROM collections"
    )
    op.execute(made.bindparams(chunking=_CHUNKING, index=_INDEX))
    op.drop_column("collections", "embedder")


def _return_generations() -> None:
    op.add_column("collections", sa.Column("embedder", TEXT, nullable=False, server_default=""))
    op.execute(
        "UPDATE collections SET embedder = (SELECT g.embedder FROM generations g"
        " WHERE g.collection_id = collections.id AND g.generation = collections.generation)"
    )
    op.drop_table("generations")


def _make_builds() -> None:
    op.create_table(
        "builds",
        sa.Column("document", ROW, sa.ForeignKey("documents.id"), primary_key=True),
        sa.Column("generation", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("recipe", sa.LargeBinary, nullable=False),
        sa.Column("chunk_count", sa.Integer, nullable=False),
        sqlite_with_rowid=False,
    )
    # The old fingerprint covered the recipe, too: it matches no new one, so that a document
    # that is sent again is written anew, from the embeddings that are stored.
    op.execute(
        "INSERT INTO builds (document, generation, recipe, chunk_count)"
        " SELECT d.id, c.generation, d.fingerprint, d.chunk_count"
        " FROM documents d JOIN collections c ON c.id = d.collection_id"
    )
    op.drop_column("documents", "chunk_count")


def _return_builds() -> None:
    op.add_column(
        "documents", sa.Column("chunk_count", sa.Integer, nullable=False, server_default="0")
    )
    op.execute(
        "UPDATE documents SET chunk_count = COALESCE((SELECT b.chunk_count FROM builds b"
        " JOIN collections c ON c.id = documents.collection_id"
        " WHERE b.document = documents.id AND b.generation = c.generation), 0)"
    )
    op.drop_table("builds")


def _keep_serving_chunks_only() -> None:
    op.execute(
        "DELETE FROM chunks WHERE generation != (SELECT c.generation FROM collections c"
        " WHERE c.id = chunks.collection_id)"
    )


def _chunk_columns() -> list[sa.Column[object]]:
    return [
        sa.Column("parent_start", sa.BigInteger),
        sa.Column("parent_end", sa.BigInteger),
        sa.Column("page", sa.Integer),
        sa.Column("heading", CONTENT, nullable=False, server_default=""),
    ]


def _make_jobs() -> None:
    op.create_table(
        "jobs",
        sa.Column("id", TEXT, primary_key=True),
        sa.Column("tenant", TEXT),
        sa.Column("kind", TEXT, nullable=False),
        sa.Column("collection", TEXT, nullable=False),
        sa.Column("spec", TEXT, nullable=False),
        sa.Column("state", TEXT, nullable=False),
        sa.Column("phase", TEXT, nullable=False),
        sa.Column("done", sa.BigInteger, nullable=False),
        sa.Column("total", sa.BigInteger, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("created_at", sa.BigInteger, nullable=False),
        sa.Column("started_at", sa.BigInteger),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        sa.Column("finished_at", sa.BigInteger),
        sa.Column("cancel_requested_at", sa.BigInteger),
        sa.Column("owner", TEXT),
        sa.Column("lease_until", sa.BigInteger),
        sa.Column("checkpoint", TEXT, nullable=False),
        sa.Column("result", TEXT, nullable=False),
        sa.Column("error_reason", TEXT),
        sa.Column("error_message", TEXT),
        sa.Column("request_id", TEXT),
        sa.Column("request_digest", sa.LargeBinary),
    )
    op.create_index("jobs_by_tenant", "jobs", ["tenant", "created_at", "id"])
    _partial_index("jobs_open", ["state", "lease_until"], "finished_at IS NULL")
    _partial_index("jobs_by_request", ["tenant", "request_id"], "request_id IS NOT NULL", True)
    op.create_table(
        "leases",
        sa.Column("name", TEXT, primary_key=True),
        sa.Column("owner", TEXT, nullable=False),
        sa.Column("lease_until", sa.BigInteger, nullable=False),
    )


def _partial_index(name: str, columns: list[str], where: str, unique: bool = False) -> None:
    condition = sa.text(where)
    op.create_index(
        name, "jobs", columns, unique=unique, sqlite_where=condition, postgresql_where=condition
    )
