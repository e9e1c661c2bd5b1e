from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from rag_server.core.call import Call, Deadline
from rag_server.core.documents import Vector, View
from rag_server.core.errors import RagError, Unavailable
from rag_server.core.principal import ANONYMOUS
from rag_server.core.protocols import Search
from rag_server.core.retrieval import Candidate, StageScore
from rag_server.core.specs import RetrieverSpec

FOUND = {"plain": "abcd", "one": "cxya", "two": "xz"}


def unit(*values: float) -> Vector:
    vector = np.array(values, np.float32)
    length: Vector = vector / np.linalg.norm(vector)
    return length


@dataclass
class Asked:
    """A question whose vectors are made of the lengths of texts."""

    text: str

    def vector(self) -> Vector:
        return unit(1.0, 0.0, 0.0)

    def reworded(self, text: str) -> "Asked":
        return Asked(text)

    def passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        return np.stack([unit(0.0, len(text), 1.0) for text in texts])


@dataclass
class Model:
    """A completion that is given; an error is raised."""

    answer: Any = field(default_factory=dict)
    templates: list[str] = field(default_factory=list)

    def complete(
        self, template: str, variables: Mapping[str, object], schema: Mapping[str, Any], call: Call
    ) -> Any:
        self.templates.append(template)
        if isinstance(self.answer, RagError):
            raise self.answer
        return self.answer


class Base:
    """Finds what FOUND says for the text of a question, and notes what it is asked."""

    def __init__(self, spend: Callable[[Call], None] = lambda call: None) -> None:
        self.searches: list[Search] = []
        self._spend = spend

    def retrieve(self, search: Search, call: Call) -> list[Candidate]:
        self.searches.append(search)
        self._spend(call)
        ids = FOUND.get(search.question.text, "")[: search.limit]
        return [
            Candidate(ord(key), key, 1.0 - rank / 10, (StageScore("base", 1.0 - rank / 10, rank),))
            for rank, key in enumerate(ids, 1)
        ]


def a_search(spec: RetrieverSpec, text: str = "plain", limit: int = 3) -> Search:
    return Search(View(1, 1, 1), Asked(text), limit, None, spec)


def a_call(seconds: float = 60.0) -> Call:
    return Call(ANONYMOUS, Deadline(seconds))


@pytest.fixture
def away() -> Model:
    return Model(Unavailable("the language model is away"))
