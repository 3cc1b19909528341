"""An ablation table as CSV, Markdown and LaTeX."""

import csv
import io
import math

from romnet_bench.protocol import METRICS, Metric
from romnet_bench.report.ablations import AblationRow, AblationTable
from romnet_bench.report.formats import (
    EMPTY,
    HOW,
    escape_markdown,
    format_mean,
    format_number,
    format_photos,
    format_range,
    list_remarks,
    state_protocol,
)
from romnet_bench.report.latex import escape_latex, latex_arrow, to_float


def to_csv(table: AblationTable) -> str:
    """Plain numbers in full precision, the paper's as it prints them; unknown: an empty field."""
    header = ["table", "dataset", "split", "fingerprint", "label"]
    for metric in METRICS:
        parts = ("mean", "low", "high", "n", "paper", "difference")
        header += [f"{metric.key}_{part}" for part in parts]
    header += ["photos", "photos_in_split", "protocol", "protocol_hash", "warnings", "remarks"]
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    measured = table.measured
    remarks = "; ".join((*measured.footnotes, *table.remarks))
    for row in table.rows:
        ours = row.ours
        fields: list[object] = [table.key, measured.dataset, measured.split, measured.fingerprint]
        fields.append(row.label)
        for metric in METRICS:
            if ours is None:
                fields += ["", "", "", 0]
            else:
                cell = ours.intervals[metric.key]
                fields += [*map(format_number, (cell.mean, cell.low, cell.high)), cell.n]
            fields += [row.paper[metric.key], format_number(row.difference(metric))]
        fields += [0, ""] if ours is None else [ours.photos, ours.photos_in_split]
        fields += [measured.protocol.name, measured.protocol.hash]
        fields += ["" if ours is None else "; ".join((*ours.warnings, *ours.notes)), remarks]
        writer.writerow(fields)
    return buffer.getvalue()


def to_markdown(table: AblationTable) -> str:
    """A table that GitHub shows, our best in bold, with its remarks below."""
    header = ["Method"]
    for metric in METRICS:
        header += [f"{metric.label} {metric.arrow}", "paper", "difference"]
    lines = [[*header, "Photos"], ["---", *["---:"] * len(header)]]
    for row in table.rows:
        cells = [escape_markdown(row.label) + (" †" if row.ours and row.ours.warnings else "")]
        for metric in METRICS:
            mean, span = _format_ours(row, metric)
            mean = f"**{mean}**" if _is_best(row, metric) else mean
            cells += [f"{mean} {span}".strip(), row.paper[metric.key], _format_gap(row, metric)]
        lines.append([*cells, EMPTY if row.ours is None else format_photos(row.ours)])
    body = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
    remarks = "".join(
        f"- {escape_markdown(line)}\n" for line in (*list_remarks(table.measured), *table.remarks)
    )
    how = f"{escape_markdown(state_protocol(table.measured))} {HOW}"
    return f"### {escape_markdown(table.title)}\n\n{body}\n\n{how}\n\n{remarks}"


def to_latex(table: AblationTable) -> str:
    """A float for booktabs as wide as a page, our best in bold, with its remarks below."""
    header = ["Method"]
    for metric in METRICS:
        header += [f"{metric.label} {latex_arrow(metric)}", "paper, diff."]
    lines = [line for row in table.rows for line in _format_latex_row(row)]
    below = [state_protocol(table.measured), HOW, *list_remarks(table.measured), *table.remarks]
    return to_float(table.key, table.title, header, lines, below, environment="table*")


def _format_latex_row(row: AblationRow) -> list[str]:
    """Means and the paper's; below them intervals and differences, which would overflow a page."""
    warned = row.ours is not None and bool(row.ours.warnings)
    means = [escape_latex(row.label) + (r"\,\textdagger" if warned else "")]
    ends = [""]
    for metric in METRICS:
        mean, span = map(escape_latex, _format_ours(row, metric))
        gap = escape_latex(_format_gap(row, metric))
        means.append(rf"\textbf{{{mean}}}" if _is_best(row, metric) else mean)
        means.append(row.paper[metric.key])
        ends += [rf"{{\scriptsize {below}}}" if span else "" for below in (span, gap)]
    return [f"    {' & '.join(cells).rstrip()} \\\\" for cells in (means, ends) if any(cells)]


def _format_ours(row: AblationRow, metric: Metric) -> tuple[str, str]:
    """Our mean and its interval."""
    if row.ours is None:
        return EMPTY, ""
    cell = row.ours.intervals[metric.key]
    return format_mean(cell, metric), format_range(cell, metric)


def _format_gap(row: AblationRow, metric: Metric) -> str:
    """The difference with its sign."""
    gap = row.difference(metric)
    if math.isnan(gap):
        return EMPTY
    return f"{gap:+.{metric.digits}f}".replace("-", "−")


def _is_best(row: AblationRow, metric: Metric) -> bool:
    return row.ours is not None and metric.key in row.ours.best
