"""What the server counts, RPCs apart; `docs/metrics.md` lists it."""

import platform
from importlib.metadata import version
from typing import Protocol

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Info,
    PlatformCollector,
    ProcessCollector,
)

from rag_server.core.health import BreakerState
from rag_server.observability.histogram import Distribution, Histogram
from rag_server.observability.labels import Children

# Seconds; the lower half separates cached from uncached work.
STAGE_BUCKETS = (0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.1, 0.5, 2.5)
# Values of a gauge: the worse the state, the higher.
BREAKER_VALUES = {BreakerState.CLOSED: 0, BreakerState.HALF_OPEN: 1, BreakerState.OPEN: 2}
SCORE_BUCKETS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)


class Pool(Protocol):
    """A pool of threads whose load is shown."""

    @property
    def name(self) -> str:
        """Class of work."""
        ...

    @property
    def running(self) -> int:
        """Jobs that occupy a thread."""
        ...

    @property
    def waiting(self) -> int:
        """Jobs that wait for a thread."""
        ...


class Metrics:
    """All metrics but those of RPCs, in one registry. Thread-safe; methods cost about a
    microsecond. Names passed in are few and fixed, never a caller's text."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = CollectorRegistry() if registry is None else registry
        self._add_collectors()
        self._add_path()
        self._add_generation()
        self._add_state()

    def stage(self, stage: str, name: str) -> Distribution:
        """The times of one stage done by one component."""
        return self._stage.of(stage, name)

    def cached(self, kind: str, tier: str, hit: bool) -> None:
        """A cache tier was asked."""
        self._cache.of(kind, tier, "hit" if hit else "miss").inc()

    def degraded(self, kind: str) -> None:
        """An answer was served differently than asked."""
        self._degradations.of(kind).inc()

    def rejected(self, reason: str) -> None:
        """A call was turned away; `reason` is a `core.errors.Reason`."""
        self._rejected.of(reason).inc()

    def found(self, top_score: float) -> None:
        """A retrieval's best score."""
        self._top_score.observe(top_score)

    def generated(
        self, generator: str, ok: bool, prompt_tokens: int, completion_tokens: int
    ) -> None:
        """A language model was asked; tokens are the model's own."""
        self._llm_requests.of(generator, "ok" if ok else "error").inc()
        self._llm_tokens.of(generator, "prompt").inc(prompt_tokens)
        self._llm_tokens.of(generator, "completion").inc(completion_tokens)

    def documents(self, count: int) -> None:
        """Documents of all collections, as last counted."""
        self._documents.set(count)

    def lag(self, index: str, revisions: int) -> None:
        """Revisions by which an index is behind the catalog."""
        self._lag.of(index).set(revisions)

    def resident(self, chunks: int, columns: int, vectors: int) -> None:
        """What is in memory of all collections."""
        self._resident_chunks.set(chunks)
        self._resident_bytes.of("columns").set(columns)
        self._resident_bytes.of("vectors").set(vectors)

    def worked(self, kind: str, state: str) -> None:
        """A job went into that state."""
        self._jobs.of(kind, state).inc()

    def backed_up(self, size: int) -> None:
        """A backup of the whole server was published."""
        self._backup_time.set_to_current_time()
        self._backup_bytes.set(size)

    def failed(self, part: str) -> None:
        """A background part failed and will try again."""
        self._failures.of(part).inc()

    def retried(self, dependency: str) -> None:
        """A call of a dependency is made once more."""
        self._retries.of(dependency).inc()

    def breaker(self, dependency: str, state: BreakerState) -> None:
        """A circuit breaker has a new state."""
        self._breaker.of(dependency).set(BREAKER_VALUES[state])

    def watch(self, pool: Pool) -> None:
        """Show the load of a pool, read at each scrape."""
        self._running.labels(pool.name).set_function(lambda: pool.running)
        self._waiting.labels(pool.name).set_function(lambda: pool.waiting)

    def _add_collectors(self) -> None:
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        build = Info("ragrpc_build", "Version that is running.", registry=self.registry)
        build.info({"version": version("ragrpc"), "python": platform.python_version()})

    def _add_path(self) -> None:
        self._stage = Children(
            Histogram(
                "ragrpc_stage_seconds",
                "Time of one stage of a call.",
                ("stage", "name"),
                STAGE_BUCKETS,
                self.registry,
            )
        )
        self._cache = Children(
            self._counter("ragrpc_cache_requests", "Cache look-ups.", "kind", "tier", "result")
        )
        self._degradations = Children(
            self._counter("ragrpc_degradations", "Answers served differently than asked.", "kind")
        )
        self._rejected = Children(
            self._counter("ragrpc_rejected", "Calls that were turned away.", "reason")
        )
        self._top_score = Histogram(
            "ragrpc_retrieval_top_score",
            "Score of the best hit of a retrieval.",
            (),
            SCORE_BUCKETS,
            self.registry,
        ).labels()

    def _add_generation(self) -> None:
        self._llm_requests = Children(
            self._counter(
                "ragrpc_llm_requests", "Requests to a language model.", "generator", "result"
            )
        )
        self._llm_tokens = Children(
            self._counter(
                "ragrpc_llm_tokens", "Tokens of a language model.", "generator", "direction"
            )
        )

    def _add_state(self) -> None:
        self._documents = self._gauge("ragrpc_documents", "Documents of all collections.")
        self._lag = Children(
            self._gauge(
                "ragrpc_index_lag_revisions",
                "Largest number of revisions by which an index is behind the catalog.",
                "index",
            )
        )
        self._resident_chunks = self._gauge(
            "ragrpc_resident_chunks", "Chunks whose visibility and metadata are in memory."
        )
        self._resident_bytes = Children(
            self._gauge("ragrpc_resident_bytes", "Memory that collections take.", "kind")
        )
        self._failures = Children(
            self._counter("ragrpc_background_failures", "Failures of parts that try again.", "part")
        )
        self._jobs = Children(
            self._counter("ragrpc_jobs", "Jobs that went into a state here.", "kind", "state")
        )
        self._retries = Children(
            self._counter("ragrpc_retries", "Calls of a dependency made once more.", "dependency")
        )
        self._breaker = Children(
            self._gauge(
                "ragrpc_breaker_state",
                "Circuit breaker: 0 closed, 1 half-open, 2 open.",
                "dependency",
            )
        )
        self._backup_time = self._gauge(
            "ragrpc_backup_last_success_timestamp_seconds",
            "When this process last made a backup of the whole server; 0: never.",
        )
        self._backup_bytes = self._gauge(
            "ragrpc_backup_last_bytes", "Size of the last backup of the whole server."
        )
        self._running = self._gauge("ragrpc_pool_running", "Jobs that occupy a thread.", "pool")
        self._waiting = self._gauge("ragrpc_pool_waiting", "Jobs that wait for a thread.", "pool")

    def _counter(self, name: str, meaning: str, *labels: str) -> Counter:
        return Counter(name, meaning, labels, registry=self.registry)

    def _gauge(self, name: str, meaning: str, *labels: str) -> Gauge:
        return Gauge(name, meaning, labels, registry=self.registry)
