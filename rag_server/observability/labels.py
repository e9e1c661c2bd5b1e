"""Children of a labelled metric, looked up once and kept."""

from typing import Generic, Protocol, TypeVar

M = TypeVar("M")
M_co = TypeVar("M_co", covariant=True)

OTHER = "other"


class Labelled(Protocol[M_co]):
    """A metric with labels, as prometheus_client has them."""

    def labels(self, *values: str) -> M_co:
        """The child with these label values."""
        ...


class Children(Generic[M]):
    """Children by label values. Once there are `limit` of them, new values are
    counted under "other": a mistake in a label must not fill the memory."""

    __slots__ = ("_kept", "_limit", "_metric")

    def __init__(self, metric: Labelled[M], limit: int = 256) -> None:
        self._metric = metric
        self._limit = limit
        self._kept: dict[tuple[str, ...], M] = {}

    def of(self, *values: str) -> M:
        """The child with these label values."""
        child = self._kept.get(values)
        return self._add(values) if child is None else child

    def _add(self, values: tuple[str, ...]) -> M:
        if len(self._kept) >= self._limit:
            return self._metric.labels(*(OTHER for _ in values))
        child = self._kept[values] = self._metric.labels(*values)
        return child
