"""Kendall's W against its definition by hand, SciPy's Friedman test and Spearman correlations."""

import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from romnet_bench.bench.statistics import mean_interval
from romnet_bench.study.answers import Answers
from romnet_bench.study.statistics.agreement import agree_on_photos, kendall_w, mean_rho, mean_w
from romnet_bench.study.statistics.counting import Rankings, rank_all
from romnet_bench.study.statistics.outcome import SEED, measure_outcome


def generator(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def test_by_hand() -> None:
    # Rank sums 4, 5, 9 around 6: S = 4 + 1 + 9 = 14; W = 12 · 14 / (3² (3³ − 3)) = 7/9.
    assert kendall_w(np.array([[0, 1, 2], [0, 1, 2], [1, 0, 2]])) == pytest.approx(7 / 9)
    assert kendall_w(np.array([[0, 1, 2]] * 4)) == 1
    assert kendall_w(np.array([[0, 1], [1, 0]])) == 0
    assert math.isnan(kendall_w(np.array([[0, 1, 2]])))
    assert math.isnan(kendall_w(np.zeros((3, 1), np.int64)))


@settings(max_examples=40, deadline=None)
@given(
    st.integers(3, 6).flatmap(lambda k: st.lists(st.permutations(range(k)), min_size=3, max_size=9))
)
def test_is_friedmans_and_spearmans(orders: list[list[int]]) -> None:
    places = np.array(orders)
    m, k = places.shape
    rankings = Rankings(
        tuple("ABCDEF"[:k]), ("p",), places, np.arange(m), np.zeros(m, np.int64), np.ones(m)
    )
    (found,) = agree_on_photos(rankings)
    friedman = stats.friedmanchisquare(*places.T)
    assert m * (k - 1) * found.w == pytest.approx(friedman.statistic, abs=1e-9)
    assert found.p == pytest.approx(friedman.pvalue, abs=1e-9)
    pairs = [stats.spearmanr(a, b).statistic for a, b in itertools.combinations(places, 2)]
    assert found.rho == pytest.approx(np.mean(pairs), abs=1e-9)
    order = np.random.default_rng(0).permutation(m)
    assert kendall_w(places[order][:, ::-1]) == pytest.approx(found.w)


def test_photos_of_one_person_are_left_out_of_the_mean(
    make_answers: Callable[..., Answers],
) -> None:
    rankings = rank_all(
        make_answers(
            (1, "a", "ABC", ""),
            (2, "a", "ABC", ""),
            (1, "b", "ABC", ""),
            (2, "b", "CBA", ""),
            (1, "c", "ABC", ""),
        )
    )
    agreements = agree_on_photos(rankings)
    assert [(one.photo, one.people) for one in agreements] == [("a", 2), ("b", 2), ("c", 1)]
    assert [one.w for one in agreements[:2]] == [1, 0]
    assert math.isnan(agreements[2].w)
    assert mean_w(agreements, generator()) == mean_interval([1, 0], generator())
    assert mean_rho(agreements, generator()) == mean_interval([1, -1], generator())
    assert mean_w(agreements[2:], generator()).n == mean_rho(agreements[2:], generator()).n == 0


def test_neither_mean_depends_on_the_other(simulate_rankings: Callable[..., Rankings]) -> None:
    rankings = simulate_rankings(np.array([1.0, 0.0, -1.0]), 6, 9, generator())
    outcome = measure_outcome(rankings)
    assert outcome.w == mean_w(outcome.agreements, generator(SEED))
    assert outcome.rho == mean_rho(outcome.agreements, generator(SEED))


def test_chance_gives_one_by_m(simulate_rankings: Callable[..., Rankings]) -> None:
    rankings = simulate_rankings(np.zeros(5), 8, 1000, np.random.default_rng(0))
    agreements = agree_on_photos(rankings)
    assert mean_w(agreements, generator()).mean == pytest.approx(1 / 8, abs=0.008)
    assert mean_rho(agreements, generator()).mean == pytest.approx(0, abs=0.009)
