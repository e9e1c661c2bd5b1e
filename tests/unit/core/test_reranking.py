"""Texts of a call put in order, by rerankers that ask for this and that."""

import asyncio
from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np
import pytest
from numpy.typing import NDArray

from rag_server.core.call import Call, Deadline
from rag_server.core.documents import Embedding, Passage
from rag_server.core.given import GivenText
from rag_server.core.principal import Principal, Role
from rag_server.core.protocols import Reranking
from rag_server.core.question import Encoded
from rag_server.core.reranking import RerankedTexts, RerankPath, RerankRequest
from rag_server.core.retrieval import Candidate
from rag_server.core.specs import CustomRerankSpec

T = TypeVar("T")


class Here:
    """Workers that are the caller."""

    async def run(self, work: Callable[[], T], deadline: Deadline) -> T:
        return work()


class Constant:
    """An encoder to which all is one."""

    def __init__(self, cached: bool) -> None:
        self.cached = cached

    def encode(self, text: str, tenant: str) -> tuple[Encoded, bool]:
        return Encoded(np.array([1, 0], np.float32)), self.cached

    def passages(self, texts: Sequence[str]) -> NDArray[np.float32]:
        raise AssertionError

    def embeddings(self, passages: Sequence[Passage]) -> list[Embedding]:
        return [Embedding(np.array([1, 0], np.float32), np.zeros((0, 2), np.int8))]


class Asking:
    """A plug-in that looks at what `ask` asks for, and leaves the order as it is."""

    def __init__(self, ask: Callable[[Reranking], object]) -> None:
        self.ask = ask

    def rerank(self, reranking: Reranking, call: Call) -> list[Candidate]:
        self.ask(reranking)
        return list(reranking.candidates)


def reranked(ask: Callable[[Reranking], object], cached: bool) -> RerankedTexts:
    path = RerankPath(
        embedder="model",
        encoder=Constant(cached),
        reranker=Asking(ask),
        default=None,
        workers=Here(),
        assisted=Here(),
    )
    request = RerankRequest("q", [GivenText("a", "text")], reranker=CustomRerankSpec("mine"))
    call = Call(Principal("acme", frozenset({Role.READER})), Deadline(60.0))
    return asyncio.run(path.rerank(request, call))


@pytest.mark.parametrize("cached", [False, True])
@pytest.mark.parametrize(
    ("ask", "embedder"),
    [
        (lambda asked: asked.contents.read([0]), ""),
        (lambda asked: asked.question.vector(), "model"),
        (lambda asked: asked.contents.vectors_of([0]), "model"),
    ],
)
def test_the_embedder_is_named_where_it_was_asked(
    ask: Callable[[Reranking], object], embedder: str, cached: bool
) -> None:
    assert reranked(ask, cached).embedder == embedder
