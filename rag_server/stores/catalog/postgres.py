"""The catalog in a PostgreSQL database, which several servers may share."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from time import monotonic
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.exc import DBAPIError, InvalidatePoolError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from rag_server.stores.catalog.commit_marks import CommitMarks
from rag_server.stores.catalog.cursor import Row
from rag_server.stores.catalog.engine import Database, translated, unavailable
from rag_server.stores.catalog.location import PostgresOptions
from rag_server.stores.catalog.session import Session, connect
from rag_server.stores.catalog.session_watch import SessionWatch

# The lock that writers share, and that whoever must be alone takes for itself; any number
# that nobody else's advisory lock in the same database has.
_LOCK = 0x72616772706373
_SHARED = f"SELECT pg_advisory_xact_lock_shared({_LOCK})"
_ALONE = f"SELECT pg_advisory_xact_lock({_LOCK})"
_UNHURRIED = """
SELECT set_config('statement_timeout', '0', true),
  set_config('idle_in_transaction_session_timeout', '0', true)
"""

# How long one who reads everything waits for an answer.
_SNAPSHOT_SECONDS = 600.0
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
        self._watch = SessionWatch(options)
        super().__init__(engine, PostgresCursor(engine, self._watch))
        self._marks = CommitMarks(self.cursor)
        event.listen(engine, "checkin", _note_use)
        event.listen(engine, "checkout", _ask_after_silence)
        self._snapshots = engine.execution_options(
            isolation_level="REPEATABLE READ", postgresql_readonly=True
        )

    def exists(self) -> bool:
        """Always: databases are made by whoever runs the server."""
        return True

    def ping(self) -> None:
        """Raises Unavailable when the server does not answer; until it does again, everything
        else is refused at once, so that nobody waits for time-outs."""
        self._watch.ask()

    def close(self) -> None:
        """Close all connections; none may be busy."""
        self._marks.remove(self._engine)
        super().close()
        self._watch.close()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A read-only transaction that sees one state of the database."""
        self._watch.check()
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
        committed before it. Raises Unavailable, which tells when the outcome is unknown."""
        self._watch.check()
        with translated(), self._engine.connect() as connection:
            self._marks.ensure(connection)
            with connection.begin():
                connection.exec_driver_sql(_ALONE if alone else _SHARED)
                mark = self._marks.put(connection)
                yield connection
                self._commit(connection, mark)

    @contextmanager
    def changing(self) -> Iterator[Connection]:
        """A transaction that commits at the end, without any other writer."""
        with translated(), self._engine.begin() as connection:
            connection.exec_driver_sql(_ALONE)
            yield connection

    def intact(self, connection: Connection) -> bool:
        """Whether the connection is: a failed statement undoes only to its savepoint."""
        return not connection.invalidated

    def _commit(self, connection: Connection, mark: str) -> None:
        try:
            connection.commit()
        except DBAPIError as error:
            if not error.connection_invalidated:
                raise
            # The server may have committed before it could say so.
            if not self._marks.found(mark):
                raise unavailable() from error


class PostgresCursor:
    """Implements `Cursor` on the connections of a pool."""

    def __init__(self, engine: Engine, watch: SessionWatch) -> None:
        self._engine = engine.execution_options(isolation_level="AUTOCOMMIT")
        self._watch = watch

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """All rows of one statement."""
        self._watch.check()
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


@lru_cache(maxsize=512)
def _translated(sql: str) -> str:
    """A text as `Cursor` has it, in the driver's words."""
    neutral = _HINTS.sub("", sql).replace("%", "%%")
    return neutral.replace("IN (*)", "= ANY(?)").replace("?", "%s")
