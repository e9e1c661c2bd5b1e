from pathlib import Path

from pytest_benchmark.fixture import BenchmarkFixture

from rag_client import RagClient
from tests.bench import corpus
from tests.bench.clients import Questioner, Writer
from tests.bench.estimate import median, ratio
from tests.bench.figure import Bound, Figure
from tests.bench.remote import Remote
from tests.bench.report import Report
from tests.bench.rounds import interleaved
from tests.serving import serving

_COLLECTION = "reference"


def test_first_delta_over_retrieve(
    benchmark: BenchmarkFixture, report: Report, tmp_path: Path
) -> None:
    with serving(tmp_path) as server:
        with RagClient(server.address) as rag:
            rag.collections.create(_COLLECTION)
        with Remote(Writer, server.address, _COLLECTION, 0) as writer:
            writer.call(Writer.write_topics)
        with Remote(Questioner, server.address, _COLLECTION) as client:
            samples = interleaved(
                benchmark,
                {
                    "first_delta": lambda n: client.call(
                        Questioner.first_delta, corpus.answerable(2 * n)
                    ),
                    "retrieve": lambda n: client.call(
                        Questioner.retrieve, corpus.answerable(2 * n + 1)
                    ),
                },
                rounds=200,
                warmup=20,
            )
    report.add(
        Figure.of(
            "first_delta_over_retrieve",
            ratio(samples["first_delta"], samples["retrieve"]),
            Bound(at_most=2.0),
        ),
        Figure.of("first_delta_ms", median(samples["first_delta"]).times(1_000.0)),
        Figure("questions_without_an_answer", 200 - len(samples["first_delta"])),
    )
