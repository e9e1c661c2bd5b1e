"""Answers by quotation: the sentences of the hits that support an answer best."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

import numpy as np

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
from rag_server.text.words import words

# Scores are cosines plus a bonus for the question's words; see docs/adr for the measurement.
_WORDS = 0.3
_PASSAGE = 0.5
# Below this best score nothing that was found supports an answer.
SUPPORT_THRESHOLD = 0.55
# A further sentence must come this close to the best one.
_CLOSE = 0.9
# Between quotes: a paragraph break is a boundary to every sentence splitter.
_BREAK = "\n\n"
_INT8 = 127.0


@dataclass(frozen=True, slots=True)
class _Quote:
    """A sentence of a hit; sorts by where it stands."""

    hit: int
    start: int
    text: str
    score: float


class ExtractiveGenerator:
    """Quotes word for word, so every statement is supported by construction. Needs no model:
    sentence vectors were stored when the passages were embedded."""

    name = "extractive"

    def __init__(self, workers: Workers) -> None:
        self._workers = workers

    async def generate(
        self, question: Question, hits: Sequence[Hit], spec: GeneratorSpec, call: Call
    ) -> AsyncIterator[Delta | Degradation | AbstainReason]:
        """One delta per quote, best source first."""
        assert isinstance(spec, ExtractiveSpec)
        quotes = await self._workers.run(
            lambda: _select(question, hits, spec.max_sentences), call.deadline
        )
        if not quotes:
            yield AbstainReason.NO_SUPPORT
        for number, quote in enumerate(quotes):
            yield Delta(quote.text if number == 0 else _BREAK + quote.text)


def _select(question: Question, hits: Sequence[Hit], count: int) -> list[_Quote]:
    ranked = sorted(_quotes(question, hits), key=lambda quote: -quote.score)
    if not ranked or ranked[0].score < SUPPORT_THRESHOLD:
        return []
    kept: dict[str, _Quote] = {}
    for quote in ranked:
        if len(kept) < count and quote.score >= _CLOSE * ranked[0].score:
            kept.setdefault(quote.text, quote)
    return list(kept.values())


def _quotes(question: Question, hits: Sequence[Hit]) -> list[_Quote]:
    vector = question.vector()
    wanted = frozenset(words(question.text).stems)
    return [quote for i, hit in enumerate(hits) for quote in _of_hit(i, hit, vector, wanted)]


def _of_hit(number: int, hit: Hit, vector: np.ndarray, wanted: frozenset[str]) -> list[_Quote]:
    chunk = hit.chunk
    encoded = chunk.text.encode()
    cosines = (chunk.sentence_vectors.astype(np.float32) @ vector) / _INT8
    title = frozenset(words(chunk.title).stems)
    quotes = []
    for span, cosine in zip(chunk.sentences, cosines.tolist(), strict=True):
        text = span.of(encoded).decode()
        score = cosine + _WORDS * _coverage(wanted, title | frozenset(words(text).stems))
        quotes.append(_Quote(number, span.start, text, score + _PASSAGE * hit.score))
    return quotes


def _coverage(wanted: frozenset[str], present: frozenset[str]) -> float:
    return len(wanted & present) / len(wanted) if wanted else 0.0
