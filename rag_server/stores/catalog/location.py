"""Where a catalog is: in a data directory, or on a PostgreSQL server."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from rag_server.stores.catalog.engine import Database
from rag_server.stores.catalog.sqlite import FILE, SqliteDatabase


@dataclass(frozen=True, slots=True)
class PostgresOptions:
    """A database on a PostgreSQL server. `url` is libpq's, `postgresql://user@host/database`;
    what it says of time-outs and keepalives goes over what is said here. Times in seconds:
    to connect, to wait for a pooled connection, for a statement, for a lock."""

    url: str = field(repr=False)
    password: str | None = field(default=None, repr=False)
    pool_size: int = 16
    pool_timeout: float = 5.0
    connect_timeout: float = 5.0
    statement_timeout: float = 10.0
    lock_timeout: float = 5.0


Location = Path | PostgresOptions

# Of statements that go through whole tables, in seconds.
_PATIENCE = 86_400.0


def unhurried(location: Location) -> Location:
    """The same with all the time that a change, or a check, of large tables needs."""
    if isinstance(location, Path):
        return location
    return replace(location, statement_timeout=_PATIENCE, lock_timeout=_PATIENCE)


def open_database(location: Location) -> Database:
    """The database at a location; connects when it is first used."""
    if isinstance(location, Path):
        return SqliteDatabase(location / FILE)
    # The driver is an extra.
    from rag_server.stores.catalog.postgres import PostgresDatabase

    return PostgresDatabase(location)
