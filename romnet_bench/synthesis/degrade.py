"""A clean grey photograph → a degraded one, step by step as a recipe says.

Every step has its own random stream, so that changing one step never shifts another.
"""

import dataclasses
import hashlib
import json
from typing import assert_never

import numpy as np

from romnet_bench.images import Picture
from romnet_bench.synthesis.cracks import Cracks, crack
from romnet_bench.synthesis.dust import DustPaper, dust_paper
from romnet_bench.synthesis.emulsion import Fading, Grain, Vignetting, fade, grain, vignette
from romnet_bench.synthesis.folds import Folds, fold
from romnet_bench.synthesis.optics import (
    Blur,
    Jpeg,
    KernelBlur,
    Resolution,
    blur,
    blur_by_kernel,
    jpeg,
    lose_resolution,
)
from romnet_bench.synthesis.pixel_noise import Noise, add_noise
from romnet_bench.synthesis.polygon import Polygon, tear
from romnet_bench.synthesis.recipe import Degradation, Overall, Recipe, Structured
from romnet_bench.synthesis.scratches import Scratches, scratch
from romnet_bench.synthesis.stains import Stains, stain
from romnet_bench.synthesis.steps import FloatPicture, Outcome
from romnet_bench.synthesis.textures import TextureScans


@dataclasses.dataclass(frozen=True)
class Degraded:
    """A degraded photograph.

    Attributes:
        picture: H×W uint8.
        mask: H×W uint8, how opaque the structured damage is (0 none, 255 nothing of the photo
            shows): cracks, scratches, folds, stains, paper, dust and polygons, but not what
            changes the whole photo (blur, grain, fading, vignetting, resolution, JPEG).
        steps: one entry for each degradation that happened, in order: its "kind" and every
            parameter that was drawn; JSON can hold it.
    """

    picture: Picture
    mask: Picture
    steps: list[dict[str, object]]


def random_stream(seed: int, identity: str, purpose: str) -> np.random.Generator:
    """Random numbers that depend on these three alone: not on workers, order or machine."""
    key = json.dumps([seed, identity, purpose]).encode()
    entropy = int.from_bytes(hashlib.sha256(key).digest(), "big")
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence(entropy)))


def degrade(
    grey: Picture, identity: str, recipe: Recipe, textures: TextureScans | None = None
) -> Degraded:
    """`grey` (H×W uint8) with the recipe's degradations, each with its probability.

    The same bytes for the same (picture, seed, identity, degradations, textures) in any process.

    Args:
        grey: the clean photograph.
        identity: the pair's id; with `recipe.seed` it decides every random number.
        recipe: whose degradations happen.
        textures: scans that take the place of made-up cracks and paper.
    """
    picture = grey.astype(np.float32) / np.float32(255)
    clear: FloatPicture | None = None  # nothing covers the photograph yet
    steps: list[dict[str, object]] = []
    for index in _order(recipe, identity):
        step = recipe.degradations[index]
        rng = random_stream(recipe.seed, identity, f"{index}:{step.kind}")
        if rng.random() >= step.probability:
            continue
        outcome = apply(picture, rng, step, textures)
        picture = outcome.picture
        if outcome.opacity is not None:
            clear = (1 - outcome.opacity) if clear is None else clear * (1 - outcome.opacity)
        steps.append({"kind": step.kind, **outcome.drawn})
    mask = np.zeros_like(grey) if clear is None else _to_levels(1 - clear)
    return Degraded(_to_levels(picture), mask, steps)


def _order(recipe: Recipe, identity: str) -> list[int]:
    """The places of the degradations in the order in which they happen to this photograph."""
    written = list(range(len(recipe.degradations)))
    if recipe.order == "as_written":
        return written
    rng = random_stream(recipe.seed, identity, "order")
    return [int(index) for index in rng.permutation(written)]


def apply(
    picture: FloatPicture,
    rng: np.random.Generator,
    step: Degradation,
    textures: TextureScans | None = None,
) -> Outcome:
    """One degradation, H×W in [0, 1] → H×W in [0, 1]."""
    if isinstance(step, Structured):
        return _damage(picture, rng, step, textures)
    return _change(picture, rng, step)


def _change(picture: FloatPicture, rng: np.random.Generator, step: Overall) -> Outcome:
    match step:
        case Blur():
            outcome = blur(picture, rng, step)
        case Grain():
            outcome = grain(picture, rng, step)
        case Fading():
            outcome = fade(picture, rng, step)
        case Vignetting():
            outcome = vignette(picture, rng, step)
        case Resolution():
            outcome = lose_resolution(picture, rng, step)
        case Jpeg():
            outcome = jpeg(picture, rng, step)
        case KernelBlur():
            outcome = blur_by_kernel(picture, rng, step)
        case Noise():
            outcome = add_noise(picture, rng, step)
        case _:
            assert_never(step)
    return outcome


def _damage(
    picture: FloatPicture,
    rng: np.random.Generator,
    step: Structured,
    textures: TextureScans | None,
) -> Outcome:
    match step:
        case Stains():
            return stain(picture, rng, step)
        case Folds():
            return fold(picture, rng, step)
        case Cracks():
            return crack(picture, rng, step, textures)
        case Scratches():
            return scratch(picture, rng, step)
        case DustPaper():
            return dust_paper(picture, rng, step, textures)
        case Polygon():
            return tear(picture, rng, step)
        case _:
            assert_never(step)


def _to_levels(picture: FloatPicture) -> Picture:
    levels: Picture = np.clip(np.rint(picture * np.float32(255)), 0, 255).astype(np.uint8)
    return levels
