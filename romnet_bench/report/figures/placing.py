"""Labels beside points that cover neither points nor one another."""

import math
from collections.abc import Iterator

from matplotlib.axes import Axes
from matplotlib.text import Annotation
from matplotlib.transforms import Bbox

from romnet_bench.report.figures.style import INK, SOFT

_RINGS = (7, 13, 20, 30, 42, 56, 72)  # points from the mark to the label
_ANGLES = (0, 180, 45, 135, -45, -135, 90, -90, 22, 158, -22, -158, 67, 113, -67, -113)
_MARK = 7.0  # pixels from the middle of a mark to its edge, at 100 dots an inch
_CONFUSING = 150.0  # pixels² of overlap that are no worse than a label one may take for another's
_LEADER = 14  # points: what stands farther off gets a line to its mark


def place_labels(
    panel: Axes, labels: list[tuple[str, float, float]], size: float, busy: list[Bbox]
) -> None:
    """Writes each label at the nearest free place around its point, in the order given.

    The figure's layout must be settled: places are looked for in pixels. Where there is no free
    place inside the panel, the one with the least overlap is taken.

    Args:
        panel: where the points are drawn.
        labels: text, x and y in the panel's data.
        size: of the letters, in points.
        busy: what else no label may cover, in pixels.
    """
    marks = [
        Bbox.from_extents(*panel.transData.transform((x, y)), *panel.transData.transform((x, y)))
        for _, x, y in labels
    ]
    taken = [*busy, *(mark.padded(_MARK) for mark in marks)]
    for (text, x, y), mark in zip(labels, marks, strict=True):
        others = [other for other in marks if other is not mark]
        note = panel.annotate(
            text, (x, y), (0, 0), textcoords="offset points", fontsize=size, color=INK
        )
        best = math.inf, 0.0, 0.0, "left", "center"
        for right, up, across, along in _places():
            _put(note, right, up, across, along)
            box = note.get_window_extent()
            cost = _overlap(box, taken, panel.bbox) + _confusion(box, mark, others)
            if cost < best[0]:
                best = cost, right, up, across, along
            if cost == 0:
                break
        _, right, up, across, along = best
        _put(note, right, up, across, along)
        taken.append(note.get_window_extent())
        if math.hypot(right, up) > _LEADER:
            _lead(panel, (x, y), (right, up))


def _places() -> Iterator[tuple[float, float, str, str]]:
    """Offsets in points with the alignment that keeps the text outside of its ring."""
    for radius in _RINGS:
        for angle in _ANGLES:
            right = radius * math.cos(math.radians(angle))
            up = radius * math.sin(math.radians(angle))
            across = "center" if abs(right) < 2 else ("left" if right > 0 else "right")
            along = "center" if abs(up) < 2 else ("bottom" if up > 0 else "top")
            yield right, up, across, along


def _put(note: Annotation, right: float, up: float, across: str, along: str) -> None:
    note.set_position((right, up))
    note.set(ha=across, va=along)


def _overlap(box: Bbox, taken: list[Bbox], inside: Bbox) -> float:
    """Pixels² of `box` that lie on something or outside of the panel."""
    total = 0.0
    for other in taken:
        width = min(box.x1, other.x1) - max(box.x0, other.x0)
        height = min(box.y1, other.y1) - max(box.y0, other.y0)
        total += max(width, 0) * max(height, 0)
    width = max(min(box.x1, inside.x1) - max(box.x0, inside.x0), 0)
    height = max(min(box.y1, inside.y1) - max(box.y0, inside.y0), 0)
    return total + 10 * max(float(box.width * box.height - width * height), 0)


def _confusion(box: Bbox, own: Bbox, others: list[Bbox]) -> float:
    """A price for a label that stands as near to another mark as to its own."""
    near = 1.5 * _distance(box, own) + _MARK
    return _CONFUSING * sum(_distance(box, other) < near for other in others)


def _distance(box: Bbox, mark: Bbox) -> float:
    """Pixels from a label to the middle of a mark."""
    across = max(box.x0 - mark.x0, 0, mark.x0 - box.x1)
    return math.hypot(across, max(box.y0 - mark.y0, 0, mark.y0 - box.y1))


def _lead(panel: Axes, point: tuple[float, float], offset: tuple[float, float]) -> None:
    """A thin line from the mark to its label."""
    panel.annotate(
        "",
        point,
        offset,
        textcoords="offset points",
        arrowprops={"arrowstyle": "-", "color": SOFT, "linewidth": 0.6, "shrinkB": 4, "shrinkA": 0},
    )
