"""Dust and paper: the sheet's own texture showing through, with specks and fibres on it."""

from typing import Literal

import numpy as np

from romnet_bench.synthesis.layers import Layer, composite
from romnet_bench.synthesis.noise import cloud, erratic_opacity
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
from romnet_bench.synthesis.strokes import Canvas, blob, ribbon, wander
from romnet_bench.synthesis.textures import TextureScans


class DustPaper(Step):
    """Paper texture of grey value `tone`, and `specks` and `fibres` of dust on it.

    `opacity` and `erratic` are the paper's (see `noise.erratic_opacity`), `dust` is how opaque
    specks and fibres are, `size` a speck's radius in reference pixels, `dark` the probability
    that one is dark. Counts are meant for a square photograph.
    """

    kind: Literal["dust_paper"] = "dust_paper"
    tone: Share
    opacity: Share
    erratic: Share
    specks: Count
    fibres: Count
    size: Length
    dark: Probability
    dust: Share


def dust_paper(
    picture: FloatPicture, rng: np.random.Generator, step: DustPaper, scans: TextureScans | None
) -> Outcome:
    """`picture`, H×W, under paper (scanned if there are `scans`, else made up) and dust."""
    tone, opacity = draw(rng, step.tone), draw(rng, step.opacity)
    erratic, dust = draw(rng, step.erratic), draw(rng, step.dust)
    drawn: dict[str, object] = {
        "tone": tone,
        "opacity": opacity,
        "erratic": erratic,
        "dust": dust,
    }
    shape = (picture.shape[0], picture.shape[1])
    unit = pixels_per_unit(shape)
    if scans is not None and scans.papers:
        name, relief = scans.draw_paper(rng, shape)
        drawn["scan"] = name
    else:
        relief = _paper(shape, rng, unit)
    paper = np.clip(np.float32(tone) + np.float32(0.11) * relief, 0, 1)
    thin = erratic_opacity(shape, rng, opacity, erratic, 140 * unit)
    bright, dark = Canvas(shape), Canvas(shape)
    drawn |= _draw_dust(bright, dark, rng, step, unit)
    layers = [
        Layer(paper, thin),
        Layer(0.06, np.float32(dust) * dark.coverage()),
        Layer(0.95, np.float32(dust) * bright.coverage()),
    ]
    return composite(picture, layers, drawn)


def _paper(shape: tuple[int, int], rng: np.random.Generator, unit: float) -> FloatPicture:
    """The relief of paper, H×W, mean 0: blotches, felt marks and tooth."""
    blotches = cloud(shape, rng, 90 * unit, 5, 0.6)
    tooth = cloud(shape, rng, 4 * unit, 2, 0.7)
    return 0.6 * blotches + 0.7 * tooth


def _draw_dust(
    bright: Canvas, dark: Canvas, rng: np.random.Generator, step: DustPaper, unit: float
) -> dict[str, object]:
    height, width = bright.shape
    specks, fibres = draw_count(rng, step.specks), draw_count(rng, step.fibres)
    size = draw(rng, step.size)
    # Dust gathers: half of the specks lie near a few places.
    heaps = rng.uniform(0, 1, (4, 2)) * (width, height)
    for _ in range(specks):
        canvas = dark if rng.random() < step.dark else bright
        place = rng.uniform(0, 1, 2) * (width, height)
        if rng.random() < 0.5:
            place = heaps[int(rng.integers(4))] + rng.normal(0, 45 * unit, 2)
        # Few are large: sizes of dust fall off steeply.
        radius = size * unit * min(rng.pareto(2.5) + 0.35, 3.5)
        canvas.fill(blob(place, max(radius, 0.35), rng, 6), float(rng.uniform(0.4, 1.0)))
    for _ in range(fibres):
        canvas = dark if rng.random() < step.dark else bright
        start = rng.uniform(0, 1, 2) * (width, height)
        length = rng.uniform(8, 50) * unit
        heading = rng.uniform(0, 2 * np.pi)
        line = wander(start, heading, length, rng, step=1.5 * unit, bend=0.9, jitter=0.1)
        half = 0.3 * max(size, 0.8) * unit
        canvas.fill(ribbon(line, half, half), float(rng.uniform(0.5, 1.0)))
    return {"specks": specks, "fibres": fibres, "size": size}
