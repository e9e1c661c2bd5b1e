"""The chunks that are seen and pass a filter."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rag_server.core.call import Deadline
from rag_server.core.chunk_log import number_of
from rag_server.core.documents import Vector
from rag_server.core.resident import Rows, Scored
from rag_server.indexes.resident.snapshot import Snapshot
from rag_server.indexes.resident.table import NONE, Slots
from rag_server.indexes.resident.values import Mask
from rag_server.indexes.resident.vectors import BLOCK, Scores


class Chunks:
    """Implements `ResidentChunks`: those of the documents of a mask, from a slot on."""

    def __init__(self, snapshot: Snapshot, documents: Mask | None, first: int = 0) -> None:
        self._snapshot = snapshot
        self._mask = documents
        self._first = first

    @cached_property
    def documents(self) -> int:
        """How many documents they are of."""
        if self._mask is None:
            return self._snapshot.documents - self._first
        return int(np.count_nonzero(self._mask[self._first :]))

    @cached_property
    def count(self) -> int:
        """How many there are."""
        snapshot = self._snapshot
        if snapshot.documents == snapshot.chunks:
            return self.documents
        firsts = snapshot.table.firsts.items[: snapshot.documents]
        if self._mask is None:
            at_first = firsts[self._first] if self._first < len(firsts) else snapshot.chunks
            return int(snapshot.chunks - at_first)
        counts = (snapshot.ends - firsts)[self._first :]
        return int(counts.sum(where=self._mask[self._first :]))

    def rows(self) -> Rows:
        """In the order of their creation."""
        rows: Rows = self._snapshot.table.rows.items[self._slots]
        return rows

    def among(self, rows: Rows) -> NDArray[np.bool_]:
        """Which of those chunks are among them."""
        return self._has(self._snapshot.table.row_places.find(rows))

    def of_entries(self, entries: Sequence[str], each: int) -> list[list[tuple[int, str]]]:
        """Those of an entry are chained from the last to the first."""
        numbers = np.array([_number(entry) for entry in entries], np.int64)
        slots = self._snapshot.table.key_places.find(numbers)
        return [self._of_embedding(slot, each) for slot in slots.tolist()]

    def since(self, revision: int) -> "Chunks":
        """Those created after the revision."""
        first = max(self._first, self._snapshot.since(revision))
        return Chunks(self._snapshot, self._mask, first)

    def nearest(self, vector: Vector, limit: int, deadline: Deadline) -> list[Scored]:
        """Each distinct embedding is scored once, so that equal chunks score alike."""
        table, slots = self._snapshot.table, self._slots
        if not len(slots) or limit <= 0:
            return []
        embeddings = table.embeddings.items[slots].astype(np.int64)
        if (embeddings[1:] > embeddings[:-1]).all():
            scores = self._scores(embeddings, vector, deadline)
        else:
            distinct, places = np.unique(embeddings, return_inverse=True)
            scores = self._scores(distinct, vector, deadline)[places]
        best = _best(scores, limit)
        ids = table.ids.items[slots[best]]
        order = best[np.lexsort((ids, -scores[best]))][:limit]
        return [
            Scored(int(row), chunk_id.decode(), float(score))
            for row, chunk_id, score in zip(
                table.rows.items[slots[order]],
                table.ids.items[slots[order]],
                scores[order],
                strict=True,
            )
            if score > -np.inf
        ]

    @cached_property
    def _slots(self) -> Slots:
        snapshot = self._snapshot
        if self._mask is None:
            documents = np.arange(self._first, snapshot.documents)
        else:
            documents = np.flatnonzero(self._mask[self._first :]) + self._first
        return snapshot.chunks_of(documents)

    def _of_embedding(self, embedding: int, each: int) -> list[tuple[int, str]]:
        """(row, id) of the first `each` by id of those that have an embedding."""
        if embedding == NONE:
            return []
        table = self._snapshot.table
        slot = int(table.lasts.items[embedding])
        # After that, since chains grow at their beginning.
        twins = table.twins.items
        chain = []
        while slot != NONE:
            chain.append(slot)
            slot = int(twins[slot])
        slots = np.array(chain, np.int64)
        slots = slots[self._has(slots)]
        found = zip(table.ids.items[slots].tolist(), table.rows.items[slots].tolist(), strict=True)
        return [(row, chunk_id.decode()) for chunk_id, row in sorted(found)[:each]]

    def _has(self, slots: Slots) -> Mask:
        """Which chunk slots are among them."""
        within: Mask = (slots >= 0) & (slots < self._snapshot.chunks)
        documents = self._snapshot.table.documents.items[slots[within]]
        passing = documents >= self._first
        if self._mask is not None:
            passing &= self._mask[documents]
        within[within] = passing
        return within

    def _scores(self, embeddings: Slots, vector: Vector, deadline: Deadline) -> Scores:
        """Cosines of ascending embedding slots; minus infinity for what is stored no more."""
        scores = np.full(len(embeddings), -np.inf, np.float32)
        for start in range(0, len(embeddings), BLOCK):
            deadline.check("search")
            block = embeddings[start : start + BLOCK]
            scores[start : start + BLOCK] = self._block(block, vector)
        return scores

    def _block(self, embeddings: Slots, vector: Vector) -> Scores:
        vectors = self._snapshot.vectors
        resident = 0 if vectors is None else int(np.searchsorted(embeddings, len(vectors)))
        scores = np.full(len(embeddings), -np.inf, np.float32)
        if vectors is not None and resident:
            scores[:resident] = vectors.scores(embeddings[:resident], vector)
        if resident < len(embeddings):
            scores[resident:] = self._stored(embeddings[resident:], vector)
        return scores

    def _stored(self, embeddings: Slots, vector: Vector) -> Scores:
        """Of vectors that are not resident."""
        rows: Rows = self._snapshot.table.embedding_rows.items[embeddings]
        found, matrix = self._snapshot.log.vectors(rows.tolist())
        scores = dict(zip(found, (matrix @ vector).tolist() if found else (), strict=True))
        return np.array([scores.get(row, -np.inf) for row in rows.tolist()], np.float32)


def _number(entry: str) -> int:
    """That of the key that an entry spells; an index may hold anything."""
    try:
        return number_of(bytes.fromhex(entry))
    except ValueError:
        return NONE


def _best(scores: Scores, limit: int) -> Slots:
    """Where the best are, with all that equal the last of them, in any order."""
    if len(scores) <= limit:
        return np.arange(len(scores))
    last = np.partition(scores, len(scores) - limit)[len(scores) - limit]
    return np.flatnonzero(scores >= last)
