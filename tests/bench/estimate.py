"""Medians, ratios and percentiles with a bootstrap confidence interval.

The bootstrap: B. Efron, "Bootstrap Methods: Another Look at the Jackknife", 1979;
percentile intervals.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_RESAMPLES = 2_000
_CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """A statistic of samples, and the interval in which it lies with 95 % confidence."""

    value: float
    low: float
    high: float

    def times(self, factor: float) -> "Estimate":
        """The same in another unit; `factor` is positive."""
        return Estimate(self.value * factor, self.low * factor, self.high * factor)


def median(samples: Sequence[float]) -> Estimate:
    """Median of at least one sample."""
    return _estimate(lambda drawn: np.median(drawn, axis=-1), samples)


def percentile(samples: Sequence[float], share: float) -> Estimate:
    """The smallest sample that `share` (0 to 1) of all samples do not exceed."""

    def statistic(drawn: Floats) -> Any:
        return np.quantile(drawn, share, axis=-1, method="inverted_cdf")

    return _estimate(statistic, samples)


def ratio(measured: Sequence[float], floor: Sequence[float], share: float = 0.5) -> Estimate:
    """Quantile `share` of `measured` over that of `floor` (the median, unless another is asked
    for), sample i of both taken in round i.

    Rounds are drawn as a whole, so that what disturbed a round counts in both.
    """

    def statistic(measured: Floats, floor: Floats) -> Any:
        return np.quantile(measured, share, axis=-1) / np.quantile(floor, share, axis=-1)

    return _estimate(statistic, measured, floor)


def _estimate(statistic: Callable[..., Any], *paired: Sequence[float]) -> Estimate:
    samples = [np.asarray(each, dtype=np.float64) for each in paired]
    count = len(samples[0])
    if count == 0 or any(len(each) != count for each in samples):
        raise ValueError("an estimate needs samples, equally many of each variant")
    # Seeded: the same samples give the same interval.
    drawn = np.random.default_rng(0).integers(count, size=(_RESAMPLES, count))
    spread = statistic(*(each[drawn] for each in samples))
    tail = (1.0 - _CONFIDENCE) / 2.0
    low, high = np.quantile(spread, (tail, 1.0 - tail))
    return Estimate(float(statistic(*samples)), float(low), float(high))
