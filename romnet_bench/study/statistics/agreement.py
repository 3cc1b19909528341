"""How far people agree about a photo: Kendall's coefficient of concordance."""

import dataclasses
import math

import numpy as np
from scipy import stats

from romnet_bench.bench.statistics import Interval, mean_interval
from romnet_bench.study.statistics.counting import Places, Rankings


@dataclasses.dataclass(frozen=True)
class Agreement:
    """About one photo.

    Attributes:
        photo: which.
        people: how many ranked it, m.
        w: Kendall's W, from 0 (no common order) to 1 (one order); rankings drawn by chance give
            1/m in the mean. NaN with fewer than two people.
        rho: the mean of Spearman's rank correlation over all pairs of people, (mW − 1)/(m − 1):
            0 by chance, whatever m is.
        p: of Friedman's chi-squared test that nobody prefers anything, NaN as W.
    """

    photo: str
    people: int
    w: float
    rho: float
    p: float


def kendall_w(places: Places) -> float:
    """Kendall's W of m×K complete rankings without ties, W = 12 S / (m² (K³ − K)).

    S is the sum of the squared deviations of the K rank sums from their mean (Kendall and Babington
    Smith, 1939, doi:10.1214/aoms/1177732186). NaN for fewer than two rankings or two methods.
    """
    m, k = places.shape
    if m < 2 or k < 2:
        return math.nan
    totals = places.sum(axis=0)
    deviations = float(((totals - totals.mean()) ** 2).sum())
    return float(12 * deviations / (m**2 * (k**3 - k)))


def agree_on_photos(rankings: Rankings) -> list[Agreement]:
    """The agreement about each photo that was ranked, in the photos' order."""
    return [
        _agree(name, rankings.places[rankings.photo == index])
        for index, name in enumerate(rankings.photos)
    ]


def mean_w(agreements: list[Agreement], generator: np.random.Generator) -> Interval:
    """The mean of W over the photos that two people ranked, with its interval.

    Only photos are drawn: whoever is drawn twice would agree with a copy, and W would rise.
    """
    return mean_interval([one.w for one in agreements if one.people > 1], generator)


def mean_rho(agreements: list[Agreement], generator: np.random.Generator) -> Interval:
    """The mean of rho over the photos that two people ranked, with its interval, as `mean_w`."""
    return mean_interval([one.rho for one in agreements if one.people > 1], generator)


def _agree(photo: str, places: Places) -> Agreement:
    m, k = places.shape
    w = kendall_w(places)
    if math.isnan(w):
        return Agreement(photo, m, math.nan, math.nan, math.nan)
    p = float(stats.chi2.sf(m * (k - 1) * w, k - 1))
    return Agreement(photo, m, w, (m * w - 1) / (m - 1), p)
