"""Training patches: the n-th depends on (seed, n) alone, for any number of workers.

So a training that was killed goes on with the very patches it would have seen.
"""

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Dataset

from romnet_bench.data.records import PhotoSet
from romnet_bench.images import Picture
from romnet_bench.romnet.references import Crop, altered, draw_crop, draw_other_crop, ten_others
from romnet_bench.synthesis.degrade import random_stream
from romnet_bench.training.pairs import (
    KEPT_BYTES,
    KeptPairs,
    at_least,
    channels_first,
    epoch_order,
)

Patch = tuple[Tensor, Tensor, Tensor]
"""Input 1×S×S, target 3×S×S and reference 3×S×S, uint8."""


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
        self.photos = photos
        self.crop = crop
        self.seed = seed
        self._ranked = ranked or {}
        self._pairs = KeptPairs(photos, KEPT_BYTES)
        self._first_variant: dict[str, str] = {}
        for identity in photos.ids:
            self._first_variant.setdefault(photos.originals[identity], identity)

    def __getitem__(self, number: int) -> Patch:
        """The patch of that number: epoch `number // len(photos)`."""
        epoch, position = divmod(number, len(self.photos))
        order = epoch_order(len(self.photos), epoch, self.seed)
        identity = self.photos.ids[order[position]]
        generator = random_stream(self.seed, identity, f"patch {epoch}")
        degraded, target = (at_least(picture, self.crop) for picture in self._pairs.pair(identity))
        crop = draw_crop(target, self.crop, generator)
        reference = self._reference(identity, target, crop, epoch, generator)
        return (
            torch.from_numpy(crop.of(degraded))[None],
            channels_first(crop.of(target)),
            reference,
        )

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
            return altered(channels_first(place.of(target)), generator)
        ten = self._ranked.get(identity)
        if not ten:
            fixed = random_stream(self.seed, original, "ten references")
            others = ten_others(original, list(self._first_variant), fixed)
            ten = [self._first_variant[other] for other in others]
        chosen = ten[int(generator.integers(len(ten)))]
        other = at_least(self._pairs.pair(chosen)[1], self.crop)
        return channels_first(draw_crop(other, self.crop, generator).of(other))
