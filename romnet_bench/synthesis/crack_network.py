"""How cracks run: long ones from the border, others off them, each until it meets another."""

import numpy as np
import numpy.typing as npt

from romnet_bench.synthesis.steps import draw_count
from romnet_bench.synthesis.strokes import Canvas, Points, blob, ribbon, torn, wander, wobble

Line = tuple[Points, float]
"""A crack's points and its width at the root, both in pixels."""


def draw_network(
    canvas: Canvas,
    rng: np.random.Generator,
    *,
    trunks: int,
    fine: int,
    branches: tuple[int, int],
    flakes: tuple[int, int],
    width: float,
    length: float,
    unit: float,
) -> dict[str, int]:
    """Draws a network of cracks; lengths are pixels.

    Args:
        canvas: what to draw on.
        rng: where the randomness comes from.
        trunks: how many main cracks.
        fine: how many hairline cracks besides.
        branches: how many branches a main crack has, a range.
        flakes: in how many places a main crack lost chips, a range.
        width: of a main crack.
        length: of a main crack that nothing stops.
        unit: pixels of a reference pixel, which scales how cracks wander.

    Returns:
        how many there are of each: "count" main cracks, "fine" ones, "flakes".
    """
    size = np.array([canvas.shape[1], canvas.shape[0]], float)
    # A photograph is stressed more in some parts: cracks are broad there.
    stress = np.clip(np.exp(0.5 * rng.standard_normal((4, 4))), 0.4, 1.7)
    network = _Network(rng, unit)
    main: list[Line] = []
    for _ in range(trunks):
        start = _root(main, size, rng)
        inward = size * rng.uniform(0.25, 0.75, 2) - start
        heading = float(np.arctan2(inward[1], inward[0]) + rng.normal(0, 0.3))
        path = network.grow(start, heading, length * rng.uniform(0.5, 1.2), bend=0.2)
        main.append((path, width * rng.uniform(0.6, 1.3)))
    lines = list(main)
    for trunk in main:
        for _ in range(draw_count(rng, branches)):
            lines += _branch(trunk, length, rng, network)
    for place in _near(main, fine, size, rng):
        path = network.grow(place, rng.uniform(0, 2 * np.pi), unit * rng.uniform(15, 90), bend=0.25)
        lines.append((path, 0.25 * width))
    # The thinnest are the faintest, and drawn first, so that strong ones lie over them.
    for points, broad in sorted(lines, key=lambda line: line[1]):
        strength = min(0.2 + 1.1 * broad / max(width, 1e-9), 1.0)
        _draw_crack(canvas, points, 0.5 * broad * _sample(stress, points / size), strength, rng)
    chips = sum(_draw_flakes(canvas, trunk, draw_count(rng, flakes), rng) for trunk in main)
    return {"count": trunks, "fine": fine, "flakes": chips}


class _Network:
    """Remembers where cracks run: a new one ends where it meets an old one."""

    def __init__(self, rng: np.random.Generator, unit: float) -> None:
        self._rng = rng
        self._unit = unit
        self._taken: set[tuple[int, int]] = set()

    def grow(self, start: Points, heading: float, length: float, bend: float) -> Points:
        """A new crack, as long as there is room for; its place is taken from now on."""
        path = wander(
            start, heading, length, self._rng, step=2.5 * self._unit, bend=bend, jitter=0.33
        )
        cell = 5 * self._unit
        cells = [(int(x // cell), int(y // cell)) for x, y in path.tolist()]
        # Its first steps may touch the crack that it branches off.
        for end, place in enumerate(cells):
            if end > 5 and place in self._taken:
                cells, path = cells[: end + 1], path[: end + 1]
                break
        self._taken.update(cells)
        return path


def _root(main: list[Line], size: Points, rng: np.random.Generator) -> Points:
    """Where a main crack starts: most on the border, some on another one, some anywhere."""
    start: Points = rng.uniform(0, 1, 2) * size
    if not main or rng.random() < 0.5:
        start[int(rng.integers(2))] = 0
        return start if rng.random() < 0.5 else size - start
    return _point_on(main, rng) if rng.random() < 0.6 else start


def _branch(trunk: Line, longest: float, rng: np.random.Generator, network: _Network) -> list[Line]:
    """A crack off a trunk, nearly at a right angle, and up to two finer ones off that."""
    lines: list[Line] = []
    parent, width = trunk
    for finer in (0.65, 0.35, 0.25)[: int(rng.integers(1, 4))]:
        at = int(rng.integers(0, len(parent) - 1))
        along = parent[min(at + 4, len(parent) - 1)] - parent[max(at - 4, 0)]
        aside = rng.choice([-1, 1]) * rng.normal(1.25, 0.3)
        heading = float(np.arctan2(along[1], along[0]) + aside)
        length = longest * rng.uniform(0.15, 0.6) * (finer + 0.3)
        parent = network.grow(parent[at], heading, length, bend=0.25)
        lines.append((parent, finer * width))
    return lines


def _near(main: list[Line], count: int, size: Points, rng: np.random.Generator) -> Points:
    """Where fine cracks start: half of them beside a main one, half anywhere."""
    places: Points = rng.uniform(0, 1, (count, 2)) * size
    for index in range(0, count if main else 0, 2):
        places[index] = _point_on(main, rng) + rng.normal(0, 0.06 * size.min(), 2)
    return places


def _point_on(lines: list[Line], rng: np.random.Generator) -> Points:
    path, _ = lines[int(rng.integers(len(lines)))]
    point: Points = path[int(rng.integers(len(path)))]
    return point


def _sample(grid: npt.NDArray[np.float64], places: Points) -> npt.NDArray[np.float64]:
    """Bilinear values of a small grid at (x, y) in [0, 1]."""
    last = np.array(grid.shape)[::-1] - 1
    where = np.clip(places, 0, 1) * last
    low = np.minimum(where.astype(int), last - 1)
    fx, fy = (where - low).T
    x, y = low.T
    top = grid[y, x] * (1 - fx) + grid[y, x + 1] * fx
    bottom = grid[y + 1, x] * (1 - fx) + grid[y + 1, x + 1] * fx
    values: npt.NDArray[np.float64] = top * (1 - fy) + bottom * fy
    return values


def _draw_crack(
    canvas: Canvas,
    points: Points,
    half: npt.NDArray[np.float64],
    strength: float,
    rng: np.random.Generator,
) -> None:
    """One crack, broadest at its root, with the two edges ragged each in its own way."""
    count = len(points)
    taper = 0.1 + 0.9 * np.sqrt(np.linspace(1, 0, count)) + 0.9 * np.exp(-np.arange(count) / 4)
    broad = half * taper * np.exp(0.45 * wobble(count, rng, 6))
    left = broad * rng.uniform(0.5, 1.5, count)
    right = broad * rng.uniform(0.5, 1.5, count)
    canvas.fill(torn(ribbon(points, left, right), rng), strength)


def _draw_flakes(canvas: Canvas, trunk: Line, places: int, rng: np.random.Generator) -> int:
    """Chips of emulsion that fell off along a crack, one to three in a place; how many."""
    half = 0.5 * trunk[1]
    chips = 0
    for _ in range(places):
        place = _point_on([trunk], rng)
        for _ in range(int(rng.integers(1, 4))):
            radius = max(half * rng.uniform(0.6, 2.6), 0.4)
            canvas.fill(blob(place + rng.normal(0, 1.3 * half, 2), radius, rng))
            chips += 1
    return chips
