from collections.abc import Sequence
from random import Random
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag_server.core.call import Call, Deadline
from rag_server.core.documents import Vector
from rag_server.core.principal import ANONYMOUS
from rag_server.core.protocols import Reranking
from rag_server.core.ranking import ALIKE
from rag_server.core.retrieval import Candidate
from rag_server.core.specs import MmrSpec
from rag_server.rerankers.mmr import MmrReranker


class Vectors:
    """The part of `Contents` that is used."""

    def __init__(self, vectors: Sequence[Sequence[float]]) -> None:
        matrix = np.array(vectors, np.float32)
        self._units = matrix / np.linalg.norm(matrix, axis=1, keepdims=True)

    def vectors_of(self, rows: Sequence[int]) -> dict[int, Vector]:
        return {row: self._units[row] for row in rows}


class Which:
    text = "which?"

    def vector(self) -> Vector:
        raise AssertionError("relevance is what the stage before says")


def reranked(
    vectors: Sequence[Sequence[float]], scores: Sequence[float], relevance: float, limit: int = 99
) -> list[Candidate]:
    found = [Candidate(row, f"c{row:03}", score) for row, score in enumerate(scores)]
    found.sort(key=lambda each: -each.score)
    contents: Any = Vectors(vectors)
    asked = Reranking(Which(), contents, found, limit, MmrSpec(relevance))
    return MmrReranker().rerank(asked, Call(ANONYMOUS, Deadline(30.0)))


def rows(candidates: Sequence[Candidate]) -> list[int]:
    return [each.row for each in candidates]


def test_what_repeats_the_best_falls_behind_what_is_new() -> None:
    vectors, scores = [[1.0, 0.0], [1.0, 0.01], [0.0, 1.0]], [0.9, 0.89, 0.6]
    assert rows(reranked(vectors, scores, 1.0)) == [0, 1, 2]
    assert rows(reranked(vectors, scores, 0.5)) == [0, 2, 1]


def test_the_score_is_that_of_the_paper() -> None:
    found = reranked([[1, 0], [3, 4], [0, 1]], [4.0, 3.0, 2.0], 0.5)
    # 0.5 x 1; then 0.5 x 0.5 - 0.5 x 0.6 and 0.5 x 0 - 0.5 x 0; then 0.5 x 0.5 - 0.5 x 0.8.
    assert rows(found) == [0, 2, 1]
    assert [each.score for each in found] == pytest.approx([0.5, 0.0, -0.15])


def test_opposites_are_no_more_than_unlike() -> None:
    found = reranked([[1, 0], [-1, 0], [0, 1]], [1.0, 0.0, 0.0], 0.5)
    assert [each.score for each in found] == pytest.approx([0.5, 0.0, 0.0])


def test_equal_scores_are_equally_relevant() -> None:
    assert rows(reranked([[1, 0], [1, 0], [0, 1]], [0.7] * 3, 0.5)) == [0, 2, 1]


_vectors = st.lists(
    st.lists(st.integers(-3, 3), min_size=3, max_size=3).filter(any), min_size=1, max_size=12
)


@given(_vectors, st.randoms(use_true_random=False), st.sampled_from([0.0, 0.3, 0.7, 1.0]))
def test_every_pick_is_the_best_of_those_left(
    vectors: list[list[float]], random: Random, relevance: float
) -> None:
    scores = [random.random() for _ in vectors]
    found = reranked(vectors, scores, relevance)
    units = Vectors(vectors).vectors_of(range(len(vectors)))
    spread = max(scores) - min(scores)
    for place, each in enumerate(found):
        before = [units[other.row] for other in found[:place]]

        def marginal(row: int, before: list[Vector] = before) -> float:
            relevant = (scores[row] - min(scores)) / spread if spread > ALIKE else 1.0
            closest = max([0.0, *(float(units[row] @ other) for other in before)])
            return relevance * relevant - (1 - relevance) * closest

        best = max(marginal(other.row) for other in found[place:])
        assert each.score == pytest.approx(best, abs=1e-5)
        assert marginal(each.row) == pytest.approx(best, abs=1e-5)
