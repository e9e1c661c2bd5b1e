import numpy as np
import pytest

from tests.bench.estimate import median, percentile, ratio


def test_the_median_is_the_middle_sample() -> None:
    assert median([5.0, 1.0, 3.0]).value == 3.0


def test_the_interval_surrounds_the_median_and_stays_within_the_samples() -> None:
    samples = np.random.default_rng(1).normal(10.0, 2.0, 101).tolist()
    estimate = median(samples)
    assert min(samples) <= estimate.low < estimate.value < estimate.high <= max(samples)


def test_the_interval_covers_the_true_median_about_as_often_as_it_says() -> None:
    draw = np.random.default_rng(2)
    estimates = [median(draw.normal(10.0, 2.0, 40).tolist()) for _ in range(200)]
    covered = sum(each.low <= 10.0 <= each.high for each in estimates)
    assert 0.88 * 200 <= covered <= 200


def test_more_samples_make_a_narrower_interval() -> None:
    draw = np.random.default_rng(3)
    few, many = (median(draw.normal(10.0, 2.0, n).tolist()) for n in (20, 2_000))
    assert many.high - many.low < few.high - few.low


def test_equal_samples_leave_no_doubt() -> None:
    estimate = median([4.0] * 9)
    assert (estimate.low, estimate.value, estimate.high) == (4.0, 4.0, 4.0)


def test_the_same_samples_give_the_same_interval() -> None:
    samples = [float(each) for each in range(50)]
    assert median(samples) == median(samples)


def test_p99_of_200_samples_is_the_third_largest() -> None:
    samples = [float(each) for each in range(1, 201)]
    assert percentile(samples, 0.99).value == 198.0


def test_one_slow_call_in_200_does_not_move_p99() -> None:
    assert percentile([1.0] * 199 + [500.0], 0.99).value == 1.0


def test_the_ratio_is_that_of_the_medians() -> None:
    assert ratio([2.0, 4.0, 600.0], [1.0, 2.0, 2.0]).value == 2.0


def test_what_disturbs_a_whole_round_cancels_out_of_the_ratio() -> None:
    disturbance = np.random.default_rng(4).uniform(1.0, 50.0, 99)
    measured, floor = (1.5 * disturbance).tolist(), disturbance.tolist()
    estimate = ratio(measured, floor)
    assert estimate.low == pytest.approx(1.5)
    assert estimate.high == pytest.approx(1.5)


def test_another_unit_scales_value_and_interval() -> None:
    estimate = median([1.0, 2.0, 3.0, 4.0])
    scaled = estimate.times(1_000.0)
    assert (scaled.low, scaled.value, scaled.high) == (
        1_000.0 * estimate.low,
        1_000.0 * estimate.value,
        1_000.0 * estimate.high,
    )


def test_no_samples_are_no_estimate() -> None:
    with pytest.raises(ValueError, match="needs samples"):
        median([])


def test_variants_with_unequal_numbers_of_samples_have_no_ratio() -> None:
    with pytest.raises(ValueError, match="equally many"):
        ratio([1.0, 2.0], [1.0])
