"""How good the network is on photos that it does not train on, in dB and to look at."""

from pathlib import Path

import numpy as np
import torch

from romnet_bench import metrics
from romnet_bench.data.records import Photo, PhotoSet
from romnet_bench.files import write_bytes
from romnet_bench.images import Picture, encode_png, limit_side, resize, to_rgb
from romnet_bench.references.choice import RankedReferences
from romnet_bench.references.features import Features
from romnet_bench.romnet.inference import restore_picture
from romnet_bench.romnet.model import ROMNet

PHOTOS = 6
"""So many are scored; choosing a checkpoint must not take longer than training it."""
LENDERS = 200
"""So many training photos are looked at for their references: a start must not take minutes."""
SIDE = 512
"""Longest side at which they are scored, pixels."""
ROW_HEIGHT = 192


class Validation:
    """A few photos of the validation split, with their references chosen once.

    Args:
        photos: the validation split.
        references: the split that lends colours.
        folder: where the pictures go.
        features: what ranks the references, see `references.features`. Poor references make good
            colours look worse than none: of two networks the duller would win.
    """

    def __init__(
        self, photos: PhotoSet, references: PhotoSet, folder: Path, features: Features
    ) -> None:
        self._folder = folder
        # Evenly through the split, so that variants of one photo do not crowd out the others.
        self._photos = [_limited(photos[photos.ids[i]]) for i in _evenly(len(photos), PHOTOS)]
        lenders = [references.ids[index] for index in _evenly(len(references), LENDERS)]
        chooser = RankedReferences(references, features, ids=lenders)
        self._references = [chooser.choose(photo).picture for photo in self._photos]

    def score(self, model: ROMNet, step: int) -> float:
        """Mean PSNR in dB; writes `step-NNNNNN.png`: input | reference | output | target."""
        model.eval()
        rows, scores = [], []
        for photo, reference in zip(self._photos, self._references, strict=True):
            output = restore_picture(model, photo.input, reference)
            scores.append(float(metrics.psnr(_batch(output), _batch(photo.target))))
            rows.append([to_rgb(photo.input), reference, output, photo.target])
        model.train()
        write_bytes(self._folder / f"step-{step:06d}.png", encode_png(_sheet(rows)))
        return sum(scores) / len(scores)


def _evenly(count: int, wanted: int) -> list[int]:
    """At most `wanted` places among `count`, spread from the first to the last."""
    places = np.linspace(0, count - 1, min(wanted, count)).round()
    return [int(place) for place in places]


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


def _sheet(rows: list[list[Picture]]) -> Picture:
    """Rows of pictures at one height, the narrower rows filled with white."""
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
