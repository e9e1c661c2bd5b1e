"""Maximal marginal relevance: what is relevant and does not repeat what was taken before.

Carbonell and Goldstein, "The use of MMR, diversity-based reranking for reordering documents and
producing summaries", SIGIR 1998.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from rag_server.core.call import Call
from rag_server.core.protocols import Reranking
from rag_server.core.ranking import min_max, ranked
from rag_server.core.retrieval import Candidate
from rag_server.core.specs import MmrSpec


class MmrReranker:
    """Takes one candidate after the other: that with the largest lambda x relevance -
    (1 - lambda) x largest similarity to one taken before.

    Relevance is the incoming score (the best 1, the last 0), so that what a hybrid or another
    reranker found out is not lost; similarity is the cosine of the chunks' vectors.
    """

    def rerank(self, reranking: Reranking, call: Call) -> list[Candidate]:
        """Without those that were purged meanwhile."""
        del call
        spec = reranking.spec
        assert isinstance(spec, MmrSpec)
        vectors = reranking.contents.vectors_of([each.row for each in reranking.candidates])
        # In order of id, so that of equals the first is taken.
        present = sorted(
            (each for each in reranking.candidates if each.row in vectors),
            key=lambda each: each.chunk_id,
        )
        if not present:
            return []
        matrix = np.stack([vectors[each.row] for each in present])
        taken = _taken(min_max(present), matrix, spec.relevance, reranking.limit)
        return ranked("mmr", ((present[n], score) for n, score in taken), reranking.limit)


def _taken(
    relevance: NDArray[np.float64], vectors: NDArray[np.float32], weight: float, limit: int
) -> Iterator[tuple[int, float]]:
    """(position, marginal relevance), which never rises, since a similarity below 0 counts as
    none."""
    similarity = (1.0 - weight) * (vectors @ vectors.T)
    gains = weight * relevance
    closest = np.zeros(len(gains))
    left = np.ones(len(gains), bool)
    for _ in range(min(limit, len(gains))):
        marginal = np.where(left, gains - closest, -np.inf)
        best = int(marginal.argmax())
        yield best, float(marginal[best])
        left[best] = False
        np.maximum(closest, similarity[best], out=closest)
