from pathlib import Path

from pytest_benchmark.fixture import BenchmarkFixture

from tests.bench.clients import Starter
from tests.bench.estimate import median
from tests.bench.figure import Bound, Figure
from tests.bench.library import COLLECTION, KNOWN_ID, KNOWN_QUESTION
from tests.bench.remote import Remote
from tests.bench.report import Report
from tests.bench.rounds import interleaved


def test_start_to_first_hit_s(benchmark: BenchmarkFixture, report: Report, filled: Path) -> None:
    asked = (filled, COLLECTION, KNOWN_QUESTION, KNOWN_ID)
    with Remote(Starter) as starter:
        samples = interleaved(
            benchmark,
            {"start": lambda _: starter.call(Starter.first_hit, *asked)},
            rounds=7,
            warmup=1,
        )
    report.add(Figure.of("start_to_first_hit_s", median(samples["start"]), Bound(at_most=3.0)))
