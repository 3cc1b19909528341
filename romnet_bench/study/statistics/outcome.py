"""All that is measured of a study's rankings."""

import dataclasses

import numpy as np

from romnet_bench.bench.statistics import Interval
from romnet_bench.study.statistics.agreement import Agreement, agree_on_photos, mean_rho, mean_w
from romnet_bench.study.statistics.counting import Rankings
from romnet_bench.study.statistics.pairs import Pair, compare_methods
from romnet_bench.study.statistics.resampling import Bounded
from romnet_bench.study.statistics.scores import Scores, order_methods, score_methods
from romnet_bench.study.statistics.top_shares import share_tops

SEED = 0  # every number draws the same resamples, so none depends on what is measured besides


@dataclasses.dataclass(frozen=True, eq=False)
class Outcome:
    """Of K methods, the best first.

    Attributes:
        rankings: that were measured.
        tops: K×(K − 1); see `share_tops`.
        scores: see `score_methods`.
        pairs: see `compare_methods`.
        agreements: for each photo.
        w: the mean of Kendall's W over photos.
        rho: the mean rank correlation of two people over photos.
    """

    rankings: Rankings
    tops: Bounded
    scores: Scores
    pairs: list[Pair]
    agreements: list[Agreement]
    w: Interval
    rho: Interval


def measure_outcome(rankings: Rankings) -> Outcome:
    """Measures at least one ranking of at least two methods."""
    ranked = order_methods(rankings)
    agreements = agree_on_photos(ranked)
    return Outcome(
        rankings=ranked,
        tops=share_tops(ranked, np.random.default_rng(SEED)),
        scores=score_methods(ranked, np.random.default_rng(SEED)),
        pairs=compare_methods(ranked, np.random.default_rng(SEED)),
        agreements=agreements,
        w=mean_w(agreements, np.random.default_rng(SEED)),
        rho=mean_rho(agreements, np.random.default_rng(SEED)),
    )
