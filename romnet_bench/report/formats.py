"""A comparison as it is printed, and as CSV for programs; how its numbers are written."""

import math

from romnet_bench.bench.paired import ALPHA
from romnet_bench.bench.statistics import LEVEL, RESAMPLES, Interval
from romnet_bench.protocol import METRICS, Metric
from romnet_bench.report.csv_text import to_csv_text
from romnet_bench.report.sheet import Cell, Column, Line, Sheet, signed
from romnet_bench.report.tables import Row, Table

EMPTY = "–"
_NAMED = 4  # labels before a remark, even if there are fewer others
HOW = (
    f"Mean over photos with its {100 * LEVEL:.0f} % interval (percentile bootstrap over photos, "
    f"{RESAMPLES:,} resamples)."
)
PLACES = (
    "Raised: the place by that metric, from the best mean down; a new one begins with the method "
    "that is significantly worse than the first of the one before. Significant: "
    f"p < {ALPHA:g} by Wilcoxon's signed-rank test over the photos "
    "(variants of one photograph as one), two-sided, with Holm's correction over all pairs, and "
    "the mean favours the same method. Methods of different places need not differ significantly."
)


def format_mean(interval: Interval, metric: Metric) -> str:
    """The mean in the metric's digits, `–` if there is none."""
    return EMPTY if interval.n == 0 else f"{interval.mean:.{metric.digits}f}"


def format_range(interval: Interval, metric: Metric) -> str:
    """The interval as `[low, high]`, empty where fewer than two photos were measured."""
    if interval.n < 2:  # of one photo there is no spread to tell
        return ""
    return f"[{interval.low:.{metric.digits}f}, {interval.high:.{metric.digits}f}]"


def format_gap(gap: float, metric: Metric) -> str:
    """A difference with its sign, `–` if it is unknown."""
    return EMPTY if math.isnan(gap) else signed(gap, metric.digits)


def format_seconds(seconds: float) -> str:
    """Seconds per photo in at most two significant digits or whole seconds, `–` if unknown."""
    if math.isnan(seconds):
        return EMPTY
    if seconds < 0.01:
        return "<0.01"
    return f"{seconds:.0f}" if seconds >= 10 else f"{seconds:.2g}"


def format_photos(row: Row) -> str:
    """How many photos were scored, and of how many where some are missing."""
    if row.photos == row.photos_in_split:
        return str(row.photos)
    return f"{row.photos} of {row.photos_in_split}"


def state_protocol(table: Table) -> str:
    """Under which definitions and on which photos the table holds."""
    return (
        f"Protocol {table.protocol.name} ({table.protocol.hash}); photos: {table.dataset}, "
        f"{table.split}, fingerprint {table.fingerprint}."
    )


def list_remarks(table: Table) -> list[str]:
    """Everything to be said below a table: warnings, notes and footnotes, each said once."""
    whose: dict[str, list[str]] = {}
    for row in table.rows:
        for remark in (*row.warnings, *row.notes):
            whose.setdefault(remark, []).append(row.label)
    everybody = [row.label for row in table.rows]
    of_rows = [f"{_name(labels, everybody)}: {remark}" for remark, labels in whose.items()]
    return [line.rstrip(". ") + "." for line in (*of_rows, *table.footnotes)]


def _name(labels: list[str], everybody: list[str]) -> str:
    """Whom a remark concerns, in the shorter way: by name, or all but the others."""
    others = [label for label in everybody if label not in labels]
    if len(labels) <= max(_NAMED, len(others)):
        return "; ".join(labels)
    return f"All rows but {'; '.join(others)}" if others else "All rows"


def to_csv(table: Table) -> str:
    """Plain numbers in full precision; an unknown one is an empty field."""
    header = ["dataset", "split", "fingerprint", "method", "label", "restores", "colorizes"]
    for metric in METRICS:
        header += [f"{metric.key}_{part}" for part in ("mean", "low", "high", "n", "place")]
    header += ["photos", "photos_in_split", "seconds_per_photo"]
    header += ["protocol", "protocol_hash", "warnings", "footnotes"]
    rows: list[list[object]] = [[*header]]
    for row in table.rows:
        fields: list[object] = [table.dataset, table.split, table.fingerprint]
        fields += [row.method, row.label, row.restores, row.colorizes]
        for metric in METRICS:
            cell = row.intervals[metric.key]
            fields += [*map(format_number, (cell.mean, cell.low, cell.high)), cell.n]
            fields += [row.places.get(metric.key, "")]
        fields += [row.photos, row.photos_in_split, format_number(row.seconds)]
        fields += [row.protocol.name, row.protocol.hash]
        fields += ["; ".join((*row.warnings, *row.notes)), "; ".join(table.footnotes)]
        rows.append(fields)
    return to_csv_text(rows)


def to_sheet(table: Table) -> Sheet:
    """The table as it is printed, with its remarks below."""
    columns = [
        *(Column(metric.label, metric.arrow) for metric in METRICS),
        Column("Photos"),
        Column("Seconds per photo", "↓"),
    ]
    return Sheet(
        key=table.key,
        title=f"{table.dataset} ({table.split})",
        columns=tuple(columns),
        lines=tuple(_to_line(row) for row in table.rows),
        below=(state_protocol(table), *explain_numbers(table), *list_remarks(table)),
    )


def _to_line(row: Row) -> Line:
    cells = [
        *(format_cell(row, metric) for metric in METRICS),
        Cell(format_photos(row), row.photos),
        Cell(format_seconds(row.seconds), row.seconds),
    ]
    return Line(row.label, tuple(cells), bool(row.warnings), (row.label,))


def format_cell(row: Row, metric: Metric) -> Cell:
    """A mean with its interval and its place."""
    interval = row.intervals[metric.key]
    return Cell(
        text=format_mean(interval, metric),
        value=interval.mean,
        small=format_range(interval, metric),
        best=metric.key in row.best,
        place=row.places.get(metric.key, 0),
    )


def explain_numbers(table: Table) -> list[str]:
    """How the numbers of a cell are to be read."""
    return [HOW, *([PLACES] if any(row.places for row in table.rows) else [])]


def format_number(value: float) -> str:
    """All digits of a number for a program, empty if it is unknown."""
    return "" if math.isnan(value) else repr(float(value))
