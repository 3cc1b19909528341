"""What film and its age do to the whole photograph: grain, fading, vignetting."""

from typing import Literal

import numpy as np

from romnet_bench.synthesis.noise import cloud, enlarge, ramp
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


class Grain(Step):
    """Film grain: noise of standard deviation `sigma` (grey levels of 255), `size` wide."""

    kind: Literal["grain"] = "grain"
    sigma: Length
    size: Length


class Fading(Step):
    """Blacks that turned grey, whites that turned dull, and more so in some places.

    `black` and `white` are the grey values that black and white come out as; `gamma` bends what
    is between; `uneven` is how opaque the palest patches are.
    """

    kind: Literal["fading"] = "fading"
    black: Share
    white: Share
    gamma: Length
    uneven: Share


class Vignetting(Step):
    """Borders that are darker, or paler with the probability `paler`, by the share `strength`."""

    kind: Literal["vignetting"] = "vignetting"
    strength: Share
    paler: Probability


def grain(picture: FloatPicture, rng: np.random.Generator, step: Grain) -> Outcome:
    """Noise that is strongest in the mid-tones, as grains are, H×W → H×W."""
    sigma, size = draw(rng, step.sigma), draw(rng, step.size)
    height, width = picture.shape
    pixels = max(size * pixels_per_unit(picture.shape), 1.0)
    coarse = (max(round(height / pixels), 1), max(round(width / pixels), 1))
    noise = enlarge(rng.standard_normal(coarse, dtype=np.float32), picture.shape)
    noise = noise / np.float32(max(float(noise.std(dtype=np.float64)), 1e-6))
    # A print shows neither the grains of clear film nor single ones in solid black.
    where = 0.4 + 2.4 * picture * (1 - picture)
    grained = picture + np.float32(sigma / 255) * noise * where
    return Outcome(np.clip(grained, 0, 1), None, {"sigma": sigma, "size": size})


def fade(picture: FloatPicture, rng: np.random.Generator, step: Fading) -> Outcome:
    """Lower contrast everywhere and pale patches, H×W → H×W."""
    black, white = draw(rng, step.black), draw(rng, step.white)
    gamma, uneven = draw(rng, step.gamma), draw(rng, step.uneven)
    bent = np.power(picture, np.float32(gamma))
    faded = np.float32(black) + np.float32(white - black) * bent
    patches = ramp(cloud(picture.shape, rng, max(picture.shape) / 2.5, 4, 0.4), -0.5, 2.5)
    faded += np.float32(uneven) * patches * (np.float32(0.85 * white) - faded)
    drawn = {"black": black, "white": white, "gamma": gamma, "uneven": uneven}
    return Outcome(np.clip(faded, 0, 1), None, dict(drawn))


def vignette(picture: FloatPicture, rng: np.random.Generator, step: Vignetting) -> Outcome:
    """Borders darkened or paled, about a centre that is a little off, H×W → H×W."""
    strength = draw(rng, step.strength)
    paler = bool(rng.random() < step.paler)
    centre = [draw(rng, (-0.12, 0.12)) for _ in "xy"]
    height, width = picture.shape
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None] - np.float32(centre[1])
    x = np.linspace(-1, 1, width, dtype=np.float32)[None, :] - np.float32(centre[0])
    shadow = np.float32(strength) * ramp(np.sqrt(x * x + y * y), 0.45, 1.55)
    target = np.float32(0.92 if paler else 0.0)
    drawn = {"strength": strength, "paler": paler, "centre": centre}
    return Outcome(picture + shadow * (target - picture), None, drawn)
