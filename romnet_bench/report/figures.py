"""Figures for papers and for the page: PNG, SVG and PDF, the same bytes for the same numbers.

Drawn on `Figure` objects of their own: no window, no pyplot, no global style.
"""

import textwrap
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from romnet_bench.files import written_beside
from romnet_bench.protocol import METRICS, Metric
from romnet_bench.report.runs import Comparison, Run

FORMATS = ("png", "svg", "pdf")
INK = "#1c1c1c"
FAINT = "#c9c9c9"

# Beside colours that colour-blind readers tell apart, so that grey print tells them apart too.
_HATCHES = ("", "////", "....", "\\\\\\\\", "xxxx", "----", "oooo")
_MARKERS = ("o", "s", "^", "D", "v", "P", "X")
_VECTOR_POINTS = 2000  # more of them are drawn as pixels, so that the file stays small


def save_figure(figure: Figure, stem: Path) -> list[Path]:
    """Writes `stem.png`, `.svg` and `.pdf`, without dates or random names inside."""
    undated: dict[str, dict[str, Any]] = {
        "png": {"Software": None},
        "svg": {"Date": None, "Creator": None},
        "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
    }
    paths = []
    with rc_context({"svg.hashsalt": "romnet-bench", "pdf.fonttype": 42}):
        for form in FORMATS:
            path = stem.with_name(f"{stem.name}.{form}")
            with written_beside(path) as part:
                figure.savefig(
                    part,
                    format=form,
                    dpi=200,
                    metadata=undated[form],
                    # The page shows the SVG on paper of its own, light or dark.
                    facecolor="none" if form == "svg" else "white",
                )
            paths.append(path)
    return paths


def draw_distributions(comparison: Comparison, generator: np.random.Generator) -> Figure:
    """Every photo's scores by method: a panel a metric, a box, all points and the mean (◆).

    Args:
        comparison: the runs, drawn from top to bottom.
        generator: where the points' vertical scatter is drawn from.
    """
    runs = comparison.runs
    height = 0.9 + 0.55 * len(runs)
    figure = Figure(figsize=(9.6, height), layout=ConstrainedLayoutEngine(wspace=0.06))
    panels = figure.subplots(1, len(METRICS), sharey=True, squeeze=False)[0]
    for panel, metric in zip(panels, METRICS, strict=True):
        columns = [run.scores[metric.key].dropna().to_numpy(np.float64) for run in runs]
        for index, values in enumerate(columns):
            if values.size:
                _draw_method(panel, values, index, generator)
        _finish_panel(panel, metric, measured=any(values.size for values in columns))
    panels[0].set_yticks(range(len(runs)), [plain(_wrap(run)) for run in runs])
    panels[0].set_ylim(len(runs) - 0.5, -0.5)
    return figure


def plain(text: str) -> str:
    """`text` with its dollar signs kept from being read as mathematics."""
    return text.replace("$", r"\$")


def _draw_method(
    panel: Axes, values: npt.NDArray[np.float64], index: int, generator: np.random.Generator
) -> None:
    colour = _colour(index)
    boxes = panel.boxplot(
        values,
        positions=[index],
        orientation="horizontal",
        widths=0.56,
        showfliers=False,
        patch_artist=True,
        medianprops={"color": INK, "linewidth": 1.6},
        whiskerprops={"color": colour},
        capprops={"color": colour},
    )
    for box in boxes["boxes"]:
        box.set(
            facecolor=[0.75 + 0.25 * part for part in colour],
            edgecolor=colour,
            hatch=_HATCHES[index % len(_HATCHES)],
        )
    panel.scatter(
        values,
        index + generator.uniform(-0.2, 0.2, values.size),
        s=12,
        marker=_MARKERS[index % len(_MARKERS)],
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


def _finish_panel(panel: Axes, metric: Metric, measured: bool) -> None:
    panel.set_xlabel(f"{metric.label} {metric.arrow}", fontsize=10)
    panel.set_ylabel("")
    panel.set_facecolor("none")
    panel.tick_params(axis="both", labelsize=9, length=0)
    panel.spines[["top", "right", "left"]].set_visible(False)
    panel.spines["bottom"].set_color(FAINT)
    if measured:
        panel.grid(axis="x", color=FAINT, linewidth=0.5)
        panel.set_axisbelow(True)
    else:
        panel.set_xticks([])
        panel.text(
            0.5, 0.5, "not measured", transform=panel.transAxes, ha="center", color="#6b6b6b"
        )


def _wrap(run: Run) -> str:
    return "\n".join(textwrap.wrap(run.label, 22)[:3]) or run.record.method.name


def _colour(index: int) -> tuple[float, float, float]:
    import seaborn as sns

    palette: list[tuple[float, float, float]] = sns.color_palette("colorblind")
    return palette[index % len(palette)]
