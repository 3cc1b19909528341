"""Tables I and II with ours beside the paper's: as printed, and as CSV."""

import math

from romnet_bench.protocol import METRICS, Metric
from romnet_bench.report.csv_text import to_csv_text
from romnet_bench.report.formats import (
    EMPTY,
    HOW,
    PLACES,
    format_cell,
    format_gap,
    format_number,
    list_remarks,
    state_protocol,
)
from romnet_bench.report.paper import NOT_COMPARABLE, BesidePaper, PaperLine, Place
from romnet_bench.report.sheet import Cell, Column, Line, Sheet

UNKNOWN = "n/a"
"""Of a method that does the task, but was not measured by that metric."""


def to_sheet(beside: BesidePaper) -> Sheet:
    """Ours in the line, the paper's with the difference below; a column group a dataset."""
    settings = beside.table.settings
    columns = tuple(
        Column(metric.label, metric.arrow, group=setting.dataset)
        for setting in settings
        for metric in METRICS
    )
    lines = [_to_line(beside, line) for line in beside.lines]
    raised = any(cell.place for line in lines for cell in line.cells)
    below = [
        f"Ours, and small below it the paper's, with ours less the paper's in brackets. “{EMPTY}”: "
        f"the method cannot do that task; {UNKNOWN}: it has no such number; nothing: we have not "
        "measured it",
        NOT_COMPARABLE,
        HOW.replace(" with its 95 % interval", "; its 95 % interval stands in the CSV"),
        *([PLACES] if raised else []),
        *_state_settings(beside),
        *_list_remarks(beside),
    ]
    sentences = dict.fromkeys(line.rstrip(". ") + "." for line in below)
    return Sheet(beside.table.key, beside.table.title, columns, tuple(lines), tuple(sentences))


def to_csv(beside: BesidePaper) -> str:
    """A row a number, in full precision, the paper's as it prints them; unknown: empty."""
    header = ["table", "dataset", "recipe", "fingerprint", "method", "label", "paper_method"]
    header += ["metric", "mean", "low", "high", "n", "best", "place", "paper", "difference"]
    header += ["cannot", "protocol", "protocol_hash", "warnings"]
    rows: list[list[object]] = [[*header]]
    for line in beside.lines:
        for index, setting in enumerate(beside.table.settings):
            place, table = line.places[index], beside.measured[index]
            fingerprint = place.elsewhere or (table.fingerprint if table else "")
            for metric in METRICS:
                rows.append(
                    [
                        *(beside.paper.number, setting.dataset, setting.recipe),
                        fingerprint if place.row else "",
                        *(line.method, line.label, line.published, metric.key),
                        *_ours(place, metric),
                        beside.paper.text(setting.dataset, line.published, metric.key),
                        format_number(beside.difference(line, index, metric)),
                        *(place.cannot, *_origin(place)),
                    ]
                )
    return to_csv_text(rows)


def _ours(place: Place, metric: Metric) -> list[object]:
    if place.row is None:
        return ["", "", "", 0, False, ""]
    cell = place.row.intervals[metric.key]
    numbers = map(format_number, (cell.mean, cell.low, cell.high))
    best = metric.key in place.row.best
    return [*numbers, cell.n, best, place.row.places.get(metric.key, "")]


def _origin(place: Place) -> list[object]:
    if place.row is None:
        return ["", "", ""]
    row = place.row
    remarks = place.remarks or (*row.warnings, *row.notes)
    return [row.protocol.name, row.protocol.hash, "; ".join(remarks)]


def _is_warned(place: Place) -> bool:
    return place.row is not None and bool(place.elsewhere or place.row.warnings)


def _to_line(beside: BesidePaper, line: PaperLine) -> Line:
    cells = [
        _to_cell(beside, line, index, metric)
        for index in range(len(beside.table.settings))
        for metric in METRICS
    ]
    label = line.label if line.published else f"{line.label} (not in the paper)"
    warned = any(map(_is_warned, line.places))
    return Line(label, tuple(cells), warned, (line.label,) if line.method else ())


def _to_cell(beside: BesidePaper, line: PaperLine, index: int, metric: Metric) -> Cell:
    place, setting = line.places[index], beside.table.settings[index]
    printed = beside.paper.text(setting.dataset, line.published, metric.key)
    if place.row is None:
        return Cell(EMPTY) if place.cannot else Cell("", small=printed)
    cell = format_cell(place.row, metric)
    gap = beside.difference(line, index, metric)
    difference = "" if math.isnan(gap) else f" ({format_gap(gap, metric)})"
    text = cell.text if place.row.intervals[metric.key].n else UNKNOWN
    return Cell(text, cell.value, f"{printed}{difference}", cell.best, cell.place)


def _state_settings(beside: BesidePaper) -> list[str]:
    lines = []
    for setting, table in zip(beside.table.settings, beside.measured, strict=True):
        said = "not measured by us"
        if table:
            photos = max(row.photos_in_split for row in table.rows)
            said = f"{photos} photos, the paper {setting.photos:,}. {state_protocol(table)}"
        lines.append(f"{setting.dataset}: {said}")
    return lines


def _list_remarks(beside: BesidePaper) -> list[str]:
    """What `list_remarks` says below each of our tables, with the dataset's name before it."""
    lines = [
        f"{setting.dataset}: {remark}"
        for setting, table in zip(beside.table.settings, beside.measured, strict=True)
        if table
        for remark in list_remarks(table)
    ]
    for line in beside.lines:
        for setting, place in zip(beside.table.settings, line.places, strict=True):
            lines += [f"{setting.dataset}: {line.label}: {remark}" for remark in place.remarks]
    return lines
