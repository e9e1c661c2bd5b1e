"""Vectors of tokens beside those of chunks and sentences."""

import sqlalchemy as sa
from alembic import op

revision = "0005_token_vectors"
down_revision = "0004_deletions"


def upgrade() -> None:
    """Room for them; there are none yet."""
    op.add_column("embeddings", sa.Column("tokens", sa.LargeBinary))
    if op.get_context().dialect.name == "postgresql":
        # Numbers that look random: trying to compress them is lost time.
        op.execute("ALTER TABLE embeddings ALTER COLUMN tokens SET STORAGE EXTERNAL")


def downgrade() -> None:
    """Drop them; collections that had them go on with the same model without."""
    op.drop_column("embeddings", "tokens")
    op.execute("UPDATE generations SET embedder = replace(embedder, '+tokens', '')")
