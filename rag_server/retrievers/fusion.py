"""Several rankings of chunks made into one: pure functions."""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice

import numpy as np
from numpy.typing import NDArray

from rag_server.core.ranking import ALIKE
from rag_server.core.retrieval import Candidate
from rag_server.core.specs import ConvexSpec, FusionSpec, Normalisation, RrfSpec


@dataclass(frozen=True, slots=True)
class Ranking:
    """What one part says, by chunk id: `scores` of what it gives, best first, and
    `others` of what only other parts give, as far as it can score that."""

    weight: float
    scores: Mapping[str, float]
    others: Mapping[str, float]
    # Statistics are those of the first so many of `scores`, so that they, and with them the
    # order of the best, do not depend on how many hits were asked for.
    depth: int = 100


def pooled(rankings: Iterable[Iterable[Candidate]]) -> dict[str, Candidate]:
    """All candidates by id, each as the first ranking that has it gives it."""
    pool: dict[str, Candidate] = {}
    for each in chain.from_iterable(rankings):
        pool.setdefault(each.chunk_id, each)
    return pool


def best(
    stage: str,
    rankings: Sequence[Sequence[Candidate]],
    fused: Mapping[str, float],
    limit: int,
) -> list[Candidate]:
    """The `limit` best by fused score, ties by chunk id, each with the stages of every ranking
    that gives it."""
    order = sorted(fused, key=lambda key: (-fused[key], key))[:limit]
    pool = _together(rankings, {*order})
    return [pool[key].staged(stage, fused[key], rank) for rank, key in enumerate(order, 1)]


def _together(
    rankings: Iterable[Sequence[Candidate]], wanted: Container[str]
) -> dict[str, Candidate]:
    pool: dict[str, Candidate] = {}
    for each in chain.from_iterable(rankings):
        if each.chunk_id not in wanted:
            continue
        known = pool.get(each.chunk_id)
        if known is None:
            pool[each.chunk_id] = each
        else:
            stages = tuple(dict.fromkeys((*known.stages, *each.stages)))
            pool[each.chunk_id] = replace(known, stages=stages, chunk=known.chunk or each.chunk)
    return pool


def fuse(rankings: Sequence[Ranking], spec: FusionSpec) -> dict[str, float]:
    """Fused score by id of every chunk that some part gives; higher is better.

    Reciprocal rank fusion as of Cormack, Clarke and Buettcher (SIGIR 2009); the convex
    combination as of Bruch, Gai and Ingber (TOIS 2023), with z-scores or min-max. Statistics are
    those of the best that the part gives.
    """
    ids = list(dict.fromkeys(key for each in rankings for key in each.scores))
    total = np.zeros(len(ids))
    for each in rankings:
        total += each.weight * _of_one(each, ids, spec)
    if isinstance(spec, ConvexSpec):
        total /= sum(each.weight for each in rankings) or 1.0
    return dict(zip(ids, total.tolist(), strict=True))


def _of_one(ranking: Ranking, ids: Sequence[str], spec: FusionSpec) -> NDArray[np.float64]:
    if not ranking.scores:
        return np.zeros(len(ids))
    match spec:
        case RrfSpec(k):
            return _reciprocal(ranking, ids, k)
        case ConvexSpec(normalisation):
            return _normalised(ranking, ids, normalisation)


def _reciprocal(ranking: Ranking, ids: Sequence[str], k: float) -> NDArray[np.float64]:
    ranks = {key: rank for rank, key in enumerate(ranking.scores, 1)}
    return np.array([1.0 / (k + ranks[key]) if key in ranks else 0.0 for key in ids])


def _normalised(
    ranking: Ranking, ids: Sequence[str], normalisation: Normalisation
) -> NDArray[np.float64]:
    given = np.fromiter(islice(ranking.scores.values(), ranking.depth), float)
    last = float(given.min())
    scores = np.array(
        [ranking.scores.get(key, ranking.others.get(key, last)) for key in ids], float
    )
    if normalisation is Normalisation.MIN_MAX:
        return _divided(scores - last, float(given.max()) - last)
    return _divided(scores - given.mean(), float(given.std()))


def _divided(values: NDArray[np.float64], spread: float) -> NDArray[np.float64]:
    # Alike but for rounding: such a part prefers nothing.
    return values / spread if spread > ALIKE else np.zeros_like(values)
