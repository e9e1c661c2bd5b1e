from pathlib import Path

from pytest_benchmark.fixture import BenchmarkFixture

from tests.bench import corpus
from tests.bench.clients import Crowd, Questioner
from tests.bench.echo import EchoServer
from tests.bench.estimate import median, ratio
from tests.bench.figure import Bound, Figure
from tests.bench.library import COLLECTION
from tests.bench.parts import Parts, PartTimes
from tests.bench.remote import Remote
from tests.bench.report import Report
from tests.bench.rounds import interleaved
from tests.serving import serving

_ROUNDS = 400
_SLICE_SECONDS = 2.0
_TYPICAL_REPLY_BYTES = 4_096


def test_retrieve_uncached_over_parts(
    benchmark: BenchmarkFixture, report: Report, filled: Path, filled_copy: Path
) -> None:
    with serving(filled) as server, Remote(Parts, filled_copy) as parts:
        with Remote(Questioner, server.address, COLLECTION) as scout:
            size = scout.call(Questioner.reply_bytes, corpus.question(-1))
        with (
            Remote(EchoServer, size) as echo,
            Remote(
                Questioner,
                server.address,
                COLLECTION,
                f"127.0.0.1:{echo.call(EchoServer.port)}",
            ) as client,
        ):
            times: list[PartTimes] = []

            def take_parts(number: int) -> float:
                times.append(parts.call(Parts.take, corpus.question(number)))
                return times[-1].total

            samples = interleaved(
                benchmark,
                {
                    "retrieve": lambda n: client.call(Questioner.retrieve, corpus.question(n)),
                    "parts": take_parts,
                    "echo": lambda n: client.call(Questioner.echo, corpus.question(n)),
                },
                rounds=_ROUNDS,
                warmup=50,
            )
            stages = client.call(Questioner.stages)[-_ROUNDS:]
    floor = [sum(both) for both in zip(samples["parts"], samples["echo"], strict=True)]
    measured = times[-len(floor) :]
    report.add(
        Figure.of(
            "retrieve_uncached_over_parts", ratio(samples["retrieve"], floor), Bound(at_most=1.15)
        ),
        _milliseconds("retrieve_uncached_ms", samples["retrieve"]),
        _milliseconds("retrieve_floor_ms", floor),
        _milliseconds("part_embed_ms", [each.embed for each in measured]),
        _milliseconds("part_search_ms", [each.search for each in measured]),
        _milliseconds("part_rows_ms", [each.rows for each in measured]),
        _milliseconds("part_echo_ms", samples["echo"]),
        *(
            Figure.of(f"stage_{name}_ms", median([each[name] for each in stages]))
            for name in stages[0]
        ),
        Figure("retrieve_reply_bytes", size),
    )


def test_retrieve_rps_c8_and_echo_rps_c8(
    benchmark: BenchmarkFixture, report: Report, filled: Path
) -> None:
    with serving(filled) as server, Remote(EchoServer, _TYPICAL_REPLY_BYTES) as echo:
        echo_address = f"127.0.0.1:{echo.call(EchoServer.port)}"
        with Remote(Crowd, server.address, COLLECTION, echo_address) as crowd:
            samples = interleaved(
                benchmark,
                {
                    "retrieve": lambda _: crowd.call(Crowd.retrieve, _SLICE_SECONDS),
                    "echo": lambda _: crowd.call(Crowd.echo, _SLICE_SECONDS),
                },
                rounds=5,
                warmup=1,
            )
    report.add(
        Figure.of("retrieve_rps_c8", median(samples["retrieve"])),
        Figure.of("echo_rps_c8", median(samples["echo"])),
    )


def _milliseconds(name: str, seconds: list[float]) -> Figure:
    return Figure.of(name, median(seconds).times(1_000.0))
