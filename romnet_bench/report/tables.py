"""The numbers of a comparison: a row per method, with what a reader must be warned of."""

import collections
import dataclasses

import numpy as np

from romnet_bench.bench.results import ProtocolRecord
from romnet_bench.bench.statistics import Interval, mean_interval
from romnet_bench.methods.contract import UNTRAINED
from romnet_bench.protocol import DEFAULT, METRICS, Metric
from romnet_bench.report.remarks import (
    explain_empty,
    list_notes,
    list_warnings,
    warn_of_whole,
)
from romnet_bench.report.runs import Comparison, Run
from romnet_bench.report.significance import Pair, compare_all, find_places

SEED = 0  # every cell draws the same resamples, so a row never depends on its neighbours


@dataclasses.dataclass(frozen=True)
class Row:
    """One method's means.

    `best` holds the metrics in which no comparable row is better; `places` has a place for each in
    which it may be compared (`bench.paired.shared_ranks`).
    """

    label: str
    method: str
    intervals: dict[str, Interval]
    best: frozenset[str]
    places: dict[str, int]
    photos: int
    photos_in_split: int
    seconds: float  # mean per photo, NaN if unknown
    protocol: ProtocolRecord
    is_floor: bool  # the input itself
    is_sensitivity: bool  # has a worse reference on purpose
    restores: bool
    colorizes: bool
    notes: list[str]  # what the method does not do
    warnings: list[str]  # why the row may not be compared as it stands


@dataclasses.dataclass(frozen=True)
class Table:
    """A comparison in numbers; `footnotes` explain its empty columns and warn of the whole.

    `pairs` holds every pair of comparable rows in every metric.
    """

    key: str
    dataset: str
    split: str
    fingerprint: str
    protocol: ProtocolRecord
    rows: list[Row]
    pairs: list[Pair]
    footnotes: list[str]


def make_tables(comparisons: list[Comparison]) -> list[Table]:
    """One table for each comparison, in order."""
    return [_make_table(comparison, comparisons) for comparison in comparisons]


def _make_table(comparison: Comparison, all_of_them: list[Comparison]) -> Table:
    runs = comparison.runs
    protocol = common_protocol(runs)
    intervals = [
        {
            metric.key: mean_interval(
                run.scores[metric.key], np.random.default_rng(SEED), groups=run.scores["original"]
            )
            for metric in METRICS
        }
        for run in runs
    ]
    weights = {metric.key: common_weights(runs, metric) for metric in METRICS}
    comparable = find_comparable(runs, protocol)
    best = _find_best(intervals, comparable)
    pairs = compare_all(runs, comparable)
    places = find_places(
        pairs,
        {
            run.label: {key: cell.mean for key, cell in cells.items()}
            for run, cells in zip(runs, intervals, strict=True)
        },
    )
    rows = [
        Row(
            label=run.label,
            method=run.record.method.name,
            intervals=intervals[index],
            best=frozenset(key for key, winners in best.items() if index in winners),
            places=places.get(run.label, {}),
            photos=len(run.scores),
            photos_in_split=run.record.dataset.photos,
            seconds=float(run.scores["seconds"].mean()),
            protocol=run.record.protocol,
            is_floor=run.is_floor,
            is_sensitivity=run.is_sensitivity,
            restores=run.record.method.restores,
            colorizes=run.record.method.colorizes,
            notes=list_notes(run),
            warnings=list_warnings(run, intervals[index], protocol, weights),
        )
        for index, run in enumerate(runs)
    ]
    return Table(
        key=comparison.key,
        dataset=comparison.dataset,
        split=comparison.split,
        fingerprint=comparison.fingerprint,
        protocol=protocol,
        rows=rows,
        pairs=pairs,
        footnotes=[
            *explain_empty(runs, intervals),
            *warn_of_whole(comparison, all_of_them),
        ],
    )


def common_protocol(runs: list[Run]) -> ProtocolRecord:
    """The default protocol if any run uses it, else that of most runs (the first of equals)."""
    used = [run.record.protocol for run in _rivals(runs)]
    default = [protocol for protocol in used if protocol.hash == DEFAULT.hash]
    counts = collections.Counter(protocol.hash for protocol in used)
    return default[0] if default else max(used, key=lambda protocol: counts[protocol.hash])


def find_comparable(runs: list[Run], protocol: ProtocolRecord) -> dict[str, list[int]]:
    """For each metric the runs that may be set side by side in it.

    Like is compared with like: only trained systems under the table's protocol that measured the
    metric with the weights that most did, on all of the photos that any such system did; and each
    with its best reference.
    """
    comparable = {}
    for metric in METRICS:
        measured = {
            index: frozenset(run.scores.index[run.scores[metric.key].notna()])
            for index, run in enumerate(runs)
            if run.record.protocol.hash == protocol.hash
            and UNTRAINED not in run.record.method.notes
            and not run.is_sensitivity
            and run.record.weights.get(metric.key, "") in ("", common_weights(runs, metric))
        }
        everything = frozenset().union(*measured.values())
        comparable[metric.key] = [
            index for index, ids in measured.items() if ids and ids == everything
        ]
    return comparable


def find_incomparable(comparison: Comparison) -> dict[str, frozenset[str]]:
    """Metric → the labels of the runs that measured it, but may not be compared in it."""
    runs = comparison.runs
    comparable = find_comparable(runs, common_protocol(runs))
    return {
        metric.key: frozenset(
            run.label
            for index, run in enumerate(runs)
            if index not in comparable[metric.key] and run.scores[metric.key].notna().any()
        )
        for metric in METRICS
    }


def common_weights(runs: list[Run], metric: Metric) -> str:
    """The SHA-256 of the weights that most runs measured a metric with; empty if none says."""
    used = [sha for run in _rivals(runs) if (sha := run.record.weights.get(metric.key, ""))]
    return max(used, key=used.count) if used else ""


def _rivals(runs: list[Run]) -> list[Run]:
    """Those that are meant to be compared: worse references on purpose do not outvote them."""
    return [run for run in runs if not run.is_sensitivity] or runs


def _find_best(
    intervals: list[dict[str, Interval]], comparable: dict[str, list[int]]
) -> dict[str, set[int]]:
    """For each metric the comparable rows with the best printed number; one alone is not best."""
    best = {}
    for metric in METRICS:
        printed = {
            index: round(intervals[index][metric.key].mean, metric.digits)
            for index in comparable[metric.key]
        }
        choose = max if metric.higher_is_better else min
        winner = choose(printed.values()) if len(printed) > 1 else None
        best[metric.key] = {index for index, value in printed.items() if value == winner}
    return best
