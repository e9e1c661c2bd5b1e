"""Sentences of the hits, scored by how well they answer a question.

score = cosine of the sentence + 0.4 x coverage of the question's words by the sentence with
its title (words weighted by how rare they are among the candidate sentences) + 0.3 x cosine
of the passage. Sentence vectors were pooled when the passage was embedded, so nothing is
embedded here.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from rag_server.core.documents import Vector
from rag_server.core.retrieval import Hit
from rag_server.text.words import words

_WORDS = 0.4
_PASSAGE = 0.3
# Headings, table rows and code say little by themselves, and neither does a word.
_NO_PROSE = ("#", "|", "```", "~~~", ">>>")
_FEWEST_WORDS = 2
# Stored sentence vectors are unit vectors times this.
_INT8 = 127.0

Stems = frozenset[str]


@dataclass(frozen=True, slots=True)
class Quote:
    """A sentence of hit number `hit`, word for word."""

    hit: int
    text: str
    score: float


@dataclass(frozen=True, slots=True)
class _Candidate:
    hit: int
    text: str
    closeness: float
    matched: Stems


def ranked_quotes(question: str, vector: Vector, hits: Sequence[Hit]) -> list[Quote]:
    """All sentences of all hits, best first."""
    wanted = _stems(question)
    candidates = [each for i, hit in enumerate(hits) for each in _of_hit(i, hit, vector, wanted)]
    weights = _weights(wanted, candidates)
    whole = sum(weights.values()) or 1.0
    quotes = [
        Quote(each.hit, each.text, each.closeness + _WORDS * _sum(weights, each.matched) / whole)
        for each in candidates
    ]
    return sorted(quotes, key=lambda quote: -quote.score)


def _of_hit(number: int, hit: Hit, vector: Vector, wanted: Stems) -> list[_Candidate]:
    chunk = hit.chunk
    encoded = chunk.text.encode()
    if not hit.sentences.spans:
        return []
    cosines = (hit.sentences.vectors.astype(np.float32) @ vector) / _INT8
    titled = wanted & _stems(chunk.title)
    candidates = []
    closeness = cosines + _PASSAGE * hit.nearness
    for span, close in zip(hit.sentences.spans, closeness.tolist(), strict=True):
        text = span.of(encoded).decode()
        stems = _stems(text)
        if text.startswith(_NO_PROSE) or len(stems) < _FEWEST_WORDS:
            continue
        candidates.append(_Candidate(number, text, close, titled | (wanted & stems)))
    return candidates


def _weights(wanted: Stems, candidates: Sequence[_Candidate]) -> Mapping[str, float]:
    """Inverse document frequency of the question's words, each sentence a document."""
    counts = Counter(stem for each in candidates for stem in each.matched)
    return {stem: math.log(1 + len(candidates) / (1 + counts[stem])) for stem in wanted}


def _sum(weights: Mapping[str, float], stems: Iterable[str]) -> float:
    return sum(weights[stem] for stem in stems)


def _stems(text: str) -> Stems:
    return frozenset(words(text).stems)
