"""A score for each method, how sure it is, and which methods share a place."""

import dataclasses

import numpy as np
import numpy.typing as npt

from romnet_bench.bench.paired import ALPHA, holm, shared_ranks
from romnet_bench.bench.statistics import RESAMPLES
from romnet_bench.study.statistics.counting import Rankings
from romnet_bench.study.statistics.plackett_luce import (
    Choices,
    best_shares,
    fit_worths,
    order_groups,
    split_choices,
)
from romnet_bench.study.statistics.resampling import (
    Bounded,
    Values,
    bound,
    count_samples,
    crossed_weights,
    p_values,
)

FEWEST = 6
"""People, and photos, that places need. Of fewer, even if all say the same, no two-sided sign test
reaches 5 % (five agree by chance in 1 of 16 cases), while resamples would see no doubt at all."""

PLACES = (
    "from the highest score down; a new one (1 + how many stand before it) begins with the method "
    "that is significantly worse than the first of the one before"
)
"""How places come about, in words that follow on “the place”."""

_MOST_COUNTS = 100_000_000  # of sets in resamples that are fitted: half a minute
_FEWEST_RESAMPLES = 1000


@dataclasses.dataclass(frozen=True, eq=False)
class Scores:
    """Of K methods, in the order of the rankings' methods.

    Attributes:
        worth: the log worths of the Plackett–Luce model, whose mean is 0; e to the difference of
            two is the odds that one is put above the other.
        best: the model's probability, in per cent, that a method is the best of all K.
        places: each method's place, from the highest score down; a new one (1 + how many stand
            before it) begins with the method that is significantly worse than the first of the one
            before (see `shared_ranks`); all 0 with fewer than `FEWEST` people or photos.
        p: K×K; that the worths of two methods are alike, two-sided (see `p_values`), Holm's
            correction over all pairs; NaN for a method and itself.
        groups: see `order_groups`.
        resamples: how many the intervals of `worth` and `best` are drawn from; those of all else
            are drawn from 10,000.
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

    There are 10,000 resamples, and fewer only where more than 13 methods stood to choice in so
    many sets that the fits would take minutes; a resample without any answer is left out. They are
    fitted as they are drawn, so that memory does not grow with their number.
    """
    choices = split_choices(rankings.places)
    sets, k = choices.sets.shape
    resamples = min(RESAMPLES, max(_MOST_COUNTS // (sets + k), _FEWEST_RESAMPLES))
    worth = _fit_all(choices)
    batches = crossed_weights(rankings, generator, resamples)
    drawn = np.concatenate([fit_worths(choices, weights, worth) for weights in batches])
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
    n, k = choices.wins.shape
    worth: Values = fit_worths(choices, np.ones((1, n)), np.zeros(k))[0]
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
    return shared_ranks(better, [int(index) for index in np.argsort(-worth, kind="stable")])
