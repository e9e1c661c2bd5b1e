"""Hot reads: prepared statements on raw connections, without a layer in between."""

import sqlite3
from collections import deque
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from rag_server.stores.catalog.engine import connect, translated, unavailable

Row = tuple[Any, ...]

# Stands in an SQL text for the items of a list.
_ITEMS = "(*)"
_WIDEST = 512


class Cursor:
    """Statements in autocommit mode, each on a connection of its own while it runs.
    There are as many connections as were ever busy at once."""

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
        """Rows of a statement that ends with `IN (*)`; `fixed` are the parameters before it.
        Many items take several statements."""
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


@lru_cache
def _widened(sql: str, width: int) -> str:
    return sql.replace(_ITEMS, f"({','.join('?' * width)})")
