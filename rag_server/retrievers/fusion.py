"""Several rankings of chunks made into one: pure functions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from rag_server.core.specs import ConvexSpec, FusionSpec, Normalisation, RrfSpec


@dataclass(frozen=True, slots=True)
class Ranking:
    """What one part of a hybrid says, by chunk row: `scores` of what it gives, best first, and
    `others` of what only other parts give, as far as it can score that."""

    weight: float
    scores: Mapping[int, float]
    others: Mapping[int, float]


def fuse(rankings: Sequence[Ranking], spec: FusionSpec) -> dict[int, float]:
    """Fused score by row of every chunk that some part gives; higher is better.

    Reciprocal rank fusion as of Cormack, Clarke and Buettcher (SIGIR 2009); the convex
    combination as of Bruch, Gai and Ingber (TOIS 2023), with z-scores or min-max. Statistics are
    those of what the part gives.
    """
    rows = list(dict.fromkeys(row for each in rankings for row in each.scores))
    total = np.zeros(len(rows))
    for each in rankings:
        total += each.weight * _of_one(each, rows, spec)
    if isinstance(spec, ConvexSpec):
        total /= sum(each.weight for each in rankings) or 1.0
    return dict(zip(rows, total.tolist(), strict=True))


def _of_one(ranking: Ranking, rows: Sequence[int], spec: FusionSpec) -> NDArray[np.float64]:
    if not ranking.scores:
        return np.zeros(len(rows))
    match spec:
        case RrfSpec(k):
            return _reciprocal(ranking, rows, k)
        case ConvexSpec(normalisation):
            return _normalised(ranking, rows, normalisation)


def _reciprocal(ranking: Ranking, rows: Sequence[int], k: float) -> NDArray[np.float64]:
    ranks = {row: rank for rank, row in enumerate(ranking.scores, 1)}
    return np.array([1.0 / (k + ranks[row]) if row in ranks else 0.0 for row in rows])


def _normalised(
    ranking: Ranking, rows: Sequence[int], normalisation: Normalisation
) -> NDArray[np.float64]:
    given = np.fromiter(ranking.scores.values(), float)
    last = float(given.min())
    scores = np.array(
        [ranking.scores.get(row, ranking.others.get(row, last)) for row in rows], float
    )
    if normalisation is Normalisation.MIN_MAX:
        return _divided(scores - last, float(given.max()) - last)
    return _divided(scores - given.mean(), float(given.std()))


def _divided(values: NDArray[np.float64], spread: float) -> NDArray[np.float64]:
    # Alike but for rounding: such a part prefers nothing.
    return values / spread if spread > 1e-9 else np.zeros_like(values)
