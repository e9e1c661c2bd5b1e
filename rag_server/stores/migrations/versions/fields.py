"""Vector fields of collections, and vectors that documents have in them."""

import sqlalchemy as sa
from alembic import op

from rag_server.stores.migrations.columns import ROW, TEXT

revision = "0007_fields"
down_revision = "0006_metadata_schemas"


def upgrade() -> None:
    """Make them; collections have none so far."""
    op.add_column("generations", sa.Column("fields", TEXT, nullable=False, server_default="[]"))
    op.create_table(
        "document_vectors",
        sa.Column("document", ROW, sa.ForeignKey("documents.id"), primary_key=True),
        sa.Column("field", TEXT, primary_key=True),
        sa.Column("span_start", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("span_end", sa.BigInteger, nullable=False),
        sa.Column("embedding", ROW, sa.ForeignKey("embeddings.id"), nullable=False),
        sa.Column("collection_id", ROW, sa.ForeignKey("collections.id"), nullable=False),
        sa.Column("created_rev", sa.BigInteger, nullable=False),
        sqlite_with_rowid=False,
    )
    op.create_index(
        "document_vectors_by_revision",
        "document_vectors",
        ["collection_id", "field", "created_rev"],
    )
    op.create_index("document_vectors_by_embedding", "document_vectors", ["embedding"])


def downgrade() -> None:
    """Drop them, with the embeddings that nothing else refers to; documents and chunks stay."""
    op.drop_table("document_vectors")
    op.execute(
        "DELETE FROM embeddings"
        " WHERE NOT EXISTS (SELECT 1 FROM chunks c WHERE c.embedding = embeddings.id)"
    )
    op.drop_column("generations", "fields")
