"""Listwise reranking by a language model: it names the passages in order (Sun et al., "Is ChatGPT
good at search?", EMNLP 2023)."""

from collections.abc import Mapping, Sequence
from typing import Any

from rag_server.core.call import Call
from rag_server.core.protocols import Completion, Reranking
from rag_server.core.ranking import ranked
from rag_server.core.retrieval import Candidate
from rag_server.core.specs import LlmRerankSpec
from rag_server.rerankers import passages

_TEMPLATE = "rerank"
# Characters of a passage that the model reads: ten of them and the answer fit into the smallest
# of usual contexts.
_MOST_CHARACTERS = 800


class LlmReranker:
    """The model only says numbers; whatever it leaves out, and what it was not shown, keeps its
    order behind what it names. The score says no more than the place: 1 for the first of n,
    1/n for the last."""

    def __init__(self, completion: Completion) -> None:
        self._completion = completion

    def rerank(self, reranking: Reranking, call: Call) -> list[Candidate]:
        """Without those that were purged meanwhile."""
        spec = reranking.spec
        assert isinstance(spec, LlmRerankSpec)
        present = passages.read(reranking)
        shown = [text[:_MOST_CHARACTERS] for _, text in present[: spec.depth]]
        named = self._named(reranking.question.text, shown, call) if len(shown) > 1 else []
        # Each once, where it comes first.
        order = list(dict.fromkeys([*named, *range(len(present))]))
        count = len(order)
        places = ((present[n][0], (count - place) / count) for place, n in enumerate(order))
        return ranked("llm", places, reranking.limit)

    def _named(self, question: str, texts: Sequence[str], call: Call) -> list[int]:
        variables = {"question": question, "passages": texts}
        answer = self._completion.complete(_TEMPLATE, variables, _schema(len(texts)), call)
        return [number - 1 for number in answer["ranking"]]


def _schema(count: int) -> Mapping[str, Any]:
    number = {"type": "integer", "minimum": 1, "maximum": count}
    ranking = {"type": "array", "items": number, "minItems": 1, "maxItems": count}
    return {
        "type": "object",
        "properties": {"ranking": ranking},
        "required": ["ranking"],
        "additionalProperties": False,
    }
