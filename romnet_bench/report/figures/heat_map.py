"""Which methods fail on which photos: method × photo, a panel a metric."""

import dataclasses
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from romnet_bench.protocol import METRICS, Metric
from romnet_bench.report.figures.marks import MARK_NOTE, mark
from romnet_bench.report.figures.style import (
    FAINT,
    HOUSE,
    INK,
    SOFT,
    Style,
    add_note,
    drawing,
    label,
    name_metric,
)
from romnet_bench.report.runs import Comparison
from romnet_bench.report.sheet import one_line
from romnet_bench.report.tables import find_incomparable

_MAP = "cividis"  # even steps of lightness, alike for colour-blind readers and in grey
_ROW = 0.24  # inches
_NAMED_PHOTOS = 40  # more have no room for their ids
_READABLE = 0.42  # inches: a cell that is wider holds its number
_FAR = 3.0  # interquartile ranges: a photo at 100 dB must not make all others alike


@dataclasses.dataclass(frozen=True, eq=False)
class HeatMap:
    """The numbers drawn.

    Attributes:
        dataset: whose photos they are.
        labels: the methods, from top to bottom.
        ids: the photos, the one that is hardest for all on the left.
        scores: metric → methods × photos, NaN where unknown; only metrics that were measured.
        incomparable: metric → methods that may not be compared with the others in it.
    """

    dataset: str
    labels: list[str]
    ids: list[str]
    scores: dict[str, npt.NDArray[np.float64]]
    incomparable: Mapping[str, frozenset[str]] = dataclasses.field(default_factory=dict)

    @property
    def metrics(self) -> list[Metric]:
        """Those that were measured."""
        return [metric for metric in METRICS if metric.key in self.scores]


def make_heat_map(comparison: Comparison) -> HeatMap:
    """All scores of a comparison, photos in the order of their mean of the first metric.

    The mean is that of the methods that may be compared. The order is the same in all panels, so
    that a photo can be followed from one to the next; photos without that metric stand at the end.
    """
    ids = comparison.ids
    scores = {
        metric.key: np.array(
            [run.scores[metric.key].reindex(ids).to_numpy(np.float64) for run in comparison.runs]
        )
        for metric in METRICS
    }
    measured = {key: values for key, values in scores.items() if np.isfinite(values).any()}
    order = list(range(len(ids)))
    barred = find_incomparable(comparison)
    for metric in METRICS:
        if metric.key in measured:
            fair = [run.label not in barred[metric.key] for run in comparison.runs]
            means = _mean_of_photos(measured[metric.key], fair)
            ease = means * (1 if metric.higher_is_better else -1)
            order = sorted(order, key=lambda photo: (np.isnan(ease[photo]), ease[photo]))
            break
    return HeatMap(
        dataset=comparison.dataset,
        labels=[run.label for run in comparison.runs],
        ids=[ids[photo] for photo in order],
        scores={key: values[:, order] for key, values in measured.items()},
        incomparable=barred,
    )


def draw_heat_map(heat: HeatMap, style: Style = HOUSE) -> Figure:
    """A panel a metric, one below the other; bright is good in each, hatched is unknown.

    A few scores that are far off all others do not stretch a scale: its pointed end says that they
    lie beyond it. Methods that may not be compared with the others in a metric are marked ‡.

    Args:
        heat: of `make_heat_map`.
        style: width, font and colours.
    """
    named = len(heat.ids) <= _NAMED_PHOTOS
    marked = any(heat.incomparable.values())
    panels_high = max(len(heat.metrics), 1) * (_ROW * len(heat.labels) + 0.42)
    with drawing(style):
        figure = Figure(
            figsize=(style.width, panels_high + (1.0 if named else 0.45) + 0.2 * marked),
            layout=ConstrainedLayoutEngine(hspace=0.03),
        )
        if not heat.metrics:
            figure.text(0.5, 0.5, "not measured", ha="center", color=SOFT)
            return figure
        panels = figure.subplots(len(heat.metrics), 1, squeeze=False)[:, 0]
        for panel, metric in zip(panels, heat.metrics, strict=True):
            _draw_panel(figure, panel, heat, metric, style)
        foot = panels[-1]
        if named:
            names = [label(identity, style, width=16, lines=1) for identity in heat.ids]
            foot.set_xticks(range(len(names)), names, rotation=90, fontsize=style.small)
        foot.set_xlabel(
            f"{len(heat.ids)} photos, by their mean {heat.metrics[0].label}: hard → easy"
        )
        if marked:
            add_note(figure, MARK_NOTE, style)
    return figure


