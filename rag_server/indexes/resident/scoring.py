"""Cosines of the embeddings of a snapshot, from memory as far as they are there."""

import numpy as np

from rag_server.core.call import Deadline
from rag_server.core.documents import Vector
from rag_server.indexes.resident.snapshot import Snapshot
from rag_server.indexes.resident.table import Slots
from rag_server.indexes.resident.vectors import Scores, cosines

# Embeddings scored between two looks at the deadline; 12 MB of 384 dimensions.
_BLOCK = 8_192
# By how much the quick scores may be off, with room to spare.
_CLOSE = 1e-5


class Scoring:
    """Of ascending embedding slots, each once."""

    def __init__(self, snapshot: Snapshot, vector: Vector) -> None:
        self._snapshot = snapshot
        self._vector = vector

    def quick(self, embeddings: Slots, deadline: Deadline) -> Scores:
        """Cosines but for their last bits; minus infinity for what is stored no more."""
        scores = np.full(len(embeddings), -np.inf, np.float32)
        for start in range(0, len(embeddings), _BLOCK):
            deadline.check("search")
            block = embeddings[start : start + _BLOCK]
            resident = self._resident(block)
            part = scores[start : start + _BLOCK]
            if resident:
                vectors = self._snapshot.vectors
                assert vectors is not None
                part[:resident] = vectors.products(block[:resident], self._vector)
            part[resident:] = self._stored(block[resident:])
        return scores

    def exact(self, embeddings: Slots) -> Scores:
        """Cosines of few."""
        scores = np.empty(len(embeddings), np.float32)
        resident = self._resident(embeddings)
        if resident:
            vectors = self._snapshot.vectors
            assert vectors is not None
            scores[:resident] = cosines(vectors.of(embeddings[:resident]), self._vector)
        scores[resident:] = self._stored(embeddings[resident:])
        return scores

    def _resident(self, embeddings: Slots) -> int:
        """How many of them, from the first on, are in memory."""
        vectors = self._snapshot.vectors
        return int(np.searchsorted(embeddings, len(vectors))) if vectors else 0

    def _stored(self, embeddings: Slots) -> Scores:
        """Of vectors that are read from the catalog."""
        if not len(embeddings):
            return np.empty(0, np.float32)
        rows: list[int] = self._snapshot.table.embedding_rows.items[embeddings].tolist()
        found, matrix = self._snapshot.log.vectors(rows)
        known = dict(zip(found, cosines(matrix, self._vector) if found else (), strict=True))
        return np.array([known.get(row, -np.inf) for row in rows], np.float32)


def best(scores: Scores, limit: int) -> Slots:
    """Where the best are, by quick scores, with all that may equal the last of them; in any
    order."""
    if len(scores) <= limit:
        return np.arange(len(scores))
    last = np.partition(scores, len(scores) - limit)[len(scores) - limit]
    return np.flatnonzero(scores >= last - _CLOSE)
