"""Which catalog this is: rows are numbered afresh in each, so that names made of the numbers
alone would be the same for different things."""

import secrets

from sqlalchemy import Connection, select

from rag_server.stores.catalog.engine import Database, insert_missing
from rag_server.stores.catalog.schema import identity

_BYTES = 8
_ONLY = 1


def identity_of(database: Database) -> str:
    """The catalog's name, 16 hexadecimal digits, drawn when it is first opened. A copy of the
    catalog has the same one."""
    with database.reading() as connection:
        name = _read(connection)
    if name is not None:
        return name
    with database.writing() as connection:
        drawn = secrets.token_hex(_BYTES)
        # Another server may have been faster: its name counts.
        connection.execute(insert_missing(identity, "id").values(id=_ONLY, name=drawn))
        return _read(connection) or drawn


def _read(connection: Connection) -> str | None:
    return connection.scalar(select(identity.c.name).where(identity.c.id == _ONLY))
