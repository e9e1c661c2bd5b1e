"""Types of columns that scripts share. They never change: a script means what it meant."""

import sqlalchemy as sa

# SQLite numbers rows by itself only where the primary key is declared INTEGER.
ROW = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
# Ordered by bytes everywhere, whatever the locale of a PostgreSQL database.
TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
# Text that may hold U+0000, which PostgreSQL takes as bytes only.
CONTENT = sa.Text().with_variant(sa.LargeBinary(), "postgresql")
