import re
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from rag_client import RagClient
from tests.bench.estimate import median, ratio
from tests.bench.figure import Bound, Figure
from tests.bench.loading import BareEmbedder, Loader
from tests.bench.remote import Remote
from tests.bench.report import Report
from tests.bench.rounds import interleaved
from tests.bench.usage import Usage
from tests.serving import ServerProcess, serving

_COLLECTION = "storage"
_RECORDS = 10_000
# As good as any other where nothing may be embedded.
_CHEAP = (sys.executable, "-m", "tests.chaos.server")
_PAGES = 20
_FILES, _FILE_BYTES, _PASSES = 100, 3_000_000, 2
_MB = 1_000_000
_EMBEDDED = re.compile(r'^ragrpc_stage_seconds_count\{[^}]*stage="embed"[^}]*\} (\S+)$', re.M)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ServerProcess]:
    with serving(tmp_path) as server:
        with RagClient(server.address) as rag:
            rag.collections.create(_COLLECTION)
        yield server


def test_reingest_unchanged_per_s(
    benchmark: BenchmarkFixture, report: Report, tmp_path: Path
) -> None:
    with serving(tmp_path, command=_CHEAP) as server:
        with RagClient(server.address) as rag:
            rag.collections.create(_COLLECTION)
        with Remote(Loader, server.address, _COLLECTION) as loader:
            loader.call(Loader.records, _RECORDS)
            embedded = _embedded(server)

            def again(_: int) -> float:
                loaded = loader.call(Loader.records, _RECORDS)
                if loaded.result.unchanged != _RECORDS:
                    raise RuntimeError("something was written again")
                return _RECORDS / loaded.seconds

            samples = interleaved(benchmark, {"again": again}, rounds=7, warmup=1)
            embedded_again = _embedded(server) - embedded
    report.add(
        Figure.of("reingest_unchanged_per_s", median(samples["again"]), Bound(at_least=2_000.0)),
        Figure("reingest_embedded", embedded_again, bound=Bound(at_most=0)),
    )


def test_stream_rss_growth_mb(
    benchmark: BenchmarkFixture, report: Report, server: ServerProcess
) -> None:
    usage = Usage(server.process.pid)
    with Remote(Loader, server.address, _COLLECTION) as loader:
        # What is made at first use is no growth.
        loader.call(Loader.files, range(-4, 0), _FILE_BYTES)
        before = usage.resident_bytes()

        def stream(_: int) -> float:
            with usage.watching():
                for _pass in range(_PASSES):
                    loader.call(Loader.files, range(_FILES), _FILE_BYTES)
            return (usage.peak_bytes - before) / _MB

        samples = interleaved(benchmark, {"growth": stream}, rounds=1, warmup=0)
    report.add(
        Figure("stream_rss_growth_mb", samples["growth"][0], bound=Bound(at_most=50.0)),
        Figure("stream_rss_streamed_mb", _PASSES * _FILES * _FILE_BYTES / _MB),
    )


def test_ingest_rate_over_embedder(
    benchmark: BenchmarkFixture, report: Report, server: ServerProcess
) -> None:
    usage = Usage(server.process.pid)
    with (
        Remote(Loader, server.address, _COLLECTION) as loader,
        Remote(BareEmbedder) as embedder,
    ):

        def ingest(number: int) -> float:
            before = usage.cpu_seconds()
            result = loader.call(Loader.pages, _numbers(number)).result
            if result.created != _PAGES or result.embedded_chunk_count != result.chunk_count:
                raise RuntimeError("a page was known before")
            return result.chunk_count / (usage.cpu_seconds() - before)

        samples = interleaved(
            benchmark,
            {
                "ingest": ingest,
                "embedder": lambda number: embedder.call(BareEmbedder.rate, _numbers(number)),
            },
            rounds=9,
            warmup=1,
        )
    report.add(
        Figure.of(
            "ingest_rate_over_embedder",
            ratio(samples["ingest"], samples["embedder"]),
            Bound(at_least=0.90),
        ),
        Figure.of("ingest_chunks_per_cpu_s", median(samples["ingest"])),
        Figure.of("embedder_chunks_per_cpu_s", median(samples["embedder"])),
    )


def _numbers(round: int) -> range:
    """Of the pages of a round, which no other has."""
    return range(round * _PAGES, (round + 1) * _PAGES)


def _embedded(server: ServerProcess) -> float:
    """Jobs in which the server has embedded something, as its metrics say."""
    url = f"http://127.0.0.1:{server.sidecar_port}/metrics"
    with urllib.request.urlopen(url) as response:
        return sum(map(float, _EMBEDDED.findall(response.read().decode())))
