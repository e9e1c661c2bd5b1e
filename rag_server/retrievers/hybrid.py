"""Hybrid retrieval: several strategies' rankings, fused into one."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from rag_server.core.call import Call
from rag_server.core.errors import Unavailable
from rag_server.core.protocols import Retriever, Search
from rag_server.core.retrieval import Candidate, DegradationKind
from rag_server.core.specs import (
    ConvexSpec,
    DenseSpec,
    HybridSpec,
    LexicalSpec,
    SentenceSpec,
    WeightedSpec,
)
from rag_server.retrievers.fusion import Ranking, best, fuse, pooled

# Strategies that score a few chunks of somebody else's for little.
_SCORING = (DenseSpec, LexicalSpec, SentenceSpec)


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of the hybrid and what it gives, best first."""

    spec: WeightedSpec
    given: Sequence[Candidate]


class HybridRetriever:
    """Asks its parts one after the other: each keeps a core busy, and others wait for it."""

    def __init__(self, base: Retriever) -> None:
        """`base` retrieves as any spec says."""
        self._base = base

    def retrieve(self, search: Search, call: Call) -> list[Candidate]:
        """At most `search.limit`, best fused score first, each with what its parts said."""
        spec = search.spec
        assert isinstance(spec, HybridSpec)
        wider = replace(search, limit=max(spec.depth, search.limit))
        parts = list(self._asked(spec, wider, call))
        pool = _pool(parts)
        fused = fuse([self._ranking(part, pool, spec, wider, call) for part in parts], spec.fusion)
        call.narrow("fused", len(fused), "given by some part")
        return best("hybrid", [part.given for part in parts], fused, search.limit)

    def _asked(self, spec: HybridSpec, search: Search, call: Call) -> Iterator[_Part]:
        """The parts that can serve. Raises Unavailable where none can."""
        found = list(self._found(spec, search, call))
        yield from found
        everything = list(_pool(found).values())
        for part in spec.parts:
            if not _finds(part, search):
                asked = replace(
                    search, spec=part.retriever, among=everything, limit=len(everything)
                )
                yield _Part(part, self._base.retrieve(asked, call))

    def _found(self, spec: HybridSpec, search: Search, call: Call) -> Iterator[_Part]:
        served, failed = False, None
        for part in spec.parts:
            if _finds(part, search):
                try:
                    given = self._base.retrieve(replace(search, spec=part.retriever), call)
                except Unavailable as error:
                    failed = error
                    call.degrade(DegradationKind.RETRIEVER_SKIPPED, "search", str(error))
                else:
                    served = True
                    yield _Part(part, given)
        if failed is not None and not served:
            raise failed

    def _ranking(
        self,
        part: _Part,
        pool: dict[str, Candidate],
        spec: HybridSpec,
        search: Search,
        call: Call,
    ) -> Ranking:
        scores = {each.chunk_id: each.score for each in part.given}
        missing = [each for key, each in pool.items() if key not in scores]
        others: Sequence[Candidate] = ()
        if missing and isinstance(spec.fusion, ConvexSpec) and _scores(part.spec):
            asked = replace(search, spec=part.spec.retriever, among=missing, limit=len(missing))
            others = self._base.retrieve(asked, call)
        scored = {each.chunk_id: each.score for each in others}
        return Ranking(part.spec.weight, scores, scored, spec.depth)


def _finds(part: WeightedSpec, search: Search) -> bool:
    """Whether a part has candidates of its own."""
    spec = part.retriever
    return search.among is not None or not (isinstance(spec, SentenceSpec) and spec.base is None)


def _scores(part: WeightedSpec) -> bool:
    return isinstance(part.retriever, _SCORING)


def _pool(parts: Iterable[_Part]) -> dict[str, Candidate]:
    return pooled(part.given for part in parts)
