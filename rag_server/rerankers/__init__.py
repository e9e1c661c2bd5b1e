"""Strategies that order found chunks anew.

May import core, text, resilience and plugins.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from rag_server.core.call import Call
from rag_server.core.protocols import Completion, PairScorer, Reranker, Reranking
from rag_server.core.retrieval import Candidate
from rag_server.core.specs import (
    CrossEncoderSpec,
    CustomRerankSpec,
    LlmRerankSpec,
    MaxSimSpec,
    MmrSpec,
)
from rag_server.rerankers.cross_encoder import CrossEncoderReranker
from rag_server.rerankers.custom import CustomReranker
from rag_server.rerankers.llm import LlmReranker
from rag_server.rerankers.max_sim import MaxSimReranker
from rag_server.rerankers.mmr import MmrReranker
from rag_server.rerankers.plugins import RerankerPlugin


@dataclass(frozen=True, slots=True)
class Materials:
    """What rerankers work with; `pairs` None: the server has no cross-encoder; `plugins`: those
    of others."""

    completion: Completion
    pairs: PairScorer | None = None
    plugins: Mapping[str, RerankerPlugin] = field(default_factory=dict)


class Rerankers:
    """All strategies as one: each task goes to that of its spec. Implements `Reranker`."""

    def __init__(self, materials: Materials) -> None:
        self._by_spec = {spec: make(materials) for spec, make in RERANKERS.items()}

    def rerank(self, reranking: Reranking, call: Call) -> list[Candidate]:
        """As the strategy of `reranking.spec` does."""
        return self._by_spec[type(reranking.spec)].rerank(reranking, call)


def _mmr(materials: Materials) -> Reranker:
    del materials
    return MmrReranker()


def _max_sim(materials: Materials) -> Reranker:
    del materials
    return MaxSimReranker()


def _cross_encoder(materials: Materials) -> Reranker:
    return CrossEncoderReranker(materials.pairs)


def _llm(materials: Materials) -> Reranker:
    return LlmReranker(materials.completion)


def _custom(materials: Materials) -> Reranker:
    return CustomReranker(materials.plugins)


# Spec -> maker of the strategy that it asks for.
RERANKERS: Mapping[type, Callable[[Materials], Reranker]] = {
    MmrSpec: _mmr,
    MaxSimSpec: _max_sim,
    CrossEncoderSpec: _cross_encoder,
    LlmRerankSpec: _llm,
    CustomRerankSpec: _custom,
}
