"""A few photos that training does not see: to choose the best network, and to look at."""

import numpy as np
import torch

from romnet_bench import metrics
from romnet_bench.data.records import Photo, PhotoSet
from romnet_bench.images import Picture, limit_side, resize

PHOTOS = 6
"""So many are scored; choosing a checkpoint must not take longer than training it."""
SIDE = 512
"""Longest side at which they are scored, pixels."""
ROW_HEIGHT = 192


def held_out(photos: PhotoSet) -> list[Photo]:
    """At most `PHOTOS` of a split, no side longer than `SIDE`.

    Evenly through the split, so that variants of one photo do not crowd out the others.
    """
    return [_limited(photos[photos.ids[i]]) for i in evenly(len(photos), PHOTOS)]


def psnr(output: Picture, target: Picture) -> float:
    """Of two pictures H×W×3 of one size, dB."""
    return float(metrics.psnr(_batch(output), _batch(target)))


def evenly(count: int, wanted: int) -> list[int]:
    """At most `wanted` places among `count`, spread from the first to the last."""
    places = np.linspace(0, count - 1, min(wanted, count)).round()
    return [int(place) for place in places]


def sheet(rows: list[list[Picture]]) -> Picture:
    """Rows of pictures H×W×3 at one height, the narrower rows filled with white."""
    lines = [
        np.hstack(
            [
                resize(x, ROW_HEIGHT, max(round(x.shape[1] * ROW_HEIGHT / x.shape[0]), 1))
                for x in row
            ]
        )
        for row in rows
    ]
    width = max(line.shape[1] for line in lines)
    fill = [((0, 0), (0, width - line.shape[1]), (0, 0)) for line in lines]
    return np.vstack(
        [np.pad(line, pad, constant_values=255) for line, pad in zip(lines, fill, strict=True)]
    )


def _limited(photo: Photo) -> Photo:
    return Photo(
        photo.id,
        limit_side(photo.input, SIDE),
        limit_side(photo.target, SIDE),
        None,
        photo.meta,
    )


def _batch(picture: Picture) -> torch.Tensor:
    return torch.from_numpy(picture).permute(2, 0, 1)[None]