def describe_heat_map(heat: HeatMap) -> str:
    """For those who do not see the figure: which photos are hardest and easiest for all."""
    start = f"Scores of {len(heat.labels)} methods on {len(heat.ids)} photos of {heat.dataset}"
    if not heat.metrics:
        return one_line(f"{start}: nothing was measured.")
    metric = heat.metrics[0]
    fair = [name not in heat.incomparable.get(metric.key, ()) for name in heat.labels]
    means = _mean_of_photos(heat.scores[metric.key], fair)
    known = np.flatnonzero(np.isfinite(means))
    ends = [f"{heat.ids[photo]} ({means[photo]:.{metric.digits}f})" for photo in known[[0, -1]]]
    holes = sum(int(np.isnan(values).sum()) for values in heat.scores.values())
    missing = f" {holes} cells are unknown." if holes else ""
    return one_line(
        f"{start}. By the mean {metric.label} over methods {ends[0]} is the hardest and "
        f"{ends[1]} the easiest.{missing}"
    )


def _draw_panel(figure: Figure, panel: Axes, heat: HeatMap, metric: Metric, style: Style) -> None:
    values = heat.scores[metric.key]
    low, high = _find_reach(values)
    reach = Normalize(low, high) if high > low else Normalize(low - 0.5, high + 0.5)
    colours = colormaps[_MAP if metric.higher_is_better else f"{_MAP}_r"]
    panel.patch.set(facecolor="white", edgecolor=FAINT, hatch="//////", linewidth=0)
    picture = panel.imshow(
        np.ma.masked_invalid(values), colours, reach, aspect="auto", interpolation="nearest"
    )
    beyond = (bool(np.nanmin(values) < low), bool(np.nanmax(values) > high))
    pointed = {(True, True): "both", (True, False): "min", (False, True): "max"}
    bar = figure.colorbar(
        picture,
        ax=panel,
        aspect=_ROW * len(heat.labels) / 0.16,
        pad=0.01,
        extend=pointed.get(beyond, "neither"),
    )
    bar.set_label(name_metric(metric))
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=style.small, labelfontfamily=style.family, length=0)
    if not metric.higher_is_better:
        bar.ax.invert_yaxis()  # good is at the top, as in the others
    panel.set_xticks([])
    width, marked = int(4.2 * style.width), heat.incomparable.get(metric.key, ())
    names = [mark(label(text, style, width, lines=1), text, marked) for text in heat.labels]
    panel.set_yticks(range(len(names)), names, fontsize=style.small)
    panel.tick_params(length=0, labelcolor=INK)
    panel.spines[:].set_visible(False)
    if len(heat.ids) <= _NAMED_PHOTOS:  # thin lines between cells
        panel.set_xticks(np.arange(0.5, len(heat.ids) - 1), minor=True)
    panel.set_yticks(np.arange(0.5, len(names) - 1), minor=True)
    panel.grid(which="minor", color="white", linewidth=0.7)
    panel.tick_params(which="minor", length=0)
    if 0.68 * style.width / len(heat.ids) > _READABLE:
        _write_values(panel, values, metric, reach, style)


def _find_reach(values: npt.NDArray[np.float64]) -> tuple[float, float]:
    """The lowest and highest score that is not far off the middle half of them (Tukey, 1977)."""
    known = values[np.isfinite(values)]
    first, third = np.percentile(known, [25, 75])
    far = _FAR * (third - first)
    near = known[(known >= first - far) & (known <= third + far)]
    return float(near.min()), float(near.max())


def _write_values(
    panel: Axes,
    values: npt.NDArray[np.float64],
    metric: Metric,
    reach: Normalize,
    style: Style,
) -> None:
    for (row, column), value in np.ndenumerate(values):
        if np.isfinite(value):
            part = float(reach(value))
            bright = part > 0.5 if metric.higher_is_better else part < 0.5
            panel.text(
                column,
                row,
                f"{value:.{metric.digits}f}",
                ha="center",
                va="center",
                fontsize=0.8 * style.small,
                color=INK if bright else "white",
            )


def _mean_of_photos(values: npt.NDArray[np.float64], fair: list[bool]) -> npt.NDArray[np.float64]:
    """Over the fair methods that have a score, over all if none is fair; NaN where none has."""
    if any(fair):
        values = values[fair]
    known = np.isfinite(values)
    counts = known.sum(axis=0)
    means = np.full(counts.shape, np.nan)
    np.divide(np.where(known, values, 0).sum(axis=0), counts, out=means, where=counts > 0)
    return means
