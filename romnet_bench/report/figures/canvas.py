"""A figure as an empty canvas: pictures, frames and words at places in inches.

One pair of axes holds everything: one for each picture takes longer to draw.
"""

import dataclasses
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from romnet_bench.images import Picture, limit_side
from romnet_bench.report.figures.differences import Box, ErrorMap
from romnet_bench.report.figures.style import INK

_DOTS = 220  # pixels an inch in the file


@dataclasses.dataclass(frozen=True)
class Area:
    """A rectangle on the canvas, in inches from its lower left corner."""

    left: float
    bottom: float
    width: float
    height: float

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """Left, right, bottom, top."""
        return self.left, self.left + self.width, self.bottom, self.bottom + self.height

    def fitting(self, picture: Picture | ErrorMap) -> "Area":
        """The largest rectangle of the picture's shape in the middle of this one."""
        high, wide = picture.shape[:2]
        scale = min(self.width / wide, self.height / high)
        width, height = wide * scale, high * scale
        left, bottom = (
            self.left + (self.width - width) / 2,
            self.bottom + (self.height - height) / 2,
        )
        return Area(left, bottom, width, height)

    def part(self, box: Box) -> "Area":
        """Where a window of the picture lies that fills this place."""
        left = self.left + box.left * self.width
        bottom = self.bottom + (1 - box.top - box.height) * self.height
        return Area(left, bottom, box.width * self.width, box.height * self.height)


class Canvas:
    """An empty canvas of that many inches; `figure` is what is drawn."""

    def __init__(self, width: float, height: float) -> None:
        self.figure = Figure(figsize=(width, height))
        self.figure.suppressComposite = True  # in SVG and PDF each picture stays one
        self._axes = self.figure.add_axes((0, 0, 1, 1))
        self._axes.set_axis_off()
        self._axes.set(xlim=(0, width), ylim=(0, height), autoscale_on=False)

    def show(self, picture: Picture, place: Area) -> None:
        """Fills a place with a picture, of no more pixels than are seen."""
        longest = max(round(max(place.width, place.height) * _DOTS), 1)
        self._axes.imshow(limit_side(picture, longest), extent=place.extent, aspect="auto")

    def show_map(self, error: ErrorMap, place: Area, shades: str, limit: float) -> None:
        """Fills a place with a map in those shades, from 0 to `limit`."""
        step = max(round(max(error.shape) / (max(place.width, place.height) * _DOTS)), 1)
        scale = Normalize(0, limit)
        thinned = error[::step, ::step]
        self._axes.imshow(thinned, shades, scale, aspect="auto", extent=place.extent)

    def frame(self, place: Area, colour: str, points: float) -> None:
        """A line around a place."""
        corner = (place.left, place.bottom)
        frame = Rectangle(corner, place.width, place.height, edgecolor=colour, linewidth=points)
        frame.set_fill(False)
        self._axes.add_patch(frame)

    def fill(self, place: Area, colour: str) -> None:
        """An area instead of a picture."""
        corner = (place.left, place.bottom)
        self._axes.add_patch(Rectangle(corner, place.width, place.height, color=colour))

    def write(
        self,
        x: float,
        y: float,
        text: str,
        *,
        size: float,
        ha: Literal["left", "center", "right"] = "center",
        va: Literal["top", "center", "bottom"] = "center",
        rotation: float = 0,
    ) -> None:
        """Words at a point, in letters of that many points."""
        self._axes.text(x, y, text, size=size, color=INK, ha=ha, va=va, rotation=rotation)

    def add_axes(self, place: Area) -> Axes:
        """Axes of their own at a place, such as those of a scale."""
        width, height = self.figure.get_size_inches()
        return self.figure.add_axes(
            (place.left / width, place.bottom / height, place.width / width, place.height / height)
        )
