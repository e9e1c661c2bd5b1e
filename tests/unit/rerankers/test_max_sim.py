from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from rag_server.core.call import Call, Deadline
from rag_server.core.documents import Vector
from rag_server.core.errors import PreconditionFailed, Reason
from rag_server.core.principal import ANONYMOUS
from rag_server.core.protocols import Reranking
from rag_server.core.retrieval import Candidate
from rag_server.core.specs import MaxSimSpec
from rag_server.rerankers.max_sim import MaxSimReranker

Tokens = Sequence[Sequence[float]]


def units(tokens: Tokens) -> NDArray[np.int8]:
    matrix = np.array(tokens, np.float32).reshape(len(tokens), -1)
    scaled = 127 * matrix / np.linalg.norm(matrix, axis=1, keepdims=True)
    rounded: NDArray[np.int8] = np.rint(scaled).astype(np.int8)
    return rounded


class Stored:
    """The part of `Contents` that is used."""

    def __init__(self, tokens: Mapping[int, Tokens]) -> None:
        self._tokens = {row: units(each) for row, each in tokens.items()}

    def token_vectors(self, rows: Sequence[int]) -> dict[int, NDArray[np.int8]]:
        return {row: self._tokens[row] for row in rows if row in self._tokens}


class Asked:
    text = "which?"

    def __init__(self, tokens: Tokens | None) -> None:
        self._tokens = tokens

    def vector(self) -> Vector:
        raise AssertionError("the tokens are enough")

    def tokens(self) -> NDArray[np.int8] | None:
        return None if self._tokens is None else units(self._tokens)


def reranked(
    stored: Mapping[int, Tokens], asked: Tokens | None, scores: Sequence[float], weight: float
) -> list[tuple[int, float]]:
    found = [Candidate(row, f"c{row}", score) for row, score in enumerate(scores)]
    contents: Any = Stored(stored)
    reranking = Reranking(Asked(asked), contents, found, 99, MaxSimSpec(weight))
    ranked = MaxSimReranker().rerank(reranking, Call(ANONYMOUS, Deadline(30.0)))
    return [(each.row, each.score) for each in ranked]


# Fits of 1, (1 + 0) / 2 and 0.6 with the question below.
STORED: Mapping[int, Tokens] = {0: [[0, 1], [1, 0]], 1: [[1, 0]], 2: [[3, 4], [4, 3], [3, 4]]}
QUESTION: Tokens = [[1, 0], [0, 1]]


def test_every_word_of_the_question_counts_by_its_nearest() -> None:
    found = reranked(STORED, QUESTION, [1.0, 2.0, 3.0], 1.0)
    fits = np.array([1.0, 0.5, 0.8])
    expected = (fits - fits.mean()) / fits.std()
    assert [row for row, _ in found] == [0, 2, 1]
    assert [score for _, score in found] == pytest.approx(expected[[0, 2, 1]], abs=0.05)


def test_the_incoming_score_has_the_rest_of_the_weight() -> None:
    assert [row for row, _ in reranked(STORED, QUESTION, [1.0, 2.0, 3.0], 0.0)] == [2, 1, 0]
    fits, before = np.array([1.0, 0.5, 0.8]), np.array([1.0, 2.0, 3.0])
    fused = 0.5 * (fits - fits.mean()) / fits.std() + 0.5 * (before - 2.0) / before.std()
    found = dict(reranked(STORED, QUESTION, before.tolist(), 0.5))
    assert [found[row] for row in range(3)] == pytest.approx(fused, abs=0.05)


def test_one_without_tokens_counts_as_the_last() -> None:
    some = {row: STORED[row] for row in (0, 1)}
    found = dict(reranked(some, QUESTION, [1.0, 1.0, 1.0], 1.0))
    assert found[0] > found[1] == found[2]


def test_a_collection_without_token_vectors_is_refused() -> None:
    with pytest.raises(PreconditionFailed) as caught:
        reranked(STORED, None, [1.0], 0.5)
    assert caught.value.reason is Reason.RERANKER_NOT_CONFIGURED
