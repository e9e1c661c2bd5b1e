"""A reranker for ragrpc that puts first what holds the words that the question puts in quotes."""

import re
from collections.abc import Sequence

from rag_server.core.call import Call
from rag_server.core.protocols import Reranking
from rag_server.core.ranking import min_max, ranked
from rag_server.core.retrieval import Candidate
from rag_server.core.specs import CustomRerankSpec
from rag_server.rerankers.plugins import RerankerPlugin

_QUOTED = re.compile(r'"([^"]+)"')


class QuotedReranker:
    def rerank(self, reranking: Reranking, call: Call) -> list[Candidate]:
        del call
        spec = reranking.spec
        assert isinstance(spec, CustomRerankSpec)
        # What was read already, and what stands for more than its chunk, has its text.
        unread = [each.row for each in reranking.candidates if each.chunk is None]
        read = reranking.contents.read(unread)
        pairs = [(each, each.chunk or read.get(each.row)) for each in reranking.candidates]
        texts = [(each, chunk.text) for each, chunk in pairs if chunk is not None]
        if not texts:
            return []
        phrases = _QUOTED.findall(reranking.question.text)
        weight = float(str(spec.parameters.get("weight", 1)))
        before = min_max([each for each, _ in texts])
        scored = [
            (each, float(score) + weight * _share(phrases, text))
            for (each, text), score in zip(texts, before, strict=True)
        ]
        return ranked("quoted", scored, reranking.limit)


def _share(phrases: Sequence[str], text: str) -> float:
    """Of the phrases, how many the text holds; 0 without any."""
    held = sum(each.casefold() in text.casefold() for each in phrases)
    return held / max(1, len(phrases))


quoted = RerankerPlugin(
    description="Puts first what holds the words that the question puts in quotes.",
    parameters={
        "type": "object",
        "properties": {"weight": {"type": "number", "minimum": 0, "default": 1}},
        "additionalProperties": False,
    },
    make=QuotedReranker,
)
