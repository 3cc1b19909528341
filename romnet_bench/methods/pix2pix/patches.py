"""Training patches of pairs: the n-th depends on (seed, n) alone, for any number of workers."""

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from romnet_bench.data.records import PhotoSet
from romnet_bench.images import Picture, resize
from romnet_bench.romnet.references import draw_crop
from romnet_bench.synthesis.degrade import random_stream
from romnet_bench.training.pairs import (
    KEPT_BYTES,
    KeptPairs,
    at_least,
    channels_first,
    epoch_order,
)

Patch = tuple[Tensor, Tensor]
"""Input 1×S×S and target 3×S×S, uint8."""


class PairPatches(Dataset[Patch]):
    """Patches of a training split, numbered through all epochs; half of them mirrored.

    Args:
        photos: the training pairs.
        crop: the patches' side, pixels.
        resized: photos are made squares of this side first (the paper's jitter); None cuts the
            patches out of the photos as they are.
        seed: of everything that is drawn.

    Raises:
        UserError: the split is empty.
    """

    def __init__(self, photos: PhotoSet, crop: int, resized: int | None, seed: int) -> None:
        self._ids = photos.ids
        self._pairs = KeptPairs(photos, KEPT_BYTES)
        self._crop = crop
        self._resized = resized
        self._seed = seed

    def __getitem__(self, number: int) -> Patch:
        """The patch of that number: epoch `number // len(photos)`."""
        epoch, position = divmod(number, len(self._ids))
        identity = self._ids[epoch_order(len(self._ids), epoch, self._seed)[position]]
        generator = random_stream(self._seed, identity, f"patch {epoch}")
        degraded, target = (self._sized(picture) for picture in self._pairs.pair(identity))
        crop = draw_crop(target, self._crop, generator)
        grey, colour = crop.of(degraded), crop.of(target)
        if generator.random() < 0.5:
            grey, colour = _mirrored(grey), _mirrored(colour)
        return torch.from_numpy(grey)[None], channels_first(colour)

    def _sized(self, picture: Picture) -> Picture:
        if self._resized is None:
            return at_least(picture, self._crop)
        return resize(picture, self._resized, self._resized)


def _mirrored(picture: Picture) -> Picture:
    return np.ascontiguousarray(picture[:, ::-1])
