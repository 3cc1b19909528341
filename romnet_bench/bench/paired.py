"""Whether two methods differ, told from the photos that both did."""

import dataclasses
import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import stats

from romnet_bench.bench.statistics import Interval, mean_interval

ALPHA = 0.05
"""A difference counts as significant below this, after Holm's correction."""

_FEW = 13  # values whose signs are all tried: 8,192 sums

Column = npt.NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Paired:
    """A difference of two methods, photo by photo.

    Attributes:
        interval: of the mean difference, with its bootstrap interval; n counts photos.
        p: of Wilcoxon's signed-rank test, two-sided; 1 where nothing differs, NaN without photos.
        effect: the matched-pairs rank-biserial correlation, from −1 to 1: the share of the rank
            sum that speaks for a higher first method minus the share against (Kerby, 2014,
            doi:10.2466/11.IT.3.1).
        higher: on how many photos the first method's value is higher.
        lower: on how many it is lower.
    """

    interval: Interval
    p: float
    effect: float
    higher: int
    lower: int


def compare_pairs(
    first: npt.ArrayLike,
    second: npt.ArrayLike,
    generator: np.random.Generator,
    groups: npt.ArrayLike | None = None,
) -> Paired:
    """The differences `first` − `second` of paired values.

    Args:
        first: one value a photo; NaN and infinity count as missing, and so does the pair then.
        second: of the same photos in the same order.
        generator: where the bootstrap's resamples are drawn from.
        groups: a label a photo, such as its original. Variants of one original are not independent:
            the test takes one mean difference of each, the bootstrap draws whole groups.

    Raises:
        ValueError: not as many values in both.
    """
    a, b = np.asarray(first, np.float64).ravel(), np.asarray(second, np.float64).ravel()
    if a.size != b.size:
        raise ValueError(f"{a.size} values cannot be paired with {b.size}")
    with np.errstate(invalid="ignore"):
        differences = np.where(np.isfinite(a) & np.isfinite(b), a - b, np.nan)
    known = np.isfinite(differences)
    labels = np.arange(a.size) if groups is None else np.asarray(groups).ravel()
    interval = mean_interval(differences, generator, groups=labels)
    differences, labels = differences[known], labels[known]
    p, effect = _signed_ranks(_means(differences, labels))
    higher, lower = int((differences > 0).sum()), int((differences < 0).sum())
    return Paired(interval, p, effect, higher, lower)


def holm(p_values: Sequence[float]) -> list[float]:
    """P-values adjusted for how many there are (Holm, 1979, jstor.org/stable/4615733).

    NaN stays NaN and is not counted.
    """
    order = sorted((p, index) for index, p in enumerate(p_values) if not math.isnan(p))
    adjusted = [math.nan] * len(p_values)
    highest = 0.0
    for place, (p, index) in enumerate(order):
        highest = max(highest, min((len(order) - place) * p, 1.0))
        adjusted[index] = highest
    return adjusted


def shared_ranks(better: npt.NDArray[np.bool_], order: Sequence[int]) -> list[int]:
    """A place for each method, which those share that are not significantly worse than the first.

    From the best mean downwards; whoever is significantly worse than the first of a place begins
    the next, whose number is 1 + how many stand before it (1, 1, 1, 4). So places follow the means,
    and two methods with different places need not differ significantly from each other.

    Args:
        better: N×N; [i, j] says that method i is significantly better than method j.
        order: the numbers of the methods, the best mean first.
    """
    places = [0] * len(order)
    first = 0
    for position, method in enumerate(order):
        if better[order[first], method]:
            first = position
        places[method] = 1 + first
    return places


def _means(differences: Column, labels: npt.NDArray[np.generic]) -> Column:
    _, which = np.unique(labels, return_inverse=True)
    means: Column = np.bincount(which, weights=differences) / np.bincount(which)
    return means


def _signed_ranks(differences: Column) -> tuple[float, float]:
    """Wilcoxon's p, zeros ranked but not summed (Pratt, 1959), and the effect."""
    if differences.size == 0:
        return math.nan, math.nan
    if not differences.any():
        return 1.0, 0.0
    ranks = stats.rankdata(np.abs(differences))
    up, down = ranks[differences > 0].sum(), ranks[differences < 0].sum()
    if differences.size <= _FEW:
        p = _exact_p(ranks[differences != 0], up)
    else:
        p = float(stats.wilcoxon(differences, zero_method="pratt").pvalue)
    return p, float((up - down) / (up + down))


def _exact_p(ranks: Column, up: float) -> float:
    """How often random signs of `ranks` give a sum of the positive ones as far out as `up`.

    Ties and zeros change the distribution, so it is counted out; SciPy does so for as few values,
    sign by sign, which takes it a second.
    """
    sums = np.zeros(1)
    for rank in ranks:
        sums = np.concatenate([sums, sums + rank])
    middle = ranks.sum() / 2
    return float(np.mean(np.abs(sums - middle) >= abs(up - middle) - 1e-9))
