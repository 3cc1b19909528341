"""A glass plate's scan → its three exposures.

Sergei Prokudin-Gorskii's plates (1905–1915) hold three black-and-white exposures of one scene, one
below the other, taken through a blue, a green and a red filter. The Library of Congress gives them
as JPEG (about 396×1024, 8 bit) and as TIFF (about 3,700×9,700, 16 bit).
"""

import dataclasses
import re
import warnings
from pathlib import Path
from typing import Literal

import numpy as np
import numpy.typing as npt
from PIL import Image, TiffImagePlugin, UnidentifiedImageError
from scipy import ndimage

from romnet_bench.errors import PictureError
from romnet_bench.images import DECODE_ERRORS, MAX_PIXELS

Field = npt.NDArray[np.float32]
"""H×W levels of one exposure, 0 black to 1 white."""

Filter = Literal["red", "green", "blue"]
FILTERS: tuple[Filter, ...] = ("red", "green", "blue")
"""In the order of a picture's channels."""

_FROM_TOP: tuple[Filter, ...] = ("blue", "green", "red")
_SEARCHED = 0.015  # of the plate's height, above and below its thirds, for the dark lines
_UNLIKE = 0.012  # of the plate's height: the most by which exposures differ in height
_LINE = 0.006  # of the plate's height: the lines' thickness, about
_DARKER = 0.1  # than what lies around it: the least that tells a line from the picture
_LOC_NAME = re.compile(r"(?P<number>\d{5})[a-z]?")


@dataclasses.dataclass(frozen=True)
class Plate:
    """Three exposures of one scene as they lie on the plate, not aligned yet."""

    exposures: dict[Filter, Field]
    cuts: tuple[int, int]  # the rows of the scan where one exposure ends and the next begins
    size: tuple[int, int]  # the scan's width and height
    bits: int
    scale: float  # of the exposures against the scan's pixels, 1 unless a smaller size was asked


def read_plate(path: Path, max_side: int | None = None) -> Plate:
    """The three exposures of the plate's scan in `path`.

    A 16-bit scan of 36 million pixels takes 72 MB decoded, and each exposure 50 MB as float32.

    Args:
        path: a grey JPEG, PNG or TIFF, the exposures below each other: blue, green, red.
        max_side: makes each exposure smaller, antialiased, so that no side is longer.

    Raises:
        PictureError: it cannot be read, is in colour, or is not about three times as high as wide.
    """
    levels = _read_levels(path)
    height, width = levels.shape
    if not 2 <= height / width <= 4 or width < 64:
        raise PictureError(
            f"{path}: {width}×{height} is no plate with three exposures below each other."
        )
    first, second = cuts = find_cuts(levels)
    white = np.float32(np.iinfo(levels.dtype).max)
    tall = second - first  # windows of one height, so that what is left are the camera's shifts
    parts = (
        levels[max(first - tall, 0) : first],
        levels[first:second],
        levels[second : second + tall],
    )
    scale = 1.0
    if max_side is not None:
        scale = min(1.0, max_side / max(max(part.shape) for part in parts))
    exposures = {
        name: _smaller(part.astype(np.float32) / white, scale)
        for name, part in zip(_FROM_TOP, parts, strict=True)
    }
    return Plate(exposures, cuts, (width, height), 8 * levels.itemsize, scale)


def find_cuts(levels: npt.NDArray[np.uint8] | npt.NDArray[np.uint16]) -> tuple[int, int]:
    """The rows in the middle of the two dark lines between the exposures of a plate, H×W.

    A line is dark over most of the plate's width and darker than the rows around it, and the two
    lie about a third of the height apart; where there are no such lines, the thirds are the answer.
    """
    height, width = levels.shape
    step = max(width // 200, 1)
    across = levels[:, width // 10 : -(width // 10) : step]
    profile = np.percentile(across, 70, axis=1) / np.iinfo(levels.dtype).max
    profile = ndimage.uniform_filter1d(profile, max(round(_LINE * height), 1))
    reach, apart = (max(round(share * height), 2) for share in (_SEARCHED, _UNLIKE))
    first, second = height // 3, height * 2 // 3
    upper, lower = (profile[cut - reach : cut + reach + 1] for cut in (first, second))
    darkness = np.median(upper) - upper[:, None] + np.median(lower) - lower[None]
    places = np.arange(-reach, reach + 1)
    darkness[np.abs(places[:, None] - places[None]) > apart] = -np.inf
    one, two = np.unravel_index(np.argmax(darkness), darkness.shape)
    dark = min(np.median(upper) - upper[one], np.median(lower) - lower[two])
    at_the_end = max(abs(places[one]), abs(places[two])) == reach  # something darker lies beyond
    if dark < _DARKER or at_the_end:
        return first, second
    return int(first + places[one]), int(second + places[two])


def loc_item(name: str) -> str | None:
    """The Library of Congress's number of the plate whose scan has that name, such as `00106v`.

    Example:
        >>> loc_item("00106v"), loc_item("my plate")
        ('LC-DIG-prok-00106', None)
    """
    match = _LOC_NAME.fullmatch(name)
    return f"LC-DIG-prok-{match['number']}" if match else None


def _read_levels(path: Path) -> npt.NDArray[np.uint8] | npt.NDArray[np.uint16]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # our own bound decides, with a sentence
            with Image.open(path, formats=("JPEG", "PNG", "TIFF")) as image:
                width, height = image.size
                if width * height > MAX_PIXELS:
                    raise PictureError(f"{path}: {width}×{height} is too large for a plate.")
                return _grey_levels(image, path)
    except UnidentifiedImageError:
        raise PictureError(f"{path}: not a picture that can be read (JPEG, PNG, TIFF).") from None
    except Image.DecompressionBombError:
        raise PictureError(f"{path}: more than {MAX_PIXELS:,} pixels; make it smaller.") from None
    except DECODE_ERRORS as error:
        raise PictureError(f"{path}: damaged or cut short ({error}).") from None


def _grey_levels(image: Image.Image, path: Path) -> npt.NDArray[np.uint8] | npt.NDArray[np.uint16]:
    if image.mode.startswith("I;16"):
        levels = np.asarray(image).astype(np.uint16)
        return ~levels if _zero_is_white(image) else levels
    if image.mode == "L":
        return np.asarray(image).copy()
    if image.mode == "RGB":
        channels = np.asarray(image)
        if np.abs(np.diff(channels.astype(np.int16), axis=2)).max() <= 8:
            return channels[..., 1].copy()  # a grey scan saved as RGB
    raise PictureError(
        f"{path}: in colour, or of an unknown kind ({image.mode}): give the grey scan of the plate."
    )


def _zero_is_white(image: Image.Image) -> bool:
    """Pillow turns such TIFFs over where they have 8 bit, not where they have 16."""
    if not isinstance(image, TiffImagePlugin.TiffImageFile):
        return False
    return bool(image.tag_v2.get(TiffImagePlugin.PHOTOMETRIC_INTERPRETATION) == 0)


def _smaller(field: Field, scale: float) -> Field:
    if scale >= 1:
        return field
    height, width = (max(round(side * scale), 1) for side in field.shape)
    image = Image.fromarray(field).resize((width, height), Image.Resampling.BOX)
    return np.asarray(image).copy()
