"""Lexical retrieval: chunks by the words of the question, exactly visible and exactly filtered."""

from collections.abc import Container, Iterable, Mapping, Sequence

from rag_server.core.call import Call
from rag_server.core.documents import ChunkWords, StoredChunk, View
from rag_server.core.errors import Reason, Unavailable
from rag_server.core.protocols import ChunkStore, Freshness, LexicalIndex, Search
from rag_server.core.ranking import ranked
from rag_server.core.resident import VisibleChunks
from rag_server.core.retrieval import Candidate, DegradationKind
from rag_server.retrievers.lexical.masked import MaskedSearch
from rag_server.retrievers.lexical.weights import bigram_weight
from rag_server.retrievers.visibility import Visibility

# Fetched on top of what is asked, so that a few deleted chunks cost no second search.
_SLACK = 4
_WIDENING = 4


class LexicalRetriever:
    """Searches the index of words and joins what it says to what is visible and passes: in
    memory where that is known there, by the catalog otherwise.

    Paths, named in the funnel: "lexical" (over-fetched and masked, until enough is left or
    nothing more holds a word), "survivors" (those of a filter that leaves few, which the index
    scores alone), "tail" (what the index has not applied yet, scored from the stored text), and
    "exact" (a small collection, or few survivors, scored so while the index is away).
    """

    def __init__(
        self,
        chunks: ChunkStore,
        visibility: Visibility,
        index: LexicalIndex,
        freshness: Freshness,
        *,
        exact_limit: int,
        tail_limit: int,
    ) -> None:
        self._chunks = chunks
        self._visibility = visibility
        self._index = index
        self._freshness = freshness
        self._exact_limit = exact_limit
        self._tail_limit = tail_limit

    def retrieve(self, search: Search, call: Call) -> list[Candidate]:
        """At most `search.limit` candidates, best score first: only such as share a word with
        the question, but all of those in `search.among`."""
        if search.among is not None:
            found: Iterable[Candidate] = self._scored(search, search.among, call)
        else:
            found = self._found(search, call)
        return ranked("lexical", ((each, each.score) for each in found), search.limit)

    def _found(self, search: Search, call: Call) -> Iterable[Candidate]:
        visible = self._visibility.of(search.view, search.filter, call)
        if search.filter is not None:
            call.narrow("filtered", visible.count, "chunks whose documents pass the filter")
        try:
            applied = self._applied(search.view, call)
            texts = self._tail(search, visible, applied, call)
            # A chunk of the tail may be in the index too, by an earlier version of its document.
            newer = {each.chunk_id for each in texts}
            indexed = self._indexed(search, visible, newer, applied, call)
        except Unavailable:
            if not self._few(visible):
                raise
            return self._without_index(search, visible.documents(), call)
        # Those that the index has applied since are in both.
        found = (*indexed, *self._read(search, texts))
        return {each.chunk_id: each for each in found}.values()

    def _few(self, visible: VisibleChunks) -> bool:
        return visible.count <= self._exact_limit

    def _indexed(
        self,
        search: Search,
        visible: VisibleChunks,
        newer: Container[str],
        applied: int,
        call: Call,
    ) -> Sequence[Candidate]:
        if visible.resident is not None:
            masked = MaskedSearch(self._index, search, visible.resident)
            found = masked.found(applied, call)
            if found is not None:
                return found
        allowed = visible.documents() if search.filter is not None else None
        if allowed is not None and self._few(visible):
            return self._survivors(search, allowed, applied, call)
        return self._masked(search, allowed, newer, applied, call)

    def _survivors(
        self, search: Search, allowed: set[int], applied: int, call: Call
    ) -> Sequence[Candidate]:
        rows = self._chunks.ids(search.view, allowed)
        scores = self._scores(search, rows, search.limit, applied)
        call.narrow("survivors", len(rows), "of which those with a word of the question are scored")
        return [Candidate(rows[chunk_id], chunk_id, score) for chunk_id, score in scores.items()]

    def _scores(
        self, search: Search, rows: Mapping[str, int], limit: int, applied: int
    ) -> dict[str, float]:
        """The `limit` best scores by chunk id of those given, above 0."""
        ranked = self._index.rank(
            search.view.index_name,
            search.question.text,
            limit,
            bigram_weight=bigram_weight(search),
            among=list(rows.values()),
            applied=applied,
        )
        if ranked.applied > search.view.revision:
            # It may know them by later rows.
            return dict(self._ask(search, limit, applied, list(rows)))
        ids = {row: chunk_id for chunk_id, row in rows.items()}
        found = zip(ranked.rows.tolist(), ranked.scores.tolist(), strict=True)
        return {ids[row]: score for row, score in found}

    def _masked(
        self,
        search: Search,
        allowed: set[int] | None,
        newer: Container[str],
        applied: int,
        call: Call,
    ) -> Sequence[Candidate]:
        """The index's ranking without what is invisible, filtered out, or in the tail."""
        fetch = search.limit + _SLACK
        while True:
            call.deadline.check("search")
            ranked = self._ask(search, fetch, applied)
            known = [each for each in ranked if each[0] not in newer]
            kept = self._visible(search.view, known, allowed)
            if len(kept) >= search.limit or len(ranked) < fetch:
                call.narrow("lexical", len(ranked), "best by words")
                call.narrow("visible", len(kept))
                return kept
            fetch *= _WIDENING

    def _ask(
        self, search: Search, limit: int, applied: int, among: Sequence[str] | None = None
    ) -> list[tuple[str, float]]:
        return self._index.search(
            search.view.index_name,
            search.question.text,
            limit,
            bigram_weight=bigram_weight(search),
            among=among,
            applied=applied,
        )

    def _visible(
        self, view: View, ranked: Sequence[tuple[str, float]], allowed: set[int] | None
    ) -> Sequence[Candidate]:
        ids = [chunk_id for chunk_id, _ in ranked]
        if allowed is None:
            # Nearly all of these are hits: read them whole at once.
            return _whole(ranked, self._chunks.read_visible(view, ids))
        rows = self._chunks.visible(view, ids)
        return [
            Candidate(rows[chunk_id][0], chunk_id, score)
            for chunk_id, score in ranked
            if chunk_id in rows and rows[chunk_id][1] in allowed
        ]

    def _applied(self, view: View, call: Call) -> int:
        """The revision that the index is searched at, waited for unless what it lacks is
        little. Read before the search, so that nothing falls between both."""
        applied = self._freshness.applied(view)
        if self._is_far(view, applied):
            applied = self._freshness.wait(view, view.revision, call.deadline)
            if self._is_far(view, applied):
                raise Unavailable("the lexical index is catching up", Reason.INDEX_BEHIND)
        return min(applied, view.revision)

    def _is_far(self, view: View, applied: int) -> bool:
        if applied >= view.revision:
            return False
        return self._chunks.count(view, since=applied) > self._tail_limit

    def _tail(
        self, search: Search, visible: VisibleChunks | None, applied: int, call: Call
    ) -> Sequence[ChunkWords]:
        """Chunks that the index had not applied; of `visible` only, unless it is None."""
        if applied >= search.view.revision:
            return ()
        documents = None if visible is None or search.filter is None else visible.documents()
        texts = self._chunks.words(search.view, since=applied, documents=documents)
        call.narrow("tail", len(texts), "not yet in the index, scored from their text")
        return texts

    def _without_index(
        self, search: Search, allowed: set[int] | None, call: Call
    ) -> Sequence[Candidate]:
        call.degrade(
            DegradationKind.LEXICAL_AWAY, "search", "the lexical index is away; all texts were read"
        )
        texts = self._chunks.words(search.view, documents=allowed)
        call.narrow("exact", len(texts), "scored from their text")
        return self._read(search, texts)

    def _read(self, search: Search, texts: Sequence[ChunkWords]) -> Sequence[Candidate]:
        """Scores from the stored text itself."""
        name, weight = search.view.index_name, bigram_weight(search)
        scores = self._index.score(name, search.question.text, texts, bigram_weight=weight)
        return [
            Candidate(text.row, text.chunk_id, score)
            for text, score in zip(texts, scores, strict=True)
            if score > 0.0
        ]

    def _scored(
        self, search: Search, among: Sequence[Candidate], call: Call
    ) -> Sequence[Candidate]:
        """What others found, each with its score here; 0 where it shares no word."""
        applied = self._applied(search.view, call)
        rows = {each.chunk_id: each.row for each in among}
        ranked = self._scores(search, rows, len(rows), applied) if rows else {}
        tail = [text for text in self._tail(search, None, applied, call) if text.chunk_id in rows]
        ranked |= {each.chunk_id: 0.0 for each in tail}
        scores = ranked | {each.chunk_id: each.score for each in self._read(search, tail)}
        return [
            Candidate(each.row, each.chunk_id, scores.get(each.chunk_id, 0.0), chunk=each.chunk)
            for each in among
        ]


def _whole(
    ranked: Sequence[tuple[str, float]], chunks: Mapping[str, StoredChunk]
) -> Sequence[Candidate]:
    return [
        Candidate(chunks[chunk_id].row, chunk_id, score, chunk=chunks[chunk_id])
        for chunk_id, score in ranked
        if chunk_id in chunks
    ]
