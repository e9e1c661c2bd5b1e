"""The catalog as one piece: what `open_catalog` gives and `close` ends."""

from pathlib import Path

from rag_server.core.telemetry import SILENT, Telemetry
from rag_server.stores.catalog.chunks import SqlChunks
from rag_server.stores.catalog.collections import SqlCollections
from rag_server.stores.catalog.cursor import Cursor
from rag_server.stores.catalog.documents import SqlDocuments
from rag_server.stores.catalog.embeddings import SqlEmbeddings
from rag_server.stores.catalog.engine import FILE, Database
from rag_server.stores.catalog.feed import SqlFeed
from rag_server.stores.catalog.instant import Clock, now_utc
from rag_server.stores.catalog.jobs import SqlJobs
from rag_server.stores.catalog.keys import SqlKeys
from rag_server.stores.catalog.leases import SqlLeases
from rag_server.stores.catalog.reader import SqlReader
from rag_server.stores.catalog.writer import Writer
from rag_server.stores.migration import prepare


class SqlCatalog:
    """Implements `Catalog` and `Pingable`. Thread-safe; a second process may have it open
    too, though the indexes that follow belong to one."""

    def __init__(self, path: Path, telemetry: Telemetry, clock: Clock) -> None:
        self._database = Database(path)
        self._cursor = Cursor(path)
        self._writer = Writer(self._database, telemetry)
        shared = (self._database, self._cursor, self._writer, clock)
        self.collections = SqlCollections(*shared)
        self.documents = SqlDocuments(*shared)
        self.chunks = SqlChunks(self._cursor)
        self.reader = SqlReader(self._cursor, self.chunks)
        self.embeddings = SqlEmbeddings(self._cursor)
        self.feed = SqlFeed(self._database, self._writer)
        self.keys = SqlKeys(*shared)
        self.leases = SqlLeases(self._writer, clock)
        self.jobs = SqlJobs(self._database, self._writer, clock)

    def ping(self) -> None:
        """Raises Unavailable when the catalog can be neither read nor written."""
        self._writer.ping()
        self._cursor.rows("SELECT 1 FROM collections LIMIT 1")

    def close(self) -> None:
        """Finish the writes in hand and close the file; nothing may be reading."""
        self._writer.close()
        self._cursor.close()
        self._database.close()


def open_catalog(
    data_dir: Path, telemetry: Telemetry = SILENT, *, clock: Clock = now_utc
) -> SqlCatalog:
    """The catalog of a data directory, which is made where it is missing.

    `telemetry.reached` is called with "commit.begin", "commit.inside" (rows are written, the
    commit is not) and "commit.durable" (committed, callers not yet told). Raises
    PreconditionFailed when the schema is not this program's, Unavailable when the file
    cannot be read.
    """
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    prepare(data_dir)
    return SqlCatalog(data_dir / FILE, telemetry, clock)
