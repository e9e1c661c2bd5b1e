"""Dense retrieval: nearest chunks by cosine, exactly visible and exactly filtered."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rag_server.core.call import Call
from rag_server.core.documents import Vector, View
from rag_server.core.errors import Reason, Unavailable
from rag_server.core.protocols import ChunkStore, Freshness, Search, VectorIndex
from rag_server.core.retrieval import Candidate, DegradationKind, StageScore
from rag_server.core.specs import DenseSpec

# Fetched on top of what is asked, so that a few deleted neighbours cost no second search.
_SLACK = 4
# Beyond this many candidates a masked search is dearer than scoring the survivors.
_WIDEST = 4_096
_WIDENING = 4


class DenseRetriever:
    """Searches the vector index and joins what it says to the catalog's visibility: an entry of
    the index stands for all chunks of its embedding, which score alike.

    Paths, named in the funnel: "index" (over-fetched and masked, plus an exact scan of
    what the index has not applied yet) and "exact" (few survivors of a filter, or a small
    collection while the index is away or holds mostly what is deleted).
    """

    def __init__(
        self,
        chunks: ChunkStore,
        index: VectorIndex,
        freshness: Freshness,
        *,
        exact_limit: int,
        tail_limit: int,
    ) -> None:
        self._chunks = chunks
        self._index = index
        self._freshness = freshness
        self._exact_limit = exact_limit
        self._tail_limit = tail_limit

    def retrieve(self, search: Search, call: Call) -> list[Candidate]:
        """At most `search.limit` candidates, best cosine first."""
        vector = search.question.vector()
        if search.among is not None:
            return self._best(search, self._among(search.among, vector))
        allowed = self._allowed(search, call)
        if allowed is not None and self._few(search.view, allowed):
            found = self._exact(search.view, vector, allowed, call)
        else:
            found = self._indexed(search, vector, allowed, call)
        return self._best(search, found)

    def _best(self, search: Search, found: Sequence[Candidate]) -> list[Candidate]:
        assert isinstance(search.spec, DenseSpec)
        kept = [each for each in found if each.score >= search.spec.min_score]
        kept.sort(key=lambda each: (-each.score, each.chunk_id))
        return [
            Candidate(
                each.row,
                each.chunk_id,
                each.score,
                (StageScore("dense", each.score, rank),),
                each.chunk,
            )
            for rank, each in enumerate(kept[: search.limit], 1)
        ]

    def _among(self, candidates: Sequence[Candidate], vector: Vector) -> list[Candidate]:
        vectors = self._chunks.vectors_of([each.row for each in candidates])
        present = [each for each in candidates if each.row in vectors]
        if not present:
            return []
        scores = np.stack([vectors[each.row] for each in present]) @ vector
        return [
            replace(each, score=score) for each, score in zip(present, scores.tolist(), strict=True)
        ]

    def _allowed(self, search: Search, call: Call) -> set[int] | None:
        if search.filter is None:
            return None
        allowed = self._chunks.matching(search.view, search.filter, call.deadline)
        call.narrow("filtered", len(allowed), "documents that pass the filter")
        return allowed

    def _few(self, view: View, allowed: set[int] | None) -> bool:
        return self._chunks.count(view, documents=allowed) <= self._exact_limit

    def _indexed(
        self, search: Search, vector: Vector, allowed: set[int] | None, call: Call
    ) -> list[Candidate]:
        try:
            applied = self._applied(search.view, call)
            indexed = self._masked(search, vector, allowed, applied, call)
        except Unavailable as error:
            return self._without_index(search.view, vector, allowed, call, error)
        if indexed is None:
            return self._exact(search.view, vector, allowed, call)
        tail = self._tail(search.view, vector, allowed, applied, call)
        # A chunk of the tail may be in the index too, by an earlier version of its document.
        return list({each.chunk_id: each for each in (*indexed, *tail)}.values())

    def _masked(
        self,
        search: Search,
        vector: Vector,
        allowed: set[int] | None,
        applied: int,
        call: Call,
    ) -> list[Candidate] | None:
        """The index's ranking without what is invisible or filtered out; None where that leaves
        too few and a wider search is dearer than scoring all."""
        name = search.view.index_name
        widest = min(max(_WIDEST, search.limit + _SLACK), self._index.most_results)
        fetch = min(search.limit + _SLACK, widest)
        while True:
            ranked = self._index.search(name, vector, fetch, call.deadline, applied=applied)
            kept = self._visible(search, ranked, allowed)
            if len(kept) >= search.limit or len(ranked) < fetch:
                call.narrow("index", len(ranked), "approximate nearest neighbours")
                call.narrow("visible", len(kept))
                return kept
            if fetch == widest or (allowed is None and self._few(search.view, None)):
                return None
            fetch = min(fetch * _WIDENING, widest)

    def _visible(
        self, search: Search, ranked: Sequence[tuple[str, float]], allowed: set[int] | None
    ) -> list[Candidate]:
        entries, each = [entry for entry, _ in ranked], search.limit
        if allowed is None:
            # Nearly all of these are hits: read them whole at once.
            chunks = self._chunks.read_of_entries(search.view, entries, each)
            return [
                Candidate(chunk.row, chunk.id, score, chunk=chunk)
                for entry, score in ranked
                for chunk in chunks.get(entry, ())
            ]
        rows = self._chunks.of_entries(search.view, entries, each, allowed)
        return [
            Candidate(row, chunk_id, score)
            for entry, score in ranked
            for row, chunk_id in rows.get(entry, ())
        ]

    def _applied(self, view: View, call: Call) -> int:
        """The revision that the index is searched at, waited for unless what it lacks is
        little. Read before the search, so that nothing falls between both."""
        applied = self._freshness.applied(view)
        if self._is_far(view, applied):
            applied = self._freshness.wait(view, view.revision, call.deadline)
            if self._is_far(view, applied):
                raise Unavailable("the vector index is catching up", Reason.INDEX_BEHIND)
        return min(applied, view.revision)

    def _is_far(self, view: View, applied: int) -> bool:
        if applied >= view.revision:
            return False
        return self._chunks.count(view, since=applied) > self._tail_limit

    def _tail(
        self, view: View, vector: Vector, allowed: set[int] | None, applied: int, call: Call
    ) -> list[Candidate]:
        """Chunks that the index had not applied, scored exactly."""
        if applied >= view.revision:
            return []
        rows, matrix = self._chunks.vectors(view, since=applied, documents=allowed)
        call.narrow("tail", len(rows), "not yet in the index, scored exactly")
        return _score(rows, matrix, vector)

    def _without_index(
        self,
        view: View,
        vector: Vector,
        allowed: set[int] | None,
        call: Call,
        error: Unavailable,
    ) -> list[Candidate]:
        if self._chunks.count(view, documents=allowed) > self._exact_limit:
            raise error
        call.degrade(
            DegradationKind.INDEX_AWAY, "search", "the vector index is away; scanned exactly"
        )
        return self._exact(view, vector, allowed, call)

    def _exact(
        self, view: View, vector: Vector, allowed: set[int] | None, call: Call
    ) -> list[Candidate]:
        rows, matrix = self._chunks.vectors(view, documents=allowed)
        call.narrow("exact", len(rows), "scored exactly")
        return _score(rows, matrix, vector)


def _score(
    rows: Sequence[tuple[int, str]], matrix: NDArray[np.float32], vector: Vector
) -> list[Candidate]:
    if not rows:
        return []
    scores = (matrix @ vector).tolist()
    return [
        Candidate(row, chunk_id, score) for score, (row, chunk_id) in zip(scores, rows, strict=True)
    ]
