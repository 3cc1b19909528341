"""What cameras, prints and scans do to the whole photograph: blur, lost resolution, JPEG."""

import io
from typing import Annotated, Literal

import numpy as np
from PIL import Image
from pydantic import AfterValidator, Field
from scipy import ndimage

from romnet_bench.synthesis.noise import enlarge
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


def _above_zero(span: tuple[float, float]) -> tuple[float, float]:
    if span[0] <= 0:
        raise ValueError("a photograph cannot be made 0 pixels wide: start above 0")
    return span


def _pillow_quality(span: tuple[int, int]) -> tuple[int, int]:
    if span[0] < 1 or span[1] > 100:
        raise ValueError(f"[{span[0]}, {span[1]}] does not lie within 1 to 100")
    return span


class Blur(Step):
    """A Gaussian blur of standard deviation `sigma`, in reference pixels."""

    kind: Literal["blur"] = "blur"
    sigma: Length


class Resolution(Step):
    """Each side made smaller to the share `scale`, and back by one of the methods in `back`."""

    kind: Literal["resolution"] = "resolution"
    scale: Annotated[Share, AfterValidator(_above_zero)]
    back: tuple[Literal["nearest", "bilinear", "bicubic"], ...] = Field(("bilinear",), min_length=1)


class Jpeg(Step):
    """Saved as a JPEG of this quality (1 to 100, Pillow's scale) and opened again."""

    kind: Literal["jpeg"] = "jpeg"
    quality: Annotated[Count, AfterValidator(_pillow_quality)]


def blur(picture: FloatPicture, rng: np.random.Generator, step: Blur) -> Outcome:
    """Gaussian blur, H×W → H×W; `sigma` is drawn, `pixels` is what it is on this photograph."""
    sigma = draw(rng, step.sigma)
    pixels = sigma * pixels_per_unit(picture.shape)
    blurred = ndimage.gaussian_filter(picture, pixels, mode="reflect") if pixels > 0 else picture
    return Outcome(blurred, None, {"sigma": sigma, "pixels": round(pixels, 6)})


def lose_resolution(picture: FloatPicture, rng: np.random.Generator, step: Resolution) -> Outcome:
    """Made smaller by antialiased bicubic interpolation and back to its size, H×W → H×W."""
    scale = draw(rng, step.scale)
    back = step.back[int(rng.integers(len(step.back)))]
    height, width = picture.shape
    small = enlarge(picture, (max(round(height * scale), 1), max(round(width * scale), 1)))
    method = Image.Resampling[back.upper()]
    large = np.asarray(Image.fromarray(small).resize((width, height), method), np.float32)
    return Outcome(np.clip(large, 0, 1), None, {"scale": scale, "back": back})


def jpeg(picture: FloatPicture, rng: np.random.Generator, step: Jpeg) -> Outcome:
    """A grey JPEG's round trip, H×W → H×W. A grey JPEG has no chroma: its sampling is 4:0:0."""
    quality = draw_count(rng, step.quality)
    buffer = io.BytesIO()
    levels = np.rint(picture * 255).astype(np.uint8)
    Image.fromarray(levels).save(buffer, format="JPEG", quality=quality)
    decoded = np.asarray(Image.open(buffer), np.float32) / np.float32(255)
    return Outcome(decoded, None, {"quality": quality, "subsampling": "4:0:0"})
