from collections.abc import Callable

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from tests.bench.rounds import Rounds, interleaved


def _noting(order: list[str], name: str) -> Callable[[int], float]:
    def sample(number: int) -> float:
        order.append(name)
        return float(number)

    return sample


def test_every_round_takes_one_sample_of_every_variant() -> None:
    order: list[str] = []
    schedule = Rounds({name: _noting(order, name) for name in "abc"})
    for _ in range(2):
        schedule.run()
    assert [sorted(order[:3]), sorted(order[3:])] == [list("abc"), list("abc")]


def test_each_variant_comes_first_equally_often() -> None:
    order: list[str] = []
    schedule = Rounds({name: _noting(order, name) for name in "abc"})
    for _ in range(6):
        schedule.run()
    assert sorted(order[::3]) == list("aabbcc")


def test_sample_i_of_all_variants_is_of_the_same_round() -> None:
    schedule = Rounds({name: _noting([], name) for name in "ab"})
    for _ in range(4):
        schedule.run()
    assert schedule.samples == {"a": [0.0, 1.0, 2.0, 3.0], "b": [0.0, 1.0, 2.0, 3.0]}


def test_a_round_in_which_a_sample_is_missing_does_not_count() -> None:
    schedule = Rounds({"a": float, "b": lambda number: None if number == 1 else 1.0})
    for _ in range(3):
        schedule.run()
    assert schedule.samples == {"a": [0.0, 2.0], "b": [1.0, 1.0]}
    assert schedule.dropped == 1


def test_warm_up_rounds_are_not_among_the_samples(benchmark: BenchmarkFixture) -> None:
    samples = interleaved(benchmark, {"a": float}, rounds=1, warmup=2)
    assert samples == {"a": [2.0]}


def test_a_run_with_hardly_anything_to_measure_is_an_error(benchmark: BenchmarkFixture) -> None:
    with pytest.raises(RuntimeError, match="1 of 1 rounds"):
        interleaved(benchmark, {"a": lambda _: None}, rounds=1)
