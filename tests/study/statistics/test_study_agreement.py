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
from romnet_bench.study.agreement import agree_on_photos, kendall_w, mean_agreement
from romnet_bench.study.answers import Answers
from romnet_bench.study.counting import Rankings, rank_all


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
    w, rho = mean_agreement(agreements, np.random.default_rng(0))
    assert w == mean_interval([1, 0], np.random.default_rng(0))
    assert (rho.mean, rho.n) == (0, 2)
    nothing, _ = mean_agreement(agreements[2:], np.random.default_rng(0))
    assert nothing.n == 0


def test_chance_gives_one_by_m(simulate_rankings: Callable[..., Rankings]) -> None:
    rankings = simulate_rankings(np.zeros(5), 8, 1000, np.random.default_rng(0))
    w, rho = mean_agreement(agree_on_photos(rankings), np.random.default_rng(0))
    assert w.mean == pytest.approx(1 / 8, abs=0.008)
    assert rho.mean == pytest.approx(0, abs=0.009)
