"""Multi-query retrieval: the question and other wordings of it, fused into one ranking."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from time import perf_counter

from rag_server.core.call import Call
from rag_server.core.protocols import Retriever, Search
from rag_server.core.ranking import ranked
from rag_server.core.retrieval import Candidate, DegradationKind
from rag_server.core.specs import MultiQuerySpec, RrfSpec
from rag_server.retrievers.fusion import Ranking, fuse, pooled
from rag_server.retrievers.model_texts import ModelTexts

_TEMPLATE = "multi_query"
# Characters of a wording; longer ones are cut.
_LONGEST = 1_000


class MultiQueryRetriever:
    """Asks its base for each wording, the question first, one after the other: each search keeps
    a core busy. Without other wordings it is its base."""

    def __init__(self, base: Retriever, texts: ModelTexts) -> None:
        """`base` retrieves as any spec says."""
        self._base = base
        self._texts = texts

    def retrieve(self, search: Search, call: Call) -> list[Candidate]:
        """At most `search.limit`, best fused score first. The stages of the base are those of
        the first wording that found the candidate."""
        spec = search.spec
        assert isinstance(spec, MultiQuerySpec)
        plain = replace(search, spec=spec.base)
        question = search.question
        others = self._texts.written(_TEMPLATE, question.text, spec.variants, _LONGEST, call)
        if not others:
            return self._base.retrieve(plain, call)
        wider = replace(plain, limit=max(spec.depth, search.limit))
        searches = [
            wider,
            *(replace(wider, question=question.reworded(each)) for each in others),
        ]
        rankings = list(self._rankings(searches, call))
        call.narrow("wordings", len(rankings), "wordings of the question that were searched")
        return _fused(rankings, spec, search.limit)

    def _rankings(
        self, searches: Sequence[Search], call: Call
    ) -> Iterator[Mapping[str, Candidate]]:
        """By chunk id, best first; at least that of the question."""
        slowest = 0.0
        for number, each in enumerate(searches):
            if number and call.deadline.remaining() < 2 * slowest:
                call.degrade(
                    DegradationKind.QUERY_EXPANSION_SKIPPED,
                    "search",
                    f"{number} of {len(searches)} wordings were searched in the time given",
                )
                return
            began = perf_counter()
            yield {found.chunk_id: found for found in self._base.retrieve(each, call)}
            slowest = max(slowest, perf_counter() - began)


def _fused(
    rankings: Sequence[Mapping[str, Candidate]], spec: MultiQuerySpec, limit: int
) -> list[Candidate]:
    pool = pooled(ranking.values() for ranking in rankings)
    scores = fuse(
        [Ranking(1.0, {key: each.score for key, each in one.items()}, {}) for one in rankings],
        RrfSpec(spec.k),
    )
    return ranked("multi_query", ((pool[key], scores[key]) for key in scores), limit)
