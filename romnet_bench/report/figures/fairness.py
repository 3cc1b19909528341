"""Which methods a figure must mark, because they may not be compared with the others."""

from collections.abc import Collection

from romnet_bench.protocol import METRICS
from romnet_bench.report.runs import Comparison
from romnet_bench.report.tables import common_protocol, find_comparable

MARK = "‡"  # in a table † points to a remark, also where rows may be compared
MARK_NOTE = f"{MARK}: not comparable, see the table."


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


def mark(text: str, name: str, marked: Collection[str]) -> str:
    """`text`, which shows the method called `name`, with ‡ behind it if that is in `marked`."""
    return f"{text}{MARK}" if name in marked else text
