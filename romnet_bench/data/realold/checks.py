"""What is measured of a pair of RealOld, and of a reference portrait; no judgement yet."""

import base64
import dataclasses
import hashlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from romnet_bench.color import lightness_grey
from romnet_bench.data.duplicates import SIDE, thumbnail
from romnet_bench.data.phase import Alignment, measure_alignment
from romnet_bench.data.realold.pairs import Pair
from romnet_bench.data.tone import Tone, measure_tone
from romnet_bench.errors import PictureError
from romnet_bench.images import Picture, decode_picture, resize, to_rgb

ASPECT = 0.01
"""How far the shapes of input and target may differ, as a share: rounding makes a pixel of some
hundred, a different crop makes more, and a crop cannot be measured pixel by pixel."""


@dataclasses.dataclass(frozen=True)
class PictureFacts:
    """What one file holds.

    `pixels` is a hash of its pixels, `small` its thumbnail (`data.duplicates`) in base 64.
    """

    name: str
    width: int
    height: int
    tone: Tone
    pixels: str
    small: str

    @property
    def size(self) -> str:
        """Width × height in words."""
        return f"{self.width}×{self.height}"

    @property
    def thumbnail(self) -> npt.NDArray[np.uint8]:
        """SIDE×SIDE grey."""
        return np.frombuffer(base64.b64decode(self.small), np.uint8).reshape(SIDE, SIDE)


@dataclasses.dataclass(frozen=True)
class PairFacts:
    """What a pair holds; `alignment` is None where the shapes differ too much to compare."""

    id: str
    input: PictureFacts
    target: PictureFacts
    alignment: Alignment | None

    @property
    def resized(self) -> bool:
        """Whether the target must be brought to the input's size."""
        return (self.input.width, self.input.height) != (self.target.width, self.target.height)


def open_picture(path: Path, name: str) -> Picture:
    """The picture in a file that errors call `name`: they must not hold a path of this machine.

    Raises:
        PictureError: it cannot be read or decoded.
    """
    try:
        return decode_picture(path.read_bytes(), name)
    except OSError as error:
        raise PictureError(f"{name}: cannot be read ({error.strerror or error}).") from None


def open_pair(pair: Pair, resized: bool = True) -> tuple[Picture, Picture]:
    """Input H×W and target H×W×3 of one size, as the dataset holds them.

    The input keeps its pixels, since its size, grain and damage are the old photo; one with colours
    (a sepia scan, or grey saved as RGB) gives its CIE lightness. The target is resized to it,
    unless `resized` is False.

    Raises:
        PictureError: one of the two cannot be decoded.
    """
    old = open_picture(pair.input, pair.input_name)
    target = to_rgb(open_picture(pair.target, pair.target_name))
    return grey_of(old), resize(target, *old.shape[:2]) if resized else target


def measure_pair(pair: Pair) -> PairFacts:
    """Everything that is measured of a pair.

    Raises:
        PictureError: one of the two cannot be decoded; both sentences where neither can.
    """
    facts, greys, errors = [], [], []
    for path, name in ((pair.input, pair.input_name), (pair.target, pair.target_name)):
        try:
            picture = open_picture(path, name)
        except PictureError as error:
            errors.append(str(error))
            continue
        greys.append(grey_of(picture))
        facts.append(_measure(picture, greys[-1], name))
    if errors:
        raise PictureError(" ".join(errors))
    old, target = greys
    alignment = None
    if aspect_difference(facts[0], facts[1]) <= ASPECT:
        alignment = measure_alignment(old, resize(target, *old.shape))
    return PairFacts(pair.id, facts[0], facts[1], alignment)


def measure_reference(path: Path, name: str) -> PictureFacts:
    """What a reference portrait holds.

    Raises:
        PictureError: it cannot be decoded.
    """
    picture = open_picture(path, name)
    return _measure(picture, grey_of(picture), name)


def grey_of(picture: Picture) -> Picture:
    """H×W: the picture itself where it is grey, else its CIE lightness."""
    return picture if picture.ndim == 2 else lightness_grey(picture)


def aspect_difference(one: PictureFacts, other: PictureFacts) -> float:
    """By what share the ratios of width to height differ, 0 for equal shapes."""
    return abs((one.width * other.height) / (one.height * other.width) - 1)


def _measure(picture: Picture, grey: Picture, name: str) -> PictureFacts:
    height, width = grey.shape
    shape = f"{picture.shape}".encode()
    return PictureFacts(
        name=name,
        width=width,
        height=height,
        tone=measure_tone(picture),
        pixels=hashlib.sha256(shape + picture.tobytes()).hexdigest()[:16],
        small=base64.b64encode(thumbnail(grey).tobytes()).decode(),
    )
