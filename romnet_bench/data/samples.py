"""A few of a dataset's pairs side by side, as one picture for its card."""

import io

import numpy as np
from PIL import Image

from romnet_bench.data.records import Photo, read_photo
from romnet_bench.data.shard_facts import Split
from romnet_bench.errors import UserError
from romnet_bench.images import Picture, limit_side, to_rgb

ROWS = 4
SIDE = 256
"""Longest side of one picture, in pixels."""

_GAP = 8  # pixels of white between pictures
_QUALITY = 88  # of the JPEG: grain stays grain, at a sixth of the PNG's bytes


def sample_sheet(splits: list[Split]) -> bytes:
    """Input, target and, where any has one, mask of up to four pairs, as a JPEG.

    The pairs are spread evenly over the split that is named "test", else over the last one; a
    split without pairs does not count. The same bytes for the same dataset.

    Raises:
        UserError: no split has a pair, or a picture of them does not decode.
    """
    filled = [split for split in splits if split.pairs]
    if not filled:
        raise UserError("The dataset holds not one pair: build it again from other photographs.")
    split = next((split for split in filled if split.name == "test"), filled[-1])
    chosen = np.linspace(0, split.pairs - 1, min(ROWS, split.pairs)).round().astype(int)
    photos = [_read(split, int(index)) for index in chosen]
    with_masks = any(photo.mask is not None for photo in photos)
    rows = [_cells(photo, with_masks) for photo in photos]
    buffer = io.BytesIO()
    Image.fromarray(_sheet(rows)).save(buffer, format="JPEG", quality=_QUALITY, subsampling=0)
    return buffer.getvalue()


def _read(split: Split, index: int) -> Photo:
    for shard, pairs in zip(split.shards, split.rows, strict=True):
        if index < pairs:
            return read_photo(shard, index)
        index -= pairs
    raise IndexError(index)


def _cells(photo: Photo, with_mask: bool) -> list[Picture]:
    pictures = [photo.input, photo.target]
    if with_mask:
        blank = np.zeros_like(photo.input)
        pictures.append(blank if photo.mask is None else photo.mask)
    return [to_rgb(limit_side(picture, SIDE)) for picture in pictures]


def _sheet(rows: list[list[Picture]]) -> Picture:
    """Cells on white, each column as wide and each row as high as what stands in it."""
    widths = [max(cell.shape[1] for cell in column) for column in zip(*rows, strict=True)]
    heights = [max(cell.shape[0] for cell in row) for row in rows]
    size = (sum(heights) + _GAP * (len(heights) - 1), sum(widths) + _GAP * (len(widths) - 1), 3)
    sheet = np.full(size, 255, np.uint8)
    top = 0
    for row, height in zip(rows, heights, strict=True):
        left = 0
        for cell, width in zip(row, widths, strict=True):
            high, wide = cell.shape[:2]
            sheet[top : top + high, left : left + wide] = cell
            left += width + _GAP
        top += height + _GAP
    return sheet
