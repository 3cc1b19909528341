"""A table in a few sentences, for those who read no further."""

import math

from romnet_bench.protocol import METRICS, Metric
from romnet_bench.report.formats import format_gap, format_mean
from romnet_bench.report.sheet import join_words
from romnet_bench.report.significance import format_p
from romnet_bench.report.tables import Row, Table


def summarise(table: Table) -> str:
    """Who leads in each metric, by how much over the input, and ahead of whom it is not.

    Empty where there is but one.
    """
    said = " ".join(filter(None, (_summarise_metric(table, metric) for metric in METRICS)))
    if not said and len(table.rows) > 1:
        return "No two rows may be compared: the notes below the table say why."
    return said


def _summarise_metric(table: Table, metric: Metric) -> str:
    leaders = [row for row in table.rows if metric.key in row.best]
    if not leaders:
        return ""
    best = leaders[0]
    word = "Highest" if metric.higher_is_better else "Lowest"
    number = format_mean(best.intervals[metric.key], metric)
    names = " and ".join(row.label for row in leaders)
    aside = _set_aside(table, metric)
    among = " of the rows that may be compared" if aside else ""
    sentence = f"{word} {metric.label}{among}: {names}, {number}{_over_floor(table, best, metric)}"
    rivals = [
        row.label
        for row in table.rows
        if row not in leaders and not _apart(table, best, row, metric)
    ]
    if rivals:
        sentence += f"; not significantly better than {join_words(rivals)}"
    if aside:
        sentence += f"; set aside: {join_words(aside)}"
    return f"{sentence}."


def _set_aside(table: Table, metric: Metric) -> list[str]:
    """Who has a number, but may not be compared, though it is meant to be."""
    return [
        row.label
        for row in table.rows
        if row.intervals[metric.key].n and metric.key not in row.places and not row.is_sensitivity
    ]


def _over_floor(table: Table, best: Row, metric: Metric) -> str:
    """How it stands against the input itself."""
    floor = next((row for row in table.rows if row.is_floor), None)
    if floor is None:
        return ""
    if floor is best:
        return ", no method does better than the input"
    for pair in table.pairs:
        if pair.metric == metric and {pair.first, pair.second} == {best.label, floor.label}:
            sign = 1 if pair.first == best.label else -1
            cell = pair.paired.interval
            ends = sorted((sign * cell.low, sign * cell.high))
            gap, low, high = (format_gap(value, metric) for value in (sign * cell.mean, *ends))
            ends_said = f" [{low}, {high}]" if low != high else ""
            return f" ({gap}{ends_said} against the input, p {_said(pair.p)})"
    return ""


def _apart(table: Table, best: Row, other: Row, metric: Metric) -> bool:
    """Whether the two differ significantly, or may not be compared at all."""
    names = {best.label, other.label}
    own = [p for p in table.pairs if p.metric == metric and {p.first, p.second} == names]
    return not own or own[0].significant


def _said(p: float) -> str:
    text = format_p(p)
    return text.replace("<", "< ") if text.startswith("<") or math.isnan(p) else f"= {text}"
