"""Sentence retrieval: chunks by the one sentence that is nearest to the question."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from rag_server.core.call import Call
from rag_server.core.documents import Vector
from rag_server.core.protocols import ChunkStore, Retriever, Search
from rag_server.core.ranking import ranked
from rag_server.core.retrieval import Candidate
from rag_server.core.specs import DenseSpec, SentenceSpec


class SentenceRetriever:
    """Ranks what its base finds by the largest cosine of a sentence's vector with the
    question's, about -1 to 1 (those of sentences are int8)."""

    def __init__(self, chunks: ChunkStore, base: Retriever) -> None:
        """`base` retrieves as any spec says."""
        self._chunks = chunks
        self._base = base

    def retrieve(self, search: Search, call: Call) -> list[Candidate]:
        """At most `search.limit` candidates, best sentence first."""
        vector = search.question.vector()
        found = self._candidates(search, call)
        matrices = self._chunks.sentence_vectors([each.row for each in found])
        present = [each for each in found if len(matrices.get(each.row, ()))]
        scores = _best(vector, [matrices[each.row] for each in present])
        return ranked("sentence", zip(present, scores, strict=True), search.limit)

    def _candidates(self, search: Search, call: Call) -> Sequence[Candidate]:
        spec = search.spec
        assert isinstance(spec, SentenceSpec)
        if search.among is not None and spec.base is None:
            return search.among
        limit = max(spec.depth, search.limit)
        return self._base.retrieve(
            replace(search, spec=spec.base or DenseSpec(), limit=limit), call
        )


def _best(vector: Vector, matrices: Sequence[NDArray[np.int8]]) -> list[float]:
    """Largest cosine of each matrix of unit vectors times 127, which has rows."""
    if not matrices:
        return []
    starts = np.cumsum([0, *(len(each) for each in matrices[:-1])])
    cosines = np.concatenate(matrices).astype(np.float32) @ (vector / 127.0)
    best: list[float] = np.maximum.reduceat(cosines, starts).tolist()
    return best
