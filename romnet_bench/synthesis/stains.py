"""Stains: what a drop left behind, with a rim where the dirt gathered as it dried."""

from typing import Literal

import numpy as np

from romnet_bench.synthesis.layers import Layer, composite
from romnet_bench.synthesis.noise import cloud, ramp
from romnet_bench.synthesis.steps import (
    Count,
    FloatPicture,
    Outcome,
    Probability,
    Share,
    Step,
    draw,
    draw_count,
)
from romnet_bench.synthesis.strokes import Points


class Stains(Step):
    """`count` stains of `radius` (share of the shorter side).

    `opacity` of the inside, `rim` of the edge; `pale` is the probability that one bleaches
    instead of darkening.
    """

    kind: Literal["stains"] = "stains"
    count: Count
    radius: Share
    opacity: Share
    rim: Share
    pale: Probability


def stain(picture: FloatPicture, rng: np.random.Generator, step: Stains) -> Outcome:
    """`picture`, H×W, with stains."""
    count = draw_count(rng, step.count)
    opacity, rim = draw(rng, step.opacity), draw(rng, step.rim)
    shape = (picture.shape[0], picture.shape[1])
    layers: list[Layer] = []
    radii: list[float] = []
    for _ in range(count):
        radius = draw(rng, step.radius)
        pale = rng.random() < step.pale
        reach = max(radius * min(shape), 1.0)
        centre = rng.uniform(0, 1, 2) * shape
        # Beyond twice its reach nothing of a stain is left: only that part is worked out.
        rows, columns = (
            slice(max(int(at - 2 * reach), 0), min(max(int(at + 2 * reach) + 1, 1), side))
            for at, side in zip(centre, shape, strict=True)
        )
        edge = _distance(rows, columns, centre, reach, rng)
        mottled = np.clip(1 + 0.3 * cloud(edge.shape, rng, reach / 2, 4, 0.6), 0.2, 1.8)
        # Sharp outside where the water stood, soft inside where it drew the dirt along.
        inside = ramp(-edge, -1.03, -0.97)
        tide = inside * ramp(edge, 0.72, 1.0) ** 2
        alpha = np.zeros(shape, np.float32)
        alpha[rows, columns] = np.clip((opacity * inside + rim * tide) * mottled, 0, 0.9)
        layers.append(Layer(0.88 if pale else 0.12, alpha))
        radii.append(radius)
    drawn = {"count": count, "opacity": opacity, "rim": rim, "radii": radii}
    return composite(picture, layers, dict(drawn))


def _distance(
    rows: slice, columns: slice, centre: Points, reach: float, rng: np.random.Generator
) -> FloatPicture:
    """1 on the stain's outline, less inside, more outside; for these rows and columns."""
    squash = rng.uniform(0.75, 1.3)
    y = (np.arange(rows.start, rows.stop) - centre[0])[:, None] * (squash / reach)
    x = (np.arange(columns.start, columns.stop) - centre[1])[None, :] / (squash * reach)
    round_one = np.sqrt((y * y + x * x).astype(np.float32))
    edge: FloatPicture = round_one + np.float32(0.16) * cloud(round_one.shape, rng, reach, 5, 0.45)
    return edge
