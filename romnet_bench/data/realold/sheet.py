"""Contact sheets of the pairs that a person should look at: input, target and their difference."""

import dataclasses
import io
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from romnet_bench.color import lightness_grey
from romnet_bench.files import write_bytes
from romnet_bench.images import Picture, limit_side, to_rgb

ROWS = 8
"""Pairs on one sheet."""


@dataclasses.dataclass(frozen=True, eq=False)
class Shown:
    """A pair on a sheet: input H×W and target H×W×3, of one size where they compare."""

    id: str
    found: str  # what was found, in words
    input: Picture
    target: Picture


_SIDE = 440  # the longest of a picture
_GAP = 12
_CAPTION = 50
_HEAD = 30
_WIDTH = 3 * _SIDE + 4 * _GAP
_PAPER, _INK, _FAINT = (255, 255, 255), (20, 20, 20), (110, 110, 110)
# In a folder that is not published: what was left out of the dataset must not be given on.
_NAME, _ANY = "look/flagged-{:02d}.jpg", "look/flagged-[0-9][0-9]*.jpg"


def write_sheets(folder: Path, shown: Iterable[Shown]) -> list[str]:
    """Writes `look/flagged-01.jpg` and so on below `folder`; sheets of an earlier run go.

    Args:
        folder: the dataset's.
        shown: the pairs.

    Returns:
        The names of the sheets, seen from `folder`.
    """
    names: list[str] = []
    waiting = iter(shown)
    while rows := list(islice(waiting, ROWS)):
        names.append(_NAME.format(len(names) + 1))
        write_bytes(folder / names[-1], _jpeg(_sheet(rows)))
    for old in folder.glob(_ANY):
        if old.relative_to(folder).as_posix() not in names:
            old.unlink()
    return names


def difference(old: Picture, target: Picture) -> Picture:
    """Target's lightness minus the input's, 128 for equal ones, H×W: dark where damage is bright.

    A shift shows as a relief along every edge.
    """
    lightness = lightness_grey(target).astype(np.int16)
    shown: Picture = np.clip(128 + lightness - old, 0, 255).astype(np.uint8)
    return shown


def _sheet(rows: list[Shown]) -> Image.Image:
    parts = [_row(row) for row in rows]
    sheet = Image.new("RGB", (_WIDTH, _HEAD + sum(part.height for part in parts)), _PAPER)
    draw = ImageDraw.Draw(sheet)
    for column, title in enumerate(("input", "target", "target − input (grey: equal)")):
        _write(draw, (_left(column), 8), title, 14, _FAINT)
    top = _HEAD
    for part in parts:
        sheet.paste(part, (0, top))
        top += part.height
    return sheet


def _row(shown: Shown) -> Image.Image:
    pictures: list[Picture | None] = [shown.input, shown.target, None]
    if shown.input.shape == shown.target.shape[:2]:
        pictures[2] = difference(shown.input, shown.target)
    small = [
        None if picture is None else to_rgb(limit_side(picture, _SIDE)) for picture in pictures
    ]
    height = max(picture.shape[0] for picture in small if picture is not None)
    row = Image.new("RGB", (_WIDTH, _CAPTION + height + 2 * _GAP), _PAPER)
    draw = ImageDraw.Draw(row)
    _write(draw, (_GAP, 6), shown.id, 16, _INK)
    _write(draw, (_GAP, 27), shown.found, 13, _FAINT)
    for column, picture in enumerate(small):
        if picture is None:
            _write(draw, (_left(column), _CAPTION), "no difference: the sizes differ", 13, _FAINT)
        else:
            row.paste(Image.fromarray(picture), (_left(column), _CAPTION))
    return row


def _left(column: int) -> int:
    return _GAP + column * (_SIDE + _GAP)


def _write(
    draw: ImageDraw.ImageDraw, at: tuple[int, int], text: str, size: int, colour: tuple[int, ...]
) -> None:
    """One line, cut off with “…” where the sheet ends."""
    import matplotlib  # whose font knows “×” and “−”, which Pillow's own does not

    font = ImageFont.truetype(f"{matplotlib.get_data_path()}/fonts/ttf/DejaVuSans.ttf", size)
    shown = text
    while draw.textlength(shown, font) > _WIDTH - at[0] - _GAP:
        text = text[:-1]
        shown = f"{text}…"
    draw.text(at, shown, colour, font)


def _jpeg(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format="JPEG", quality=90, subsampling=0)
    return buffer.getvalue()
