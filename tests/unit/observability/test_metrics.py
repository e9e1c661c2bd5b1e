import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import prometheus_client
import pytest
from prometheus_client import CollectorRegistry, Counter, Gauge
from prometheus_client.exposition import generate_latest
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as classic

from rag_server.core.errors import Reason
from rag_server.core.health import BreakerState
from rag_server.core.jobs import JobState
from rag_server.core.retrieval import DegradationKind
from rag_server.observability.exposition import Exposition
from rag_server.observability.histogram import Histogram
from rag_server.observability.labels import Children
from rag_server.observability.metrics import Metrics
from rag_server.observability.rpc import RpcMetrics
from rag_server.observability.telemetry import Observer
from rag_server.resilience.pool import BoundedPool

METHODS = [("ragrpc.v1.RagService", "Retrieve", "unary")]
OPENMETRICS = "application/openmetrics-text; version=1.0.0"
DOCUMENT = Path(__file__).parents[3] / "docs/metrics.md"


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def busy(metrics: Metrics) -> Metrics:
    """Metrics of which each has been driven once."""
    rpc, observer = RpcMetrics(metrics.registry, METHODS), Observer(metrics)
    rpc.started(*METHODS[0]).handled("OK", 0.004)
    with observer.stage("retrieve", 'dense "quoted"\\'):
        pass
    observer.degraded(DegradationKind.INDEX_AWAY)
    observer.cached("query_embedding", hit=True)
    observer.lag("chroma", 3)
    observer.resident(chunks=7, columns=700, vectors=7_000)
    observer.worked("reindex", JobState.RUNNING)
    observer.failed("follower", ValueError())
    metrics.rejected(Reason.OVERLOADED)
    observer.found(0.61)
    observer.generated("openai", ok=True, prompt_tokens=12, completion_tokens=3)
    observer.stored(80)
    observer.retried("chroma")
    observer.breaker("chroma", BreakerState.OPEN)
    metrics.watch(BoundedPool("read", threads=1, queue=1))
    return metrics


