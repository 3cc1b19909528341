"""The noise that restoration networks are trained on: Gaussian, speckle, salt and pepper.

Independent from pixel to pixel, unlike the grain of a film (`emulsion.grain`).
"""

import functools
from typing import Literal, assert_never

import numpy as np
from pydantic import Field
from scipy import special

from romnet_bench.synthesis.steps import FloatPicture, Length, Outcome, Share, Step, draw


class Noise(Step):
    """One of the noises in `types`, each as likely as the others.

    `sigma` is the standard deviation of Gaussian and speckle noise in grey levels of 255; of
    speckle it is that on white. `share` of the pixels turn black or white, of those `salt` white.
    """

    kind: Literal["noise"] = "noise"
    types: tuple[Literal["gaussian", "speckle", "salt_and_pepper"], ...] = Field(min_length=1)
    sigma: Length
    share: Share = (0.0, 0.01)
    salt: Share = (0.5, 0.5)


def add_noise(picture: FloatPicture, rng: np.random.Generator, step: Noise) -> Outcome:
    """`picture`, H×W, with one noise: p + n, p + p·n, or some pixels at 0 and 1."""
    name = step.types[int(rng.integers(len(step.types)))]
    match name:
        case "gaussian" | "speckle":
            sigma = draw(rng, step.sigma)
            noise = _normals(rng, picture.shape)
            noise *= np.float32(sigma / 255)
            if name == "speckle":
                noise *= picture
            noise += picture
            return Outcome(np.clip(noise, 0, 1, out=noise), None, {"type": name, "sigma": sigma})
        case "salt_and_pepper":
            share, salt = draw(rng, step.share), draw(rng, step.salt)
            noisy = picture.copy()
            # Only the pixels that change are drawn: a few hundred instead of all.
            where = rng.choice(picture.size, rng.binomial(picture.size, share), replace=False)
            noisy.flat[where] = rng.random(where.size) < salt
            return Outcome(noisy, None, {"type": name, "share": share, "salt": salt})
        case _:
            assert_never(name)


def _normals(rng: np.random.Generator, shape: tuple[int, ...]) -> FloatPicture:
    """Normal numbers of 65,536 levels, in a quarter of the time that exact ones take."""
    count = int(np.prod(shape))
    levels = np.frombuffer(rng.bytes(2 * count), "<u2")
    return _quantiles().take(levels).reshape(shape)


@functools.cache
def _quantiles() -> FloatPicture:
    """65,536 numbers of a standard normal distribution, all equally likely; none above 4.3."""
    quantiles: FloatPicture = special.ndtri((np.arange(2**16) + 0.5) / 2**16).astype(np.float32)
    return quantiles
