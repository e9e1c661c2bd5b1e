"""Segments: SQLite files that hold documents with their chunks, vectors and embeddings.

Each is complete in itself, so that they can be restored one by one in any order: every
document's chunks and vectors, and the embeddings of those, lie in the segment of the document.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from rag_server.stores.backup.ranges import Range, RowSet

Row = Sequence[Any]

# As in `catalog.dump`, with the collection in front of a document and the SHA-256 of its text
# behind it, and the key of its embedding behind a chunk or vector. Wide pages waste less of wide
# rows.
_SCHEMA = """
PRAGMA page_size = 32768;
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE live (collection INTEGER, first INTEGER, last INTEGER);
CREATE TABLE documents (
  collection INTEGER, row INTEGER PRIMARY KEY, document_id TEXT, content_type TEXT, title TEXT,
  metadata TEXT, fingerprint BLOB, size_bytes INTEGER, created_rev INTEGER, updated_at INTEGER,
  recipe BLOB, chunk_count INTEGER, text BLOB, text_sha256 BLOB
);
CREATE TABLE chunks (
  document INTEGER, ordinal INTEGER, chunk_id TEXT, span_start INTEGER, span_end INTEGER,
  tokens INTEGER, created_rev INTEGER, parent_start INTEGER, parent_end INTEGER, page INTEGER,
  heading TEXT, sentences BLOB, text TEXT, embedding_key BLOB,
  PRIMARY KEY (document, ordinal)
);
CREATE TABLE vectors (
  document INTEGER, field TEXT, span_start INTEGER, span_end INTEGER, created_rev INTEGER,
  embedding_key BLOB, PRIMARY KEY (document, field, span_start)
);
CREATE TABLE embeddings (
  key BLOB PRIMARY KEY, dimension INTEGER, sentences BLOB, vector BLOB, tokens BLOB
);
CREATE TABLE keys (
  id TEXT, hash BLOB, tenant TEXT, roles TEXT, filter TEXT, name TEXT, created_at INTEGER,
  revoked_at INTEGER
);
BEGIN;
"""
_DOCUMENTS = """
SELECT row, document_id, content_type, title, metadata, fingerprint, size_bytes, created_rev,
  updated_at, recipe, chunk_count, text, text_sha256
FROM documents WHERE collection = ? ORDER BY row
"""
_CHUNKS = "SELECT * FROM chunks WHERE document BETWEEN ? AND ? ORDER BY document, ordinal"
_VECTORS = "SELECT * FROM vectors WHERE document BETWEEN ? AND ?"
_EMBEDDINGS = """
SELECT * FROM embeddings
WHERE key IN (SELECT embedding_key FROM {} WHERE document BETWEEN ? AND ?)
"""
# Documents in memory at once.
_BATCH = 64


@dataclass(frozen=True, slots=True)
class Batch:
    """Documents with their text's SHA-256 last, and all that belongs to them."""

    documents: list[Row]
    chunks: list[Row]
    vectors: list[Row]
    embeddings: list[Row]


class SegmentWriter:
    """Fills one segment at `path`. Rows are as the tables say."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.executescript(_SCHEMA)
        self._embedded: set[bytes] = set()

    def live(self, collection: int, ranges: Iterator[Range]) -> None:
        """Say which documents of a collection are live."""
        rows = ((collection, first, last) for first, last in ranges)
        self._connection.executemany("INSERT INTO live VALUES (?, ?, ?)", rows)

    def documents(self, rows: Iterable[Row]) -> None:
        """Add documents."""
        self._insert("documents", 14, rows)

    def chunks(self, rows: Iterable[Row]) -> None:
        """Add chunks."""
        self._insert("chunks", 14, rows)

    def vectors(self, rows: Iterable[Row]) -> None:
        """Add vectors of documents in their fields."""
        self._insert("vectors", 6, rows)

    def lacks(self, key: bytes) -> bool:
        """Whether no embedding with that key was announced so far; announces it."""
        if key in self._embedded:
            return False
        self._embedded.add(key)
        return True

    def embeddings(self, rows: Iterable[Row]) -> None:
        """Add embeddings."""
        self._insert("embeddings", 5, rows)

    def keys(self, rows: Iterable[Row]) -> None:
        """Add API keys."""
        self._insert("keys", 8, rows)

    def close(self) -> None:
        """Finish the file."""
        self._connection.execute("COMMIT")
        self._connection.close()

    def _insert(self, table: str, width: int, rows: Iterable[Row]) -> None:
        marks = ",".join("?" * width)
        statement = f"INSERT INTO {table} VALUES ({marks})"  # noqa: S608 - our own names
        self._connection.executemany(statement, map(tuple, rows))


class SegmentReader:
    """Reads one segment."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(f"file:{path}?mode=ro&immutable=1", uri=True)

    def live(self, collection: int) -> RowSet:
        """The documents of a collection that are live, if the segment says so."""
        query = "SELECT first, last FROM live WHERE collection = ? ORDER BY first"
        return RowSet.of(self._connection.execute(query, (collection,)).fetchall())

    def batches(self, collection: int) -> Iterator[Batch]:
        """A few documents after the other, ascending by row."""
        with closing(self._connection.execute(_DOCUMENTS, (collection,))) as found:
            while batch := found.fetchmany(_BATCH):
                within = batch[0][0], batch[-1][0]
                yield Batch(
                    batch,
                    self._connection.execute(_CHUNKS, within).fetchall(),
                    self._vectors(within),
                    [each for user in self._users for each in self._embeddings(user, within)],
                )

    @cached_property
    def _users(self) -> list[str]:
        """Tables of what has an embedding; segments of older programs have chunks alone."""
        named = "SELECT name FROM sqlite_master WHERE name IN ('chunks', 'vectors')"
        return [name for (name,) in self._connection.execute(named)]

    def _vectors(self, within: Range) -> list[Row]:
        if "vectors" not in self._users:
            return []
        return self._connection.execute(_VECTORS, within).fetchall()

    def _embeddings(self, user: str, within: Range) -> list[Row]:
        return self._connection.execute(_EMBEDDINGS.format(user), within).fetchall()

    def keys(self) -> list[Mapping[str, Any]]:
        """API keys by column."""
        found = self._connection.execute("SELECT * FROM keys")
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found]

    def close(self) -> None:
        """Close the file."""
        self._connection.close()
