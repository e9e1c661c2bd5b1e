import numpy as np
import pytest

from rag_server.evaluation.bootstrap import Bootstrap
from rag_server.evaluation.comparison import Verdict, difference, losses, verdict

_DRAWN = np.random.default_rng(7)


def test_the_interval_of_a_mean_is_that_of_its_standard_error() -> None:
    values = _DRAWN.normal(0.5, 0.1, 400)
    interval = Bootstrap().mean(values)
    error = values.std() / np.sqrt(len(values))
    assert interval.value == pytest.approx(values.mean())
    assert interval.low == pytest.approx(values.mean() - 1.96 * error, abs=0.1 * error)
    assert interval.high == pytest.approx(values.mean() + 1.96 * error, abs=0.1 * error)


def test_the_same_seed_gives_the_same_interval_and_another_one_another() -> None:
    values = _DRAWN.random(50)
    assert Bootstrap(seed=1).mean(values) == Bootstrap(seed=1).mean(values)
    assert Bootstrap(seed=1).mean(values) != Bootstrap(seed=2).mean(values)


def test_many_values_are_drawn_in_blocks_that_all_count() -> None:
    interval = Bootstrap(resamples=100).mean(_DRAWN.normal(3, 1, 60_000))
    assert 2.98 < interval.low < interval.value < interval.high < 3.02


def test_pairing_sees_a_small_gain_that_the_spread_of_queries_hides() -> None:
    hard = _DRAWN.random(200)
    better = hard + _DRAWN.normal(0.01, 0.02, 200)
    bootstrap = Bootstrap()
    assert difference(bootstrap, better, hard)[1] is Verdict.BETTER
    assert difference(bootstrap, hard, better)[1] is Verdict.WORSE
    assert bootstrap.mean(better).low < bootstrap.mean(hard).high


def test_no_difference_is_no_significant_one() -> None:
    values = _DRAWN.random(100)
    interval, told = difference(Bootstrap(), values, values)
    assert (interval.value, interval.low, interval.high) == (0, 0, 0)
    assert told is Verdict.EQUAL


def test_a_true_null_is_rarely_called_significant() -> None:
    called = 0
    for seed in range(100):
        drawn = np.random.default_rng(seed)
        ours, theirs = drawn.random(100), drawn.random(100)
        told = difference(Bootstrap(resamples=500, seed=seed), ours, theirs)[1]
        called += told is not Verdict.EQUAL
    assert called <= 12


def test_few_queries_get_no_verdict() -> None:
    interval = Bootstrap().mean(np.ones(5))
    assert verdict(interval, 5) is Verdict.TOO_FEW
    assert verdict(interval, 20) is Verdict.BETTER


def test_losses_are_worst_first_and_only_losses() -> None:
    reference, values = np.array([0.5, 1.0, 0.5, 0.2]), np.array([0.5, 0.0, 0.25, 0.9])
    found = losses(["a", "b", "c", "d"], values, reference, most=10)
    assert [(each.query, each.lost) for each in found] == [("b", 1.0), ("c", 0.25)]
    assert [each.query for each in losses(["a", "b", "c", "d"], values, reference, 1)] == ["b"]
