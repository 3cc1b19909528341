"""Where the pictures and words of a qualitative figure stand, in inches."""

import dataclasses

from romnet_bench.images import Picture
from romnet_bench.report.figures.style import Style, label

LEFT = 0.34  # for the names of the rows
RIGHT = 0.03
HEADINGS = 4  # lines at most
GAP = 0.05
BETWEEN = 0.1  # rows
FOOT = 0.42
ZOOM = 2.5  # times as large as in the large picture, at least
_TALLEST = 1.5  # of a picture's height to its column's width; what is taller is made smaller
_LETTER = 0.56  # a letter's mean width, of its size
_NUMBER = 8  # letters of a metric below a picture, with the dot between two
_READABLE = 5.5  # points


@dataclasses.dataclass(frozen=True)
class Plan:
    """Sizes that all rows share.

    Attributes:
        column: the width of a large picture.
        extras: how many small pictures share that width below it.
        letters: of a heading's line.
        head: the height of the headings.
        caption: the height of the numbers below the pictures.
        caption_size: of their letters, in points.
        joined_by: what stands between two numbers: a line break where columns are narrow.
    """

    column: float
    extras: int
    letters: int
    head: float
    caption: float
    caption_size: float
    joined_by: str

    @property
    def extra(self) -> float:
        """The width of a small picture."""
        return (self.column - GAP * (self.extras - 1)) / self.extras if self.extras else 0.0

    @property
    def window(self) -> float:
        """The share of a photo's sides that a small picture shows `ZOOM` times as large."""
        return self.extra / (ZOOM * self.column)

    def left(self, column: int) -> float:
        """Where a column begins."""
        return LEFT + column * (self.column + GAP)

    def middle(self, column: int) -> float:
        """The middle of a column."""
        return self.left(column) + self.column / 2

    def heights(self, target: Picture) -> tuple[float, float]:
        """Of a photo's large and small pictures."""
        ratio = min(float(target.shape[0] / target.shape[1]), _TALLEST)
        return self.column * ratio, self.extra * ratio

    def row_height(self, target: Picture) -> float:
        """Of a photo's pictures and numbers."""
        return sum(self.heights(target)) + (GAP if self.extras else 0) + self.caption


def make_plan(titles: list[str], metrics: int, extras: int, style: Style) -> Plan:
    """For columns of these titles with so many metrics and small pictures below each picture."""
    column = (style.width - LEFT - RIGHT - GAP * (len(titles) - 1)) / len(titles)
    letters = max(count_letters(column, style.size), 6)
    lines = max(label(title, style, letters, HEADINGS).count("\n") + 1 for title in titles)
    fitting = column * 72 / (_LETTER * _NUMBER * max(metrics, 1))
    tight = fitting < _READABLE
    size = min(style.small, 6.5 if tight else fitting)
    return Plan(
        column=column,
        extras=extras,
        letters=letters,
        head=0.12 + 1.25 * lines * style.size / 72,
        caption=0.06 + 1.25 * (metrics if tight else min(metrics, 1)) * size / 72,
        caption_size=size,
        joined_by="\n" if tight else " · ",
    )


def count_letters(inches: float, size: float) -> int:
    """How many letters of that size in points a line takes."""
    return int(inches * 72 / (_LETTER * size))
