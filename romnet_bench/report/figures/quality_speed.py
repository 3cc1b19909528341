"""What quality costs: each metric against seconds per photo."""

import itertools
import math
from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import FuncFormatter, NullFormatter
from matplotlib.transforms import Bbox

from romnet_bench.bench.statistics import Interval
from romnet_bench.protocol import METRICS, Metric
from romnet_bench.report.figures.costs import Cost, find_front
from romnet_bench.report.figures.looks import assign_looks
from romnet_bench.report.figures.marks import MARK_NOTE, mark
from romnet_bench.report.figures.placing import place_labels
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
    name_metric,
    reach,
)
from romnet_bench.report.sheet import one_line

FRONT_NOTE = "Filled, dotted: no other is both as fast and as good."
BARS_NOTE = "Bars: 95 % intervals."
_NARROWEST = 0.6  # powers of ten: with the room beside it two ticks fit at least
_FEW = 5  # methods whose names have room in a panel of a third of the width


def draw_quality_speed(
    costs: list[Cost], style: Style = HOUSE, *, looks: Mapping[str, Look] | None = None
) -> Figure | None:
    """Metrics against seconds per photo (logarithmic), with 95 % intervals and the Pareto front.

    What may not be compared is grey, open and marked ‡, and takes no part in the front.

    Seconds of different devices are never put on one axis: each device has panels of its own. The
    input itself, which costs nothing, is a dashed line; what has no seconds is left out.

    Args:
        costs: of `measure_costs`.
        style: width, font and colours.
        looks: of the whole report's methods, so that each looks alike in all its figures.

    Returns:
        None where no method has seconds.
    """
    devices = list(dict.fromkeys(cost.device for cost in costs if cost.has_place))
    if not devices:
        return None
    if looks is None:
        floors = {cost.label for cost in costs if cost.is_floor}
        looks = assign_looks([cost.label for cost in costs], floors, style)
    most = max(sum(cost.has_place and cost.device == one for cost in costs) for one in devices)
    stacked = style.narrow or most > _FEW
    rows, columns = (len(METRICS), 1) if stacked else (1, len(METRICS))
    high = 2.9 if not stacked else min(2.2 + 0.13 * most, 4.2)
    with drawing(style):
        figure = Figure(
            figsize=(style.width, high * rows * len(devices)),
            layout=ConstrainedLayoutEngine(wspace=0.06, hspace=0.05),
        )
        panels = figure.subplots(rows * len(devices), columns, squeeze=False).ravel()
        for index, panel in enumerate(panels):
            device, metric = devices[index // len(METRICS)], METRICS[index % len(METRICS)]
            _draw_panel(panel, costs, device, metric, looks=looks, style=style)
        figure.align_ylabels(list(panels))
        add_note(figure, " ".join(_list_notes(costs, style)), style)
        figure.draw_without_rendering()  # settles the layout; labels must not move it again
        figure.set_layout_engine("none")
        for index, panel in enumerate(panels):
            device, metric = devices[index // len(METRICS)], METRICS[index % len(METRICS)]
            _name_points(panel, costs, device, metric, style)
    return figure


def describe_quality_speed(costs: list[Cost]) -> str:
    """For those who do not see the figure: who stands on the front of each device."""
    metric = next((one for one in METRICS if any(c.metrics[one.key].n for c in costs)), METRICS[0])
    barred = [c.label for c in costs if not c.competes(metric)]
    rest = f" Not comparable: {', '.join(barred)}." if barred else ""
    parts = []
    for device in dict.fromkeys(cost.device for cost in costs if cost.has_place):
        front = find_front([cost for cost in costs if cost.device == device], metric)
        names = [
            f"{cost.label} ({_seconds(cost.seconds.mean)} s, "
            f"{cost.metrics[metric.key].mean:.{metric.digits}f})"
            for cost in front
        ]
        parts.append(f"on {device} {', '.join(names) or 'none'}")
    return one_line(
        f"Quality against seconds per photo. Pareto front by {metric.label}: {'; '.join(parts)}."
        f"{rest}"
    )


def _draw_panel(
    panel: Axes,
    costs: list[Cost],
    device: str,
    metric: Metric,
    *,
    looks: Mapping[str, Look],
    style: Style,
) -> None:
    shown = [cost for cost in _placed(costs, device) if cost.metrics[metric.key].n]
    panel.set_ylabel(name_metric(metric))
    panel.set_xlabel(f"Seconds per photo, {label(_name_device(device), style, width=40, lines=1)}")
    finish_panel(panel, "both", style)
    if not shown:
        leave_empty(panel)
        return
    panel.set_xscale("log")
    front = find_front(shown, metric)
    panel.step(
        [cost.seconds.mean for cost in front],
        [cost.metrics[metric.key].mean for cost in front],
        where="post",
        color=SOFT,
        linewidth=1.0,
        linestyle=":",
    )
    for cost in shown:
        _draw_point(panel, cost, metric, looks[cost.label], on_front=cost in front)
    for floor in (cost for cost in costs if cost.is_floor and cost.metrics[metric.key].n):
        drawn = looks[floor.label]
        mean = floor.metrics[metric.key].mean
        panel.axhline(mean, color=drawn.colour, linewidth=1, linestyle=drawn.line)
    panel.margins(y=0.14)
    _tick_seconds(panel, [cost.seconds for cost in shown])


def _draw_point(panel: Axes, cost: Cost, metric: Metric, drawn: Look, *, on_front: bool) -> None:
    colour = drawn.colour if cost.competes(metric) else SOFT
    cell = cost.metrics[metric.key]
    panel.errorbar(
        cost.seconds.mean,
        cell.mean,
        xerr=reach(cost.seconds),
        yerr=reach(cell),
        color=colour,
        marker=drawn.marker,
        markersize=6.5,
        markerfacecolor=colour if on_front else "white",
        markeredgecolor=INK if on_front else colour,
        markeredgewidth=0.8 if on_front else 1.2,
        elinewidth=0.8,
        linestyle="none",
    )


def _name_points(panel: Axes, costs: list[Cost], device: str, metric: Metric, style: Style) -> None:
    shown = [cost for cost in _placed(costs, device) if cost.metrics[metric.key].n]
    busy = []
    floors = [cost for cost in costs if cost.is_floor and cost.metrics[metric.key].n and shown]
    for floor in floors:
        mean = floor.metrics[metric.key].mean
        note = panel.annotate(
            _name(floor, metric, style, lines=1),
            (0.995, mean),
            (0, 2),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            ha="right",
            fontsize=style.small,
            color=SOFT,
        )
        busy.append(note.get_window_extent())
        y = panel.transData.transform((1, mean))[1]
        busy.append(Bbox.from_extents(panel.bbox.x0, y - 1, panel.bbox.x1, y + 1))
    busy += _list_lines(panel, shown, metric)
    names = [
        (
            _name(cost, metric, style, lines=2),
            cost.seconds.mean,
            cost.metrics[metric.key].mean,
        )
        for cost in shown
    ]
    place_labels(panel, names, style.small, busy)


def _list_lines(panel: Axes, shown: list[Cost], metric: Metric) -> list[Bbox]:
    """Error bars and the steps of the front, as boxes in pixels."""
    ends = []
    for cost in shown:
        time, cell = cost.seconds, cost.metrics[metric.key]
        ends.append(((time.low, cell.mean), (time.high, cell.mean)))
        ends.append(((time.mean, cell.low), (time.mean, cell.high)))
    front = [(c.seconds.mean, c.metrics[metric.key].mean) for c in find_front(shown, metric)]
    for (x, y), (later, better) in itertools.pairwise(front):
        ends += [((x, y), (later, y)), ((later, y), (later, better))]
    boxes = [Bbox(panel.transData.transform(pair)).padded(1) for pair in ends]
    return [Bbox.from_extents(*box.min, *box.max) for box in boxes]


def _name(cost: Cost, metric: Metric, style: Style, lines: int) -> str:
    """A method's label, with ‡ where it may not be compared."""
    text = label(cost.label, style, width=24, lines=lines)
    return mark(text, cost.label, () if cost.competes(metric) else (cost.label,))


def _name_device(device: str) -> str:
    """As people write it: "CPU"; a GPU has its own name."""
    return "CPU" if device == "cpu" else device


def _list_notes(costs: list[Cost], style: Style) -> list[str]:
    """Sentences on what is drawn, and on the methods that cannot be."""
    notes = [FRONT_NOTE] if any(find_front(costs, metric) for metric in METRICS) else []
    cells = [cell for cost in costs for cell in (cost.seconds, *cost.metrics.values())]
    if any(cell.high > cell.low for cell in cells):
        notes.append(BARS_NOTE)
    if any(cost.incomparable for cost in costs if cost.is_floor or cost.has_place):
        notes.append(MARK_NOTE)
    names = [
        label(cost.label, style, width=24, lines=1)
        for cost in costs
        if not (cost.is_floor or cost.has_place)
    ]
    if names:
        notes.append(f"No seconds are known of {', '.join(names)}.")
    return notes


def _placed(costs: list[Cost], device: str) -> list[Cost]:
    return [cost for cost in costs if cost.has_place and cost.device == device]


def _tick_seconds(panel: Axes, seconds: list[Interval]) -> None:
    """Ticks that say 0.1 and 10, not powers; room on the right, where most names stand."""
    first = math.log10(min(one.low if one.low > 0 else one.mean for one in seconds))
    last = math.log10(max(one.high for one in seconds))
    span = max(last - first, _NARROWEST)
    middle = (first + last) / 2
    low, high = 10 ** (middle - 0.65 * span), 10 ** (middle + 0.8 * span)
    steps = (1, 2, 5) if high / low < 300 else (1,)
    powers = range(math.floor(math.log10(low)), math.ceil(math.log10(high)))
    marks = [step * 10.0**power for power in powers for step in steps]
    panel.set_xticks([mark for mark in marks if low <= mark <= high])
    panel.set_xlim(low, high)
    panel.xaxis.set_major_formatter(FuncFormatter(lambda value, _: _seconds(value)))
    panel.xaxis.set_minor_formatter(NullFormatter())
    panel.grid(visible=False, which="minor")


def _seconds(value: float) -> str:
    return f"{value:.2g}" if value < 10 else f"{value:.0f}"
