"""Folds: nearly straight lines across the whole photograph, with broken emulsion along them."""

from typing import Literal

import numpy as np
import numpy.typing as npt

from romnet_bench.synthesis.layers import Layer, composite
from romnet_bench.synthesis.noise import cloud, ramp
from romnet_bench.synthesis.steps import (
    Count,
    FloatPicture,
    Length,
    Outcome,
    Share,
    Step,
    draw,
    draw_count,
    pixels_per_unit,
)
from romnet_bench.synthesis.strokes import Canvas, Points, blob, ribbon, torn, wobble


class Folds(Step):
    """Folds of `width` reference pixels.

    `broken` is the part of each line where the emulsion is gone, `wear` how strong the abrasion
    beside it is, `shade` how much darker one side of the bend is and lighter the other, `tone`
    the bare paper's grey value and `opacity` how opaque it is.
    """

    kind: Literal["folds"] = "folds"
    count: Count
    width: Length
    broken: Share
    wear: Share
    shade: Share
    tone: Share
    opacity: Share


def fold(picture: FloatPicture, rng: np.random.Generator, step: Folds) -> Outcome:
    """`picture`, H×W, with folds from border to border."""
    count, width = draw_count(rng, step.count), draw(rng, step.width)
    broken, wear = draw(rng, step.broken), draw(rng, step.wear)
    shade, tone = draw(rng, step.shade), draw(rng, step.tone)
    opacity = draw(rng, step.opacity)
    unit = pixels_per_unit(picture.shape)
    canvas = Canvas(picture.shape)
    layers: list[Layer] = []
    angles: list[float] = []
    for _ in range(count):
        # People fold along the sides; some bend a corner.
        straight = rng.random() < 0.7
        angle = float(rng.normal(0, 0.05) if straight else rng.uniform(-1.2, 1.2))
        angle += float(rng.choice([0.0, np.pi / 2])) if straight else 0.0
        centre = rng.uniform(0.2, 0.8, 2) * picture.shape[::-1]
        across = _signed_distance(picture.shape, centre, angle)
        layers += _bend(across, shade, wear, rng, unit)
        _break(canvas, rng, centre=centre, angle=angle, width=width * unit, broken=broken)
        angles.append(round(angle, 6))
    paper = np.float32(tone) + np.float32(0.05) * cloud(picture.shape, rng, 5 * unit, 3)
    cover = canvas.coverage()
    below = np.clip(canvas.coverage(1.0 * unit, 1.0 * unit) - cover, 0, 1)
    layers.append(Layer(0.05, np.float32(0.4 * opacity) * below))
    layers.append(Layer(np.clip(paper, 0, 1), np.float32(opacity) * cover))
    drawn = {
        "count": count,
        "width": width,
        "broken": broken,
        "wear": wear,
        "shade": shade,
        "tone": tone,
        "opacity": opacity,
        "angles": angles,
    }
    return composite(picture, layers, drawn)


def _signed_distance(shape: tuple[int, ...], centre: Points, angle: float) -> FloatPicture:
    """Pixels from the line through `centre`, positive on one side, H×W."""
    y = (np.arange(shape[0], dtype=np.float32) - np.float32(centre[1]))[:, None]
    x = (np.arange(shape[1], dtype=np.float32) - np.float32(centre[0]))[None, :]
    return y * np.float32(np.cos(angle)) - x * np.float32(np.sin(angle))


def _bend(
    across: FloatPicture, shade: float, wear: float, rng: np.random.Generator, unit: float
) -> list[Layer]:
    """The light that a bent sheet catches, and the abrasion along its ridge."""
    distance = np.abs(across) * np.float32(1 / unit)
    falloff = ramp(-distance, -14, 0)
    lit = ramp(-across, -1.5 * unit, 1.5 * unit)
    near = ramp(-distance, -7, 0)
    specks = ramp(cloud((across.shape[0], across.shape[1]), rng, 5 * unit, 2, 0.9), 0.4, 1.6)
    return [
        Layer(lit, np.float32(shade) * falloff * (1 - np.float32(0.4) * lit)),
        Layer(0.85, np.float32(wear) * specks * near),
    ]


def _break(
    canvas: Canvas,
    rng: np.random.Generator,
    *,
    centre: Points,
    angle: float,
    width: float,
    broken: float,
) -> None:
    """Draws the stretches of the line where the emulsion is gone, and chips beside them."""
    reach = np.hypot(*canvas.shape)
    count = int(np.clip(2 * reach / max(0.8 * width, 1.0), 40, 1500))
    along = np.linspace(-reach, reach, count)
    way = np.array([np.cos(angle), np.sin(angle)])
    normal = np.array([-way[1], way[0]])
    aside = width * (0.2 * rng.normal(0, 1, count) + 0.7 * wobble(count, rng, 40))
    points = centre + along[:, None] * way + aside[:, None] * normal
    strength = wobble(count, rng, 60) + 0.7 * wobble(count, rng, 9) + 0.3 * rng.normal(0, 1, count)
    gone = strength > np.quantile(strength, 1 - broken) if broken < 1 else np.ones(count, bool)
    # Where the emulsion went first, most of it is gone.
    half = 0.5 * width * np.exp((0.45 * wobble(count, rng, 5) + 0.3 * strength).clip(-1.5, 0.8))
    for run in _runs(gone):
        taper = np.minimum(np.arange(len(run)), np.arange(len(run))[::-1]) / 2
        broad = half[run] * np.clip(taper + 0.25, 0, 1)
        left, right = (broad * rng.uniform(0.3, 1.7, len(run)) for _ in range(2))
        canvas.fill(torn(ribbon(points[run], left, right), rng))
    for index in rng.choice(np.flatnonzero(gone), int(0.3 * broken * count)):
        radius = max(width * min(0.25 * (1 + rng.pareto(2.5)), 1.3), 0.4)
        canvas.fill(blob(points[index] + rng.normal(0, 0.9 * width, 2), radius, rng, 6))


def _runs(flags: npt.NDArray[np.bool_]) -> list[npt.NDArray[np.intp]]:
    """The stretches of at least two neighbours that are true, as arrays of their places."""
    places = np.flatnonzero(flags)
    stretches = np.split(places, np.flatnonzero(np.diff(places) > 1) + 1)
    return [stretch for stretch in stretches if len(stretch) > 1]
