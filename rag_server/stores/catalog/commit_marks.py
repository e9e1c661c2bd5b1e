"""Marks by which a commit is recognised whose connection broke before it was acknowledged.

The number of a transaction is none: after a crash PostgreSQL gives the numbers of those that
never reached the disk to others, which may have committed.
"""

import secrets
from contextlib import suppress
from datetime import timedelta
from time import monotonic, sleep

from sqlalchemy import Connection, Engine, delete, update
from sqlalchemy.exc import SQLAlchemyError

from rag_server.core.errors import Reason, Unavailable
from rag_server.stores.catalog.cursor import Cursor
from rag_server.stores.catalog.engine import insert_missing, unavailable
from rag_server.stores.catalog.instant import now_utc, to_micros
from rag_server.stores.catalog.schema import leases

_PREFIX = "commit."
# A row that was not used for so long was left by a process that died.
_KEPT = timedelta(days=7)
# Waits for the transaction that holds the row, should it still be under way.
_READ = "SELECT owner FROM leases WHERE name = ? FOR UPDATE"
# How long an answer is waited for, and the pause between two questions.
_PATIENCE_SECONDS = 5.0
_PAUSE_SECONDS = 0.1


class CommitMarks:
    """One row of `leases` that every transaction of this process writes a new mark to; what
    it holds afterwards says which of them was the last to commit."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor
        self._name = _PREFIX + secrets.token_hex(8)
        self._there = False

    def ensure(self, connection: Connection) -> None:
        """Make the row, in a transaction of its own: one that nobody else sees cannot be
        waited for."""
        if self._there:
            return
        left = leases.c.name.startswith(_PREFIX) & (leases.c.lease_until < to_micros(now_utc()))
        with connection.begin():
            connection.execute(delete(leases).where(left))
            connection.execute(insert_missing(leases, "name").values(self._row("")))
        self._there = True

    def put(self, connection: Connection) -> str:
        """Write a new mark."""
        row = self._row(secrets.token_hex(8))
        written = connection.execute(update(leases).where(leases.c.name == self._name).values(row))
        if written.rowcount != 1:
            self._there = False
            raise unavailable()
        return str(row["owner"])

    def found(self, mark: str) -> bool:
        """Whether the transaction with this mark, the last one, has committed. Raises
        Unavailable when nobody answers in time."""
        until = monotonic() + _PATIENCE_SECONDS
        while True:
            try:
                return self._cursor.rows(_READ, (self._name,)) == [(mark,)]
            except Unavailable as error:
                if monotonic() > until:
                    raise _unknown() from error
            sleep(_PAUSE_SECONDS)

    def remove(self, engine: Engine) -> None:
        """Remove the row, if that is possible."""
        if self._there:
            with suppress(SQLAlchemyError), engine.begin() as connection:
                connection.execute(delete(leases).where(leases.c.name == self._name))

    def _row(self, mark: str) -> dict[str, object]:
        return {"name": self._name, "owner": mark, "lease_until": to_micros(now_utc() + _KEPT)}


def _unknown() -> Unavailable:
    return Unavailable(
        "the catalog went away during a commit, which may or may not be there: ask again",
        Reason.NOT_READY,
        {"part": "catalog", "outcome": "unknown"},
    )
