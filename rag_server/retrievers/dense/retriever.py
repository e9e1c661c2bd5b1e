"""Dense retrieval: nearest chunks by cosine, exactly visible and exactly filtered."""

from collections.abc import Sequence
from dataclasses import dataclass

from rag_server.core.call import Call
from rag_server.core.documents import Vector, View
from rag_server.core.errors import Reason, Unavailable
from rag_server.core.protocols import Freshness, Search, VectorIndex
from rag_server.core.resident import Scored, VisibleChunks
from rag_server.core.retrieval import Candidate, DegradationKind, StageScore
from rag_server.core.specs import DenseSpec
from rag_server.retrievers.visibility import Visibility

# Fetched on top of what is asked, so that a few deleted neighbours cost no second search.
_SLACK = 4
# What is fetched for a filter, in parts of what would do if all of the index passed alike. The
# graph is searched as far as is fetched, and its last finds are the least certain.
_OVERFETCH = 2.0
# Neighbours to fetch that take as long as `Limits.exact` chunks scored in memory do: measured at
# 100,000 chunks of 384 dimensions, 13 us for one neighbour and 0.4 us for one chunk.
_AS_LONG = 50
# Beyond this many candidates a masked search is dearer than scoring the survivors.
_WIDEST = 4_096
_WIDENING = 4


@dataclass(frozen=True, slots=True)
class Limits:
    """Chunks that are scored one by one: `exact` where few pass or are there at all, `tail`
    where the index does not have them yet."""

    exact: int
    tail: int


