"""How often a method is among the best: the numbers of the paper's Table III."""

import numpy as np

from romnet_bench.study.statistics.counting import Rankings
from romnet_bench.study.statistics.resampling import (
    Bounded,
    Values,
    bound,
    count_samples,
    crossed_sums,
)


def count_tops(rankings: Rankings) -> Values:
    """n×K×(K − 1): 1 where a ranking puts a method among the first 1, 2, … K − 1."""
    tops = np.arange(1, len(rankings.methods))
    return (rankings.places[:, :, None] < tops).astype(np.float64)


def share_tops(rankings: Rankings, generator: np.random.Generator) -> Bounded:
    """K×(K − 1): the share of rankings, in per cent, that put a method in the top 1 … K − 1.

    The K shares of a top k add up to 100·k. Intervals: the crossed bootstrap's, 95 %.
    """
    tops = count_tops(rankings)
    shape = tops.shape[1:]
    sums = crossed_sums(rankings, tops.reshape(len(tops), -1), generator)
    resampled = 100 * sums[:, 1:] / sums[:, :1]
    resampled = resampled.reshape(-1, *shape)
    return bound(100 * tops.mean(axis=0), resampled, count_samples(rankings))
