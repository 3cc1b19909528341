"""The crossed bootstrap: people and photos are both drawn, since both are samples.

The pigeonhole bootstrap (Owen, 2007, doi:10.1214/07-AOAS122): people are drawn with replacement,
photos are drawn with replacement, and an answer counts as often as its person was drawn times as
often as its photo was. Its intervals are rather too wide than too narrow: where neither people nor
photos differ, and single answers alone vary, up to √3 times.

Of few people, as of few photos, every bootstrap knows too little: ends and tests are therefore
those of Student's t with one degree of freedom less than there are people or photos, whichever are
fewer (Hesterberg, 2015, doi:10.1080/00031305.2015.1089789, the expanded percentile interval).
"""

import dataclasses
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
from scipy import stats

from romnet_bench.bench.statistics import LEVEL, RESAMPLES
from romnet_bench.study.statistics.counting import Rankings

Values = npt.NDArray[np.float64]
_BATCH_VALUES = 2_000_000  # weights held at once: 16 MB


@dataclasses.dataclass(frozen=True, eq=False)
class Bounded:
    """Values and the ends of their intervals, of one shape; a single answer has no ends: NaN."""

    value: Values
    low: Values
    high: Values


def crossed_weights(
    rankings: Rankings, generator: np.random.Generator, resamples: int = RESAMPLES
) -> Iterator[Values]:
    """How often each of n answers stands in each resample, B×n, a batch of resamples at a time.

    Resamples without any answer, which occur where few people ranked few photos each, are left out.
    """
    batch = max(_BATCH_VALUES // len(rankings.person), 1)
    for start in range(0, resamples, batch):
        count = min(batch, resamples - start)
        people = _draw(rankings.people, count, generator)
        photos = _draw(len(rankings.photos), count, generator)
        weights = people[:, rankings.person] * photos[:, rankings.photo]
        yield weights[weights.any(axis=1)]


def crossed_sums(
    rankings: Rankings,
    features: Values,
    generator: np.random.Generator,
    resamples: int = RESAMPLES,
) -> Values:
    """Sums over the answers of each resample, and how many answers it has.

    Two calls with generators of the same seed see the same resamples, whatever the features. One
    person, or one photo, is in every resample: the sums then vary with the other alone.

    Args:
        rankings: n answers.
        features: n×D; what is summed up.
        generator: where the resamples are drawn from.
        resamples: how many, B.

    Returns:
        At most B×(1 + D), the number of answers first.
    """
    parts = [
        np.column_stack([weights.sum(axis=1), weights @ features])
        for weights in crossed_weights(rankings, generator, resamples)
    ]
    return np.concatenate(parts)


def bound(value: Values, resampled: Values, samples: int) -> Bounded:
    """`value` with its 95 % interval: expanded percentiles over the first axis of `resampled`.

    Args:
        value: of all answers.
        resampled: of each resample.
        samples: how many people or photos, see `count_samples`.
    """
    if samples < 2:
        return Bounded(value, np.full_like(value, np.nan), np.full_like(value, np.nan))
    expanded = stats.t.isf((1 - LEVEL) / 2, samples - 1) * np.sqrt(samples / (samples - 1))
    tail = float(stats.norm.sf(expanded))
    low, high = np.quantile(resampled, [tail, 1 - tail], axis=0)
    return Bounded(value, low, high)


def p_values(value: Values, resampled: Values, samples: int) -> Values:
    """That `value` is 0, two-sided, from the spread of `resampled`: Student's t.

    1 where nothing can be told: fewer than two samples, or a value of 0 that never varies.
    """
    if samples < 2:
        return np.ones_like(value)
    spread = resampled.std(axis=0) * np.sqrt(samples / (samples - 1))
    t = np.divide(np.abs(value), spread, out=np.full_like(value, np.inf), where=spread > 0)
    t[value == 0] = 0
    p: Values = 2 * stats.t.sf(t, samples - 1)
    return p


def count_samples(rankings: Rankings) -> int:
    """How many people or photos there are, whichever are fewer; a single one does not vary.

    1 only where one person ranked one photo.
    """
    counts = [count for count in (rankings.people, len(rankings.photos)) if count > 1]
    return min(counts, default=1)


def _draw(count: int, resamples: int, generator: np.random.Generator) -> Values:
    """How often each of `count` is drawn, in each resample."""
    return generator.multinomial(count, np.full(count, 1 / count), resamples).astype(np.float64)
