"""A table as CSV for programs and as Markdown for a README; how its cells are written."""

import csv
import io
import math
import re

from romnet_bench.bench.statistics import LEVEL, RESAMPLES, Interval
from romnet_bench.protocol import METRICS, Metric
from romnet_bench.report.tables import Row, Table

EMPTY = "–"
HOW = (
    f"Mean over photos with its {100 * LEVEL:.0f} % interval (percentile bootstrap over photos, "
    f"{RESAMPLES:,} resamples)."
)


def format_mean(interval: Interval, metric: Metric) -> str:
    """The mean in the metric's digits, `–` if there is none."""
    return EMPTY if interval.n == 0 else f"{interval.mean:.{metric.digits}f}"


def format_range(interval: Interval, metric: Metric) -> str:
    """The interval as `[low, high]`, empty if there is none."""
    if interval.n == 0:
        return ""
    return f"[{interval.low:.{metric.digits}f}, {interval.high:.{metric.digits}f}]"


def format_seconds(seconds: float) -> str:
    """Seconds per photo in two significant digits or whole seconds, `–` if unknown."""
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
    """Everything to be said below a table: warnings, notes and footnotes, a sentence each."""
    of_rows = [
        f"{row.label}: {remark}" for row in table.rows for remark in (*row.warnings, *row.notes)
    ]
    return [line.rstrip(". ") + "." for line in (*of_rows, *table.footnotes)]


def to_csv(table: Table) -> str:
    """Plain numbers in full precision; an unknown one is an empty field."""
    header = ["dataset", "split", "fingerprint", "method", "label", "restores", "colorizes"]
    for metric in METRICS:
        header += [f"{metric.key}_{part}" for part in ("mean", "low", "high", "n")]
    header += ["photos", "photos_in_split", "seconds_per_photo"]
    header += ["protocol", "protocol_hash", "warnings", "footnotes"]
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    for row in table.rows:
        fields: list[object] = [table.dataset, table.split, table.fingerprint]
        fields += [row.method, row.label, row.restores, row.colorizes]
        for metric in METRICS:
            cell = row.intervals[metric.key]
            fields += [*map(format_number, (cell.mean, cell.low, cell.high)), cell.n]
        fields += [row.photos, row.photos_in_split, format_number(row.seconds)]
        fields += [row.protocol.name, row.protocol.hash]
        fields += ["; ".join((*row.warnings, *row.notes)), "; ".join(table.footnotes)]
        writer.writerow(fields)
    return buffer.getvalue()


def to_markdown(table: Table) -> str:
    """A table that GitHub shows, the best in bold, with its remarks below."""
    header = ["Method", *(f"{metric.label} {metric.arrow}" for metric in METRICS)]
    header += ["Photos", "Seconds per photo"]
    lines = [header, ["---", *["---:"] * (len(header) - 1)]]
    for row in table.rows:
        cells = [escape_markdown(row.label) + (" †" if row.warnings else "")]
        for metric in METRICS:
            interval = row.intervals[metric.key]
            mean = format_mean(interval, metric)
            mean = f"**{mean}**" if metric.key in row.best else mean
            cells.append(f"{mean} {format_range(interval, metric)}".strip())
        lines.append([*cells, format_photos(row), format_seconds(row.seconds)])
    body = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
    remarks = "".join(f"- {escape_markdown(line)}\n" for line in list_remarks(table))
    title = escape_markdown(f"{table.dataset} ({table.split})")
    text = f"### {title}\n\n{body}\n\n{escape_markdown(state_protocol(table))} {HOW}\n"
    return f"{text}\n{remarks}" if remarks else text


def escape_markdown(text: str) -> str:
    """`text` so that Markdown shows it as it is, on one line."""
    text = one_line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_{}\[\]#!|~$])", r"\\\1", text)


def one_line(text: str) -> str:
    """`text` without line breaks, control signs and runs of spaces."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())


def format_number(value: float) -> str:
    """All digits of a number for a program, empty if it is unknown."""
    return "" if math.isnan(value) else repr(float(value))
