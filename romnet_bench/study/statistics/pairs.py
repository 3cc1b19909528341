"""Method against method: how often one is put above the other, and by how many people."""

import dataclasses
import itertools

import numpy as np
from scipy import stats

from romnet_bench.bench.paired import holm
from romnet_bench.study.statistics.counting import Rankings
from romnet_bench.study.statistics.resampling import bound, count_samples, crossed_sums


@dataclasses.dataclass(frozen=True)
class Pair:
    """Two methods.

    Attributes:
        first: the label of one.
        second: the label of the other.
        above: the share of rankings, in per cent, that put the first above the second.
        low: the lower end of its 95 % interval (crossed bootstrap).
        high: the upper end.
        for_first: how many people put the first above the second on more than half of their photos.
        for_second: how many the other way round; who is undecided is in neither.
        p: of the exact sign test over these people, two-sided; Holm's correction over all pairs.
    """

    first: str
    second: str
    above: float
    low: float
    high: float
    for_first: int
    for_second: int
    p: float


def compare_methods(rankings: Rankings, generator: np.random.Generator) -> list[Pair]:
    """All pairs of methods, in the order of the rankings' methods.

    A person is one value of the test, however many photos that is: answers of one person are not
    independent. It says whether other people would agree about these photos, the interval also
    takes the photos for a sample.
    """
    duels = list(itertools.combinations(range(len(rankings.methods)), 2))
    first, second = np.array(duels).T
    above = (rankings.places[:, first] < rankings.places[:, second]).astype(np.float64)
    sums = crossed_sums(rankings, above, generator)
    resampled = 100 * sums[:, 1:] / sums[:, :1]
    shares = bound(100 * above.mean(axis=0), resampled, count_samples(rankings))
    answers = np.bincount(rankings.person)
    leads = np.array([2 * np.bincount(rankings.person, column) - answers for column in above.T])
    wins, losses = (leads > 0).sum(axis=1), (leads < 0).sum(axis=1)
    p_values = holm([_sign_test(int(a), int(b)) for a, b in zip(wins, losses, strict=True)])
    return [
        Pair(
            first=rankings.methods[i],
            second=rankings.methods[j],
            above=float(shares.value[index]),
            low=float(shares.low[index]),
            high=float(shares.high[index]),
            for_first=int(wins[index]),
            for_second=int(losses[index]),
            p=p_values[index],
        )
        for index, (i, j) in enumerate(duels)
    ]


def _sign_test(wins: int, losses: int) -> float:
    """1 where nobody is decided."""
    if wins + losses == 0:
        return 1.0
    return float(stats.binomtest(wins, wins + losses).pvalue)
