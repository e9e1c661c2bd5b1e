"""A histogram that is cheap to observe and to scrape.

The library's makes every sample of every scrape from scratch, some seven microseconds
each, with the interpreter locked; here all but the counts is made once.
"""

import threading
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import accumulate

from prometheus_client import CollectorRegistry, Metric
from prometheus_client.samples import Sample

Labels = dict[str, str]


class Distribution:
    """Counts of one child by bucket. Thread-safe."""

    __slots__ = ("_bounds", "_buckets", "_counts", "_labels", "_lock", "_name", "_sum")

    def __init__(self, name: str, labels: Labels, bounds: Sequence[float]) -> None:
        self._name = name
        self._labels = labels
        self._bounds = bounds
        self._buckets: list[Labels] = [
            {**labels, "le": bound} for bound in (*(repr(float(bound)) for bound in bounds), "+Inf")
        ]
        self._counts = [0] * len(self._buckets)
        self._sum = 0.0
        self._lock = threading.Lock()

    def observe(self, value: float) -> None:
        """Count a value into the first bucket whose bound is not below it."""
        index = bisect_left(self._bounds, value)
        with self._lock:
            self._counts[index] += 1
            self._sum += value

    def samples(self) -> Iterator[Sample]:
        """Cumulative buckets, count and sum, all of one moment."""
        with self._lock:
            counts, total = list(accumulate(self._counts)), self._sum
        for labels, count in zip(self._buckets, counts, strict=True):
            yield Sample(f"{self._name}_bucket", labels, float(count))
        yield Sample(f"{self._name}_count", self._labels, float(counts[-1]))
        yield Sample(f"{self._name}_sum", self._labels, total)


class Histogram:
    """Distributions by label values; `bounds` ascend, the last bucket is open."""

    def __init__(
        self,
        name: str,
        meaning: str,
        labels: Sequence[str],
        bounds: Sequence[float],
        registry: CollectorRegistry,
    ) -> None:
        self._name = name
        self._meaning = meaning
        self._labels = labels
        self._bounds = bounds
        self._children: dict[tuple[str, ...], Distribution] = {}
        self._lock = threading.Lock()
        registry.register(self)

    def labels(self, *values: str) -> Distribution:
        """The child with these label values, made at first use."""
        with self._lock:
            child = self._children.get(values)
            if child is None:
                labels = dict(zip(self._labels, values, strict=True))
                child = self._children[values] = Distribution(self._name, labels, self._bounds)
            return child

    def describe(self) -> list[Metric]:
        """The metric without samples; the registry asks for its names."""
        return [Metric(self._name, self._meaning, "histogram")]

    def collect(self) -> list[Metric]:
        """The metric with the samples of all children."""
        metric = Metric(self._name, self._meaning, "histogram")
        with self._lock:
            children = list(self._children.values())
        metric.samples = [sample for child in children for sample in child.samples()]
        return [metric]
