"""Cracked emulsion: a branching network where bare paper shows, widest where cracks meet.

What to imitate was measured by eye on real photographs: cracks wander, branch off nearly at right
angles, taper towards their ends, and lifted edges throw a thin shadow on one side.
"""

from typing import Literal

import numpy as np

from romnet_bench.synthesis.crack_network import draw_network
from romnet_bench.synthesis.layers import Layer, composite
from romnet_bench.synthesis.noise import cloud, erratic_opacity
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
from romnet_bench.synthesis.strokes import Canvas
from romnet_bench.synthesis.textures import TextureScans


class Cracks(Step):
    """A network of cracks.

    `count` main cracks, each with `branches` that branch on; `fine` is how many hairline cracks
    there are besides; `width` of a main crack in reference pixels; `length` of a main crack as a
    share of the longer side; `flakes` chips along each; `tone` of the bare paper; `opacity` and
    `erratic`: see `noise.erratic_opacity`; `shadow` is how dark the shadows of lifted edges are.
    """

    kind: Literal["cracks"] = "cracks"
    count: Count
    branches: Count
    fine: Count
    width: Length
    length: Length
    flakes: Count
    tone: Share
    opacity: Share
    erratic: Share
    shadow: Share


def crack(
    picture: FloatPicture, rng: np.random.Generator, step: Cracks, scans: TextureScans | None
) -> Outcome:
    """`picture`, H×W, with cracks: from a scanned mask if there are `scans`, else drawn."""
    tone, opacity = draw(rng, step.tone), draw(rng, step.opacity)
    erratic, shadow = draw(rng, step.erratic), draw(rng, step.shadow)
    drawn: dict[str, object] = {
        "tone": tone,
        "opacity": opacity,
        "erratic": erratic,
        "shadow": shadow,
    }
    unit = pixels_per_unit(picture.shape)
    light = rng.uniform(0, 2 * np.pi)
    dx, dy = 1.4 * unit * np.cos(light), 1.4 * unit * np.sin(light)
    if scans is not None and scans.cracks:
        name, where = scans.draw_crack(rng, picture.shape)
        drawn["scan"] = name
        cover = where(0, 0)
        shaded = 0.5 * (where(dx, dy) + where(dx / 2, dy / 2))
    else:
        canvas = Canvas(picture.shape)
        sizes = {"width": draw(rng, step.width), "length": draw(rng, step.length)}
        counts = draw_network(
            canvas,
            rng,
            trunks=draw_count(rng, step.count),
            fine=draw_count(rng, step.fine),
            branches=step.branches,
            flakes=step.flakes,
            width=sizes["width"] * unit,
            length=sizes["length"] * max(picture.shape),
            unit=unit,
        )
        drawn |= {**sizes, **counts}
        cover = canvas.coverage()
        shaded = 0.5 * (canvas.coverage(dx, dy) + canvas.coverage(dx / 2, dy / 2))
    thin = erratic_opacity(picture.shape, rng, opacity, erratic, 60 * unit)
    paper = np.float32(tone) + np.float32(0.05) * cloud(picture.shape, rng, 6 * unit, 3)
    layers = [
        Layer(0.04, np.float32(shadow) * thin * np.clip(shaded - cover, 0, 1)),
        Layer(np.clip(paper, 0, 1), thin * cover),
    ]
    return composite(picture, layers, drawn)
