"""The chunks that are seen and pass a filter."""

from collections.abc import Mapping, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from rag_server.core.call import Deadline
from rag_server.core.chunk_log import number_of
from rag_server.core.documents import Vector
from rag_server.core.resident import Rows, Scored
from rag_server.indexes.resident.scoring import Scoring, best
from rag_server.indexes.resident.snapshot import Snapshot
from rag_server.indexes.resident.table import NONE, Slots
from rag_server.indexes.resident.values import Mask


class Chunks:
    """Implements `ResidentChunks`: those of the documents of a mask, from a slot on."""

    def __init__(self, snapshot: Snapshot, documents: Mask | None, first: int = 0) -> None:
        self._snapshot = snapshot
        self._mask = documents
        self._first = first

    @property
    def in_memory(self) -> bool:
        """Whether all vectors of the snapshot are."""
        return self._snapshot.in_memory

    @property
    def resident(self) -> "Chunks":
        """Themselves."""
        return self

    @property
    def share(self) -> float:
        """Their share in all chunks of the snapshot."""
        return self.count / self._snapshot.chunks if self._snapshot.chunks else 1.0

    @cached_property
    def count(self) -> int:
        """How many there are."""
        snapshot = self._snapshot
        if snapshot.documents == snapshot.chunks:
            return self._documents
        firsts = snapshot.table.firsts.items[: snapshot.documents]
        if self._mask is None:
            at_first = firsts[self._first] if self._first < len(firsts) else snapshot.chunks
            return int(snapshot.chunks - at_first)
        counts = (snapshot.ends - firsts)[self._first :]
        return int(counts.sum(where=self._mask[self._first :]))

    def documents(self) -> set[int] | None:
        """Rows of the documents that they are of; None: all."""
        if self._mask is None and not self._first:
            return None
        rows = self._snapshot.table.document_rows.items[self._document_slots]
        return set(rows.tolist())

    def rows(self) -> Rows:
        """In the order of their creation."""
        rows: Rows = self._snapshot.table.rows.items[self._slots]
        return rows

    def ids(self) -> dict[str, int]:
        """Row by chunk id."""
        table = self._snapshot.table
        rows = table.rows.items[self._slots].tolist()
        ids = table.ids.items[self._slots].tolist()
        return {chunk_id.decode(): row for chunk_id, row in zip(ids, rows, strict=True)}

    def names(self, rows: Rows) -> list[str]:
        """Chunk ids of some of them."""
        table = self._snapshot.table
        ids = table.ids.items[table.row_places.find(rows)].tolist()
        return [chunk_id.decode() for chunk_id in ids]

    def among(self, rows: Rows) -> NDArray[np.bool_]:
        """Which of those chunks are among them."""
        return self._has(self._snapshot.table.row_places.find(rows))

    def since(self, revision: int) -> "Chunks":
        """Those created after the revision."""
        first = max(self._first, self._snapshot.since(revision))
        return Chunks(self._snapshot, self._mask, first)

    def nearest(self, vector: Vector, limit: int, deadline: Deadline) -> list[Scored]:
        """Each distinct embedding is scored once, so that equal chunks score alike."""
        slots = self._slots
        if not len(slots) or limit <= 0:
            return []
        embeddings = self._embeddings(slots)
        quick = Scoring(self._snapshot, vector).quick
        if (embeddings[1:] > embeddings[:-1]).all():
            scores = quick(embeddings, deadline)
        else:
            distinct, places = np.unique(embeddings, return_inverse=True)
            scores = quick(distinct, deadline)[places]
        return self._ranked(slots[best(scores, limit)], vector)[:limit]

    def joined(
        self, ranked: Sequence[tuple[str, float]], each: int, vector: Vector
    ) -> list[Scored]:
        """The cosine is computed anew where the vector is in memory."""
        numbers = np.array([_number(entry) for entry, _ in ranked], np.int64)
        embeddings = self._snapshot.table.key_places.find(numbers).tolist()
        given = dict(zip(embeddings, (score for _, score in ranked), strict=True))
        given.pop(NONE, None)
        scored = self._cosines(given, vector)
        alone = self._alone(np.array([embedding for embedding, _ in scored], np.int64))
        return [
            Scored(row, chunk_id, score)
            for (embedding, score), found in zip(scored, alone, strict=True)
            for row, chunk_id in (self._of_embedding(embedding, each) if found is None else found)
        ]

    def scores(self, rows: Sequence[int], vector: Vector) -> dict[int, float]:
        """Cosines of chunks that are in memory."""
        asked = np.array(rows, np.int64)
        slots = self._snapshot.table.row_places.find(asked)
        known = (slots >= 0) & (slots < self._snapshot.chunks)
        embeddings, places = np.unique(self._embeddings(slots[known]), return_inverse=True)
        scores = Scoring(self._snapshot, vector).exact(embeddings)[places]
        return dict(zip(asked[known].tolist(), scores.tolist(), strict=True))

    def _ranked(self, slots: Slots, vector: Vector) -> list[Scored]:
        """Chunk slots with their exact cosines, best first, then by chunk id."""
        table = self._snapshot.table
        embeddings, places = np.unique(self._embeddings(slots), return_inverse=True)
        scores = Scoring(self._snapshot, vector).exact(embeddings)[places]
        ids = table.ids.items[slots]
        order = np.lexsort((ids, -scores))
        found = zip(
            table.rows.items[slots[order]].tolist(),
            ids[order].tolist(),
            scores[order].tolist(),
            strict=True,
        )
        return [Scored(row, name.decode(), score) for row, name, score in found if score > -np.inf]

    def _cosines(self, given: Mapping[int, float], vector: Vector) -> list[tuple[int, float]]:
        """(embedding slot, cosine), best first."""
        if not self.in_memory or not given:
            return list(given.items())
        embeddings = np.sort(np.array([*given], np.int64))
        scores = Scoring(self._snapshot, vector).exact(embeddings)
        order = np.argsort(-scores, kind="stable")
        return list(zip(embeddings[order].tolist(), scores[order].tolist(), strict=True))

    @property
    def _documents(self) -> int:
        """How many documents they are of."""
        if self._mask is None:
            return self._snapshot.documents - self._first
        return int(np.count_nonzero(self._mask[self._first :]))

    def _embeddings(self, slots: Slots) -> Slots:
        """Embedding slots of chunk slots."""
        embeddings: Slots = self._snapshot.table.embeddings.items[slots].astype(np.int64)
        return embeddings

    @cached_property
    def _document_slots(self) -> Slots:
        if self._mask is None:
            return np.arange(self._first, self._snapshot.documents)
        return np.flatnonzero(self._mask[self._first :]) + self._first

    @cached_property
    def _slots(self) -> Slots:
        return self._snapshot.chunks_of(self._document_slots)

    def _alone(self, embeddings: Slots) -> list[list[tuple[int, str]] | None]:
        """(row, id) of the chunk of each embedding that no more than one has, which are nearly
        all; None for others."""
        table = self._snapshot.table
        slots = table.lasts.items[embeddings].astype(np.int64)
        # After that, since chains grow at their beginning.
        several = table.twins.items[slots] != NONE
        within = self._has(slots)
        known = np.where(within, slots, 0)
        return [
            None if chained else [(row, chunk_id.decode())] if passes else []
            for chained, passes, row, chunk_id in zip(
                several.tolist(),
                within.tolist(),
                table.rows.items[known].tolist(),
                table.ids.items[known].tolist(),
                strict=True,
            )
        ]

    def _of_embedding(self, embedding: int, each: int) -> list[tuple[int, str]]:
        """(row, id) of the first `each` by id of those that have an embedding."""
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


def _number(entry: str) -> int:
    """That of the key that an entry spells; an index may hold anything."""
    try:
        return number_of(bytes.fromhex(entry))
    except ValueError:
        return NONE
