"""The pairs that training draws patches from: their order, decoded once, and as tensors."""

import functools
from typing import Any

import torch
from torch import Tensor
from torch.utils.data import get_worker_info

from romnet_bench.data.records import PhotoSet
from romnet_bench.errors import UserError
from romnet_bench.images import Picture, resize
from romnet_bench.synthesis.degrade import random_stream

KEPT_BYTES = 2**30
"""Decoded pictures that a training keeps, shared out over its workers: 870 pairs of 640×480."""


class KeptPairs:
    """The pairs of a split, decoded once where they fit.

    Decoding PNG takes longer than all else that a patch needs. What is kept stays: every photo
    comes once an epoch, so that throwing out the oldest would always miss.

    Args:
        photos: the training pairs.
        room: bytes of decoded pictures to keep, over all workers.

    Raises:
        UserError: the split is empty.
    """

    def __init__(self, photos: PhotoSet, room: int) -> None:
        if not len(photos):
            raise UserError(f"{photos.folder} has no photos in its split {photos.split}.")
        self._photos = photos
        self._room = room
        self._kept: dict[str, tuple[Picture, Picture]] = {}
        self._bytes = 0

    def pair(self, identity: str) -> tuple[Picture, Picture]:
        """Input H×W and target H×W×3 of that id."""
        if identity in self._kept:
            return self._kept[identity]
        worker = get_worker_info()
        room = self._room // (worker.num_workers if worker else 1)
        pair = self._photos.pair(identity)
        size = pair[0].nbytes + pair[1].nbytes
        if self._bytes + size <= room:
            self._bytes += size
            self._kept[identity] = pair
        return pair

    def __getstate__(self) -> dict[str, Any]:
        """Worker processes keep pictures of their own."""
        return {**self.__dict__, "_kept": {}, "_bytes": 0}


@functools.lru_cache(maxsize=4)
def epoch_order(count: int, epoch: int, seed: int) -> tuple[int, ...]:
    """The photos' order in an epoch: depends on the seed and the epoch alone."""
    generator = random_stream(seed, "", f"order {epoch}")
    return tuple(int(index) for index in generator.permutation(count))


def at_least(picture: Picture, side: int) -> Picture:
    """`picture` enlarged where it is smaller than a patch."""
    height, width = picture.shape[:2]
    scale = max(side / min(height, width), 1.0)
    return resize(picture, max(round(height * scale), side), max(round(width * scale), side))


def channels_first(picture: Picture) -> Tensor:
    """H×W×3 uint8 → 3×H×W."""
    return torch.from_numpy(picture).permute(2, 0, 1).contiguous()
