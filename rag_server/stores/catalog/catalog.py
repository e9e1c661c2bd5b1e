"""The catalog as one piece: what `open_catalog` gives and `close` ends."""

from pathlib import Path

from rag_server.core.telemetry import SILENT, Telemetry
from rag_server.stores.catalog.audit import SqlAudit
from rag_server.stores.catalog.chunk_log import SqlChunkLog
from rag_server.stores.catalog.chunks import SqlChunks
from rag_server.stores.catalog.collections import SqlCollections
from rag_server.stores.catalog.documents import SqlDocuments
from rag_server.stores.catalog.dump import SqlDump
from rag_server.stores.catalog.embeddings import SqlEmbeddings
from rag_server.stores.catalog.engine import Database
from rag_server.stores.catalog.feed import SqlFeed
from rag_server.stores.catalog.fields import SqlFields
from rag_server.stores.catalog.generations import SqlGenerations
from rag_server.stores.catalog.identity import identity_of
from rag_server.stores.catalog.instant import Clock, now_utc
from rag_server.stores.catalog.jobs import SqlJobs
from rag_server.stores.catalog.keys import SqlKeys
from rag_server.stores.catalog.leases import SqlLeases
from rag_server.stores.catalog.load import SqlLoader
from rag_server.stores.catalog.location import Location, open_database
from rag_server.stores.catalog.reader import SqlReader
from rag_server.stores.catalog.word_feed import SqlWordFeed
from rag_server.stores.catalog.writer import Writer
from rag_server.stores.migration import prepare


class SqlCatalog:
    """Implements `Catalog` and `Pingable`. Thread-safe; other processes may have it open
    too, though the indexes that follow belong to one. `identity` tells it from others."""

    def __init__(self, database: Database, telemetry: Telemetry, clock: Clock) -> None:
        self.identity = identity_of(database)
        self._database = database
        self._cursor = database.cursor
        self._writer = Writer(self._database, telemetry)
        shared = (self._database, self._cursor, self._writer, clock)
        self.collections = SqlCollections(*shared)
        self.generations = SqlGenerations(self._database, self._writer, clock)
        self.documents = SqlDocuments(*shared)
        self.chunks = SqlChunks(self._cursor)
        self.log = SqlChunkLog(self._cursor)
        self.reader = SqlReader(self._cursor, self.chunks)
        self.embeddings = SqlEmbeddings(self._cursor)
        self.fields = SqlFields(self._cursor)
        self.feed = SqlFeed(self._database, self._writer)
        self.words = SqlWordFeed(self._database)
        self.keys = SqlKeys(*shared)
        self.audit = SqlAudit(self._database)
        self.leases = SqlLeases(self._writer, clock)
        self.jobs = SqlJobs(self._database, self._writer, clock)
        self.dump = SqlDump(self._database)
        self.loader = SqlLoader(self._database, self._writer, clock)

    def ping(self) -> None:
        """Raises Unavailable when the catalog can be neither read nor written."""
        self._writer.ping()
        self._database.ping()

    def close(self) -> None:
        """Finish the writes in hand and close the database; nothing may be reading."""
        self._writer.close()
        self._database.close()


def open_catalog(
    location: Location, telemetry: Telemetry = SILENT, *, clock: Clock = now_utc
) -> SqlCatalog:
    """The catalog at a location. A data directory is made where it is missing, tables are
    made in an empty database.

    `telemetry.reached` is called with "commit.begin", "commit.inside" (rows are written, the
    commit is not) and "commit.durable" (committed, callers not yet told). Raises
    PreconditionFailed when the schema is not this program's, Unavailable when the
    database cannot be read.
    """
    if isinstance(location, Path):
        location.mkdir(mode=0o700, parents=True, exist_ok=True)
    prepare(location)
    return SqlCatalog(open_database(location), telemetry, clock)
