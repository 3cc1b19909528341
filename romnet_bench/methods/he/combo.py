"""`.combo` files: what He et al.'s similarity program found out about a photo and its reference.

Little-endian: height and width as 32-bit integers, then twelve PNG files, each after its length in
bytes: the reference warped onto the photo, the photo warped there and back, and for five levels
from coarse to fine the error map of each direction. The program runs on Windows alone; anyone may
have written such a file, so nothing in it is believed.
"""

import dataclasses
import struct
from pathlib import Path

import numpy as np

from romnet_bench.errors import PictureError, UserError
from romnet_bench.images import Picture, decode_picture, to_rgb

LEVELS = 5
MAX_SIDE = 2048
"""Pixels; the program's own bound is 1024."""
MAX_BYTES = 256_000_000
"""Twelve pictures of the greatest size, compressed badly."""


@dataclasses.dataclass(frozen=True)
class Correspondence:
    """What is known of a photo from its reference, at one size h×w.

    Attributes:
        warped: the reference's colours where the photo looks alike, h×w×3.
        there: five h×w maps, coarse to fine, 0 (alike) to 255: how far the photo's features are
            from those of the place in the reference that it is matched with.
        back: the same for that place's own match in the photo.
    """

    warped: Picture
    there: tuple[Picture, ...]
    back: tuple[Picture, ...]


def read_combo(path: Path) -> Correspondence:
    """The correspondence in a `.combo` file.

    Raises:
        UserError: the file is missing, damaged, or not of this form.
    """
    content = _read(path)
    if len(content) < 8:
        raise _damaged(path, "it is cut short")
    height, width = struct.unpack_from("<ii", content)
    if not (0 < height <= MAX_SIDE and 0 < width <= MAX_SIDE):
        raise _damaged(path, f"it claims {width}×{height} pixels")
    pictures = []
    start = 8
    for index in range(2 + 2 * LEVELS):
        encoded, start = _next(content, start, path)
        try:
            picture = decode_picture(encoded, str(path), MAX_SIDE * MAX_SIDE)
        except PictureError:
            raise _damaged(path, f"its picture {index + 1} is none") from None
        if picture.shape[:2] != (height, width):
            raise _damaged(path, f"its picture {index + 1} has another size")
        pictures.append(picture)
    if start != len(content):
        raise _damaged(path, "something follows its last picture")
    if any(picture.ndim != 2 for picture in pictures[2:]):
        raise _damaged(path, "its error maps are coloured")
    return Correspondence(to_rgb(pictures[0]), tuple(pictures[2::2]), tuple(pictures[3::2]))


def require_fit(correspondence: Correspondence, photo: Picture, path: Path) -> None:
    """Makes sure that a correspondence has the photo's aspect ratio, up to whole pixels.

    Raises:
        UserError: it is of another photo.
    """
    found = np.array(correspondence.warped.shape[:2], float)
    true = np.array(photo.shape[:2], float)
    if min(np.abs(found - true * (found[side] / true[side])).max() for side in (0, 1)) > 1:
        sizes = (f"{int(size[1])}×{int(size[0])}" for size in (found, true))
        raise UserError(
            "{} is of a photo of {} pixels, not of this one of {}.".format(path, *sizes)
        )


def _read(path: Path) -> bytes:
    if not path.is_file():  # nor a pipe, which would never end
        raise UserError(
            f"There is no file {path}: give one .combo file for each photo, named by its id, or "
            "leave --correspondences out to have them computed."
        )
    try:
        if path.stat().st_size > MAX_BYTES:
            raise _damaged(path, f"it is larger than {MAX_BYTES:,} bytes")
        return path.read_bytes()
    except OSError as error:
        raise UserError(f"{path} cannot be read ({error.strerror or error}).") from None


def _next(content: bytes, start: int, path: Path) -> tuple[bytes, int]:
    """The bytes of the picture whose length stands at `start`, and where they end."""
    if start + 4 > len(content):
        raise _damaged(path, "it is cut short")
    (length,) = struct.unpack_from("<i", content, start)
    end = start + 4 + length
    if length <= 0 or end > len(content):
        raise _damaged(path, "it is cut short")
    return content[start + 4 : end], end


def _damaged(path: Path, reason: str) -> UserError:
    return UserError(f"{path} is no .combo file that can be used ({reason}): make it again.")
