"""An ablation table as bars: ours with their intervals, the paper's beside them."""

import math

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from romnet_bench.protocol import METRICS, Metric
from romnet_bench.report.ablations import AblationRow, AblationTable
from romnet_bench.report.figures.style import (
    HOUSE,
    INK,
    NEUTRAL,
    SOFT,
    Style,
    add_note,
    drawing,
    finish_panel,
    label,
    make_panels,
    name_metric,
    reach,
)
from romnet_bench.report.sheet import one_line

_ROW = 0.55  # inches
PAPER_NOTE = (
    "Bars: ours, with 95 % intervals. ◇: the paper's, on its own photos; not comparable in level."
)


def draw_ablations(table: AblationTable, style: Style = HOUSE) -> Figure:
    """A panel a metric: a bar a network with its 95 % interval, and ◇ where the paper stands.

    Bars begin at 0, so that their lengths are in proportion to the numbers. All look alike:
    they are one method's networks, and a colour would be taken for another method's.

    Args:
        table: of `make_ablation_table`.
        style: width, font and colours.
    """
    rows = table.rows
    with drawing(style):
        figure, panels = make_panels(len(METRICS), 1.1 + _ROW * len(rows), style)
        for number, (panel, metric) in enumerate(zip(panels, METRICS, strict=True)):
            for index, row in enumerate(rows):
                _draw_row(panel, row, metric, index, style)
            panel.set_xlabel(name_metric(metric))
            finish_panel(panel, "x", style)
            named = style.narrow or number == 0
            names = [label(row.label, style, width=26) for row in rows]
            panel.set_yticks(range(len(rows)), names if named else [""] * len(rows))
            panel.set_ylim(len(rows) - 0.5, -0.5)
            panel.set_xlim(0, 1.25 * _longest(rows, metric))
        add_note(figure, PAPER_NOTE, style)
    return figure


def describe_ablations(table: AblationTable) -> str:
    """For those who do not see the figure: every network's means."""
    parts = []
    for row in table.rows:
        numbers = [
            f"{metric.label} {row.mean(metric):.{metric.digits}f}"
            for metric in METRICS
            if not math.isnan(row.mean(metric))
        ]
        parts.append(f"{row.label}: {', '.join(numbers) or 'not measured'}")
    return one_line(f"{table.title.rstrip('.')}, as bars beside the paper's. {'; '.join(parts)}.")


def _draw_row(panel: Axes, row: AblationRow, metric: Metric, index: int, style: Style) -> None:
    paper = float(row.paper[metric.key])
    panel.plot(
        paper,
        index + 0.34,
        marker="D",
        markersize=5,
        markerfacecolor="white",
        markeredgecolor=SOFT,
        linestyle="none",
        zorder=4,
    )
    mean = row.mean(metric)
    if row.ours is None or math.isnan(mean):
        panel.text(0, index, " not measured", va="center", fontsize=style.small, color=SOFT)
        return
    cell = row.ours.intervals[metric.key]
    panel.barh(
        index,
        mean,
        height=0.5,
        color=NEUTRAL.pale,
        edgecolor=NEUTRAL.colour,
        linewidth=1,
        xerr=reach(cell),
        error_kw={"ecolor": INK, "elinewidth": 1.1, "capsize": 2.5},
    )
    panel.annotate(
        f"{mean:.{metric.digits}f}",
        (cell.high, index),
        (4, 0),
        textcoords="offset points",
        va="center",
        fontsize=style.small,
        color=INK,
    )


def _longest(rows: list[AblationRow], metric: Metric) -> float:
    """The largest number of a panel, so that all that stands behind a bar fits in."""
    ours = [row.ours.intervals[metric.key].high for row in rows if row.ours is not None]
    papers = [float(row.paper[metric.key]) for row in rows]
    return max(value for value in (*ours, *papers) if not math.isnan(value))
