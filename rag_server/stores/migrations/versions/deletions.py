"""Chunks by the revision that deleted them, for indexes that keep visibility by themselves."""

import sqlalchemy as sa
from alembic import op

revision = "0004_deletions"
down_revision = "0003_identity"

_DELETED = sa.text("deleted_rev IS NOT NULL")


def upgrade() -> None:
    """Make the index; it holds what is deleted only."""
    op.create_index(
        "chunks_by_deletion",
        "chunks",
        ["collection_id", "generation", "deleted_rev"],
        sqlite_where=_DELETED,
        postgresql_where=_DELETED,
    )


def downgrade() -> None:
    """Drop it."""
    op.drop_index("chunks_by_deletion", "chunks")
