"""An ablation table as it is printed, and as CSV for programs."""

from romnet_bench.protocol import METRICS, Metric
from romnet_bench.report.ablations import AblationRow, AblationTable
from romnet_bench.report.csv_text import to_csv_text
from romnet_bench.report.formats import (
    EMPTY,
    explain_numbers,
    format_cell,
    format_gap,
    format_number,
    format_photos,
    list_remarks,
    state_protocol,
)
from romnet_bench.report.sheet import Cell, Column, Line, Sheet


def to_csv(table: AblationTable) -> str:
    """Plain numbers in full precision, the paper's as it prints them; unknown: an empty field."""
    header = ["table", "dataset", "split", "fingerprint", "label"]
    for metric in METRICS:
        parts = ("mean", "low", "high", "n", "place", "paper", "difference")
        header += [f"{metric.key}_{part}" for part in parts]
    header += ["photos", "photos_in_split", "protocol", "protocol_hash", "warnings", "remarks"]
    rows: list[list[object]] = [[*header]]
    measured = table.measured
    remarks = "; ".join((*measured.footnotes, *table.remarks))
    for row in table.rows:
        ours = row.ours
        fields: list[object] = [table.key, measured.dataset, measured.split, measured.fingerprint]
        fields.append(row.label)
        for metric in METRICS:
            if ours is None:
                fields += ["", "", "", 0, ""]
            else:
                cell = ours.intervals[metric.key]
                fields += [*map(format_number, (cell.mean, cell.low, cell.high)), cell.n]
                fields += [ours.places.get(metric.key, "")]
            fields += [row.paper[metric.key], format_number(row.difference(metric))]
        fields += [0, ""] if ours is None else [ours.photos, ours.photos_in_split]
        fields += [measured.protocol.name, measured.protocol.hash]
        fields += ["" if ours is None else "; ".join((*ours.warnings, *ours.notes)), remarks]
        rows.append(fields)
    return to_csv_text(rows)


def to_sheet(table: AblationTable) -> Sheet:
    """Ours with their intervals; beside them the paper's, with ours less the paper's below."""
    columns = [
        column
        for metric in METRICS
        for column in (
            Column(metric.label, metric.arrow),
            Column("paper", note=f"{metric.label} as the paper prints it; ours less the paper's"),
        )
    ]
    measured = table.measured
    return Sheet(
        key=table.key,
        title=table.title,
        columns=(*columns, Column("Photos")),
        lines=tuple(map(_to_line, table.rows)),
        below=(
            state_protocol(measured),
            *explain_numbers(measured),
            *list_remarks(measured),
            *table.remarks,
        ),
    )


def _to_line(row: AblationRow) -> Line:
    cells = [cell for metric in METRICS for cell in _to_cells(row, metric)]
    photos = Cell(EMPTY) if row.ours is None else Cell(format_photos(row.ours), row.ours.photos)
    warned = row.ours is not None and bool(row.ours.warnings)
    return Line(row.label, (*cells, photos), warned)


def _to_cells(row: AblationRow, metric: Metric) -> tuple[Cell, Cell]:
    printed = row.paper[metric.key]
    gap = format_gap(row.difference(metric), metric)
    paper = Cell(printed, float(printed), small="" if gap == EMPTY else f"({gap})")
    return Cell(EMPTY) if row.ours is None else format_cell(row.ours, metric), paper
