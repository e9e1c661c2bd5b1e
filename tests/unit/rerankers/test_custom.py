from typing import Any

from rag_server.core.call import Call, Deadline
from rag_server.core.principal import ANONYMOUS
from rag_server.core.protocols import Reranking
from rag_server.core.retrieval import Candidate
from rag_server.core.specs import CustomRerankSpec
from rag_server.rerankers.custom import CustomReranker
from rag_server.rerankers.plugins import RerankerPlugin

STRANGER = Candidate(7, "stranger", 2.0)


class Careless:
    """A plug-in that returns a candidate nobody gave it."""

    def rerank(self, reranking: Reranking, call: Call) -> list[Candidate]:
        return [STRANGER, *reranking.candidates]


def test_what_a_plug_in_was_not_given_is_no_hit() -> None:
    unused: Any = None
    given = [Candidate(1, "a", 1.0), Candidate(2, "b", 0.5)]
    reranker = CustomReranker({"careless": RerankerPlugin("Careless.", {}, Careless)})
    reranking = Reranking(unused, unused, given, 2, CustomRerankSpec("careless"))
    assert reranker.rerank(reranking, Call(ANONYMOUS, Deadline(30.0))) == given
