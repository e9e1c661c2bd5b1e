import os
from collections.abc import Callable
from functools import partial

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from rag_server.embedders import EMBEDDERS
from rag_server.settings import Settings
from tests.bench.clients import TOP_K
from tests.bench.clustered import Clustered, clustered
from tests.bench.echo import EchoServer
from tests.bench.estimate import percentile, ratio
from tests.bench.figure import FREE, Bound, Figure, LeftOut
from tests.bench.filtering import (
    FILTERS,
    QUESTIONS,
    Filtering,
    question,
    resident_gigabytes,
    wait_until_indexed,
    wait_until_loaded,
)
from tests.bench.parts import Parts
from tests.bench.remote import Remote
from tests.bench.report import Report
from tests.bench.rounds import interleaved
from tests.serving import serving

_CHUNKS = 100_000
_SMALL, _MILLION = 10_000, 1_000_000
_ROUNDS = 300
_WARMUP = 2 * QUESTIONS
_GROWN = ("unfiltered", "filtered01")
_ROOMY = {"RAGRPC_RESIDENT__MEMORY_BYTES": str(8 * 2**30)}


@pytest.mark.timeout(3_600)  # where the data is not there yet
def test_filters(benchmark: BenchmarkFixture, report: Report) -> None:
    """A filter must cost little, and a Retrieve little more than what it is made of."""
    made = clustered(_CHUNKS)
    with serving(made.directory) as server, Remote(Parts, made.bare) as parts:
        wait_until_loaded(server, made.vectors.nbytes)
        wait_until_indexed(server)
        with Remote(Filtering, server.address) as scout:
            size = scout.call(Filtering.reply_bytes)
            recall = _recall(made, scout)
            for name in FILTERS:
                print(f"{name}: {', '.join(scout.call(Filtering.paths, name))}")
        with (
            Remote(EchoServer, size) as echo,
            Remote(Filtering, server.address, f"127.0.0.1:{echo.call(EchoServer.port)}") as client,
        ):
            variants: dict[str, Callable[[int], float]] = {
                name: partial(_dense, client, name) for name in FILTERS
            }
            variants |= {
                "default": lambda n: client.call(Filtering.default, n),
                "parts": lambda n: parts.call(Parts.take_cached, question(n)).total,
                "echo": lambda n: client.call(Filtering.echo, n),
            }
            samples = interleaved(benchmark, variants, rounds=_ROUNDS, warmup=_WARMUP)
    floor = [sum(both) for both in zip(samples["parts"], samples["echo"], strict=True)]
    unfiltered = samples["unfiltered"]
    report.add(
        *(
            Figure.of(
                f"{name}_p95_ratio",
                ratio(samples[name], unfiltered, share=0.95),
                Bound(at_most=2.0),
            )
            for name in FILTERS
            if name != "unfiltered"
        ),
        Figure.of("unfiltered_over_parts", ratio(unfiltered, floor), Bound(at_most=1.3)),
        _milliseconds("default_100k_p95_ms", samples["default"], Bound(at_most=25.0)),
        Figure("recall10_vs_exact", recall),
        *(_milliseconds(f"{name}_100k_p95_ms", samples[name]) for name in FILTERS),
        *(_milliseconds(f"filters_{name}_p95_ms", samples[name]) for name in ("parts", "echo")),
    )


@pytest.mark.timeout(4 * 3_600)
def test_filters_growth(request: pytest.FixtureRequest, report: Report) -> None:
    """From ten thousand to a million; takes an hour where the million is not there yet."""
    if os.environ.get("SCALE") != "million":
        reason = "with SCALE=million only"
        names = ("growth_filtered", "growth_unfiltered", "rss_gb_per_million")
        report.add(*(LeftOut(name, reason) for name in names))
        return
    small, large = clustered(_SMALL), clustered(_MILLION)
    with (
        serving(small.directory, env=_ROOMY) as before,
        serving(large.directory, env=_ROOMY) as after,
        Remote(Filtering, before.address) as few,
        Remote(Filtering, after.address) as many,
    ):
        wait_until_loaded(before, small.vectors.nbytes)
        wait_until_loaded(after, large.vectors.nbytes)
        taken = resident_gigabytes(after) - resident_gigabytes(before)
        variants: dict[str, Callable[[int], float]] = {
            f"{name}-{size}": partial(_dense, client, name)
            for name in _GROWN
            for size, client in (("small", few), ("large", many))
        }
        benchmark = request.getfixturevalue("benchmark")
        samples = interleaved(benchmark, variants, rounds=_ROUNDS, warmup=_WARMUP)
    growth = {
        name: ratio(samples[f"{name}-large"], samples[f"{name}-small"], share=0.95)
        for name in _GROWN
    }
    report.add(
        Figure.of("growth_filtered", growth["filtered01"], Bound(at_most=5.0)),
        Figure.of("growth_unfiltered", growth["unfiltered"], Bound(at_most=3.0)),
        Figure("rss_gb_per_million", taken * _MILLION / (_MILLION - _SMALL)),
    )


def _dense(client: Remote[Filtering], name: str, number: int) -> float:
    return client.call(Filtering.dense, name, number)


def _recall(made: Clustered, client: Remote[Filtering]) -> float:
    """Share of the truly nearest that are found, by plain arithmetic."""
    settings = Settings()
    model = EMBEDDERS[settings.embedder.name](settings.data.cache_directory)
    asked = np.stack([model.embed_query(question(number)) for number in range(QUESTIONS)])
    nearest = np.argsort(-(np.asarray(made.vectors) @ asked.T), axis=0)[:TOP_K].T
    hits = [
        {f"d{each}" for each in truth} & {*client.call(Filtering.found, number)}
        for number, truth in enumerate(nearest.tolist())
    ]
    return sum(map(len, hits)) / (TOP_K * QUESTIONS)


def _milliseconds(name: str, seconds: list[float], bound: Bound = FREE) -> Figure:
    return Figure.of(name, percentile(seconds, 0.95).times(1_000.0), bound)
