"""Hypothetical document embeddings: a search near answers that a language model makes up.

Gao, Ma, Lin and Callan: Precise Zero-Shot Dense Retrieval without Relevance Labels (ACL 2023).
The vector is the mean of the passages' and the question's, as theirs, and made a unit vector.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from rag_server.core.call import Call
from rag_server.core.documents import Vector
from rag_server.core.protocols import Retriever, Search, SearchQuestion
from rag_server.core.retrieval import Candidate
from rag_server.core.specs import HydeSpec
from rag_server.retrievers.model_texts import ModelTexts
from rag_server.text.identifiers import names_things

_TEMPLATE = "hyde"
# Characters of a passage; the embedder sees about as much.
_LONGEST = 2_000
# Below this length the vectors cancel out and their mean points nowhere.
_SHORTEST = 1e-3


class HydeRetriever:
    """Has its base search with another vector for the question, whose words stay what they are.
    Without passages it is its base."""

    def __init__(self, base: Retriever, texts: ModelTexts) -> None:
        """`base` retrieves as any spec says."""
        self._base = base
        self._texts = texts

    def retrieve(self, search: Search, call: Call) -> list[Candidate]:
        """At most `search.limit`, as the base ranks them."""
        spec = search.spec
        assert isinstance(spec, HydeSpec)
        question = self._question(search.question, spec.passages, call)
        return self._base.retrieve(replace(search, spec=spec.base, question=question), call)

    def _question(self, asked: SearchQuestion, count: int, call: Call) -> SearchQuestion:
        if names_things(asked.text):
            # A model knows nothing of a name that matters here, and blurs it.
            call.narrow("hypothetical", 0, "the question is an identifier, searched as it stands")
            return asked
        texts = self._texts.written(_TEMPLATE, asked.text, count, _LONGEST, call)
        if not texts:
            return asked
        call.narrow("hypothetical", len(texts), "made up passages in the vector of the question")
        return _Moved(asked, _mean(asked.vector(), asked.passages(texts)))


@dataclass(frozen=True, slots=True)
class _Moved:
    """A question with another vector."""

    asked: SearchQuestion
    placed: Vector

    @property
    def text(self) -> str:
        return self.asked.text

    def vector(self) -> Vector:
        return self.placed

    def reworded(self, text: str) -> SearchQuestion:
        return self.asked.reworded(text)

    def passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return self.asked.passages(texts)


def _mean(question: Vector, passages: NDArray[np.float32]) -> Vector:
    """Unit float32 (d,)."""
    mean = np.vstack([question, passages]).mean(axis=0)
    length = float(np.linalg.norm(mean))
    if length < _SHORTEST:
        return question
    unit: Vector = (mean / length).astype(np.float32)
    return unit
