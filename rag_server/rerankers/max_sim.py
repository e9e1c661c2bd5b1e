"""Late interaction over stored token vectors: for every word of the question the nearest one of the
chunk.

Khattab and Zaharia, "ColBERT", SIGIR 2020, here with the token vectors of the embedder itself.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rag_server.core.call import Call
from rag_server.core.errors import PreconditionFailed, Reason
from rag_server.core.protocols import Question, Reranking, TokenQuestion
from rag_server.core.ranking import ranked, z_scores
from rag_server.core.retrieval import Candidate
from rag_server.core.specs import MaxSimSpec


class MaxSimReranker:
    """The mean over the question's tokens of the largest cosine with a token of the chunk,
    weighed against the incoming score; both as z-scores over the candidates."""

    def rerank(self, reranking: Reranking, call: Call) -> list[Candidate]:
        """A candidate without token vectors counts as the one that fits least. Raises
        PreconditionFailed where the embedder keeps none."""
        del call
        spec, candidates = reranking.spec, reranking.candidates
        assert isinstance(spec, MaxSimSpec)
        if not candidates:
            return []
        asked = _tokens(reranking.question)
        matrices = reranking.contents.token_vectors([each.row for each in candidates])
        fits = _fits(asked, [matrices.get(each.row) for each in candidates])
        before = z_scores(np.array([each.score for each in candidates]))
        fused = (1.0 - spec.weight) * before + spec.weight * z_scores(fits)
        return ranked("max_sim", zip(candidates, fused.tolist(), strict=True), reranking.limit)


def _tokens(question: Question) -> NDArray[np.int8]:
    tokens = question.tokens() if isinstance(question, TokenQuestion) else None
    if tokens is None:
        raise PreconditionFailed(
            "there are no token vectors: create or reindex the collection with an embedder that "
            'keeps them, whose name ends in "+tokens"',
            Reason.RERANKER_NOT_CONFIGURED,
        )
    return tokens


def _fits(
    asked: NDArray[np.int8], matrices: Sequence[NDArray[np.int8] | None]
) -> NDArray[np.float64]:
    """float64 (n,): of each chunk, about -1 to 1."""
    present = [n for n, each in enumerate(matrices) if each is not None and len(each)]
    fits = np.zeros(len(matrices))
    if not present or not len(asked):
        return fits
    some = [each for n in present if (each := matrices[n]) is not None]
    starts = np.cumsum([0, *(len(each) for each in some[:-1])])
    cosines = np.concatenate(some).astype(np.float32) @ (asked.T / np.float32(127.0**2))
    found = np.maximum.reduceat(cosines, starts, axis=0).mean(axis=1)
    fits[:] = found.min()
    fits[present] = found
    return fits
