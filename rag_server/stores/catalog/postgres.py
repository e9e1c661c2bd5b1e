"""The catalog in a PostgreSQL database, which several servers may share."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from time import monotonic, sleep
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from rag_server.core.errors import Reason, Unavailable
from rag_server.stores.catalog.cursor import Row
from rag_server.stores.catalog.engine import Database, translated, unavailable
from rag_server.stores.catalog.location import PostgresOptions
from rag_server.stores.catalog.session import Session, connect

# The lock that writers share, and that whoever must be alone takes for itself; any number
# that nobody else's advisory lock in the same database has.
_LOCK = 0x72616772706373
_SHARED = f"SELECT pg_current_xact_id()::text, pg_advisory_xact_lock_shared({_LOCK})"
_ALONE = f"SELECT pg_current_xact_id()::text, pg_advisory_xact_lock({_LOCK})"
_STATUS = "SELECT pg_xact_status(CAST(? AS xid8))"
_END = "SELECT pg_terminate_backend(?)"

_UNHURRIED = """
SELECT set_config('statement_timeout', '0', true),
  set_config('idle_in_transaction_session_timeout', '0', true)
"""

# How long one who reads everything waits for an answer.
_SNAPSHOT_SECONDS = 600.0
# How long the outcome of a commit is asked for after its connection broke, and how often.
_PATIENCE_SECONDS = 5.0
_PAUSE_SECONDS = 0.1
# Age of the last use after which a pooled connection is asked whether it still works, and how
# long it may take to answer.
_FRESH_SECONDS = 1.0
_ANSWER_SECONDS = 2.0
# What SQL texts say to SQLite's planner.
_HINTS = re.compile(r" INDEXED BY \w+|\bCROSS (?=JOIN)")


class PostgresDatabase(Database):
    """Transactions on one PostgreSQL database. Writers of several processes run side by side:
    those of one collection wait for each other at its row."""

    def __init__(self, options: PostgresOptions) -> None:
        engine = create_engine(
            "postgresql+psycopg://",
            creator=lambda: connect(options),
            poolclass=QueuePool,
            pool_size=options.pool_size,
            max_overflow=0,
            pool_timeout=options.pool_timeout,
            use_native_hstore=False,
            # Parameters are people's documents: they must not reach a log.
            hide_parameters=True,
        )
        super().__init__(engine, PostgresCursor(engine))
        event.listen(engine, "checkin", _note_use)
        event.listen(engine, "checkout", _ask_after_silence)
        self._snapshots = engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )

    def exists(self) -> bool:
        """Always: databases are made by whoever runs the server."""
        return True

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A read-only transaction that sees one state of the database."""
        with translated(), self._snapshots.connect() as connection:
            yield connection

    @contextmanager
    def snapshot(self) -> Iterator[Connection]:
        """The same without the server's time-outs, which are for calls."""
        with self.reading() as connection:
            connection.exec_driver_sql(_UNHURRIED)
            session = _session(connection)
            usual, session.patience = session.patience, _SNAPSHOT_SECONDS
            try:
                yield connection
            finally:
                session.patience = usual

    @contextmanager
    def writing(self, *, alone: bool = False) -> Iterator[Connection]:
        """A transaction that commits at the end. Each statement sees what others have
        committed before it."""
        with translated(), self._engine.connect() as connection, connection.begin():
            number, _ = connection.exec_driver_sql(_ALONE if alone else _SHARED).one()
            process = _session(connection).info.backend_pid
            yield connection
            try:
                connection.commit()
            except DBAPIError as error:
                if not error.connection_invalidated:
                    raise
                self._settle(number, process, error)

    def intact(self, connection: Connection) -> bool:
        """Whether the connection is: a failed statement undoes only to its savepoint."""
        return not connection.invalidated

    def _settle(self, number: str, process: int, error: DBAPIError) -> None:
        """Find out what became of a commit whose connection broke; returns if it is there."""
        until = monotonic() + _PATIENCE_SECONDS
        while monotonic() < until:
            status = self._status(number, process)
            if status == "committed":
                return
            if status == "aborted":
                raise unavailable() from error
            sleep(_PAUSE_SECONDS)
        raise _unknown() from error

    def _status(self, number: str, process: int) -> str | None:
        """What the server says of a transaction, whose session is ended if it still runs;
        None: nothing for now."""
        try:
            ((status,),) = self.cursor.rows(_STATUS, (number,))
            if status == "in progress":
                self.cursor.rows(_END, (process,))
        except Unavailable:
            return None
        return str(status)


class PostgresCursor:
    """Implements `Cursor` on the connections of a pool."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """All rows of one statement."""
        with translated(), self._engine.connect() as connection:
            found = connection.exec_driver_sql(_translated(sql), tuple(parameters))
            return [tuple(row) for row in found]

    def rows_in(self, sql: str, fixed: Row, items: Sequence[Any]) -> list[Row]:
        """Rows of a statement with a list, which is one parameter."""
        return self.rows(sql, (*fixed, list(items))) if items else []

    def close(self) -> None:
        """Nothing: the pool belongs to the database."""


def _session(connection: Connection) -> Session:
    driver = connection.connection.driver_connection
    assert isinstance(driver, Session)
    return driver


def _note_use(session: Session, record: ConnectionPoolEntry) -> None:
    del session
    record.info["used"] = monotonic()


def _ask_after_silence(session: Session, record: ConnectionPoolEntry, *_: object) -> None:
    used = record.info.get("used")
    silent = used is not None and monotonic() - used > _FRESH_SECONDS
    if silent and not session.answers(_ANSWER_SECONDS):
        # What ended this one has ended the others, too.
        raise InvalidatePoolError


def _unknown() -> Unavailable:
    return Unavailable(
        "the catalog went away during a commit, which may or may not be there: ask again",
        Reason.NOT_READY,
        {"part": "catalog", "outcome": "unknown"},
    )


@lru_cache(maxsize=512)
def _translated(sql: str) -> str:
    """A text as `Cursor` has it, in the driver's words."""
    neutral = _HINTS.sub("", sql).replace("%", "%%")
    return neutral.replace("IN (*)", "= ANY(?)").replace("?", "%s")
