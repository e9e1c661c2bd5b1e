"""Scores of candidates made into a ranking: pure functions."""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from rag_server.core.retrieval import Candidate

# Below this, scores differ by rounding alone.
ALIKE = 1e-9


def ranked(stage: str, scored: Iterable[tuple[Candidate, float]], limit: int) -> list[Candidate]:
    """The `limit` best with their new score, which is also that of the stage; ties by chunk id."""
    order = sorted(scored, key=lambda each: (-each[1], each[0].chunk_id))
    return [each.staged(stage, score, rank) for rank, (each, score) in enumerate(order[:limit], 1)]


def z_scores(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """float64 (n,): by mean and standard deviation; all 0 where they are alike."""
    spread = float(values.std())
    return (values - values.mean()) / spread if spread > ALIKE else np.zeros(len(values))


def min_max(candidates: Sequence[Candidate]) -> NDArray[np.float64]:
    """float64 (n,): the candidates' scores, the best 1 and the last 0; all 1 where they are
    alike."""
    scores = np.array([each.score for each in candidates])
    spread = float(scores.max() - scores.min())
    return (scores - scores.min()) / spread if spread > ALIKE else np.ones(len(scores))
