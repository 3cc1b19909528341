"""The Plackett–Luce fit against other algorithms, enumeration and simulation; the scores."""

import dataclasses
import itertools
import tracemalloc
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from scipy import optimize

from romnet_bench.bench.paired import holm
from romnet_bench.bench.statistics import LEVEL
from romnet_bench.errors import UserError
from romnet_bench.study.statistics import plackett_luce, resampling, scores
from romnet_bench.study.statistics.counting import Rankings
from romnet_bench.study.statistics.plackett_luce import (
    PSEUDO,
    best_shares,
    fit_worths,
    order_groups,
    split_choices,
)
from romnet_bench.study.statistics.resampling import crossed_weights, p_values
from romnet_bench.study.statistics.scores import order_methods, score_methods

Floats = npt.NDArray[np.float64]
Simulate = Callable[..., Rankings]
WORTH = np.array([1.5, 0.4, 0.0, -0.5, -1.4])


def fit(places: npt.NDArray[np.int64], pseudo: float = PSEUDO) -> Floats:
    n, k = places.shape
    return fit_worths(split_choices(places), np.ones((1, n)), np.zeros(k), pseudo)[0]


def minus_log_likelihood(worth: Floats, orders: npt.NDArray[np.int64], pseudo: float) -> float:
    """Straight from the definition: one ranking after the other, one choice after the other."""
    total = 0.0
    for order in orders:
        for stage in range(len(order) - 1):
            left = order[stage:]
            total += np.log(np.exp(worth[left]).sum()) - worth[left[0]]
    for i, j in itertools.permutations(range(len(worth)), 2):
        total += pseudo * (np.log(np.exp(worth[[i, j]]).sum()) - worth[i])
    return float(total)


def hunters_mm(orders: npt.NDArray[np.int64]) -> Floats:
    """The MM algorithm of Hunter (2004), equation 30, from the rankings themselves."""
    k = orders.shape[1]
    wins = np.bincount(orders[:, :-1].ravel(), minlength=k)
    worth = np.ones(k)
    for _ in range(2000):
        below = np.zeros(k)
        for order in orders:
            for stage in range(k - 1):
                below[order[stage:]] += 1 / worth[order[stage:]].sum()
        new = wins / below
        new /= new.sum()
        if np.abs(new / worth - 1).max() < 1e-11:
            break
        worth = new
    return np.log(worth) - np.log(worth).mean()


@pytest.fixture
def rankings(simulate_rankings: Simulate) -> Rankings:
    return simulate_rankings(WORTH, 6, 5, np.random.default_rng(1))


def test_choices_by_hand() -> None:
    choices = split_choices(np.array([[1, 0, 2], [2, 1, 0]]))  # B A C, C B A
    names = ["".join(np.array(["A", "B", "C"])[row]) for row in choices.sets]
    shown = {
        name: column.tolist() for name, column in zip(names, choices.shown.toarray().T, strict=True)
    }
    assert shown == {"ABC": [1, 1], "AC": [1, 0], "AB": [0, 1], "BC": [0, 0]}
    assert choices.wins.tolist() == [[1, 1, 0], [0, 1, 1]]


def test_is_what_other_algorithms_find(rankings: Rankings) -> None:
    found = fit(rankings.places, pseudo=0)
    orders = np.argsort(rankings.places, axis=1)
    assert found.mean() == pytest.approx(0, abs=1e-12)
    assert found == pytest.approx(hunters_mm(orders), abs=1e-7)
    choix = pytest.importorskip("choix", reason="choix is not installed")
    theirs = choix.opt_rankings(5, orders.tolist(), alpha=0, method="Newton-CG", tol=1e-10)
    assert found == pytest.approx(theirs - theirs.mean(), abs=1e-5)


