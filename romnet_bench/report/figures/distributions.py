"""Every photo's scores by method: what a mean does not say."""

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from romnet_bench.protocol import METRICS
from romnet_bench.report.figures.looks import looks_of
from romnet_bench.report.figures.marks import MARK_NOTE, mark
from romnet_bench.report.figures.style import (
    HOUSE,
    INK,
    Look,
    Style,
    add_note,
    drawing,
    finish_panel,
    label,
    leave_empty,
    make_panels,
    name_metric,
)
from romnet_bench.report.runs import Comparison
from romnet_bench.report.sheet import one_line
from romnet_bench.report.tables import find_incomparable

_VECTOR_POINTS = 2000  # more of them are drawn as pixels, so that the file stays small
_ROW = 0.55  # inches


def draw_distributions(
    comparison: Comparison,
    generator: np.random.Generator,
    style: Style = HOUSE,
    *,
    looks: Mapping[str, Look] | None = None,
) -> Figure:
    """A panel a metric: for each method a box, all photos as points, and the mean (◇).

    Methods that may not be compared with the others in a metric are marked ‡.

    Args:
        comparison: the runs, drawn from top to bottom.
        generator: where the points' vertical scatter is drawn from.
        style: width, font and colours.
        looks: of the whole report's methods, so that each looks alike in all its figures.
    """
    runs = comparison.runs
    looks = looks or looks_of([comparison], style)
    barred = find_incomparable(comparison)
    anywhere = frozenset().union(*barred.values())
    with drawing(style):
        figure, panels = make_panels(len(METRICS), 0.9 + _ROW * len(runs), style)
        for number, (panel, metric) in enumerate(zip(panels, METRICS, strict=True)):
            columns = [run.scores[metric.key].dropna().to_numpy(np.float64) for run in runs]
            for index, (run, values) in enumerate(zip(runs, columns, strict=True)):
                if values.size:
                    _draw_method(panel, values, index, looks[run.label], generator)
            panel.set_xlabel(name_metric(metric))
            finish_panel(panel, "x", style)
            if not any(values.size for values in columns):
                leave_empty(panel)
            named = style.narrow or number == 0
            # Where one panel's labels serve all, they say what is so in any.
            marked = barred[metric.key] if style.narrow else anywhere
            names = [mark(label(run.label, style), run.label, marked) for run in runs]
            panel.set_yticks(range(len(runs)), names if named else [""] * len(runs))
            panel.set_ylim(len(runs) - 0.5, -0.5)
        note = "One mark per photo. Box: the middle half, with the median; ◇: the mean."
        add_note(figure, f"{note} {MARK_NOTE}" if anywhere else note, style)
    return figure


def describe_distributions(comparison: Comparison) -> str:
    """For those who do not see the figure: each method's median and range of the first metric."""
    measured = [
        metric
        for metric in METRICS
        if any(run.scores[metric.key].notna().any() for run in comparison.runs)
    ]
    if not measured:
        return one_line(f"No scores of the {len(comparison.ids)} photos of {comparison.dataset}.")
    metric = measured[0]
    parts = []
    for run in comparison.runs:
        values = run.scores[metric.key].dropna()
        if len(values):
            ends = [f"{value:.{metric.digits}f}" for value in values.quantile([0.5, 0, 1])]
            parts.append(f"{run.label} {ends[0]} (from {ends[1]} to {ends[2]})")
    names = ", ".join(one.label for one in measured)
    return one_line(
        f"{names} of every photo of {comparison.dataset} by method. Median {metric.label}: "
        f"{'; '.join(parts)}."
    )


def _draw_method(
    panel: Axes,
    values: npt.NDArray[np.float64],
    index: int,
    drawn: Look,
    generator: np.random.Generator,
) -> None:
    boxes = panel.boxplot(
        values,
        positions=[index],
        orientation="horizontal",
        widths=0.56,
        showfliers=False,
        patch_artist=True,
        medianprops={"color": INK, "linewidth": 1.6},
        whiskerprops={"color": drawn.colour},
        capprops={"color": drawn.colour},
    )
    for box in boxes["boxes"]:
        box.set(facecolor=drawn.pale, edgecolor=drawn.colour, hatch=drawn.hatch)
    panel.scatter(
        values,
        index + generator.uniform(-0.2, 0.2, values.size),
        s=12,
        marker=drawn.marker,
        color=INK,
        linewidths=0.5,
        edgecolors="white",
        zorder=3,
        rasterized=values.size > _VECTOR_POINTS,
    )
    panel.scatter(
        values.mean(),
        index,
        s=38,
        marker="D",
        color="white",
        edgecolors=INK,
        zorder=4,
        linewidths=1.3,
    )
