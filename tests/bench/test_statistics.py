"""Bootstrap intervals against a bootstrap written out by hand, and how often they are right."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from romnet_bench.bench import statistics
from romnet_bench.bench.statistics import mean_interval

PSNR = np.array([21.0, 22.5, 23.1, 24.9, 25.0, 26.2, 27.7, 31.4, 19.8, 22.2])


def resample_by_hand(values: np.ndarray, seed: int, count: int) -> tuple[float, float]:
    generator = np.random.default_rng(seed)
    means = [values[generator.integers(0, len(values), len(values))].mean() for _ in range(count)]
    return float(np.quantile(means, 0.025)), float(np.quantile(means, 0.975))


def test_matches_a_bootstrap_by_hand() -> None:
    found = mean_interval(PSNR, np.random.default_rng(1))
    low, high = resample_by_hand(PSNR, seed=2, count=20_000)
    assert found.mean == pytest.approx(PSNR.mean())
    # Two independent sets of resamples differ by their own error, here about 0.02 dB.
    assert found.low == pytest.approx(low, abs=0.08)
    assert found.high == pytest.approx(high, abs=0.08)
    assert found.n == 10


def test_one_seed_gives_one_answer() -> None:
    first = mean_interval(PSNR, np.random.default_rng(0))
    assert mean_interval(PSNR, np.random.default_rng(0)) == first
    assert mean_interval(PSNR, np.random.default_rng(1)) != first


def test_batches_change_nothing_but_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = mean_interval(PSNR, np.random.default_rng(0))
    monkeypatch.setattr(statistics, "_BATCH_VALUES", 1000)
    in_parts = mean_interval(PSNR, np.random.default_rng(0))
    assert in_parts == whole


def test_covers_the_true_mean() -> None:
    generator = np.random.default_rng(3)
    hits = 0
    for _ in range(300):
        found = mean_interval(generator.normal(25, 3, 40), generator, resamples=500)
        hits += found.low <= 25 <= found.high
    # 95 % nominal; a percentile bootstrap of 40 values reaches about 93 ± 1.5 %.
    assert 0.88 <= hits / 300 <= 0.98


def test_a_lower_level_is_narrower() -> None:
    wide = mean_interval(PSNR, np.random.default_rng(0), level=0.95)
    narrow = mean_interval(PSNR, np.random.default_rng(0), level=0.5)
    assert wide.low < narrow.low < narrow.mean < narrow.high < wide.high


def test_nothing_measured() -> None:
    for values in ([], [math.nan, math.nan], [math.inf]):
        found = mean_interval(values, np.random.default_rng(0))
        assert found.n == 0
        assert math.isnan(found.mean)
        assert math.isnan(found.low)
        assert math.isnan(found.high)


def test_missing_values_are_left_out() -> None:
    with_gaps = mean_interval([20.0, math.nan, 30.0], np.random.default_rng(0))
    assert with_gaps == mean_interval([20.0, 30.0], np.random.default_rng(0))
    assert (with_gaps.mean, with_gaps.n) == (25, 2)


@pytest.mark.parametrize("count", [1, 2, 7])
@pytest.mark.filterwarnings("error")
def test_no_spread(count: int) -> None:
    found = mean_interval([0.1] * count, np.random.default_rng(0))
    assert found == statistics.Interval(0.1, 0.1, 0.1, count)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(0, 100), min_size=2, max_size=12), st.integers(0, 2**32))
def test_stays_within_the_data(values: list[float], seed: int) -> None:
    found = mean_interval(values, np.random.default_rng(seed), resamples=200)
    slack = 1e-9
    assert min(values) - slack <= found.low <= found.high <= max(values) + slack
    assert found.mean == pytest.approx(np.mean(values))


def test_groups_are_drawn_whole() -> None:
    values = np.array([20.0, 20.5, 21.0, 30.0, 30.5, 25.0, 18.0, 18.5, 18.2, 27.0])
    groups = np.array(["a", "a", "a", "b", "b", "c", "d", "d", "d", "e"])
    generator = np.random.default_rng(5)
    means = []
    for _ in range(20_000):
        drawn = generator.choice(["a", "b", "c", "d", "e"], 5)
        means.append(np.concatenate([values[groups == name] for name in drawn]).mean())
    found = mean_interval(values, np.random.default_rng(1), groups=groups)
    assert found.mean == pytest.approx(values.mean())
    assert found.low == pytest.approx(np.quantile(means, 0.025), abs=0.15)
    assert found.high == pytest.approx(np.quantile(means, 0.975), abs=0.15)
    alone = mean_interval(values, np.random.default_rng(1))
    assert found.high - found.low > 1.2 * (alone.high - alone.low)


def test_groups_of_one_are_the_plain_bootstrap() -> None:
    from scipy.stats import bootstrap

    found = mean_interval(PSNR, np.random.default_rng(4), groups=list("abcdefghij"))
    assert found == mean_interval(PSNR, np.random.default_rng(4))
    ends = bootstrap(
        (PSNR,), np.mean, n_resamples=10_000, method="percentile", rng=np.random.default_rng(4)
    ).confidence_interval
    assert (found.low, found.high) == pytest.approx((ends.low, ends.high), abs=1e-9)


def test_a_missing_value_takes_its_label_along() -> None:
    values, groups = [20.0, math.nan, 30.0, 40.0], ["a", "b", "a", "c"]
    found = mean_interval(values, np.random.default_rng(0), groups=groups)
    kept = mean_interval([20.0, 30.0, 40.0], np.random.default_rng(0), groups=["a", "a", "c"])
    assert found == kept
    with pytest.raises(ValueError, match="4 values need as many groups, not 1"):
        mean_interval(values, np.random.default_rng(0), groups=["a"])
