"""Scores of chunks that the index does not have yet, on the scale of those that it has.

BM25 as tantivy computes it (Robertson and Zaragoza, 2009; k1 = 1.2, b = 0.75), over what the
index counts and what is scored together. Lengths are exact, which tantivy rounds.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import log

_K1 = 1.2
_B = 0.75


@dataclass(frozen=True, slots=True)
class Counts:
    """What the index counts in one field: documents, terms of all of them together, and
    documents that hold a term."""

    documents: int
    length: float
    holding: Callable[[str], int]


def bm25(question: Sequence[str], texts: Sequence[Sequence[str]], counts: Counts) -> list[float]:
    """The score of each text, 0 where it has no term of the question; a term that the question
    repeats counts as often."""
    asked = Counter(question)
    bags = [Counter(term for term in text if term in asked) for text in texts]
    documents = counts.documents + len(texts)
    average = (counts.length + sum(map(len, texts))) / max(1, documents)
    holding = Counter(term for bag in bags for term in bag)
    weights = {
        term: times * (1.0 + _K1) * _idf(documents, counts.holding(term) + holding[term])
        for term, times in asked.items()
    }
    pairs = zip(bags, texts, strict=True)
    return [_score(bag, len(text) / max(average, 1.0), weights) for bag, text in pairs]


def _score(bag: Mapping[str, int], relative_length: float, weights: Mapping[str, float]) -> float:
    norm = _K1 * (1.0 - _B + _B * relative_length)
    return sum(weights[term] * count / (count + norm) for term, count in bag.items())


def _idf(documents: int, holding: int) -> float:
    return log(1.0 + (documents - holding + 0.5) / (holding + 0.5))
