"""Answers by quotation: the sentences of the hits that support an answer best."""

from collections.abc import AsyncGenerator, Sequence

from rag_server.core.call import Call
from rag_server.core.protocols import Question, Workers
from rag_server.core.retrieval import (
    AbstainReason,
    Degradation,
    Delta,
    ExtractiveSpec,
    GeneratorSpec,
    Hit,
)
from rag_server.generators.quotes import Quote, ranked_quotes

# Below this best score nothing that was found supports an answer. Measured on questions
# whose source was in the corpus against the same with it taken out; see docs/adr/0004.
SUPPORT_THRESHOLD = 0.72
# A further sentence must come this close to the best one.
_CLOSE = 0.9
# A paragraph break is a boundary to every sentence splitter.
_BREAK = "\n\n"


class ExtractiveGenerator:
    """Quotes word for word, so every statement is supported by construction. Needs no model."""

    name = "extractive"

    def __init__(self, workers: Workers) -> None:
        self._workers = workers

    async def generate(
        self, question: Question, hits: Sequence[Hit], spec: GeneratorSpec, call: Call
    ) -> AsyncGenerator[Delta | Degradation | AbstainReason, None]:
        """One delta per quote, best first."""
        assert isinstance(spec, ExtractiveSpec)
        quotes = await self._workers.run(
            lambda: _selected(question, hits, spec.max_sentences), call.deadline
        )
        if not quotes:
            yield AbstainReason.NO_SUPPORT
        for number, quote in enumerate(quotes):
            yield Delta(quote.text if number == 0 else _BREAK + quote.text)


def _selected(question: Question, hits: Sequence[Hit], count: int) -> list[Quote]:
    ranked = ranked_quotes(question.text, question.vector(), hits)
    if not ranked or ranked[0].score < SUPPORT_THRESHOLD:
        return []
    close = [quote for quote in ranked if quote.score >= _CLOSE * ranked[0].score]
    distinct = {quote.text: quote for quote in reversed(close)}
    return sorted(distinct.values(), key=lambda quote: -quote.score)[:count]
