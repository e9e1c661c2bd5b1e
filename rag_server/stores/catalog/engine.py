"""The database under the catalog: everything that knows its dialect is here, in the SQL
texts of `cursor.py`'s users and in the migrations."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Column, Connection, Insert, Table, create_engine, event
from sqlalchemy.dialects import sqlite
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from rag_server.core.errors import RagError, Reason, Unavailable

FILE = "catalog.sqlite3"

# How long a statement waits for another process (a second `keys` command) to commit.
_BUSY_SECONDS = 10
# Pages come straight from the operating system's cache, shared by all connections.
_PRAGMAS = (
    "PRAGMA journal_mode=WAL",
    "PRAGMA synchronous=FULL",
    "PRAGMA foreign_keys=ON",
    "PRAGMA mmap_size=1073741824",
)


@contextmanager
def translated() -> Iterator[None]:
    """Turn what a driver raises into the domain's errors, without its text."""
    try:
        yield
    except (IntegrityError, sqlite3.IntegrityError) as error:
        message = "the catalog refused rows that contradict each other"
        raise RagError(message, Reason.INTERNAL) from error
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise unavailable() from error


def unavailable() -> Unavailable:
    """The error for a catalog that is locked, broken or closed."""
    return Unavailable("the catalog is not available", Reason.NOT_READY, {"part": "catalog"})


def connect(path: Path) -> sqlite3.Connection:
    """A raw connection in autocommit mode that one thread at a time may use."""
    connection = sqlite3.connect(
        path,
        timeout=_BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=512,
    )
    for pragma in _PRAGMAS:
        connection.execute(pragma)
    return connection


class Database:
    """Transactions on one SQLite file."""

    def __init__(self, path: Path) -> None:
        self._engine = create_engine(
            URL.create("sqlite", database=str(path)),
            creator=lambda: connect(path),
            # Callers are bounded by the pools that they run in.
            max_overflow=-1,
            # Parameters are people's documents: they must not reach a log.
            hide_parameters=True,
        )
        self._writing = self._engine.execution_options(immediate=True)
        event.listen(self._engine, "begin", _begin)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database."""
        with translated(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that holds the write lock from its first moment and commits at the end."""
        with translated(), self._writing.begin() as connection:
            yield connection
            # A full disk makes SQLite roll back by itself, after which COMMIT would
            # succeed and acknowledge nothing.
            if not _driver(connection).in_transaction:
                raise unavailable()

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()


def insert_missing(table: Table, unique: str) -> sqlite.Insert:
    """An insert that leaves alone what is there already under the same `unique` column."""
    return sqlite.insert(table).on_conflict_do_nothing(index_elements=[unique])


def insert_row(connection: Connection, insert: Insert, row: Column[int]) -> int:
    """Insert one row; its value of the column that the database numbers."""
    number: int = connection.execute(insert.returning(row)).scalar_one()
    return number


def _begin(connection: Connection) -> None:
    # The driver's own BEGIN would come late and never before DDL.
    immediate = connection.get_execution_options().get("immediate", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


def _driver(connection: Connection) -> Any:
    return connection.connection.dbapi_connection
