"""Jagged lines and shapes: how they wander, how ragged their edges are, and how they are drawn.

Points are (x, y) in pixels of the photograph, n×2.
"""

import math

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from romnet_bench.synthesis.steps import FloatPicture

Points = npt.NDArray[np.float64]

SPARE_ROUNDS = 3
"""Rounds of midpoint displacement beyond mere halving, since it makes edges longer."""


def wander(
    start: npt.ArrayLike,
    heading: float,
    length: float,
    rng: np.random.Generator,
    *,
    step: float,
    bend: float,
    jitter: float,
) -> Points:
    """A line from `start` that keeps to its heading on the whole.

    Args:
        start: (x, y).
        heading: radians.
        length: pixels along the line.
        rng: where the randomness comes from.
        step: pixels between two points.
        bend: radians by which longer stretches leave the heading (standard deviation).
        jitter: radians by which single steps do.
    """
    count = max(int(length / step), 2)
    knots = rng.normal(0, bend, count // 8 + 2)
    slow = np.interp(np.linspace(0, len(knots) - 1, count), np.arange(len(knots)), knots)
    angles = heading + slow + rng.normal(0, jitter, count)
    moves = step * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    path: Points = np.vstack([np.zeros((1, 2)), np.cumsum(moves, axis=0)]) + np.asarray(start)
    return path


def wobble(count: int, rng: np.random.Generator, every: int) -> npt.NDArray[np.float64]:
    """`count` values that change smoothly from point to point, mean 0, deviation about 1."""
    knots = rng.normal(0, 1, count // every + 2)
    return np.interp(np.linspace(0, len(knots) - 1, count), np.arange(len(knots)), knots)


def ribbon(points: Points, left: npt.ArrayLike, right: npt.ArrayLike) -> Points:
    """The outline of a line that is `left` and `right` pixels wide on its two sides."""
    along = np.gradient(points, axis=0)
    along /= np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-9)[:, None]
    normal = np.stack([-along[:, 1], along[:, 0]], axis=1)
    one = points + normal * np.asarray(left, float).reshape(-1, 1)
    other = points - normal * np.asarray(right, float).reshape(-1, 1)
    return np.vstack([one, other[::-1]])


def roughen(outline: Points, rng: np.random.Generator, amount: float, finest: float) -> Points:
    """A closed outline made ragged by midpoint displacement, until no edge exceeds `finest`.

    A few edges may: rounds, each of which doubles the points, are no more than `SPARE_ROUNDS` above
    those that halving alone would take.

    Args:
        outline: the corners, in order.
        rng: where the randomness comes from.
        amount: how far midpoints are moved, as a share of their edge's length.
        finest: pixels.
    """
    halvings = math.ceil(math.log2(max(_edges(outline)[1] / finest, 1)))
    for _ in range(halvings + SPARE_ROUNDS):
        ahead, longest = _edges(outline)
        if longest <= finest:
            break
        across = np.stack([-ahead[:, 1], ahead[:, 0]], axis=1)
        shift = rng.normal(0, amount, (len(outline), 1)).clip(-2 * amount, 2 * amount)
        middles = outline + ahead / 2 + across * shift
        outline = np.stack([outline, middles], axis=1).reshape(-1, 2)
    return outline


def _edges(outline: Points) -> tuple[Points, float]:
    """From each corner to the next, and the length of the longest of these edges."""
    ahead = np.roll(outline, -1, axis=0) - outline
    return ahead, float(np.hypot(ahead[:, 0], ahead[:, 1]).max())


def torn(outline: Points, rng: np.random.Generator) -> Points:
    """An outline whose edges, where they are long enough to be seen as straight, are ragged."""
    return roughen(outline, rng, amount=0.12, finest=4.0)


def blob(
    centre: npt.ArrayLike, radius: float, rng: np.random.Generator, corners: int = 7
) -> Points:
    """An angular flake about `centre`."""
    angles = 2 * np.pi * (np.arange(corners) + rng.uniform(-0.35, 0.35, corners)) / corners
    radii = radius * rng.uniform(0.45, 1.3, corners)
    stretch, turn = rng.uniform(0.4, 1.0), rng.uniform(0, np.pi)
    x, y = radii * np.cos(angles), stretch * radii * np.sin(angles)
    rotated = [x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)]
    outline: Points = np.stack(rotated, axis=1) + np.asarray(centre)
    return torn(outline, rng) if radius > 4 else outline


class Canvas:
    """Draws shapes with smooth edges: on a finer grid, averaged down at the end."""

    def __init__(self, shape: tuple[int, int]) -> None:
        self.shape = shape
        # Thumbnails need finer strokes than pixels; large scans do not, and would need gigabytes.
        self.fineness = int(np.clip(np.ceil(1024 / max(shape)), 1, 4))
        size = (shape[1] * self.fineness, shape[0] * self.fineness)
        self._image = Image.new("L", size)
        self._draw = ImageDraw.Draw(self._image)

    def fill(self, outline: Points, strength: float = 1.0) -> None:
        """Fills an outline; `strength` in [0, 1] takes the place of what was there."""
        xy = ((outline * self.fineness) - 0.5).ravel().tolist()
        self._draw.polygon(xy, fill=round(255 * strength))

    def coverage(self, dx: float = 0, dy: float = 0) -> FloatPicture:
        """How much of each pixel is covered, H×W in [0, 1], if all is moved by (dx, dy)."""
        image = self._image
        right, down = round(dx * self.fineness), round(dy * self.fineness)
        if right or down:
            # A crop that reaches beyond the picture is filled with black.
            image = image.crop((-right, -down, image.width - right, image.height - down))
        image = image.reduce(self.fineness) if self.fineness > 1 else image
        return np.asarray(image, dtype=np.float32) / np.float32(255)