class DenseRetriever:
    """Searches the vector index, whose entries stand for all chunks of an embedding, and joins
    what it says to what is visible and passes.

    Paths, named in the funnel and the provenance: "exact" (few pass, or the collection is
    small, or the index is away), "index" (over-fetched, then masked) and "tail" beside it
    (what the index has not applied yet, scored exactly). "catalog" says that it was done
    without the help of what is in memory.
    """

    def __init__(
        self, visibility: Visibility, index: VectorIndex, freshness: Freshness, limits: Limits
    ) -> None:
        self._visibility = visibility
        self._index = index
        self._freshness = freshness
        self._limits = limits

    def retrieve(self, search: Search, call: Call) -> list[Candidate]:
        """At most `search.limit` candidates, best cosine first."""
        vector = search.question.vector()
        if search.among is not None:
            return _best(search, self._scored(search.view, search.among, vector, call))
        visible = self._visibility.of(search.view, search.filter, call)
        if search.filter is not None:
            call.narrow("filtered", visible.count, "chunks whose documents pass the filter")
        few = self._few(visible, self._fetch(visible, search))
        if few and (visible.in_memory or search.filter is not None):
            found = _exact(visible, search, vector, call)
        else:
            found = self._indexed(visible, search, vector, call)
        return _best(search, found)

    def _scored(
        self, view: View, candidates: Sequence[Candidate], vector: Vector, call: Call
    ) -> list[Scored]:
        visible = self._visibility.of(view, None, call)
        scores = visible.scores([each.row for each in candidates], vector)
        return [
            Scored(each.row, each.chunk_id, scores[each.row])
            for each in candidates
            if each.row in scores
        ]

    def _few(self, visible: VisibleChunks, fetch: int) -> bool:
        """Whether scoring all of them is fine where the index would be asked for `fetch`."""
        exact = self._limits.exact
        if visible.in_memory:
            exact += exact * fetch // _AS_LONG
        return visible.count <= exact

    def _fetch(self, visible: VisibleChunks, search: Search) -> int:
        """Neighbours to ask the index for at first."""
        share, fetch = visible.share, search.limit
        if 0.0 < share < 1.0:
            fetch = max(fetch, int(_OVERFETCH * fetch / share))
        return min(fetch + _SLACK, self._widest(search))

    def _widest(self, search: Search) -> int:
        return min(max(_WIDEST, search.limit + _SLACK), self._index.most_results)

    def _indexed(
        self, visible: VisibleChunks, search: Search, vector: Vector, call: Call
    ) -> list[Scored]:
        if visible.in_memory and self._is_far(visible, search.view):
            # Sooner than the index has caught up.
            return _exact(visible, search, vector, call)
        try:
            applied = self._applied(visible, search.view, call)
            indexed = self._masked(visible, search, vector, applied, call)
        except Unavailable as error:
            return self._without_index(visible, search, vector, call, error)
        if indexed is None:
            return _exact(visible, search, vector, call)
        call.served("index")
        tail = self._tail(visible, search, vector, applied, call)
        # A chunk of the tail may be in the index too, by an earlier version of its document.
        return list({each.row: each for each in (*indexed, *tail)}.values())

    def _masked(
        self, visible: VisibleChunks, search: Search, vector: Vector, applied: int, call: Call
    ) -> list[Scored] | None:
        """The index's ranking without what is invisible or filtered out; None where that leaves
        too few and a wider search is dearer than scoring all."""
        name = search.view.index_name
        fetch, widest = self._fetch(visible, search), self._widest(search)
        while True:
            ranked = self._index.search(name, vector, fetch, call.deadline, applied=applied)
            kept = visible.joined(ranked, search.limit, vector)
            if len(kept) >= search.limit or len(ranked) < fetch:
                call.narrow("index", len(ranked), "approximate nearest neighbours")
                call.narrow("visible", len(kept))
                return kept
            wider = min(fetch * _WIDENING, widest)
            if fetch == widest or self._few(visible, wider):
                return None
            fetch = wider

    def _applied(self, visible: VisibleChunks, view: View, call: Call) -> int:
        """The revision that the index is searched at, waited for unless what it lacks is
        little. Read before the search, so that nothing falls between both."""
        if self._is_far(visible, view):
            self._freshness.wait(view, view.revision, call.deadline)
            if self._is_far(visible, view):
                raise Unavailable("the vector index is catching up", Reason.INDEX_BEHIND)
        return min(self._freshness.applied(view), view.revision)

    def _is_far(self, visible: VisibleChunks, view: View) -> bool:
        applied = self._freshness.applied(view)
        if applied >= view.revision:
            return False
        return visible.since(applied).count > self._limits.tail

    def _tail(
        self, visible: VisibleChunks, search: Search, vector: Vector, applied: int, call: Call
    ) -> list[Scored]:
        """Chunks that the index had not applied, scored exactly."""
        if applied >= search.view.revision:
            return []
        tail = visible.since(applied)
        call.served("tail")
        call.narrow("tail", tail.count, "not yet in the index, scored exactly")
        return tail.nearest(vector, search.limit, call.deadline)

    def _without_index(
        self,
        visible: VisibleChunks,
        search: Search,
        vector: Vector,
        call: Call,
        error: Unavailable,
    ) -> list[Scored]:
        if not (visible.in_memory or self._few(visible, 0)):
            raise error
        call.degrade(
            DegradationKind.INDEX_AWAY, "search", "the vector index is away; scanned exactly"
        )
        return _exact(visible, search, vector, call)


def _exact(visible: VisibleChunks, search: Search, vector: Vector, call: Call) -> list[Scored]:
    call.served("exact")
    call.narrow("exact", visible.count, "scored exactly")
    return visible.nearest(vector, search.limit, call.deadline)


def _best(search: Search, found: Sequence[Scored]) -> list[Candidate]:
    assert isinstance(search.spec, DenseSpec)
    kept = [each for each in found if each.score >= search.spec.min_score]
    kept.sort(key=lambda each: (-each.score, each.chunk_id))
    return [
        Candidate(each.row, each.chunk_id, each.score, (StageScore("dense", each.score, rank),))
        for rank, each in enumerate(kept[: search.limit], 1)
    ]