def value(metrics: Metrics, name: str, /, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


def test_what_the_core_reports_is_counted(busy: Metrics) -> None:
    read = {
        "degradations": value(busy, "ragrpc_degradations_total", kind="INDEX_AWAY"),
        "cache": value(
            busy,
            "ragrpc_cache_requests_total",
            kind="query_embedding",
            tier="process",
            result="hit",
        ),
        "lag": value(busy, "ragrpc_index_lag_revisions", index="chroma"),
        "failures": value(busy, "ragrpc_background_failures_total", part="follower"),
        "rejected": value(busy, "ragrpc_rejected_total", reason="OVERLOADED"),
        "score": value(busy, "ragrpc_retrieval_top_score_sum"),
        "requests": value(busy, "ragrpc_llm_requests_total", generator="openai", result="ok"),
        "prompt": value(busy, "ragrpc_llm_tokens_total", generator="openai", direction="prompt"),
        "documents": value(busy, "ragrpc_documents"),
        "retries": value(busy, "ragrpc_retries_total", dependency="chroma"),
        "breaker": value(busy, "ragrpc_breaker_state", dependency="chroma"),
    }
    assert read == {
        "degradations": 1.0,
        "cache": 1.0,
        "lag": 3.0,
        "failures": 1.0,
        "rejected": 1.0,
        "score": 0.61,
        "requests": 1.0,
        "prompt": 12.0,
        "documents": 80.0,
        "retries": 1.0,
        "breaker": 2.0,
    }


def test_a_stage_is_timed_even_when_it_fails(metrics: Metrics) -> None:
    stage = Observer(metrics).stage
    with pytest.raises(ValueError, match="broken"), stage("parse", "html"):
        raise ValueError("broken")
    with stage("parse", "html"):
        pass
    assert value(metrics, "ragrpc_stage_seconds_count", stage="parse", name="html") == 2.0


def test_a_pool_shows_its_load_at_the_time_of_the_scrape(metrics: Metrics) -> None:
    class Pool:
        name = "write"
        running = 1
        waiting = 0

    pool = Pool()
    metrics.watch(pool)
    assert value(metrics, "ragrpc_pool_waiting", pool="write") == 0.0
    pool.waiting = 7
    assert value(metrics, "ragrpc_pool_waiting", pool="write") == 7.0
    assert value(metrics, "ragrpc_pool_running", pool="write") == 1.0


def test_served_methods_show_zeros_before_their_first_call(metrics: Metrics) -> None:
    RpcMetrics(metrics.registry, METHODS)
    labels = {
        "grpc_type": "unary",
        "grpc_service": "ragrpc.v1.RagService",
        "grpc_method": "Retrieve",
    }
    assert value(metrics, "grpc_server_started_total", **labels) == 0.0
    assert value(metrics, "grpc_server_handled_total", **labels, grpc_code="OK") == 0.0


def test_calls_are_counted_by_code_and_timed(metrics: Metrics) -> None:
    rpc = RpcMetrics(metrics.registry, METHODS)
    rpc.started(*METHODS[0]).handled("OK", 0.25)
    rpc.started(*METHODS[0]).handled("NOT_FOUND", 0.5)
    rpc.started(*METHODS[0]).handled("nonsense", 0.0)
    rpc.started(*METHODS[0])
    labels = {
        "grpc_type": "unary",
        "grpc_service": "ragrpc.v1.RagService",
        "grpc_method": "Retrieve",
    }
    handled = {
        code: value(metrics, "grpc_server_handled_total", **labels, grpc_code=code)
        for code in ("OK", "NOT_FOUND", "UNKNOWN", "nonsense")
    }
    assert handled == {"OK": 1.0, "NOT_FOUND": 1.0, "UNKNOWN": 1.0, "nonsense": None}
    assert value(metrics, "grpc_server_started_total", **labels) == 4.0
    assert value(metrics, "grpc_server_handling_seconds_sum", **labels) == 0.75


def test_methods_that_are_not_served_count_as_unknown(metrics: Metrics) -> None:
    rpc = RpcMetrics(metrics.registry, METHODS)
    for attempt in range(100):
        rpc.started("ragrpc.v1.RagService", f"Guess{attempt}", "unary").handled("OK", 0.0)
    unknown = {"grpc_type": "unknown", "grpc_service": "unknown", "grpc_method": "unknown"}
    assert value(metrics, "grpc_server_started_total", **unknown) == 100.0
    assert b"Guess" not in generate_latest(metrics.registry)


def test_label_values_beyond_the_limit_become_other() -> None:
    class Names:
        def labels(self, *values: str) -> tuple[str, ...]:
            return values

    children = Children(Names(), limit=2)
    found = [children.of("a", "1"), children.of("b", "1"), children.of("c", "1")]
    assert found == [("a", "1"), ("b", "1"), ("other", "other")]
    assert children.of("a", "1") is children.of("a", "1")


def without_times_of_creation(families: object) -> dict[str, object]:
    assert hasattr(families, "__iter__")
    return {
        family.name: (
            family.type,
            family.documentation,
            [
                (s.name, s.labels, s.value) for s in family.samples
                if not s.name.endswith("_created") and "cpu_seconds" not in s.name
            ],
        )
        for family in families
        if not family.name.endswith("_created")
    }  # fmt: skip


class Frozen:
    """A registry that gives the same values each time."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._metrics = list(registry.collect())

    def collect(self) -> object:
        return iter(self._metrics)


@pytest.mark.parametrize("accept", ["", "text/plain", "*/*"])
def test_the_classic_text_says_what_the_library_would(busy: Metrics, accept: str) -> None:
    frozen = Frozen(busy.registry)
    body, content_type = Exposition(frozen).render(accept)  # type: ignore[arg-type]  # it collects
    assert content_type.startswith("text/plain; version=0.0.4")
    expected = generate_latest(frozen).decode()  # type: ignore[arg-type]  # it collects
    assert without_times_of_creation(classic(body.decode())) == without_times_of_creation(
        classic(expected)
    )


def test_openmetrics_is_valid_and_says_the_same(busy: Metrics) -> None:
    frozen = Frozen(busy.registry)
    body, content_type = Exposition(frozen).render(OPENMETRICS)  # type: ignore[arg-type]  # it collects
    assert content_type.startswith("application/openmetrics-text; version=1.0.0")
    plain, _ = Exposition(frozen).render("")  # type: ignore[arg-type]  # it collects
    samples = [
        (s.name, s.labels, s.value)
        for parsed in (openmetrics(body.decode()), classic(plain.decode()))  # type: ignore[no-untyped-call]  # the library leaves it
        for family in parsed
        for s in family.samples
    ]
    assert samples[: len(samples) // 2] == samples[len(samples) // 2 :]


@pytest.mark.parametrize(
    ("number", "text"), [(float("inf"), "+Inf"), (float("-inf"), "-Inf"), (float("nan"), "NaN")]
)
def test_numbers_that_are_none_are_written_as_scrapers_read_them(
    metrics: Metrics, number: float, text: str
) -> None:
    metrics.documents(number)  # type: ignore[arg-type]  # the writer must stand it
    assert f"ragrpc_documents {text}\n".encode() in Exposition(metrics.registry).render("")[0]


@pytest.mark.parametrize(
    ("accept", "shown"),
    [
        ("", r'how "busy" \\ it is'),
        (OPENMETRICS, r"how \"busy\" \\ it is"),
    ],
)
def test_quotes_in_a_help_text_are_escaped_for_openmetrics_only(accept: str, shown: str) -> None:
    registry = CollectorRegistry()
    Gauge("load", 'how "busy" \\ it is', registry=registry)
    text = Exposition(registry).render(accept)[0].decode()
    assert text.splitlines()[0] == f"# HELP load {shown}"


@pytest.mark.parametrize("accept", ["", OPENMETRICS])
def test_a_gauge_may_be_named_like_a_time_of_creation(accept: str) -> None:
    registry = CollectorRegistry()
    Gauge("index_created", "When.", registry=registry).set(5)
    Counter("calls", "Of them.", registry=registry)
    lines = Exposition(registry).render(accept)[0].decode().splitlines()
    assert [line for line in lines if "_created" in line and line[0] != "#"] == [
        "index_created 5.0"
    ]


def test_the_documentation_lists_every_metric_with_its_type_and_labels(busy: Metrics) -> None:
    served = {}
    for family in classic(Exposition(busy.registry).render("")[0].decode()):
        labels = {name for sample in family.samples for name in sample.labels} - {"le"}
        # The parser takes the suffix off again.
        suffix = "_total" if family.type == "counter" else ""
        served[family.name + suffix] = (family.type, labels)
    row = re.compile(r"^\| `(\w+)` \| (\w+) \| (.*?) ?\| \S.* \|$", re.MULTILINE)
    documented = {
        name: (kind, set(re.findall(r"`(\w+)`", labels)))
        for name, kind, labels in row.findall(DOCUMENT.read_text())
    }
    assert documented == served


def test_a_histogram_counts_as_the_library_does() -> None:
    bounds, values = (0.1, 1, 2.5), [0.0, 0.1, 0.1001, 1.0, 2.5, 2.6, 1e9]
    registries = ours, theirs = CollectorRegistry(), CollectorRegistry()
    own = Histogram("h", "Meaning.", ("a",), bounds, ours)
    library = prometheus_client.Histogram("h", "Meaning.", ("a",), buckets=bounds, registry=theirs)
    for number in values:
        own.labels("x").observe(number)
        library.labels("x").observe(number)
    own_text, library_text = (Exposition(registry).render("")[0] for registry in registries)
    assert own_text == library_text


def test_a_histogram_loses_nothing_to_threads() -> None:
    registry = CollectorRegistry()
    child = Histogram("h", "Meaning.", (), (1.0,), registry).labels()

    def observe(_: int) -> None:
        for _ in range(2_000):
            child.observe(1.0)

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(observe, range(4)))
    assert registry.get_sample_value("h_count") == 8_000.0
    assert registry.get_sample_value("h_sum") == 8_000.0


def test_one_name_is_one_metric() -> None:
    registry = CollectorRegistry()
    Histogram("h", "Meaning.", (), (1.0,), registry)
    with pytest.raises(ValueError, match="Duplicated"):
        Histogram("h", "Meaning.", (), (1.0,), registry)
