"""Strategies that order found chunks anew.

May import core, text and resilience.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from rag_server.core.call import Call
from rag_server.core.protocols import ChunkStore, Reranker, Reranking
from rag_server.core.retrieval import Candidate
from rag_server.core.specs import MmrSpec
from rag_server.rerankers.mmr import MmrReranker


@dataclass(frozen=True, slots=True)
class Materials:
    """What rerankers work with."""

    chunks: ChunkStore


class Rerankers:
    """All strategies as one: each task goes to that of its spec. Implements `Reranker`."""

    def __init__(self, materials: Materials) -> None:
        self._by_spec = {spec: make(materials) for spec, make in RERANKERS.items()}

    def rerank(self, reranking: Reranking, call: Call) -> list[Candidate]:
        """As the strategy of `reranking.spec` does."""
        return self._by_spec[type(reranking.spec)].rerank(reranking, call)


def _mmr(materials: Materials) -> Reranker:
    return MmrReranker(materials.chunks)


# Spec -> maker of the strategy that it asks for.
RERANKERS: Mapping[type, Callable[[Materials], Reranker]] = {MmrSpec: _mmr}
