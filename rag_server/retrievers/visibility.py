"""Which chunks a search may find: from memory where they are there, from the catalog otherwise."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from rag_server.core.call import Call, Deadline
from rag_server.core.documents import Vector, View
from rag_server.core.filters import Filter
from rag_server.core.protocols import ChunkStore
from rag_server.core.resident import Resident, Scored, VisibleChunks


@dataclass(frozen=True, slots=True)
class Visibility:
    """Makes the `VisibleChunks` of a search."""

    chunks: ChunkStore
    resident: Resident

    def of(self, view: View, filter: Filter | None, call: Call) -> VisibleChunks:
        """Those that the view sees and that pass. Raises Unavailable, DeadlineExceeded."""
        seen = self.resident.view(view, call.deadline)
        if seen is not None:
            return seen.passing(filter)
        call.served("catalog")
        if filter is None:
            return CatalogChunks(self.chunks, view)
        return CatalogChunks(self.chunks, view, self.chunks.matching(view, filter, call.deadline))


class CatalogChunks:
    """Implements `VisibleChunks` with the catalog alone: those of document rows (None: all)."""

    in_memory = False
    resident = None
    share = 1.0

    def __init__(
        self, chunks: ChunkStore, view: View, documents: set[int] | None = None, since: int = 0
    ) -> None:
        self._chunks = chunks
        self._view = view
        self._documents = documents
        self._since = since

    @cached_property
    def count(self) -> int:
        """How many there are."""
        return self._chunks.count(self._view, since=self._since, documents=self._documents)

    def documents(self) -> set[int] | None:
        """As they were given."""
        return self._documents

    def since(self, revision: int) -> "CatalogChunks":
        """Those created after the revision."""
        later = max(self._since, revision)
        return CatalogChunks(self._chunks, self._view, self._documents, later)

    def nearest(self, vector: Vector, limit: int, deadline: Deadline) -> list[Scored]:
        """All of their vectors are read."""
        deadline.check("search")
        chunks, matrix = self._chunks.vectors(
            self._view, since=self._since, documents=self._documents
        )
        scores = (matrix @ vector).tolist() if chunks else []
        found = [
            Scored(row, chunk_id, score)
            for (row, chunk_id), score in zip(chunks, scores, strict=True)
        ]
        return sorted(found, key=lambda each: (-each.score, each.chunk_id))[:limit]

    def joined(
        self, ranked: Sequence[tuple[str, float]], each: int, vector: Vector
    ) -> list[Scored]:
        """With the cosines given: no vector is read."""
        del vector
        entries = [entry for entry, _ in ranked]
        chunks = self._chunks.of_entries(self._view, entries, each, self._documents)
        return [
            Scored(row, chunk_id, score)
            for entry, score in ranked
            for row, chunk_id in chunks.get(entry, ())
        ]

    def scores(self, rows: Sequence[int], vector: Vector) -> dict[int, float]:
        """Their vectors are read."""
        vectors = self._chunks.vectors_of(rows)
        if not vectors:
            return {}
        scores = (np.stack([*vectors.values()]) @ vector).tolist()
        return dict(zip(vectors, scores, strict=True))
