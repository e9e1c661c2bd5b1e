"""Texts that a language model writes about a question, or none: never more than a try."""

from collections.abc import Iterator, Mapping
from typing import Any

from rag_server.core.call import Call
from rag_server.core.errors import PreconditionFailed, Unavailable
from rag_server.core.protocols import Completion
from rag_server.core.retrieval import DegradationKind


class ModelTexts:
    """What a model writes when it is there, in time, and keeps to the form."""

    def __init__(self, completion: Completion) -> None:
        self._completion = completion

    def written(
        self, template: str, question: str, count: int, longest: int, call: Call
    ) -> list[str]:
        """At most `count` texts of at most `longest` characters, none of them empty, twice, or
        the question (case and white space aside). Without any, `call` is degraded. Raises
        DeadlineExceeded."""
        try:
            answer = self._completion.complete(
                template, {"question": question, "count": count}, _schema(count), call
            )
        except (Unavailable, PreconditionFailed) as error:
            texts, lack = [], str(error)
        else:
            texts = list(_distinct(answer["texts"], question, longest))[:count]
            lack = "the language model wrote nothing of use"
        if not texts:
            call.degrade(DegradationKind.QUERY_EXPANSION_SKIPPED, "model", lack)
        return texts


def _schema(count: int) -> Mapping[str, Any]:
    return {
        "type": "object",
        "properties": {
            "texts": {
                "type": "array",
                "items": {"type": "string"},
                "minItems": 1,
                "maxItems": count,
            }
        },
        "required": ["texts"],
        "additionalProperties": False,
    }


def _distinct(texts: list[str], question: str, longest: int) -> Iterator[str]:
    seen = {_folded(question)}
    for text in texts:
        plain = " ".join(text.split())
        if _folded(plain) not in seen and any(map(str.isalnum, plain)):
            seen.add(_folded(plain))
            yield plain[:longest].rstrip()


def _folded(text: str) -> str:
    return " ".join(text.casefold().split())