@pytest.mark.parametrize("pseudo", [0.0, PSEUDO, 3.0])
def test_is_the_most_likely(rankings: Rankings, pseudo: float) -> None:
    orders = np.argsort(rankings.places, axis=1)
    best = optimize.minimize(minus_log_likelihood, np.zeros(5), (orders, pseudo), tol=1e-10)
    assert fit(rankings.places, pseudo) == pytest.approx(best.x - best.x.mean(), abs=1e-4)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "places",
    [
        [[0, 1, 2, 3]],
        [[0, 1, 2, 3]] * 2000,
        [[0, 1, 2, 3]] * 700 + [[1, 0, 3, 2]] * 800,  # two groups that never change places
        [[0, 1]] * 1500,
    ],
)
def test_who_always_wins_has_a_finite_worth(places: list[list[int]]) -> None:
    # The likelihood's slope vanishes there and nowhere else: it is concave.
    array = np.array(places)
    worth = fit(array)
    orders = np.argsort(array, axis=1)
    k, slope = len(worth), np.zeros(array.shape[1])
    for order, times in zip(*np.unique(orders, axis=0, return_counts=True), strict=True):
        for stage in range(k - 1):
            left = order[stage:]
            slope[left] -= times * np.exp(worth[left]) / np.exp(worth[left]).sum()
            slope[left[0]] += times
    for i, j in itertools.permutations(range(k), 2):
        slope[[i, j]] -= PSEUDO * np.exp(worth[[i, j]]) / np.exp(worth[[i, j]]).sum()
        slope[i] += PSEUDO
    assert np.abs(slope).max() < 1e-6


@pytest.mark.filterwarnings("error")
def test_the_start_does_not_matter(rankings: Rankings) -> None:
    # Whole Newton steps overshoot from there, and never come back.
    choices = split_choices(rankings.places)
    far = np.array([-9.0, 9.0, 0.0, 6.0, -6.0])
    found = fit_worths(choices, np.ones((1, 30)), far)[0]
    assert found == pytest.approx(fit(rankings.places))


@pytest.mark.filterwarnings("error")
def test_without_a_maximum_it_says_so() -> None:
    with pytest.raises(UserError, match="do not settle: leave out a method"):
        fit(np.array([[0, 1, 2]] * 5), pseudo=0)


def test_too_few_steps_are_said(rankings: Rankings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plackett_luce, "_MOST_STEPS", 3)
    with pytest.raises(UserError, match="do not settle"):
        fit(rankings.places)


def test_two_methods_are_a_logit() -> None:
    worth = fit(np.array([[0, 1]] * 7 + [[1, 0]] * 2))
    assert worth[0] - worth[1] == pytest.approx(np.log((7 + PSEUDO) / (2 + PSEUDO)))


def test_many_samples_are_fitted_as_one(rankings: Rankings) -> None:
    choices = split_choices(rankings.places)
    weights = np.random.default_rng(2).integers(0, 4, (20, 30)).astype(float)
    together = fit_worths(choices, weights, WORTH)
    for sample, found in zip(weights.astype(int), together, strict=True):
        assert fit(np.repeat(rankings.places, sample, axis=0)) == pytest.approx(found, abs=1e-8)


def test_best_shares_are_those_of_all_orders() -> None:
    worth = WORTH[:4]
    expected = np.zeros(4)
    for order in itertools.permutations(range(4)):
        left = [np.exp(worth[list(order[stage:])]) for stage in range(4)]
        expected[order[0]] += np.prod([part[0] / part.sum() for part in left])
    assert best_shares(worth) == pytest.approx(expected)
    assert best_shares(np.array([2000.0, 0.0])).tolist() == [1, 0]


def test_groups() -> None:
    assert order_groups(np.array([[0, 1, 2]])) == [[0], [1], [2]]
    assert order_groups(np.array([[2, 1, 0], [1, 2, 0]])) == [[2], [0, 1]]
    assert order_groups(np.array([[0, 1, 2], [2, 0, 1]])) == [[0, 1, 2]]


def test_scores_of_a_clear_study(simulate_rankings: Simulate) -> None:
    worth = np.array([-3.0, 3.0, 0.0, 0.0])
    rankings = simulate_rankings(worth, 12, 12, np.random.default_rng(0), (0.2, 0.2))
    found = score_methods(rankings, np.random.default_rng(0))
    assert found.places == [4, 1, 2, 2]
    assert found.worth.value == pytest.approx(worth, abs=0.7)
    assert (found.worth.low < found.worth.value).all()
    assert (found.worth.value < found.worth.high).all()
    assert found.best.value == pytest.approx(100 * best_shares(found.worth.value))
    assert np.array_equal(found.p, found.p.T, equal_nan=True)
    assert np.isnan(np.diag(found.p)).all()
    assert found.p[2, 3] > 0.05 > found.p[0].max(initial=0, where=[False, True, True, True])
    ordered = order_methods(rankings)
    assert ordered.methods[0] == "B"
    assert ordered.methods[-1] == "A"
    again = score_methods(ordered, np.random.default_rng(0))
    index = [rankings.methods.index(name) for name in ordered.methods]
    assert again.worth.low == pytest.approx(found.worth.low[index], abs=1e-7)


