from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from rag_client import RagClient
from tests.bench.clients import Prober, Writer
from tests.bench.estimate import median, percentile
from tests.bench.figure import Bound, Figure
from tests.bench.remote import Remote
from tests.bench.report import Report
from tests.bench.rounds import interleaved
from tests.serving import ServerProcess, serving

_COLLECTION = "pages"
_WRITING_THREADS = 4
_PROBES = 200
_PROBE_BOUND = Bound(at_most=10.0)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    with serving(tmp_path) as server:
        with RagClient(server.address) as rag:
            rag.collections.create(_COLLECTION)
        yield server


def test_upsert_page_ms(benchmark: BenchmarkFixture, report: Report, server: ServerProcess) -> None:
    chunks: list[float] = []
    with Remote(Writer, server.address, _COLLECTION, 0) as writer:

        def write_page(_: int) -> float:
            seconds, count = writer.call(Writer.write_page)
            chunks.append(count)
            return seconds

        samples = interleaved(benchmark, {"page": write_page}, rounds=40)
    report.add(
        Figure.of("upsert_page_ms", median(samples["page"]).times(1_000.0), Bound(at_most=500.0)),
        Figure("upsert_page_chunks", median(chunks).value),
    )


def test_metrics_ms_under_ingest_and_health_ms_under_ingest(
    benchmark: BenchmarkFixture, report: Report, server: ServerProcess
) -> None:
    with (
        Remote(Writer, server.address, _COLLECTION, 0) as writer,
        Remote(Prober, server.address, server.sidecar_port) as prober,
    ):
        writer.call(Writer.begin, _WRITING_THREADS)
        samples = interleaved(
            benchmark,
            {
                "metrics": lambda _: prober.call(Prober.get, "/metrics"),
                "healthz": lambda _: prober.call(Prober.get, "/healthz"),
                "health": lambda _: prober.call(Prober.health),
            },
            rounds=_PROBES,
        )
        writer.call(Writer.end)
    report.add(
        *(
            Figure.of(
                f"{probe}_ms_under_ingest",
                percentile(samples[probe], 0.99).times(1_000.0),
                _PROBE_BOUND,
            )
            for probe in ("metrics", "health", "healthz")
        )
    )
