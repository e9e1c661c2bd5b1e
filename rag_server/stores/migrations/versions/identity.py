"""A name of the catalog's own, by which its indexes are told from those of others."""

import sqlalchemy as sa
from alembic import op

from rag_server.stores.migrations.columns import TEXT

revision = "0003_identity"
down_revision = "0002_generations"


def upgrade() -> None:
    """Make the table; the next start names the catalog, and fills its index anew."""
    op.create_table(
        "identity",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("name", TEXT, nullable=False),
    )


def downgrade() -> None:
    """Forget the name; the index is filled anew by the next start."""
    op.drop_table("identity")