def test_p_values_are_corrected_for_all_pairs(simulate_rankings: Simulate) -> None:
    rankings = simulate_rankings(WORTH, 6, 7, np.random.default_rng(3))
    found = score_methods(rankings, np.random.default_rng(0))
    choices = split_choices(rankings.places)
    weights = np.concatenate(list(crossed_weights(rankings, np.random.default_rng(0))))
    assert len(weights) == found.resamples == 10_000
    drawn = fit_worths(choices, weights, np.zeros(5))
    worth = fit(rankings.places)
    raw = [
        float(p_values(worth[[i]] - worth[j], drawn[:, [i]] - drawn[:, [j]], 6)[0])
        for i, j in itertools.combinations(range(5), 2)
    ]
    corners = found.p[np.triu_indices(5, 1)]
    assert corners == pytest.approx(holm(raw), rel=1e-5)
    assert corners.max() > 0.2 > corners.min()


def test_few_people_get_no_places(simulate_rankings: Simulate) -> None:
    worth, random = np.array([5.0, 0.0, -5.0]), np.random.default_rng(0)
    few = score_methods(simulate_rankings(worth, 5, 40, random), random)
    enough = score_methods(simulate_rankings(worth, 6, 40, random, (0.3, 0.3)), random)
    assert (few.places, enough.places) == ([0, 0, 0], [1, 2, 3])


def test_one_answer(simulate_rankings: Simulate) -> None:
    found = score_methods(
        simulate_rankings(np.zeros(3), 1, 1, np.random.default_rng(0)), np.random.default_rng(0)
    )
    assert np.isfinite(found.worth.value).all()
    assert np.isnan(found.worth.low).all()
    assert found.places == [0, 0, 0]
    assert len(found.groups) == 3
    off = ~np.eye(3, dtype=bool)
    assert (found.p[off] == 1).all()


def test_intervals_hold_the_true_worths_and_alike_methods_share_places(
    simulate_rankings: Simulate, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scores, "RESAMPLES", 300)
    random, worth = np.random.default_rng(11), np.array([0.8, 0.0, -0.8])
    world = simulate_rankings(worth, 400, 400, random, (1.0, 0.5))
    truth = fit(world.places)
    held, wrong = [], []
    for _ in range(60):
        found = score_methods(simulate_rankings(worth, 8, 15, random, (1.0, 0.5)), random)
        held.append((found.worth.low <= truth) & (truth <= found.worth.high))
        alike = score_methods(simulate_rankings(0 * worth, 8, 15, random, (1.0, 0.5)), random)
        wrong.append(alike.places != [1, 1, 1])
    assert LEVEL - 0.03 <= np.mean(held) <= 0.998
    assert np.mean(wrong) <= 0.08


def test_memory_does_not_grow_with_the_resamples(
    simulate_rankings: Simulate, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Nine methods stood to choice in up to 502 sets: 3,000 resamples of them are 12 MB as counts.
    rankings = simulate_rankings(np.linspace(1, -1, 9), 20, 30, np.random.default_rng(0))
    monkeypatch.setattr(resampling, "_BATCH_VALUES", 60_000)
    monkeypatch.setattr(plackett_luce, "_BATCH_VALUES", 60_000)
    peaks = []
    for resamples in (300, 3000):
        monkeypatch.setattr(scores, "RESAMPLES", resamples)
        tracemalloc.start()
        found = score_methods(rankings, np.random.default_rng(0))
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert found.resamples == resamples
    assert peaks[1] < peaks[0] + 2_000_000


def test_worths_are_found_again(simulate_rankings: Simulate) -> None:
    # Within four times what 10,000 rankings leave open, about 0.015 each.
    rankings = simulate_rankings(WORTH, 100, 100, np.random.default_rng(0))
    assert fit(rankings.places) == pytest.approx(WORTH, abs=0.06)
    assert fit(rankings.places[:, ::-1]) == pytest.approx(WORTH[::-1], abs=0.06)
    twice = dataclasses.replace(rankings, places=np.repeat(rankings.places, 2, axis=0))
    assert fit(twice.places, 0) == pytest.approx(fit(rankings.places, 0), abs=1e-8)
