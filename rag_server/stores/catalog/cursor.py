"""Hot reads: prepared statements without a transaction around them."""

from collections.abc import Sequence
from typing import Any, Protocol

Row = tuple[Any, ...]


class Cursor(Protocol):
    """Statements in autocommit mode. Thread-safe.

    The texts are written for SQLite, with `?` for parameters. What tells its planner the way
    (`INDEXED BY name`, the `CROSS` of `CROSS JOIN ... ON`) is left out for databases that
    find it by themselves.
    """

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """All rows of one statement. Raises Unavailable."""
        ...

    def rows_in(self, sql: str, fixed: Row, items: Sequence[Any]) -> list[Row]:
        """Rows of a statement that has `IN (*)` for its last parameters, the `items`; `fixed`
        are those before. Many items may take several statements: the order of rows is that
        of the statement only while there are few."""
        ...

    def close(self) -> None:
        """Close the idle connections; none may be busy."""
        ...
