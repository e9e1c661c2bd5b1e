"""The index's ranking joined to what is in memory: no question to the catalog, no stored text."""

from collections.abc import Sequence
from math import ceil

import numpy as np

from rag_server.core.call import Call
from rag_server.core.protocols import LexicalIndex, RankedRows, Search
from rag_server.core.resident import ResidentChunks
from rag_server.core.retrieval import Candidate
from rag_server.retrievers.lexical.weights import bigram_weight

# Fetched on top of what is asked, so that a few deleted chunks cost no second search.
_SLACK = 4
_WIDENING = 4
# What is fetched for a filter, in parts of what would do if all of the index passed alike.
_OVERFETCH = 1.5
# To score one survivor costs as much as to fetch so many of the best.
_SURVIVOR = 3


class MaskedSearch:
    """One search of the chunks that are in memory."""

    def __init__(self, index: LexicalIndex, search: Search, visible: ResidentChunks) -> None:
        self._index = index
        self._search = search
        self._visible = visible

    def found(self, applied: int, call: Call) -> Sequence[Candidate] | None:
        """The best, those that tie with the last among them maybe too; None where the index is
        ahead of the view, and may know a chunk by a version that the view does not see."""
        if not self._visible.count:
            return ()
        fetch = self._first
        while self._search.filter is None or self._visible.count * _SURVIVOR >= fetch:
            call.deadline.check("search")
            ranked = self._ranked(fetch, applied)
            if ranked.applied > self._search.view.revision:
                return None
            kept = self._kept(ranked)
            if len(kept) >= self._search.limit or len(ranked.rows) < fetch:
                call.narrow("lexical", len(ranked.rows), "best by words")
                call.narrow("visible", len(kept))
                return kept
            fetch *= _WIDENING
        return self._survivors(applied, call)

    @property
    def _first(self) -> int:
        likely = 1.0 if self._search.filter is None else _OVERFETCH
        share = self._visible.share
        wanted = likely * self._search.limit / share if share < 1.0 else self._search.limit
        return ceil(wanted) + _SLACK

    def _survivors(self, applied: int, call: Call) -> Sequence[Candidate] | None:
        rows = self._visible.rows()
        ranked = self._ranked(self._search.limit, applied, rows.tolist())
        if ranked.applied > self._search.view.revision:
            return None
        call.narrow("survivors", len(rows), "of which those with a word of the question are scored")
        return self._kept(ranked)

    def _ranked(self, limit: int, applied: int, among: Sequence[int] | None = None) -> RankedRows:
        return self._index.rank(
            self._search.view.index_name,
            self._search.question.text,
            limit,
            bigram_weight=bigram_weight(self._search),
            among=among,
            applied=applied,
        )

    def _kept(self, ranked: RankedRows) -> Sequence[Candidate]:
        """Those that are visible and pass, without those that come after enough others."""
        kept = np.flatnonzero(self._visible.among(ranked.rows))
        scores = ranked.scores[kept]
        if len(kept) > self._search.limit:
            kept = kept[scores >= scores[self._search.limit - 1]]
        rows = ranked.rows[kept]
        return [
            Candidate(row, chunk_id, score)
            for row, chunk_id, score in zip(
                rows.tolist(),
                self._visible.names(rows),
                ranked.scores[kept].tolist(),
                strict=True,
            )
        ]
