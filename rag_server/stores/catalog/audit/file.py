"""What the database says about itself."""

from sqlalchemy import Connection
from sqlalchemy.exc import DatabaseError

from rag_server.core.findings import Findings, Kind, Progress
from rag_server.stores.catalog.sqlite import FILE


def check_file(connection: Connection, found: Findings, _: Progress) -> None:
    """SQLite's own checks of pages, indexes and references. PostgreSQL has no such check
    and keeps references by itself."""
    if connection.dialect.name != "sqlite":
        return
    try:
        damage = [row for (row,) in connection.exec_driver_sql("PRAGMA integrity_check")]
    except DatabaseError:
        damage = ["beyond checking"]
    if damage != ["ok"]:
        found.note(Kind.DAMAGED, FILE, (), len(damage))
        return
    for row in connection.exec_driver_sql("PRAGMA foreign_key_check"):
        found.note(Kind.DANGLING, row[0], [str(row[1])])
