"""Scratches: hair-fine lines, nearly straight, bright or dark, that fade in and out."""

from typing import Literal

import numpy as np

from romnet_bench.synthesis.layers import Layer, composite
from romnet_bench.synthesis.noise import erratic_opacity
from romnet_bench.synthesis.steps import (
    Count,
    FloatPicture,
    Length,
    Outcome,
    Probability,
    Share,
    Step,
    draw,
    draw_count,
    pixels_per_unit,
)
from romnet_bench.synthesis.strokes import Canvas, ribbon, wander, wobble


class Scratches(Step):
    """`count` scratches, `length` as a share of the shorter side, `width` in reference pixels.

    `dark` is the probability that one is dark; `bundle` that one has neighbours that run beside
    it; `opacity` and `erratic`: see `noise.erratic_opacity`.
    """

    kind: Literal["scratches"] = "scratches"
    count: Count
    length: Length
    width: Length
    dark: Probability
    bundle: Probability
    opacity: Share
    erratic: Share


def scratch(picture: FloatPicture, rng: np.random.Generator, step: Scratches) -> Outcome:
    """`picture`, H×W, with scratches."""
    count, opacity = draw_count(rng, step.count), draw(rng, step.opacity)
    erratic, width = draw(rng, step.erratic), draw(rng, step.width)
    unit = pixels_per_unit(picture.shape)
    bright, dark = Canvas(picture.shape), Canvas(picture.shape)
    common = rng.uniform(0, np.pi)
    for _ in range(count):
        canvas = dark if rng.random() < step.dark else bright
        # Most come from one movement: dragging, wiping, a projector's gate.
        heading = common + rng.normal(0, 0.15) if rng.random() < 0.6 else rng.uniform(0, np.pi)
        length = draw(rng, step.length) * min(picture.shape)
        start = rng.uniform(-0.1, 1.0, 2) * picture.shape[::-1]
        line = wander(start, heading, length, rng, step=4 * unit, bend=0.1, jitter=0.02)
        beside = int(rng.integers(1, 4)) if rng.random() < step.bundle else 0
        for _ in range(1 + beside):
            first, last = sorted(rng.uniform(0, 1, 2)) if beside else (0.0, 1.0)
            part = line[int(first * len(line)) : max(int(last * len(line)), 2)]
            if len(part) > 1:
                taper = np.sin(np.pi * np.linspace(0.06, 0.94, len(part)))
                half = 0.5 * width * unit * taper * np.exp(0.3 * wobble(len(part), rng, 5))
                canvas.fill(ribbon(part, half, half), float(rng.uniform(0.4, 1.0)))
            line = line + rng.normal(0, 5 * unit, 2)
    thin = erratic_opacity(picture.shape, rng, opacity, erratic, 50 * unit)
    layers = [Layer(0.05, 0.8 * thin * dark.coverage()), Layer(0.93, thin * bright.coverage())]
    drawn = {"count": count, "width": width, "opacity": opacity, "erratic": erratic}
    return composite(picture, layers, dict(drawn))
