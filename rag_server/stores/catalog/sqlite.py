"""The catalog in one SQLite file."""

import sqlite3
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, create_engine, event

from rag_server.stores.catalog.cursor import Row
from rag_server.stores.catalog.engine import PING, Database, translated, unavailable

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
# Stands in an SQL text for a list.
_ITEMS = "IN (*)"
_WIDEST = 512


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


class SqliteDatabase(Database):
    """Transactions on one SQLite file, of which one at a time writes."""

    def __init__(self, path: Path) -> None:
        self._path = path
        engine = create_engine(
            URL.create("sqlite", database=str(path)),
            creator=lambda: connect(path),
            # Callers are bounded by the pools that they run in.
            max_overflow=-1,
            # Parameters are people's documents: they must not reach a log.
            hide_parameters=True,
        )
        super().__init__(engine, SqliteCursor(path))
        self._writing = engine.execution_options(immediate=True)
        event.listen(engine, "begin", _begin)

    def exists(self) -> bool:
        """Whether the file is there."""
        return self._path.exists()

    def ping(self) -> None:
        """Raises Unavailable when the tables cannot be read."""
        self.cursor.rows(PING)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that sees one state of the database."""
        with translated(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self, *, alone: bool = False) -> Iterator[Connection]:
        """A transaction that holds the write lock from its first moment and commits at the
        end: it is always alone."""
        del alone
        with translated(), self._writing.begin() as connection:
            yield connection
            # A full disk makes SQLite roll back by itself, after which COMMIT would
            # succeed and acknowledge nothing.
            if not self.intact(connection):
                raise unavailable()

    def changing(self) -> AbstractContextManager[Connection]:
        """As `writing`."""
        return self.writing()

    def intact(self, connection: Connection) -> bool:
        """Whether SQLite has not rolled back by itself."""
        driver: Any = connection.connection.dbapi_connection
        return bool(driver.in_transaction)


class SqliteCursor:
    """Implements `Cursor` on raw connections. There are as many as were ever busy at once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._idle: deque[sqlite3.Connection] = deque()

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """All rows of one statement."""
        try:
            connection = self._idle.pop()
        except IndexError:
            connection = self._open()
        try:
            return connection.execute(sql, parameters).fetchall()
        except sqlite3.Error as error:
            raise unavailable() from error
        finally:
            self._idle.append(connection)

    def rows_in(self, sql: str, fixed: Row, items: Sequence[Any]) -> list[Row]:
        """Rows of a statement with a list; many items take several statements."""
        if len(items) <= _WIDEST:
            return self._slice(sql, fixed, items) if items else []
        return [
            row
            for start in range(0, len(items), _WIDEST)
            for row in self._slice(sql, fixed, items[start : start + _WIDEST])
        ]

    def close(self) -> None:
        """Close the idle connections; none may be busy."""
        while self._idle:
            self._idle.pop().close()

    def _slice(self, sql: str, fixed: Row, items: Sequence[Any]) -> list[Row]:
        # Powers of two keep the number of prepared statements small; in a list, the
        # repetition of an item means nothing.
        width = 1 << (len(items) - 1).bit_length()
        padding = (items[-1],) * (width - len(items))
        return self.rows(_widened(sql, width), (*fixed, *items, *padding))

    def _open(self) -> sqlite3.Connection:
        with translated():
            return connect(self._path)


def _begin(connection: Connection) -> None:
    # The driver's own BEGIN would come late and never before DDL.
    immediate = connection.get_execution_options().get("immediate", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if immediate else "BEGIN")


@lru_cache
def _widened(sql: str, width: int) -> str:
    return sql.replace(_ITEMS, f"IN ({','.join('?' * width)})")
