"""How much the reference matters: scores by the reference's rank (the paper's Fig. 6)."""

import math
from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from romnet_bench.protocol import METRICS, Metric
from romnet_bench.report.figures.looks import assign_looks
from romnet_bench.report.figures.rank_curves import RankCurve, read_paper_ends
from romnet_bench.report.figures.style import (
    HOUSE,
    INK,
    SOFT,
    Look,
    Style,
    add_note,
    drawing,
    finish_panel,
    label,
    leave_empty,
    make_panels,
    name_metric,
    reach,
)
from romnet_bench.report.sheet import one_line, signed


def draw_sensitivity(
    curves: list[RankCurve],
    style: Style = HOUSE,
    *,
    paper: bool = False,
    looks: Mapping[str, Look] | None = None,
) -> Figure:
    """Fig. 6: three panels, the mean by rank with its 95 % interval, a line a method.

    Args:
        curves: of `find_rank_curves`, at least one.
        style: width, font and colours.
        paper: whether the photos are the paper's, so that its two ends may be drawn too; levels on
            other photos are not comparable.
        looks: of the whole report's methods, so that each looks alike in all its figures.
    """
    looks = looks or assign_looks([curve.label for curve in curves], style=style)
    ends = read_paper_ends() if paper else {}
    with drawing(style):
        figure, panels = make_panels(len(METRICS), 2.7 if not style.narrow else 1.75, style)
        ranks = {rank for curve in curves for rank in curve.ranks}
        ranks |= {rank for means in ends.values() for rank in means}
        step = 1 + (max(ranks) - min(ranks)) // 12
        for panel, metric in zip(panels, METRICS, strict=True):
            for index, curve in enumerate(curves):
                # Side by side, so that intervals do not cover each other.
                shift = 0.14 * (index - (len(curves) - 1) / 2) / max(len(curves) / 4, 1)
                if curve.cells(metric)[0].n:
                    name = label(curve.label, style, width=40, lines=2)
                    _draw_curve(panel, curve, metric, looks[curve.label], shift=shift, name=name)
            measured = any(curve.cells(metric)[0].n for curve in curves)
            if measured and metric.key in ends:
                _draw_paper(panel, ends[metric.key])
            if panel is panels[-1] or not style.narrow:
                panel.set_xlabel("Rank of the reference")
            panel.set_ylabel(name_metric(metric))
            finish_panel(panel, "y", style)
            if measured:
                panel.set_xticks(range(min(ranks), max(ranks) + 1, step))
                panel.margins(y=0.12)
                if len(curves) == 1:
                    _note_change(panel, curves[0], metric, style)
            else:
                leave_empty(panel)
        figure.align_ylabels(panels)
        lines = panels[0].get_legend_handles_labels()
        if len(curves) > 1 or ends:
            figure.legend(
                *lines, loc="outside upper left", ncols=1 if style.narrow else 3, frameon=False
            )
        add_note(figure, _explain(curves, style), style)
    return figure


def describe_sensitivity(curves: list[RankCurve]) -> str:
    """For those who do not see the figure: each method's first and last rank."""
    parts = []
    for curve in curves:
        changes = []
        for metric in METRICS:
            one, *_, other = curve.cells(metric)
            if one.n:
                digits = metric.digits
                changes.append(f"{metric.label} {one.mean:.{digits}f} → {other.mean:.{digits}f}")
        parts.append(f"{curve.label}, {curve.photos} photos: {', '.join(changes) or 'no scores'}")
    first = min(curve.ranks[0] for curve in curves)
    last = max(curve.ranks[-1] for curve in curves)
    return one_line(f"Means by the reference's rank, from {first} to {last}. {'; '.join(parts)}.")


def _explain(curves: list[RankCurve], style: Style) -> str:
    """Whose means, over which photos, and what the intervals are."""
    counts = [
        str(curve.photos) if curve.photos == curve.of else f"{curve.photos} of {curve.of}"
        for curve in curves
    ]
    photos = ", ".join(dict.fromkeys(counts))
    change = " Above: the change on the same photos." if len(curves) == 1 else ""
    cells = [cell for curve in curves for metric in METRICS for cell in curve.cells(metric)]
    bars = ", 95 % intervals" if any(cell.high > cell.low for cell in cells) else ""
    whose = (
        f"{label(curves[0].label, style, width=60, lines=1)}: means" if not curves[1:] else "Means"
    )
    return f"{whose} over the photos that all ranks have ({photos}){bars}.{change}"


def _draw_curve(
    panel: Axes, curve: RankCurve, metric: Metric, drawn: Look, *, shift: float, name: str
) -> None:
    cells = curve.cells(metric)
    panel.errorbar(
        np.array(curve.ranks) + shift,
        [cell.mean for cell in cells],
        yerr=np.hstack([reach(cell) for cell in cells]),
        color=drawn.colour,
        marker=drawn.marker,
        linestyle=drawn.line,
        markersize=5,
        markeredgecolor="white",
        markeredgewidth=0.6,
        linewidth=1.4,
        elinewidth=1.0,
        capsize=2.2,
        label=name,
    )


def _draw_paper(panel: Axes, ends: dict[int, float]) -> None:
    """The paper's two ends: there is nothing known between them."""
    panel.plot(
        list(ends),
        list(ends.values()),
        linestyle=":",
        color=SOFT,
        linewidth=1.0,
        marker="D",
        markersize=5,
        markerfacecolor="white",
        label="ROMNet in the paper (its ends alone)",
    )


def _note_change(panel: Axes, curve: RankCurve, metric: Metric, style: Style) -> None:
    """The paired change, whose interval is far narrower than those of the means."""
    change = curve.change[metric.key]
    if math.isnan(change.mean):
        return
    low, mean, high = (
        signed(value, metric.digits) for value in (change.low, change.mean, change.high)
    )
    text = f"rank {curve.ranks[-1]} − rank {curve.ranks[0]}: {mean}"
    if change.high > change.low:
        text += f" [{low}, {high}]"
    panel.set_title(text, fontsize=style.small, color=INK, loc="left")
