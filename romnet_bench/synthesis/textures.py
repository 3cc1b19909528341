"""Scanned textures: sheets of paper and masks of cracks that take the made-up ones' place.

A folder of pictures becomes two lists of files. Only names are kept, so that a pool of processes
gets little to copy; each process keeps the few that it decoded last.
"""

import dataclasses
import functools
import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from romnet_bench.color import lightness_grey
from romnet_bench.errors import PictureError, UserError
from romnet_bench.images import Picture, limit_side, list_pictures, read_picture
from romnet_bench.synthesis.steps import FloatPicture

CRACK_TILT = 30.0
"""Degrees by which a crack texture is rotated at most (the authors' code: ±30°)."""

_LONGEST_SIDE = 2048  # what is kept of a huge scan in memory


@dataclasses.dataclass(frozen=True)
class TextureScans:
    """Scans that can be used.

    Attributes:
        folder: where they lie.
        papers: names of paper scans, relative to the folder.
        cracks: names of crack masks.
        skipped: sentences about files that could not be read.
        fingerprint: changes with any byte of any scan that is used.
    """

    folder: Path
    papers: tuple[str, ...]
    cracks: tuple[str, ...]
    skipped: tuple[str, ...]
    fingerprint: str

    def draw_paper(
        self, rng: np.random.Generator, shape: tuple[int, ...]
    ) -> tuple[str, FloatPicture]:
        """A paper scan's name and its relief, H×W, of mean 0 and standard deviation 1."""
        name = self.papers[int(rng.integers(len(self.papers)))]
        grey = _turned(_read_grey(self.folder / name), rng)
        sheet = np.asarray(_cover(Image.fromarray(grey), shape, rng), np.float32)
        spread = max(float(sheet.std(dtype=np.float64)), 1.0)
        return name, (sheet - np.float32(sheet.mean(dtype=np.float64))) / np.float32(spread)

    def draw_crack(
        self, rng: np.random.Generator, shape: tuple[int, ...]
    ) -> tuple[str, Callable[[float, float], FloatPicture]]:
        """A crack mask's name, and its coverage, H×W in [0, 1], as a function of a shift (x, y)."""
        name = self.cracks[int(rng.integers(len(self.cracks)))]
        mask = Image.fromarray(_turned(_cracked(self.folder / name), rng))
        tilt = float(rng.uniform(-CRACK_TILT, CRACK_TILT))
        tilted = mask.rotate(tilt, Image.Resampling.BICUBIC)
        sheet = _cover(tilted, shape, rng)

        def coverage(dx: float, dy: float) -> FloatPicture:
            moved = sheet.transform(
                sheet.size,
                Image.Transform.AFFINE,
                (1, 0, -dx, 0, 1, -dy),
                Image.Resampling.BILINEAR,
            )
            return np.asarray(moved, np.float32) / np.float32(255)

        return name, coverage


def open_textures(folder: Path) -> TextureScans:
    """The scans in `folder` and below.

    A file is a mask of cracks if a folder above it or its own name says "crack", and a sheet of
    paper if it says "paper", "dust" or "texture"; else a mask is what is nearly all black and
    white.

    Raises:
        UserError: there is no such folder, or nothing in it can be used.
    """
    if not folder.is_dir():
        raise UserError(f"--textures {folder} is no folder: name one that holds scans.")
    papers: list[str] = []
    cracks: list[str] = []
    skipped: list[str] = []
    digest = hashlib.sha256()
    for path in list_pictures(folder):
        name = path.relative_to(folder).as_posix()
        try:
            grey = _read_grey(path)
        except PictureError as error:
            skipped.append(str(error))
            continue
        digest.update(f"{name}\0{grey.shape}\0".encode() + grey.tobytes())
        (cracks if _is_crack(folder.name + "/" + name, grey) else papers).append(name)
    if not papers and not cracks:
        unread = f" ({len(skipped)} could not be read)" if skipped else ""
        raise UserError(
            f"--textures {folder} holds no picture that can be used{unread}: put scans of paper "
            "or masks of cracks there."
        )
    names = (tuple(papers), tuple(cracks), tuple(skipped))
    return TextureScans(folder, *names, fingerprint=digest.hexdigest()[:16])


def _is_crack(name: str, grey: Picture) -> bool:
    words = name.lower()
    if "crack" in words:
        return True
    if any(word in words for word in ("paper", "dust", "texture")):
        return False
    return float(np.mean((grey < 16) | (grey > 239))) > 0.95


@functools.lru_cache(maxsize=16)
def _read_grey(path: Path) -> Picture:
    picture = limit_side(read_picture(path), _LONGEST_SIDE)
    return picture if picture.ndim == 2 else lightness_grey(picture)


def _cracked(path: Path) -> Picture:
    """White where the crack is: cracks cover less than half of a mask, whichever its colours."""
    grey = _read_grey(path)
    return 255 - grey if grey.mean() > 127 else grey


def _turned(grey: Picture, rng: np.random.Generator) -> Picture:
    """One of the eight ways to lay a sheet down."""
    turned = np.rot90(grey, int(rng.integers(4)))
    return np.ascontiguousarray(turned[:, ::-1] if rng.random() < 0.5 else turned)


def _cover(sheet: Image.Image, shape: tuple[int, ...], rng: np.random.Generator) -> Image.Image:
    """A part of `sheet`, 60 to 100 % of what fits, at the size of a photograph H×W."""
    height, width = shape[:2]
    part = float(rng.uniform(0.6, 1.0)) * min(sheet.width / width, sheet.height / height)
    left = float(rng.uniform(0, sheet.width - part * width))
    top = float(rng.uniform(0, sheet.height - part * height))
    box = (left, top, left + part * width, top + part * height)
    return sheet.resize((width, height), Image.Resampling.BICUBIC, box=box)
