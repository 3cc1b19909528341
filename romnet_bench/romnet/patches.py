"""Training patches: the n-th depends on (seed, n) alone, for any number of workers.

So a training that was killed goes on with the very patches it would have seen.
"""

import functools
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset, get_worker_info

from romnet_bench.data.records import PhotoSet
from romnet_bench.errors import UserError
from romnet_bench.images import Picture, resize
from romnet_bench.romnet.references import Crop, altered, draw_crop, draw_other_crop, ten_others
from romnet_bench.synthesis.degrade import random_stream

Patch = tuple[Tensor, Tensor, Tensor]
"""Input 1×S×S, target 3×S×S and reference 3×S×S, uint8."""

KEPT_BYTES = 2**30
"""Decoded pictures that a training keeps, shared out over its workers: 870 pairs of 640×480."""


class TrainingPatches(Dataset[Patch]):
    """Patches of a training split, numbered through all epochs.

    Args:
        photos: the training pairs.
        crop: the patches' side, pixels.
        seed: of everything that is drawn.
        ranked: pair's id → ids of the photos that lend it colours; random ones without.

    Raises:
        UserError: the split is empty.
    """

    def __init__(
        self,
        photos: PhotoSet,
        crop: int,
        seed: int,
        ranked: dict[str, list[str]] | None = None,
    ) -> None:
        if not len(photos):
            raise UserError(f"{photos.folder} has no photos in its split {photos.split}.")
        self.photos = photos
        self.crop = crop
        self.seed = seed
        self._ranked = ranked or {}
        self._kept: dict[str, tuple[Picture, Picture]] = {}
        self._bytes = 0
        self._first_variant: dict[str, str] = {}
        for identity in photos.ids:
            self._first_variant.setdefault(photos.originals[identity], identity)

    def __getitem__(self, number: int) -> Patch:
        """The patch of that number: epoch `number // len(photos)`."""
        epoch, position = divmod(number, len(self.photos))
        order = _order(len(self.photos), epoch, self.seed)
        identity = self.photos.ids[order[position]]
        generator = random_stream(self.seed, identity, f"patch {epoch}")
        degraded, target = (_at_least(picture, self.crop) for picture in self._pair(identity))
        crop = draw_crop(target, self.crop, generator)
        reference = self._reference(identity, target, crop, epoch, generator)
        return (
            torch.from_numpy(crop.of(degraded))[None],
            _channels_first(crop.of(target)),
            reference,
        )

    def _pair(self, identity: str) -> tuple[Picture, Picture]:
        """Input and target, decoded once where they fit into `KEPT_BYTES`.

        Decoding PNG takes longer than all else that a patch needs. What is kept stays: every
        photo comes once an epoch, so that throwing out the oldest would always miss.
        """
        worker = get_worker_info()
        room = KEPT_BYTES // (worker.num_workers if worker else 1)
        if identity in self._kept:
            return self._kept[identity]
        pair = self.photos.pair(identity)
        size = pair[0].nbytes + pair[1].nbytes
        if self._bytes + size <= room:
            self._bytes += size
            self._kept[identity] = pair
        return pair

    def __getstate__(self) -> dict[str, Any]:
        """Worker processes keep pictures of their own."""
        return {**self.__dict__, "_kept": {}, "_bytes": 0}

    def _reference(
        self,
        identity: str,
        target: Picture,
        crop: Crop,
        epoch: int,
        generator: np.random.Generator,
    ) -> Tensor:
        original = self.photos.originals[identity]
        same_photo = random_stream(self.seed, "", f"reference {epoch}").random() < 0.5
        if same_photo or len(self._first_variant) == 1:
            place = draw_other_crop(target, crop, generator)
            return altered(_channels_first(place.of(target)), generator)
        ten = self._ranked.get(identity)
        if not ten:
            fixed = random_stream(self.seed, original, "ten references")
            others = ten_others(original, list(self._first_variant), fixed)
            ten = [self._first_variant[other] for other in others]
        chosen = ten[int(generator.integers(len(ten)))]
        other = _at_least(self._pair(chosen)[1], self.crop)
        return _channels_first(draw_crop(other, self.crop, generator).of(other))


@functools.lru_cache(maxsize=4)
def _order(count: int, epoch: int, seed: int) -> tuple[int, ...]:
    """The photos' order in an epoch."""
    generator = random_stream(seed, "", f"order {epoch}")
    return tuple(int(index) for index in generator.permutation(count))


def _at_least(picture: Picture, side: int) -> Picture:
    """`picture` enlarged where it is smaller than a patch."""
    height, width = picture.shape[:2]
    scale = max(side / min(height, width), 1.0)
    return resize(picture, max(round(height * scale), side), max(round(width * scale), side))


def _channels_first(picture: Picture) -> Tensor:
    return torch.from_numpy(picture).permute(2, 0, 1).contiguous()
