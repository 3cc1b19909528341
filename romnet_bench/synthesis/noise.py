"""Smooth random fields: the erratic transparency, the blotches and the paper of old photographs.

Built from coarse to fine at low resolution and enlarged once: some 3 ms for 512×512 where
filtering white noise takes ten times as long.
"""

import numpy as np
from PIL import Image

from romnet_bench.synthesis.steps import FloatPicture


def enlarge(field: FloatPicture, shape: tuple[int, int]) -> FloatPicture:
    """`field` at `shape` (H, W) by bicubic interpolation."""
    image = Image.fromarray(field).resize((shape[1], shape[0]), Image.Resampling.BICUBIC)
    return np.asarray(image, dtype=np.float32)


def cloud(
    shape: tuple[int, int],
    rng: np.random.Generator,
    cell: float,
    octaves: int = 4,
    roughness: float = 0.5,
) -> FloatPicture:
    """Fractal noise, H×W, of mean 0 and a standard deviation of about 1.

    Args:
        shape: H and W.
        rng: where the randomness comes from.
        cell: pixels between the coarsest knots.
        octaves: how often the knots get twice as dense (never denser than the pixels).
        roughness: how much of its strength an octave hands on to the next finer one.
    """
    return enlarge(_knots(shape, rng, cell, octaves, roughness), shape)


def _knots(
    shape: tuple[int, int], rng: np.random.Generator, cell: float, octaves: int, roughness: float
) -> FloatPicture:
    """The values that `cloud` enlarges: as many as its finest octave has, mean 0, deviation 1."""
    coarsest = [max(round(side / cell) + 1, 2) for side in shape]
    size = (min(coarsest[0], shape[0]), min(coarsest[1], shape[1]))
    field = rng.standard_normal(size, dtype=np.float32)
    strength = 1.0
    for _ in range(octaves - 1):
        if size == shape:
            break
        size = (min(2 * size[0], shape[0]), min(2 * size[1], shape[1]))
        strength *= roughness
        finer = rng.standard_normal(size, dtype=np.float32)
        field = enlarge(field, size) + np.float32(strength) * finer
    spread = float(field.std(dtype=np.float64))
    centred = field - np.float32(field.mean(dtype=np.float64))
    return centred / np.float32(max(spread, 1e-6))


def ramp(field: FloatPicture, low: float, high: float) -> FloatPicture:
    """0 below `low`, 1 above `high`, smooth between them."""
    t = np.clip((field - np.float32(low)) * np.float32(1 / (high - low)), 0, 1)
    smooth: FloatPicture = t * t * (3 - 2 * t)
    return smooth


def erratic_opacity(
    shape: tuple[int, int],
    rng: np.random.Generator,
    opacity: float,
    erratic: float,
    cell: float,
) -> FloatPicture:
    """The paper's "erratic transparency": an opacity that wanders over the photograph, H×W.

    Nowhere above `opacity`, and where it is least, lower by the share `erratic`.
    """
    thin = enlarge(ramp(_knots(shape, rng, cell, 4, 0.5), -1.3, 1.3), shape)
    return np.float32(opacity) * (1 - np.float32(erratic) * np.clip(thin, 0, 1))
