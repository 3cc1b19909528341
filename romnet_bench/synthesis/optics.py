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
        raise ValueError("it must be above 0")
    return span


def _pillow_quality(span: tuple[int, int]) -> tuple[int, int]:
    if span[0] < 1 or span[1] > 100:
        raise ValueError(f"[{span[0]}, {span[1]}] does not lie within 1 to 100")
    return span


def _odd(taps: int) -> int:
    if taps % 2 == 0:
        raise ValueError(f"{taps} is even, and a kernel needs a middle: take an odd number")
    return taps


class Blur(Step):
    """A Gaussian blur of standard deviation `sigma`, in reference pixels."""

    kind: Literal["blur"] = "blur"
    sigma: Length


class KernelBlur(Step):
    """A Gaussian blur by a kernel of one of the numbers of `taps`: pixels, whatever the size.

    With few taps and a wide `sigma` it is nearly a box, as in the training of many networks.
    """

    kind: Literal["kernel_blur"] = "kernel_blur"
    taps: tuple[Annotated[int, Field(ge=1, le=99), AfterValidator(_odd)], ...] = Field(min_length=1)
    sigma: Annotated[Length, AfterValidator(_above_zero)]


class Resolution(Step):
    """Each side made smaller to the share `scale`, and back by one of the methods in `back`.

    Both sides to the same share, or, with `apart`, each to one of its own.
    """

    kind: Literal["resolution"] = "resolution"
    scale: Annotated[Share, AfterValidator(_above_zero)]
    back: tuple[Literal["nearest", "bilinear", "bicubic"], ...] = Field(("bilinear",), min_length=1)
    apart: bool = False


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


def blur_by_kernel(picture: FloatPicture, rng: np.random.Generator, step: KernelBlur) -> Outcome:
    """Rows, then columns, by a normalised Gaussian kernel; mirrored beyond the border, H×W → H×W.

    Whole pictures are added, tap by tap: at 3 to 7 taps half the time of a general convolution.
    """
    taps = step.taps[int(rng.integers(len(step.taps)))]
    sigma = draw(rng, step.sigma)
    distance = np.arange(taps) - taps // 2
    kernel = np.exp(-(distance**2) / (2 * sigma**2))
    blurred = picture
    for axis in (0, 1):
        blurred = _convolve(blurred, (kernel / kernel.sum()).astype(np.float32), axis)
    return Outcome(np.clip(blurred, 0, 1), None, {"taps": taps, "sigma": sigma})


def _convolve(picture: FloatPicture, kernel: FloatPicture, axis: int) -> FloatPicture:
    """`picture` filtered along one axis by a symmetric kernel of an odd number of taps."""
    middle, length = len(kernel) // 2, picture.shape[axis]
    mirrored = np.pad(np.arange(length), middle, mode="symmetric")
    wide = np.moveaxis(picture.take(mirrored, axis), axis, 0)
    result = wide[middle : middle + length] * kernel[middle]
    both = np.empty_like(result)
    for offset in range(middle):
        far = len(kernel) - 1 - offset
        np.add(wide[offset : offset + length], wide[far : far + length], out=both)
        both *= kernel[offset]
        result += both
    return np.moveaxis(result, 0, axis)


def lose_resolution(picture: FloatPicture, rng: np.random.Generator, step: Resolution) -> Outcome:
    """Made smaller by antialiased bicubic interpolation and back to its size, H×W → H×W."""
    scale = draw(rng, step.scale)
    scales = (scale, draw(rng, step.scale)) if step.apart else (scale, scale)
    back = step.back[int(rng.integers(len(step.back)))]
    height, width = picture.shape
    small = enlarge(picture, (max(round(height * scales[0]), 1), max(round(width * scales[1]), 1)))
    method = Image.Resampling[back.upper()]
    large = np.asarray(Image.fromarray(small).resize((width, height), method), np.float32)
    drawn = list(scales) if step.apart else scale
    return Outcome(np.clip(large, 0, 1), None, {"scale": drawn, "back": back})


def jpeg(picture: FloatPicture, rng: np.random.Generator, step: Jpeg) -> Outcome:
    """A grey JPEG's round trip, H×W → H×W. A grey JPEG has no chroma: its sampling is 4:0:0."""
    quality = draw_count(rng, step.quality)
    buffer = io.BytesIO()
    levels = np.rint(picture * 255).astype(np.uint8)
    Image.fromarray(levels).save(buffer, format="JPEG", quality=quality)
    decoded = np.asarray(Image.open(buffer), np.float32) / np.float32(255)
    return Outcome(decoded, None, {"quality": quality, "subsampling": "4:0:0"})
