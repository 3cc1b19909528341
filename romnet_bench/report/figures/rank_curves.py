"""A method's scores by the rank of its references: the numbers of the paper's Fig. 6."""

import csv
import dataclasses
import re

import numpy as np
import pandas as pd

from romnet_bench.bench.statistics import Interval, mean_interval
from romnet_bench.files import resource
from romnet_bench.protocol import METRICS, Metric
from romnet_bench.report.csv_text import to_csv_text
from romnet_bench.report.figures.looks import base_label
from romnet_bench.report.formats import format_number
from romnet_bench.report.runs import Comparison, Run
from romnet_bench.report.tables import SEED


@dataclasses.dataclass(frozen=True)
class RankCurve:
    """One method's means by rank, over the photos that all its ranks have.

    Attributes:
        label: the method.
        photos: how many of them there are.
        of: how many photos any of its ranks has.
        intervals: rank → metric → mean with its 95 % bootstrap interval; ranks rising.
        change: metric → the paired difference, last rank − first.
    """

    label: str
    photos: int
    of: int
    intervals: dict[int, dict[str, Interval]]
    change: dict[str, Interval]

    @property
    def ranks(self) -> list[int]:
        """From the most similar reference on."""
        return list(self.intervals)

    def cells(self, metric: Metric) -> list[Interval]:
        """One metric's means, rank by rank."""
        return [self.intervals[rank][metric.key] for rank in self.ranks]


def find_rank_curves(comparison: Comparison) -> list[RankCurve]:
    """A curve for every method that was run with references of two ranks or more; may be empty.

    Runs belong to one curve if they differ in rank alone: the same method, options, weights (its
    own and the metrics'), protocol and references. Of two runs of one rank the first counts.
    """
    families = _find_families(comparison)
    curves = [_make_curve(runs) for runs in families.values() if len(runs) > 1]
    return [curve for curve in curves if curve.photos]


def keep_first_ranks(comparison: Comparison) -> Comparison:
    """The comparison with one run a curve, that of the first rank: what other figures show.

    Ten rows of one method would hide all others.
    """
    hidden = {
        runs[rank].folder
        for runs in _find_families(comparison).values()
        for rank in sorted(runs)[1:]
    }
    kept = [run for run in comparison.runs if run.folder not in hidden]
    return dataclasses.replace(comparison, runs=kept)


def read_paper_ends() -> dict[str, dict[int, float]]:
    """The two ends that the paper's text gives: metric → rank → mean on its DIV2K."""
    ends: dict[str, dict[int, float]] = {}
    path = resource("reports", "paper", "figure6.csv")
    with path.open(encoding="utf-8", newline="") as handle:
        for row in csv.DictReader(handle):
            found = re.search(r"rank (\d+)$", row["method"])
            if found:
                ends.setdefault(row["metric"], {})[int(found[1])] = float(row["value"])
    return ends


def to_csv(curves: list[RankCurve]) -> str:
    """The numbers drawn, in full precision, a line a method, rank and metric."""
    rows: list[list[object]] = [["method", "rank", "metric", "mean", "low", "high", "photos"]]
    for curve in curves:
        for rank, intervals in curve.intervals.items():
            for key, cell in intervals.items():
                numbers = map(format_number, (cell.mean, cell.low, cell.high))
                rows.append([curve.label, rank, key, *numbers, cell.n])
    return to_csv_text(rows)


def _find_families(comparison: Comparison) -> dict[tuple[object, ...], dict[int, Run]]:
    """Rank → run, for all that differ in rank alone."""
    families: dict[tuple[object, ...], dict[int, Run]] = {}
    for run in comparison.runs:
        rank = run.record.references.get("rank", "")
        if rank.isdecimal() and int(rank) > 0:
            families.setdefault(_family(run), {}).setdefault(int(rank), run)
    return families


def _family(run: Run) -> tuple[object, ...]:
    """What runs of one curve share."""
    record = run.record
    name = re.sub(r"-rank-\d+$", "", record.method.name)
    lenders = sorted((key, value) for key, value in record.references.items() if key != "rank")
    options = sorted(record.method.fingerprint.items())
    weights = tuple(sorted(record.weights.items()))
    return name, tuple(options), record.protocol.hash, weights, tuple(lenders)


def _make_curve(runs: dict[int, Run]) -> RankCurve:
    ranks = sorted(runs)
    first = runs[ranks[0]]
    ids = set.intersection(*(set(run.scores.index) for run in runs.values()))
    common = [identity for identity in first.scores.index if identity in ids]
    scores = {
        metric.key: pd.DataFrame(
            {rank: runs[rank].scores.loc[common, metric.key] for rank in ranks}
        ).dropna()
        for metric in METRICS
    }
    originals = first.scores["original"]

    def measure(values: pd.Series) -> Interval:
        # Like the tables: all draw the same resamples, so ranks are compared on the same photos.
        groups = originals.loc[values.index]
        return mean_interval(values, np.random.default_rng(SEED), groups=groups)

    return RankCurve(
        label=base_label(first.label),
        photos=len(common),
        of=len(set().union(*(run.scores.index for run in runs.values()))),
        intervals={
            rank: {key: measure(table[rank]) for key, table in scores.items()} for rank in ranks
        },
        change={key: measure(table[ranks[-1]] - table[ranks[0]]) for key, table in scores.items()},
    )
