"""What the metadata of a collection's documents means, as its owner declared it."""

import sqlalchemy as sa
from alembic import op

from rag_server.stores.migrations.columns import TEXT

revision = "0006_metadata_schemas"
down_revision = "0005_token_vectors"


def upgrade() -> None:
    """Make the column; nobody has declared anything so far."""
    op.add_column("collections", sa.Column("metadata_schema", TEXT))


def downgrade() -> None:
    """Drop it: what was declared is lost, what documents hold is not."""
    op.drop_column("collections", "metadata_schema")
