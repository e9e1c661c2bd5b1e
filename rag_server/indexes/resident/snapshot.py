"""What a table had at one time, as readers use it."""

from functools import cached_property

import numpy as np

from rag_server.core.chunk_log import ChunkLog
from rag_server.indexes.resident.table import Slots, Table
from rag_server.indexes.resident.values import Mask
from rag_server.indexes.resident.vectors import Vectors

# Revisions of which it is remembered what they see: that of most readers, and one before.
_REMEMBERED = 2
# Vectors that may be read from the catalog until they are in memory, too.
_FEW = 256


class Snapshot:
    """The first chunks and documents of a table: all that revisions from `floor` to `applied`
    see. Documents are in the order of the revisions that created them."""

    def __init__(
        self, table: Table, vectors: Vectors | None, log: ChunkLog, floor: int, applied: int
    ) -> None:
        self.table = table
        self.vectors = vectors
        self.log = log
        self.floor = floor
        self.applied = applied
        self.chunks = len(table.rows)
        self.documents = len(table.document_rows)
        self.embeddings = len(table.embedding_rows)
        self._all_alive = table.dead == 0
        self._seen: dict[int, Mask] = {}

    @property
    def in_memory(self) -> bool:
        """Whether its vectors are, but for a few that are new."""
        return self.vectors is not None and self.embeddings - len(self.vectors) <= _FEW

    def seen(self, revision: int) -> Mask | None:
        """Which documents a revision sees, bool (documents,); None: all."""
        if self._all_alive and revision == self.applied:
            return None
        mask = self._seen.get(revision)
        if mask is None:
            created = self.table.created.items[: self.documents]
            deleted = self.table.deleted.items[: self.documents]
            mask = (created <= revision) & (deleted > revision)
            if len(self._seen) < _REMEMBERED:
                self._seen[revision] = mask
        return mask

    def since(self, revision: int) -> int:
        """The first document slot that was created after it."""
        created = self.table.created.items[: self.documents]
        return int(np.searchsorted(created, revision, side="right"))

    @cached_property
    def ends(self) -> Slots:
        """One past the last chunk of each document."""
        return np.append(self.table.firsts.items[1 : self.documents], self.chunks)

    def chunks_of(self, documents: Slots) -> Slots:
        """Chunk slots of ascending document slots, ascending."""
        if self.documents == self.chunks:
            return documents
        firsts, ends = self.table.firsts.items[documents], self.ends[documents]
        counts = ends - firsts
        shifts = firsts - (np.cumsum(counts) - counts)
        return np.repeat(shifts, counts) + np.arange(counts.sum())
