"""Metrics of RPCs, under the names that gRPC servers share."""

from collections.abc import Iterable
from dataclasses import dataclass

import grpc
from prometheus_client import CollectorRegistry, Counter

from rag_server.observability.histogram import Distribution, Histogram

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30)
UNKNOWN = "unknown"
_CODES = tuple(code.name for code in grpc.StatusCode)


@dataclass(frozen=True, slots=True)
class Families:
    """The metrics without their labels."""

    started: Counter
    handled: Counter
    seconds: Histogram


class MethodMetrics:
    """Metrics of one method."""

    __slots__ = ("_families", "_handled", "_labels", "_seconds", "_started")

    def __init__(self, labels: tuple[str, str, str], families: Families) -> None:
        self._labels = labels
        self._families = families
        self._started = families.started.labels(*labels)
        self._handled = {"OK": families.handled.labels(*labels, "OK")}
        # With its first call only: buckets are most of what a scrape costs.
        self._seconds: Distribution | None = None

    def start(self) -> None:
        """A call began."""
        self._started.inc()

    def handled(self, code: str, seconds: float) -> None:
        """A call ended with a code such as "OK"; any other text counts as UNKNOWN."""
        child = self._handled.get(code)
        if child is None:
            child = self._add(code if code in _CODES else "UNKNOWN")
        child.inc()
        if self._seconds is None:
            self._seconds = self._families.seconds.labels(*self._labels)
        self._seconds.observe(seconds)

    def _add(self, code: str) -> Counter:
        child = self._handled[code] = self._families.handled.labels(*self._labels, code)
        return child


class RpcMetrics:
    """Metrics of all methods.

    `methods` are the served ones as (service, method, type), type one of "unary",
    "client_stream", "server_stream", "bidi_stream"; their counts show zeros from the start.
    Whatever else is called counts as "unknown".
    """

    def __init__(
        self, registry: CollectorRegistry, methods: Iterable[tuple[str, str, str]]
    ) -> None:
        names = ("grpc_type", "grpc_service", "grpc_method")
        families = Families(
            Counter("grpc_server_started", "RPCs that began.", names, registry=registry),
            Counter(
                "grpc_server_handled",
                "RPCs that ended.",
                (*names, "grpc_code"),
                registry=registry,
            ),
            Histogram(
                "grpc_server_handling_seconds",
                "Time from the first to the last byte of an RPC.",
                names,
                BUCKETS,
                registry,
            ),
        )
        self._methods = {
            (service, method, kind): MethodMetrics((kind, service, method), families)
            for service, method, kind in methods
        }
        self._unknown = MethodMetrics((UNKNOWN, UNKNOWN, UNKNOWN), families)

    def started(self, service: str, method: str, type: str) -> MethodMetrics:
        """Count the beginning of a call; tell the result when it ends."""
        metrics = self._methods.get((service, method, type), self._unknown)
        metrics.start()
        return metrics
