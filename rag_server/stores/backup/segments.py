"""The segments of one backup, filled one after the other."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import Row

from rag_server.core.backups import SavedFile
from rag_server.stores.backup.ranges import Range
from rag_server.stores.backup.segment import SegmentWriter
from rag_server.stores.catalog.dump import Snapshot

# Bytes after which a segment is full: it lies on the local disk while it is made or read.
_SEGMENT_BYTES = 32 << 20

Put = Callable[[Path, str], SavedFile]


class Segments:
    """Writes what a snapshot holds. Collections come one at a time."""

    def __init__(self, snapshot: Snapshot, put: Put, scratch: Path) -> None:
        """`put` stores a finished segment under a name."""
        self._snapshot = snapshot
        self._put = put
        self._path = scratch / "segment.sqlite3"
        self._saved: list[SavedFile] = []
        self._names: list[str] = []
        self._collection = 0
        self._writer: SegmentWriter | None = None

    def begin(self, collection: int, live: Iterator[Range]) -> None:
        """A collection, and which of its documents are live."""
        self._collection = collection
        self._names = []
        self._open().live(collection, live)

    def add(self, generation: int, rows: Sequence[int]) -> None:
        """Some documents of the collection with what belongs to them."""
        segment = self._open()
        documents = self._snapshot.documents(generation, rows)
        segment.documents((self._collection, *row, sha256(row.text).digest()) for row in documents)
        lacking: list[int] = []
        segment.chunks(self._noting(segment, self._snapshot.chunks(generation, rows), lacking))
        segment.vectors(self._noting(segment, self._snapshot.vectors(rows), lacking))
        segment.embeddings(self._snapshot.embeddings(lacking))
        if self._path.stat().st_size >= _SEGMENT_BYTES:
            self._close()

    def end(self) -> tuple[str, ...]:
        """Names of the segments that hold the collection."""
        return tuple(self._names)

    def keys(self, rows: Sequence[Row[Any]]) -> None:
        """API keys."""
        if rows:
            self._open().keys(rows)

    def finish(self) -> tuple[SavedFile, ...]:
        """Every segment, stored."""
        self._close()
        return tuple(self._saved)

    @staticmethod
    def _noting(
        segment: SegmentWriter, users: Iterable[Row[Any]], lacking: list[int]
    ) -> Iterator[tuple[Any, ...]]:
        """Chunks or vectors as a segment has them; the embeddings that it lacks go to `lacking`."""
        for row in users:
            if segment.lacks(row.key):
                lacking.append(row.embedding)
            yield (*row[:-2], row.key)

    def _open(self) -> SegmentWriter:
        if self._writer is None:
            self._writer = SegmentWriter(self._path)
        if self._name() not in self._names:
            self._names.append(self._name())
        return self._writer

    def _name(self) -> str:
        return f"segment-{len(self._saved) + 1:05}.sqlite3.gz"

    def _close(self) -> None:
        if self._writer is None:
            return
        self._writer.close()
        self._writer = None
        self._saved.append(self._put(self._path, self._name()))
        self._path.unlink()
