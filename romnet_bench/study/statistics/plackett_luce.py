"""The Plackett–Luce model: how much each method is worth, from rankings.

A ranking is a chain of choices: the best of all, the best of those left, and so on; a method of
worth γ is chosen out of a set with probability γ / (sum of γ over the set) (Luce, 1959; Plackett,
1975, doi:10.2307/2346567). Of many rankings the likelihood therefore needs only how often each set
stood to choice and how often each method was chosen, which add up over answers and resamples.
"""

import dataclasses

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from romnet_bench.errors import UserError
from romnet_bench.study.statistics.counting import Places
from romnet_bench.study.statistics.resampling import Values

PSEUDO = 0.5
"""Imaginary wins of each method over each other one. A method that always wins has no finite worth
without them; beside 100 rankings they weigh as one."""

_TOLERANCE = 1e-9  # of log worth
_MOST_STEPS = 200
_TINY = 1e-300
_BATCH_VALUES = 1_000_000  # of sets of all samples that are fitted at once: 8 MB an array


@dataclasses.dataclass(frozen=True, eq=False)
class Choices:
    """The choices that rankings consist of.

    Attributes:
        sets: S×K; the methods of each set that stood to choice, and every pair.
        shown: n×S; how often each set stood in a ranking.
        wins: n×K; how often each method was chosen.
    """

    sets: npt.NDArray[np.bool_]
    shown: sparse.csr_array
    wins: Values


def split_choices(places: Places) -> Choices:
    """The K − 1 choices of each of n complete rankings, given as n×K places from 0."""
    n, k = places.shape
    bits = 1 << np.arange(k)  # a set is a number, a method one of its bits
    left = (places[:, None, :] >= np.arange(k - 1)[:, None]) @ bits  # n×(K − 1)
    first, second = np.triu_indices(k, 1)
    numbers, which = np.unique(
        np.concatenate([left.ravel(), bits[first] + bits[second]]), return_inverse=True
    )
    sets = (numbers[:, None] & bits) > 0
    columns = which[: n * (k - 1)]
    rows = np.repeat(np.arange(n), k - 1)
    shown = sparse.csr_array((np.ones(columns.size), (rows, columns)), (n, len(sets)))
    return Choices(sets, shown, (places < k - 1).astype(np.float64))


def fit_worths(choices: Choices, weights: Values, start: Values, pseudo: float = PSEUDO) -> Values:
    """The most likely log worths of several samples at once, each sample's with mean 0.

    Damped Newton steps, which reach the maximum from anywhere: the step along a direction that
    spreads over r is log(1 + r) / r of it (Sun and Tran-Dinh, 2019, doi:10.1007/s10107-018-1282-4;
    the log of a sum of exponentials is self-concordant in their sense). The MM algorithm (Hunter,
    2004, doi:10.1214/aos/1079120141) finds the same, but needs thousands of steps where two groups
    of methods hardly ever change places.

    Args:
        choices: what n rankings chose.
        weights: B×n; how often each ranking stands in each sample.
        start: K; log worths to start from.
        pseudo: imaginary wins of each method over each other one. With none of them there must be
            a finite maximum: see `order_groups`.

    Returns:
        B×K.

    Raises:
        UserError: the steps do not settle. With imaginary wins that takes 100 million rankings
            that are all alike.
    """
    sets = choices.sets.astype(np.float64)
    k = sets.shape[1]
    shown_besides = 2 * pseudo * (sets.sum(axis=1) == 2)
    wins_besides = pseudo * (k - 1)
    batch = max(_BATCH_VALUES // len(sets), 1)
    logs = np.empty((len(weights), k))
    for first in range(0, len(weights), batch):
        part = weights[first : first + batch]
        shown, wins = part @ choices.shown + shown_besides, part @ choices.wins + wins_besides
        logs[first : first + batch] = _fit(sets, shown, wins, start)
    return logs


def best_shares(log_worths: Values) -> Values:
    """The probability that each method is the best of all, along the last axis."""
    worths = np.exp(log_worths - log_worths.max(axis=-1, keepdims=True))
    shares: Values = worths / worths.sum(axis=-1, keepdims=True)
    return shares


def order_groups(places: Places) -> list[list[int]]:
    """Groups of methods, best first, such that every ranking puts a group above the next.

    One group of all is the usual case; else the likelihood alone has no finite maximum.
    """
    beats = (places[:, :, None] < places[:, None, :]).sum(axis=0)
    count, label = connected_components(beats, connection="strong")
    groups = [[int(i) for i in np.flatnonzero(label == index)] for index in range(count)]
    return sorted(groups, key=lambda group: places[:, group].mean())


def _fit(sets: Values, shown: Values, wins: Values, start: Values) -> Values:
    k = sets.shape[1]
    both = (sets[:, :, None] * sets[:, None, :]).reshape(len(sets), k * k)
    logs = np.tile(start, (len(wins), 1))
    for _ in range(_MOST_STEPS):
        worths = np.exp(logs)
        totals = worths @ sets.T
        expected = worths * ((shown / totals) @ sets)
        curvature = -((shown / totals**2) @ both).reshape(-1, k, k)
        curvature *= worths[:, :, None] * worths[:, None, :]
        curvature[:, np.arange(k), np.arange(k)] += expected
        # Only ratios of worths are known: a common factor gets a curvature of its own.
        curvature += expected.mean(axis=1)[:, None, None] / k
        try:
            step = np.linalg.solve(curvature, (wins - expected)[:, :, None])[:, :, 0]
        except np.linalg.LinAlgError:  # worths that grow without bound
            break
        spread = np.ptp(step, axis=1, keepdims=True)
        logs += step * np.log1p(spread) / np.maximum(spread, _TINY)
        logs -= logs.mean(axis=1, keepdims=True)
        if spread.max() < _TOLERANCE:
            return logs
    raise UserError(
        "The scores of the rankings do not settle: leave out a method that always comes first or "
        "last."
    )
