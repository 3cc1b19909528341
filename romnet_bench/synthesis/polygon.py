"""Severe damage: a torn-out polygon, set to pure white (section IV-A of the paper)."""

from typing import Annotated, Literal

import numpy as np
from pydantic import AfterValidator

from romnet_bench.synthesis.layers import Layer, composite
from romnet_bench.synthesis.noise import cloud
from romnet_bench.synthesis.steps import (
    FloatPicture,
    Length,
    Outcome,
    Probability,
    Share,
    Step,
    draw,
    pixels_per_unit,
)
from romnet_bench.synthesis.strokes import Canvas, Points, roughen

MOST_RAGGED = 0.3
"""Midpoints that are moved further make an outline longer with every round, without end."""


def _not_too_ragged(span: tuple[float, float]) -> tuple[float, float]:
    if span[1] > MOST_RAGGED:
        raise ValueError(f"{span[1]:g} is above {MOST_RAGGED}")
    return span


class Polygon(Step):
    """A torn polygon.

    `area` as a share of the photograph; `border` is the probability that it is torn off a side or
    a corner rather than out of the middle; `rim` is how far, in reference pixels, the emulsion is
    off around the hole; `ragged` is how far midpoints of its edges are moved (share of an edge,
    up to `MOST_RAGGED`).
    """

    kind: Literal["polygon"] = "polygon"
    area: Share
    border: Probability
    rim: Length
    ragged: Annotated[Share, AfterValidator(_not_too_ragged)]


def tear(picture: FloatPicture, rng: np.random.Generator, step: Polygon) -> Outcome:
    """`picture`, H×W, with a polygon of pure white (1.0) and a rim of bare paper around it."""
    area, rim, ragged = draw(rng, step.area), draw(rng, step.rim), draw(rng, step.ragged)
    unit = pixels_per_unit(picture.shape)
    height, width = picture.shape
    at_border = bool(rng.random() < step.border)
    corners = _corners(rng)
    size = np.sqrt(area * height * width / _area(corners))
    centre = _place(rng, width, height, at_border)
    outline = roughen(corners * size + centre, rng, ragged, max(2.0, 1.5 * unit))
    # Midpoints move either way, but not by the same amounts: the stated area is the torn one's.
    exact = np.sqrt(area * height * width / max(_area(outline), 1e-9))
    outline = centre + (outline - centre) * min(exact, 1.0)
    hole, bare = Canvas((height, width)), Canvas((height, width))
    hole.fill(outline)
    away = outline - outline.mean(axis=0)
    away /= np.maximum(np.hypot(away[:, 0], away[:, 1]), 1e-9)[:, None]
    # Averaged over neighbours: emulsion comes off in stretches, not in spikes.
    uneven = rng.uniform(0, 2, len(outline))
    uneven = np.mean([np.roll(uneven, shift) for shift in range(12)], axis=0) ** 3
    lifted = rim * unit * (uneven + rng.uniform(0, 0.3, len(outline)))[:, None]
    if rim > 0:
        bare.fill(outline + away * lifted)
    tone = np.float32(0.86) + np.float32(0.04) * cloud((height, width), rng, 4 * unit, 2)
    cover = bare.coverage()
    shadow = np.clip(bare.coverage(1.3 * unit, 1.3 * unit) - cover, 0, 1)
    layers = [
        Layer(0.05, np.float32(0.5) * shadow),
        Layer(np.clip(tone, 0, 1), cover),
        Layer(1.0, hole.coverage()),
    ]
    drawn = {"area": area, "rim": rim, "ragged": ragged, "border": at_border}
    return composite(picture, layers, dict(drawn))


def _corners(rng: np.random.Generator) -> Points:
    """An irregular polygon of five to nine corners about the origin."""
    count = int(rng.integers(5, 10))
    turns = 2 * np.pi * (np.arange(count) + rng.uniform(-0.35, 0.35, count)) / count
    radii = rng.uniform(0.5, 1.0, count)
    stretch = rng.uniform(0.5, 1.0)
    tilt = rng.uniform(0, np.pi)
    x, y = radii * np.cos(turns), stretch * radii * np.sin(turns)
    turned = [x * np.cos(tilt) - y * np.sin(tilt), x * np.sin(tilt) + y * np.cos(tilt)]
    return np.stack(turned, axis=1)


def _place(rng: np.random.Generator, width: int, height: int, at_border: bool) -> Points:
    place = rng.uniform(0, 1, 2)
    if at_border:
        # Corners go first: they are what hands and frames touch.
        side = int(rng.integers(2))
        place[side] = np.rint(place[side])
        if rng.random() < 0.6:
            place = np.rint(place)
    else:
        place = 0.1 + 0.8 * place
    return place * (width, height)


def _area(outline: Points) -> float:
    """The shoelace formula."""
    x, y = outline[:, 0], outline[:, 1]
    return float(abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2)
