"""A score for each method, how sure it is, and which methods share a place."""

import dataclasses

import numpy as np
import numpy.typing as npt
from scipy import sparse

from romnet_bench.bench.paired import ALPHA, holm, shared_ranks
from romnet_bench.bench.statistics import RESAMPLES
from romnet_bench.study.counting import Rankings
from romnet_bench.study.plackett_luce import (
    Choices,
    best_shares,
    fit_worths,
    order_groups,
    split_choices,
)
from romnet_bench.study.resampling import (
    Bounded,
    Values,
    bound,
    count_samples,
    crossed_sums,
    p_values,
)

FEWEST = 6
"""People, and photos, that places need. Of fewer, even if all say the same, no two-sided test
reaches 5 % (five agree by chance in 1 of 16 cases), while resamples would see no doubt at all."""

_MOST_VALUES = 20_000_000  # counts of all resamples: 160 MB


@dataclasses.dataclass(frozen=True, eq=False)
class Scores:
    """Of K methods, in the order of the rankings' methods.

    Attributes:
        worth: the log worths of the Plackett–Luce model, whose mean is 0; e to the difference of
            two is the odds that one is put above the other.
        best: the model's probability, in per cent, that a method is the best of all K.
        places: 1 + how many methods are significantly better; all 0 with fewer than `FEWEST`
            people or photos.
        p: K×K; that the worths of two methods are alike, two-sided (see `p_values`), Holm's
            correction over all pairs; NaN for a method and itself.
        groups: see `order_groups`.
        resamples: how many the intervals are drawn from.
    """

    worth: Bounded
    best: Bounded
    places: list[int]
    p: Values
    groups: list[list[int]]
    resamples: int


def order_methods(rankings: Rankings) -> Rankings:
    """The same rankings with the methods in the order of their worths, the best first."""
    worth = _fit_all(split_choices(rankings.places)).tolist()
    names = rankings.methods
    order = sorted(range(len(names)), key=lambda index: (-round(worth[index], 9), names[index]))
    return dataclasses.replace(
        rankings,
        methods=tuple(names[index] for index in order),
        places=rankings.places[:, order],
    )


def score_methods(rankings: Rankings, generator: np.random.Generator) -> Scores:
    """Fits the model to all answers, and to the resamples of the crossed bootstrap.

    There are 10,000 resamples, and fewer only where more than ten methods make the counts large.
    """
    choices = split_choices(rankings.places)
    sets, k = choices.sets.shape
    resamples = min(RESAMPLES, max(_MOST_VALUES // (sets + k), 1000))
    worth = _fit_all(choices)
    features = sparse.hstack([choices.shown, sparse.csr_array(choices.wins)], format="csr")
    sums = crossed_sums(rankings, features, generator, resamples)[:, 1:]
    drawn = fit_worths(choices, sums[:, :sets], sums[:, sets:], worth)
    samples = count_samples(rankings)
    p = _test_pairs(worth, drawn, samples)
    enough = min(rankings.people, len(rankings.photos)) >= FEWEST
    return Scores(
        worth=bound(worth, drawn, samples),
        best=bound(100 * best_shares(worth), 100 * best_shares(drawn), samples),
        places=_share_places(worth, p) if enough else [0] * k,
        p=p,
        groups=order_groups(rankings.places),
        resamples=len(drawn),
    )


def _fit_all(choices: Choices) -> Values:
    """The log worths by all answers."""
    shown = np.asarray(choices.shown.sum(axis=0), np.float64).reshape(1, -1)
    wins = choices.wins.sum(axis=0)[None]
    worth: Values = fit_worths(choices, shown, wins, np.zeros(wins.size))[0]
    return worth


def _test_pairs(worth: Values, drawn: Values, samples: int) -> Values:
    k = worth.size
    first, second = np.triu_indices(k, 1)
    raw = p_values(worth[first] - worth[second], drawn[:, first] - drawn[:, second], samples)
    p = np.full((k, k), np.nan)
    p[first, second] = p[second, first] = holm(raw.tolist())
    return p


def _share_places(worth: Values, p: Values) -> list[int]:
    better: npt.NDArray[np.bool_] = (worth[:, None] > worth[None, :]) & (p < ALPHA)
    return shared_ranks(better)
