"""The core's telemetry, over metrics, spans and logs."""

from contextlib import AbstractContextManager
from time import perf_counter
from types import TracebackType

import structlog

from rag_server.core.health import BreakerState
from rag_server.observability.histogram import Distribution
from rag_server.observability.metrics import Metrics
from rag_server.observability.tracing import Tracing

PROCESS_TIER = "process"


class Observer:
    """Implements `core.telemetry.Telemetry`. `tracing` None: no spans."""

    def __init__(self, metrics: Metrics, tracing: Tracing | None = None) -> None:
        self._metrics = metrics
        self._tracing = tracing
        self._log = structlog.get_logger("ragrpc")

    def stage(self, name: str, component: str) -> AbstractContextManager[None]:
        """Time one stage of a call, and give it a span in a traced call."""
        times = self._metrics.stage(name, component)
        if self._tracing is None or not self._tracing.recording():
            return _Timed(times, None)
        return _Timed(times, self._tracing.span(name, component))

    def degraded(self, kind: str) -> None:
        """Count it."""
        self._metrics.degraded(kind)

    def cached(self, kind: str, hit: bool) -> None:
        """Count it; so far all caches are in the process."""
        self._metrics.cached(kind, PROCESS_TIER, hit)

    def found(self, top_score: float) -> None:
        """Show it."""
        self._metrics.found(top_score)

    def generated(
        self, generator: str, ok: bool, prompt_tokens: int, completion_tokens: int
    ) -> None:
        """Count it."""
        self._metrics.generated(generator, ok, prompt_tokens, completion_tokens)

    def stored(self, documents: int) -> None:
        """Show it."""
        self._metrics.documents(documents)

    def lag(self, index: str, revisions: int) -> None:
        """Show it."""
        self._metrics.lag(index, revisions)

    def loaded(self, index: str, part: str, seconds: float) -> None:
        """Log it."""
        self._log.info("loaded into memory", index=index, part=part, seconds=round(seconds, 3))

    def resident(self, chunks: int, columns: int, vectors: int) -> None:
        """Show it."""
        self._metrics.resident(chunks, columns, vectors)

    def worked(self, kind: str, state: str) -> None:
        """Count it, and log it."""
        self._metrics.worked(kind, state)
        self._log.info("job", kind=kind, state=state)

    def backed_up(self, size: int) -> None:
        """Show it."""
        self._metrics.backed_up(size)

    def failed(self, part: str, error: BaseException) -> None:
        """Count it, and log the kind and place of the error without its text."""
        self._metrics.failed(part)
        self._log.error("background part failed", part=part, exc_info=error)

    def retried(self, dependency: str) -> None:
        """Count it."""
        self._metrics.retried(dependency)

    def breaker(self, dependency: str, state: BreakerState) -> None:
        """Show it and log it."""
        self._metrics.breaker(dependency, state)
        self._log.info("circuit breaker", dependency=dependency, state=state.lower())

    def reached(self, point: str) -> None:
        """Go on: only crash tests stop here."""


class _Timed(AbstractContextManager[None]):
    """Observes the time between enter and exit, whether or not it fails."""

    __slots__ = ("_span", "_started", "_times")

    def __init__(self, times: Distribution, span: AbstractContextManager[None] | None) -> None:
        self._times = times
        self._span = span
        self._started = 0.0

    def __enter__(self) -> None:
        if self._span is not None:
            self._span.__enter__()
        self._started = perf_counter()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._times.observe(perf_counter() - self._started)
        if self._span is not None:
            self._span.__exit__(kind, error, traceback)
