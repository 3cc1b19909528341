"""Which differences between the methods of a table are more than chance."""

import dataclasses
import itertools
import math
from collections.abc import Iterator

import numpy as np

from romnet_bench.bench.paired import ALPHA, Paired, compare_pairs, holm, shared_ranks
from romnet_bench.protocol import METRICS, Metric
from romnet_bench.report.csv_text import to_csv_text
from romnet_bench.report.runs import Run
from romnet_bench.report.sheet import Cell, Column, Line, Sheet, signed

SEED = 0
HOW = (
    "Mean difference over the photos that both scored, with its 95 % bootstrap interval; p: "
    "Wilcoxon's signed-rank test (variants of one photograph as one), two-sided, Holm's correction "
    f"over all pairs of a metric; bold: p < {ALPHA:g}, and mean and ranks favour the same method."
)


@dataclasses.dataclass(frozen=True)
class Pair:
    """Two methods over the photos that both scored.

    Attributes:
        metric: which.
        first: a method's label.
        second: another's.
        paired: the differences, first − second.
        p: its p-value, adjusted for all pairs of this metric (Holm).
    """

    metric: Metric
    first: str
    second: str
    paired: Paired
    p: float

    @property
    def significant(self) -> bool:
        """Whether one is better: p is small, and the mean and the ranks favour the same one."""
        return self.p < ALPHA and self.paired.interval.mean * self.paired.effect > 0

    @property
    def better(self) -> str:
        """The label of the one that is significantly better, empty if neither is."""
        if not self.significant:
            return ""
        first_is = (self.paired.effect > 0) == self.metric.higher_is_better
        return self.first if first_is else self.second


def compare_all(runs: list[Run], comparable: dict[str, list[int]]) -> list[Pair]:
    """Every pair of comparable runs in every metric.

    Args:
        runs: of one comparison, with labels that differ.
        comparable: metric → which of them may be set side by side in it.
    """
    return [
        pair
        for metric in METRICS
        for pair in _compare_in(metric, [runs[i] for i in comparable.get(metric.key, [])])
    ]


def find_places(pairs: list[Pair], means: dict[str, dict[str, float]]) -> dict[str, dict[str, int]]:
    """Label → metric → place, which methods share that are not told apart from its first.

    Args:
        pairs: all of them.
        means: label → metric → mean.
    """
    places: dict[str, dict[str, int]] = {}
    for metric in METRICS:
        own = [pair for pair in pairs if pair.metric == metric]
        labels = list(dict.fromkeys(label for pair in own for label in (pair.first, pair.second)))
        better = np.zeros((len(labels), len(labels)), bool)
        for pair in own:
            if pair.significant:
                worse = pair.second if pair.better == pair.first else pair.first
                better[labels.index(pair.better), labels.index(worse)] = True
        sign = -1 if metric.higher_is_better else 1
        order = sorted(range(len(labels)), key=lambda i: sign * means[labels[i]][metric.key])
        for label, place in zip(labels, shared_ranks(better, order), strict=True):
            places.setdefault(label, {})[metric.key] = place
    return places


def to_csv(pairs: list[Pair]) -> str:
    """Every pair with its difference, interval, p-values and effect, in full precision."""
    header = ["metric", "first", "second", "photos", "difference", "low", "high", "p", "p_holm"]
    header += ["effect", "higher", "lower", "better"]
    rows: list[list[object]] = [[*header]]
    for pair in pairs:
        paired = pair.paired
        interval = paired.interval
        numbers = (interval.mean, interval.low, interval.high, paired.p, pair.p, paired.effect)
        rows.append(
            [
                *(pair.metric.key, pair.first, pair.second, interval.n),
                *("" if math.isnan(number) else repr(float(number)) for number in numbers),
                *(paired.higher, paired.lower, pair.better),
            ]
        )
    return to_csv_text(rows)


def to_sheet(key: str, title: str, pairs: list[Pair]) -> Sheet:
    """The pairs as they are printed: differences with intervals, bold where one is better."""
    by_duel: dict[tuple[str, str], dict[str, Pair]] = {}
    for pair in pairs:
        by_duel.setdefault((pair.first, pair.second), {})[pair.metric.key] = pair
    metrics = [metric for metric in METRICS if any(pair.metric == metric for pair in pairs)]
    columns = [
        column
        for metric in metrics
        for column in (Column("difference", group=metric.label), Column("p", group=metric.label))
    ]
    lines = [
        Line(
            f"{first} − {second}",
            tuple(cell for metric in metrics for cell in _to_cells(duel.get(metric.key), metric)),
            methods=(first, second),
        )
        for (first, second), duel in by_duel.items()
    ]
    return Sheet(key, title, tuple(columns), tuple(lines), (HOW,), head="First − second")


def format_p(p: float) -> str:
    """A p-value as papers print it."""
    if math.isnan(p):
        return "–"
    return "<0.001" if p < 0.001 else f"{p:.3f}"


def _to_cells(pair: Pair | None, metric: Metric) -> tuple[Cell, Cell]:
    if pair is None or pair.paired.interval.n == 0:
        return Cell("–"), Cell("–")
    interval = pair.paired.interval
    ends = interval.mean, interval.low, interval.high
    mean, low, high = (signed(number, metric.digits) for number in ends)
    return (
        Cell(mean, interval.mean, f"[{low}, {high}]", best=pair.significant),
        Cell(format_p(pair.p), pair.p),
    )


def _compare_in(metric: Metric, runs: list[Run]) -> Iterator[Pair]:
    duels = list(itertools.combinations(runs, 2))
    results = [_duel(metric, *duel) for duel in duels]
    adjusted = holm([paired.p for paired in results])
    for (first, second), paired, p in zip(duels, results, adjusted, strict=True):
        yield Pair(metric, first.label, second.label, paired, p)


def _duel(metric: Metric, first: Run, second: Run) -> Paired:
    common = first.scores.index.intersection(second.scores.index)
    a, b = first.scores.loc[common], second.scores.loc[common]
    # Every duel draws the same resamples, so a pair never depends on its neighbours.
    generator = np.random.default_rng(SEED)
    return compare_pairs(a[metric.key], b[metric.key], generator, groups=a["original"])
