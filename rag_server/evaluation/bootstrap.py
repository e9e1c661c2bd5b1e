"""Percentile bootstrap of means over queries (Efron and Tibshirani, An Introduction to the
Bootstrap, 1993, chapters 13 and 15); of differences when the values are paired."""

from dataclasses import dataclass

import numpy as np

from rag_server.evaluation.metrics import Values

CONFIDENCE = 95.0
# Values that are drawn at once: bounds the memory, not the result.
_AT_ONCE = 2_000_000


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean and the interval that holds it with 95% confidence."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Bootstrap:
    """Draws queries with replacement, `resamples` times; the same seed draws the same."""

    resamples: int = 10_000
    seed: int = 0

    def mean(self, values: Values) -> Interval:
        """Of the mean of `values`, float64 (q,) with q of at least 1."""
        means = self._means(values)
        low, high = np.percentile(means, [(100 - CONFIDENCE) / 2, (100 + CONFIDENCE) / 2])
        return Interval(float(values.mean()), float(low), float(high))

    def difference(self, values: Values, reference: Values) -> Interval:
        """Of the mean of `values` - `reference`, whose queries are the same, in one order."""
        return self.mean(values - reference)

    def _means(self, values: Values) -> Values:
        drawing = np.random.default_rng(self.seed)
        means = np.empty(self.resamples)
        rows = max(1, _AT_ONCE // len(values))
        for start in range(0, self.resamples, rows):
            block = means[start : start + rows]
            drawn = drawing.integers(len(values), size=(len(block), len(values)))
            block[:] = values[drawn].mean(axis=1)
        return means
