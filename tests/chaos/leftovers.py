"""What a kill has left in the catalog: what nobody would take up, and what an hour makes old."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from rag_server.stores.catalog.sqlite import FILE
from tests.chaos.tally import Tally

# Of a collection that is there, but of no job that would finish or remove them.
_FORGOTTEN = """
SELECT c.name, g.generation FROM generations g JOIN collections c ON c.id = g.collection_id
WHERE g.state = 'building' AND c.deleted_at IS NULL AND NOT EXISTS (
    SELECT 1 FROM jobs j WHERE j.kind = 'reindex' AND j.finished_at IS NULL
    AND j.tenant = c.tenant AND j.collection = c.name)
"""
_ENDS = {
    "collections": "deleted_at",
    "generations": "retired_at",
    "documents": "deleted_at",
    "chunks": "deleted_at",
}
_HOUR = 3_600_000_000


def look_for_forgotten(data_dir: Path, tally: Tally) -> None:
    """A generation is being built only as long as a job is open that does it."""
    with _catalog(data_dir) as connection:
        forgotten = connection.execute(_FORGOTTEN).fetchall()
    tally.verified(not forgotten, f"generations are built by nobody: {forgotten}")


def let_an_hour_pass(data_dir: Path) -> None:
    """What was deleted before the server stopped, which nobody reads meanwhile, is as old as
    if that had been an hour ago: old enough to be removed for good."""
    with _catalog(data_dir) as connection:
        for table, end in _ENDS.items():
            connection.execute(f"UPDATE {table} SET {end} = {end} - ? WHERE {end} > 0", (_HOUR,))


@contextmanager
def _catalog(data_dir: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(data_dir / FILE)) as connection, connection:
        yield connection
