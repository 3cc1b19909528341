"""Objects' boxes in a photo, and where each lies on a network's square grid of features."""

from typing import NamedTuple

MOST = 8
"""Objects that InstColorization colours in one photo."""


class Box(NamedTuple):
    """A rectangle in whole pixels or cells; `right` and `bottom` are the first ones outside."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        """Pixels or cells from left to right."""
        return self.right - self.left

    @property
    def height(self) -> int:
        """Pixels or cells from top to bottom."""
        return self.bottom - self.top


def on_grid(box: Box, width: int, height: int, side: int) -> Box:
    """Where a box of a width×height photo lies on a grid of side×side cells.

    Edges are rounded down. A box that has no cell then gets one: the next to the right (below), or
    the one before where that would be the grid's last or none.

    Args:
        box: within the photo, of one pixel or more each way.
        width: the photo's, pixels.
        height: likewise.
        side: 256 for features of the input's size, 32 for the smallest.
    """
    left, right = _interval(box.left, box.right, width, side)
    top, bottom = _interval(box.top, box.bottom, height, side)
    return Box(left, top, right, bottom)


def _interval(start: int, end: int, length: int, cells: int) -> tuple[int, int]:
    first = int(start / length * cells)
    last = int(end / length * cells)
    if first < last:
        return first, last
    return (first, last + 1) if cells - last > 1 else (first - 1, last)
