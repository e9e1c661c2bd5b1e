"""Exact nearest neighbours, from vectors that come a few at a time."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


class Neighbours:
    """The `limit` chunks nearest to each of some queries: equal whatever way the vectors came."""

    def __init__(self, queries: NDArray[np.float32], limit: int) -> None:
        """`queries`: unit float32 (q, d)."""
        self._queries = queries.astype(np.float64)
        self._limit = limit
        self._best: list[list[tuple[float, str]]] = [[] for _ in queries]

    def add(self, ids: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """More chunks: n ids and float32 (n, d)."""
        wide = vectors.astype(np.float64)
        for query, best in zip(self._queries, self._best, strict=True):
            # Summed row by row: a matrix product's rounding depends on the rows beside.
            scores = (wide * query).sum(axis=1)
            cut = np.sort(scores)[-self._limit :][0]
            best += [(-float(scores[at]), ids[at]) for at in np.flatnonzero(scores >= cut).tolist()]
            best.sort()
            del best[self._limit :]

    def best(self) -> list[list[tuple[float, str]]]:
        """Per query (negative cosine, id), nearest first; equals ascend by id."""
        return self._best
