"""The vectors of all fields that were asked for, kept in step by whoever asks."""

from collections.abc import Iterator
from threading import Lock
from time import monotonic

import numpy as np
from numpy.typing import NDArray

from rag_server.core.call import Deadline
from rag_server.core.content import Modality
from rag_server.core.documents import Vector, View
from rag_server.core.protocols import FieldRows, FieldStore
from rag_server.indexes.fields.part import Part

# Vectors read and scored between two looks at the deadline.
_STRETCH = 4_096
# A part that nobody asked for during so many seconds gives way to others.
_IDLE_SECONDS = 60.0
# Up to a share of one in so many of a block, vectors are picked before they are scored.
_FEW = 4

# Of a collection, a modality and a dimension.
_Name = tuple[int, Modality, int]


class ExactFields:
    """Implements `FieldIndex`. What does not fit into `memory_bytes` for all fields together is
    read from the catalog each time. Versions of documents that are gone are forgotten now and
    then: the documents that a search names decide what is seen."""

    def __init__(self, store: FieldStore, memory_bytes: int) -> None:
        self._store = store
        self._memory_bytes = memory_bytes
        self._parts: dict[_Name, Part] = {}
        self._lock = Lock()

    def nearest(
        self,
        view: View,
        modality: Modality,
        vector: Vector,
        documents: NDArray[np.int64],
        limit: int | None,
        deadline: Deadline,
    ) -> list[tuple[int, int, float]]:
        """Ties in the order of documents and their text."""
        found: list[tuple[int, int, float]] = []
        wanted = np.sort(documents)
        for block in self._blocks(view, modality, len(vector), deadline):
            deadline.check("search")
            among = _among(block.documents, wanted)
            scores = _scores(block, among, vector)
            kept = _best(scores, limit)
            rows = (block.documents[among][kept], block.starts[among][kept], scores[kept])
            found += zip(*(each.tolist() for each in rows), strict=True)
        found.sort(key=lambda each: (-each[2], each[0], each[1]))
        if limit is not None and len(found) > limit:
            last = found[limit - 1][2]
            found = [each for each in found if each[2] >= last]
        return found

    def _blocks(
        self, view: View, modality: Modality, dimension: int, deadline: Deadline
    ) -> Iterator[FieldRows]:
        """All vectors up to the view's revision; those in memory may be newer."""
        name = (view.collection_id, modality, dimension)
        with self._lock:
            part = self._parts.setdefault(name, Part())
        part.used_at = monotonic()
        blocks, after = self._kept(part, name, view, deadline)
        yield from blocks
        while after < view.revision:
            block = self._store.created(view, modality, dimension, after, _STRETCH)
            yield block
            after = block.upto

    def _kept(
        self, part: Part, name: _Name, view: View, deadline: Deadline
    ) -> tuple[tuple[FieldRows, ...], int]:
        """What is in memory, brought up to the view as far as there is room, and the revision
        that it reaches."""
        if not part.lock.acquire(timeout=deadline.remaining()):
            deadline.check("search")
        try:
            self._extend(part, name, view, deadline)
            # Of an older view what was forgotten may be alive.
            return (part.blocks, part.applied) if view.revision >= part.floor else ((), 0)
        finally:
            part.lock.release()

    def _extend(self, part: Part, name: _Name, view: View, deadline: Deadline) -> None:
        _, modality, dimension = name
        while part.applied < view.revision:
            deadline.check("search")
            block = self._store.created(view, modality, dimension, part.applied, _STRETCH)
            if block.vectors.nbytes > self._room():
                return
            part.add(block)
        if part.needs_tidying and part.applied == view.revision:
            part.tidy(self._store.visible(view))

    def _room(self) -> int:
        with self._lock:
            room = self._memory_bytes - sum(each.nbytes for each in self._parts.values())
            if room <= 0:
                before = monotonic() - _IDLE_SECONDS
                idle = [name for name, each in self._parts.items() if each.used_at < before]
                for name in idle:
                    room += self._parts.pop(name).nbytes
        return room


def _among(rows: NDArray[np.int64], wanted: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where rows are that are among the wanted ones, which ascend."""
    if not len(wanted):
        return np.empty(0, np.int64)
    at = np.minimum(np.searchsorted(wanted, rows), len(wanted) - 1)
    return np.flatnonzero(wanted[at] == rows)


def _scores(block: FieldRows, among: NDArray[np.int64], vector: Vector) -> NDArray[np.float32]:
    # A copy of many vectors costs more than to score them all.
    if _FEW * len(among) < len(block.documents):
        return block.vectors[among] @ vector
    scores: NDArray[np.float32] = (block.vectors @ vector)[among]
    return scores


def _best(scores: NDArray[np.float32], limit: int | None) -> NDArray[np.int64]:
    """Where the best are, with all that equal the last of them, in any order."""
    if limit is None or len(scores) <= limit:
        return np.arange(len(scores))
    last = np.partition(scores, len(scores) - limit)[len(scores) - limit]
    return np.flatnonzero(scores >= last)
