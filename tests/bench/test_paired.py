"""Paired comparisons against what can be counted by hand, and against scipy's exact test."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from romnet_bench.bench.paired import compare_pairs, holm, shared_ranks


def generator() -> np.random.Generator:
    return np.random.default_rng(0)


def exact_p(differences: list[float]) -> float:
    """Two-sided p of the signed-rank test, by all signs that the differences could have had."""
    sizes = sorted(map(abs, differences))
    ranks = {size: rank for rank, size in enumerate(sizes, 1)}
    seen = sum(ranks[abs(d)] for d in differences if d > 0)
    total = sum(ranks.values())
    sums = [
        sum(itertools.compress(ranks.values(), signs))
        for signs in itertools.product([0, 1], repeat=len(ranks))
    ]
    low, high = min(seen, total - seen), max(seen, total - seen)
    return min(1.0, sum(s <= low or s >= high for s in sums) / len(sums))


def test_the_test_is_exact_for_few_photos():
    differences = [0.3, 1.2, -0.1, 2.0, 0.7, 0.9, -0.4]
    paired = compare_pairs(differences, np.zeros(7), generator())
    assert paired.p == pytest.approx(exact_p(differences), abs=1e-12)
    assert (paired.higher, paired.lower) == (5, 2)
    # Ranks 2, 6, 1, 7, 4, 5, 3: up 24, down 4.
    assert paired.effect == pytest.approx(20 / 28)
    assert paired.interval.mean == pytest.approx(np.mean(differences))


def test_pairs_with_a_missing_value_do_not_count():
    paired = compare_pairs([1, 2, math.nan, 4], [0, math.inf, 1, 1], generator())
    assert (paired.interval.n, paired.interval.mean) == (2, 2.0)
    none = compare_pairs([math.nan], [1.0], generator())
    assert none.interval.n == 0
    assert math.isnan(none.p)
    assert math.isnan(none.effect)


def test_equal_methods_do_not_differ():
    paired = compare_pairs([1, 2, 3], [1, 2, 3], generator())
    assert (paired.p, paired.effect, paired.interval.low, paired.interval.high) == (1, 0, 0, 0)


def test_variants_of_one_photo_are_one_observation():
    values = np.array([0.5, 0.7, -0.2, 0.9, 1.1])
    once = compare_pairs(values, np.zeros(5), generator())
    many = compare_pairs(
        np.repeat(values, 20), np.zeros(100), generator(), groups=np.repeat(np.arange(5), 20)
    )
    assert many.p == pytest.approx(once.p)
    assert many.effect == pytest.approx(once.effect)
    assert many.interval.low == pytest.approx(once.interval.low)


def test_what_has_no_partner_is_refused():
    with pytest.raises(ValueError, match="cannot be paired"):
        compare_pairs([1, 2], [1], generator())


@settings(deadline=None, max_examples=30)
@given(st.lists(st.floats(-5, 5).map(lambda x: round(x, 3)), min_size=1, max_size=30))
def test_turning_the_pair_round_turns_signs_round(values):
    there = compare_pairs(values, np.zeros(len(values)), generator())
    back = compare_pairs(np.zeros(len(values)), values, generator())
    assert there.p == pytest.approx(back.p)
    assert there.effect == pytest.approx(-back.effect)
    assert (there.higher, there.lower) == (back.lower, back.higher)


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    adjusted = holm([0.5, math.nan, 0.6])
    assert math.isnan(adjusted[1])
    assert [adjusted[0], adjusted[2]] == [1.0, 1.0]
    assert holm([]) == []


@given(st.lists(st.floats(0, 1), max_size=12))
def test_holm_keeps_order_and_never_lowers(p_values):
    adjusted = holm(p_values)
    assert all(p <= q <= 1 for p, q in zip(p_values, adjusted, strict=True))
    pairs = sorted(zip(p_values, adjusted, strict=True))
    assert all(a[1] <= b[1] for a, b in itertools.pairwise(pairs))


def test_places_are_shared_where_nothing_is_significant():
    better = np.zeros((4, 4), bool)
    better[0, 2] = better[0, 3] = better[1, 3] = True
    assert shared_ranks(better, [0, 1, 2, 3]) == [1, 1, 3, 3]
    assert shared_ranks(better, [1, 0, 2, 3]) == [1, 1, 1, 4]  # 1 is not better than 2
    assert shared_ranks(better, []) == []


def test_zeros_are_ranked_but_not_summed_with_many_photos_too():
    """Pratt's way and not Wilcoxon's, which leaves them out before ranking."""
    differences = np.array([0.0] * 6 + [0.1, 0.2, -0.3, 0.4, 0.5, 0.6, -0.7, 0.8, 0.9, 1.0, 1.1])
    found = compare_pairs(differences, np.zeros(differences.size), np.random.default_rng(0))
    pratt, wilcox = (
        stats.wilcoxon(differences, zero_method=way).pvalue for way in ("pratt", "wilcox")
    )
    assert found.p == pytest.approx(pratt, abs=1e-12)
    assert abs(pratt - wilcox) > 1e-4
