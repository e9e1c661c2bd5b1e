"""One generation of a collection in memory, kept in step with the catalog."""

from threading import Lock
from time import monotonic

import numpy as np

from rag_server.core.chunk_log import ChunkLog
from rag_server.core.documents import View
from rag_server.indexes.resident.snapshot import Snapshot
from rag_server.indexes.resident.table import Table
from rag_server.indexes.resident.vectors import Vectors

# Chunks read from the catalog in one go.
_STRETCH = 20_000
# Changes that one who reads waits for; beyond, and until another has applied them, it does
# without.
_SMALL = 2_000
_EVERY = 2**62
# Vectors read in one go.
_BLOCK = 8_192
# Longest wait of a reader for another one who applies changes, in seconds.
_PATIENCE = 0.25
# What is dead is dropped when it is so many chunks, and so great a share of all.
_MANY_DEAD = 10_000
_DEAD_SHARE = 3


class Part:
    """Readers take its `snapshot`. One thread loads it and fills its vectors; any may bring
    it up to a newer revision."""

    def __init__(self, log: ChunkLog, memory_of_deletions: float) -> None:
        """Until so many seconds after a deletion the log tells of it."""
        self._log = log
        self._memory = memory_of_deletions
        self._lock = Lock()
        self._heard_at = 0.0
        self._damaged = False
        self._vectors: Vectors | None = None
        self._vector_bytes = 0
        self.snapshot: Snapshot | None = None
        # Of the last reader; 0.0: none so far.
        self.used_at = 0.0

    @property
    def applied(self) -> int:
        """Revision that it is at; 0 while it is not loaded."""
        return self.snapshot.applied if self.snapshot else 0

    @property
    def needs_loading(self) -> bool:
        """Whether it is not loaded, may have missed a deletion, or is mostly dead."""
        if self.snapshot is None or self._damaged or self._missed():
            return True
        dead, chunks = self.snapshot.table.dead, self.snapshot.chunks
        return dead > max(_MANY_DEAD, chunks // _DEAD_SHARE)

    @property
    def missing(self) -> int:
        """Embeddings whose vectors are not resident."""
        if self.snapshot is None or self._damaged:
            return 0
        return len(self.snapshot.table.embedding_rows) - len(self._vectors or ())

    @property
    def vector_bytes(self) -> int:
        """Bytes of the vectors."""
        return self._vectors.nbytes if self._vectors else 0

    @property
    def nbytes(self) -> int:
        """Bytes of everything but the vectors."""
        return self.snapshot.table.nbytes if self.snapshot else 0

    def load(self, view: View, heard_at: float) -> None:
        """Read what the view sees, which was the newest at `heard_at`, in monotonic seconds.
        The vectors are filled afterwards."""
        table, after = Table(), 0
        while after < view.revision:
            upto = self._log.stretch(view, after, _STRETCH)
            self._append(table, view, after, upto, living=True)
            after = upto
        table.columns.tidy(0)
        with self._lock:
            self._vectors, self._damaged, self._heard_at = None, False, heard_at
            self._publish(table, view.revision, view.revision)

    def follow(self, view: View, heard_at: float) -> None:
        """Apply all changes up to the view, which was the newest at `heard_at`."""
        while self._advanced(view):
            # Readers have their turn in between.
            pass
        self._heard_at = heard_at
        if self.snapshot:
            self.snapshot.table.columns.tidy()

    def reaches(self, view: View, patience: float) -> bool:
        """Whether it is at the view's revision, to which it is brought where that is little
        work and nobody else is at it for longer than `patience`, in seconds."""
        if self.applied >= view.revision:
            return True
        if not self._lock.acquire(timeout=min(patience, _PATIENCE)):
            return False
        try:
            return self.applied >= view.revision or self._step(view)
        finally:
            self._lock.release()

    def fill(self, room: int) -> int:
        """Make the vectors of some more embeddings resident, if they fit into `room` bytes;
        the bytes that took."""
        snapshot = self.snapshot
        if snapshot is None or not self.missing:
            return 0
        first = len(self._vectors or ())
        rows = snapshot.table.embedding_rows.items[first : first + _BLOCK].tolist()
        if len(rows) * self._vector_bytes > room:
            return 0
        found, matrix = self._log.vectors(rows)
        if len(found) != len(rows):
            # Removed since it was loaded, and perhaps stored again: what else has changed?
            self._damaged = True
            return 0
        self._vector_bytes = matrix[0].nbytes
        if matrix.nbytes > room:
            return 0
        places = dict(zip(found, range(len(found)), strict=True))
        ordered = matrix[np.array([places[row] for row in rows])]
        if self._vectors is None:
            reserve = min(self.missing * 5 // 4, room // self._vector_bytes)
            self._vectors = Vectors(matrix.shape[1], reserve)
            self._vectors.extend(ordered)
            with self._lock:
                self._publish(snapshot.table, snapshot.floor, self.applied)
        else:
            self._vectors.extend(ordered)
        return matrix.nbytes

    def release(self) -> None:
        """Do without resident vectors."""
        with self._lock:
            self._vectors = None
            if self.snapshot:
                self._publish(self.snapshot.table, self.snapshot.floor, self.applied)

    def _advanced(self, view: View) -> bool:
        """Apply the next changes, if any are missing still: a reader may have been faster, and
        who applied them again would have them twice."""
        with self._lock:
            if self.applied >= view.revision:
                return False
            return self._apply(view, self._log.stretch(view, self.applied, _SMALL), _EVERY)

    def _missed(self) -> bool:
        """Whether it has heard of nothing for so long that a deletion may be forgotten."""
        return monotonic() - self._heard_at > self._memory

    def _step(self, view: View) -> bool:
        """Apply what is missing, unless it is too much."""
        if self.snapshot is None or self._missed():
            return False
        upto = self._log.stretch(view, self.applied, _SMALL)
        return upto == view.revision and self._apply(view, upto, _SMALL)

    def _apply(self, view: View, upto: int, limit: int) -> bool:
        """Apply the changes up to a revision; False where more than `limit` were deleted."""
        assert self.snapshot is not None
        table, after = self.snapshot.table, self.applied
        rows, revisions = self._log.deleted(view, after, upto, limit)
        if len(rows) >= limit:
            return False
        self._append(table, view, after, upto)
        table.end(rows, revisions)
        self._publish(table, self.snapshot.floor, upto)
        return True

    def _append(
        self, table: Table, view: View, after: int, upto: int, *, living: bool = False
    ) -> None:
        new = self._log.created(view, after, upto, living=living)
        table.extend(new, self._log.metadata(np.unique(new.documents).tolist()))

    def _publish(self, table: Table, floor: int, applied: int) -> None:
        self.snapshot = Snapshot(table, self._vectors, self._log, floor, applied)
