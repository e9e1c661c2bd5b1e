"""What all databases under the catalog have in common: transactions and translated errors."""

import sqlite3
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from sqlalchemy import Column, Connection, Engine, Insert, Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import DBAPIError, IntegrityError, SQLAlchemyError

from rag_server.core.errors import Exhausted, RagError, Reason, Unavailable
from rag_server.stores.catalog.cursor import Cursor

# Reads next to nothing, of a table that is always there.
PING = "SELECT 1 FROM collections LIMIT 1"
# SQLSTATEs of PostgreSQL: serialization_failure and deadlock_detected.
_CONTENTION = frozenset({"40001", "40P01"})
_DISK_FULL = "53100"


class Database(ABC):
    """Transactions on one database. `cursor` reads without one."""

    def __init__(self, engine: Engine, cursor: Cursor) -> None:
        self._engine = engine
        self.cursor = cursor

    @abstractmethod
    def exists(self) -> bool:
        """Whether there is a database that could be read; does not make one."""

    @abstractmethod
    def ping(self) -> None:
        """Raises Unavailable, soon, when the tables cannot be read."""

    @abstractmethod
    def reading(self) -> AbstractContextManager[Connection]:
        """A transaction that sees one state of the database."""

    def snapshot(self) -> AbstractContextManager[Connection]:
        """The same for one who reads for as long as it takes, with pauses."""
        return self.reading()

    @abstractmethod
    def writing(self, *, alone: bool = False) -> AbstractContextManager[Connection]:
        """A transaction that commits at the end. With `alone` no other process writes
        meanwhile: for what removes rows that others might be about to refer to."""

    @abstractmethod
    def changing(self) -> AbstractContextManager[Connection]:
        """A transaction that commits at the end and has the database for itself, whatever its
        tables are: for changes of the schema."""

    @abstractmethod
    def intact(self, connection: Connection) -> bool:
        """Whether the transaction is still there after an error in it."""

    def close(self) -> None:
        """Close all connections; none may be busy."""
        self.cursor.close()
        self._engine.dispose()


@contextmanager
def translated() -> Iterator[None]:
    """Turn what a driver raises into the domain's errors, without its text."""
    try:
        yield
    except (IntegrityError, sqlite3.IntegrityError) as error:
        message = "the catalog refused rows that contradict each other"
        raise RagError(message, Reason.INTERNAL) from error
    except (SQLAlchemyError, sqlite3.Error) as error:
        raise (_full() if _is_full(error) else unavailable()) from error


def unavailable() -> Unavailable:
    """The error for a catalog that is locked, broken or closed."""
    return Unavailable("the catalog is not available", Reason.NOT_READY, {"part": "catalog"})


def _is_full(error: Exception) -> bool:
    cause = getattr(error, "orig", None) or error
    extended = getattr(cause, "sqlite_errorcode", None) or 0
    return extended & 0xFF == sqlite3.SQLITE_FULL or getattr(cause, "sqlstate", None) == _DISK_FULL


def _full() -> Exhausted:
    return Exhausted(
        "the catalog's disk is full: nothing was written, make room",
        Reason.STORAGE_FULL,
        {"part": "catalog"},
    )


def contended(error: BaseException) -> bool:
    """Whether a translated error means only that somebody else wrote at the same time: the
    same again may succeed."""
    cause = error.__cause__
    return isinstance(cause, DBAPIError) and getattr(cause.orig, "sqlstate", None) in _CONTENTION


def insert_missing(table: Table, unique: str) -> Insert:
    """An insert that leaves alone what is there already under the same `unique` column; its
    `rowcount` says how many were missing."""
    # SQLite has PostgreSQL's clause, and its compiler takes this form of it.
    missing = postgresql.insert(table).on_conflict_do_nothing(index_elements=[unique])
    return missing.execution_options(preserve_rowcount=True)


def insert_row(connection: Connection, insert: Insert, row: Column[int]) -> int:
    """Insert one row; its value of the column that the database numbers."""
    number: int = connection.execute(insert.returning(row)).scalar_one()
    return number
