"""The two ways in which training gets its references (section IV-A, Training Details)."""

import dataclasses

import numpy as np
import torch
from torch import Tensor
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional as augment

from romnet_bench.images import Picture

# Ours: the paper names colour jittering and an affine transformation without their strengths.
BRIGHTNESS = CONTRAST = SATURATION = 0.2  # factors in [0.8, 1.2]
HUE = 0.05  # of the colour circle, each way
ROTATION = 15.0  # degrees, each way
TRANSLATION = 0.1  # of the side, each way
ZOOM = 0.1  # factors in [0.9, 1.1]
SHEAR = 5.0  # degrees, each way

CANDIDATES = 10
"""The paper selects ten photos and takes one of them.

Section III-E ranks "for both training and inference": where `romnet-bench references` has ranked
the training set, they are the ten most similar; else ten at random.
"""


@dataclasses.dataclass(frozen=True)
class Crop:
    """A square patch of a photo."""

    top: int
    left: int
    side: int

    def of(self, picture: Picture) -> Picture:
        """The patch of an H×W or H×W×3 picture."""
        rows = slice(self.top, self.top + self.side)
        return np.ascontiguousarray(picture[rows, self.left : self.left + self.side])


def draw_crop(picture: Picture, side: int, generator: np.random.Generator) -> Crop:
    """A patch anywhere in a picture that has at least `side` pixels on both sides."""
    top = int(generator.integers(picture.shape[0] - side + 1))
    left = int(generator.integers(picture.shape[1] - side + 1))
    return Crop(top, left, side)


def draw_other_crop(picture: Picture, crop: Crop, generator: np.random.Generator) -> Crop:
    """A patch of the same photo at another place than `crop`, where the photo has another."""
    only_place = picture.shape[:2] == (crop.side, crop.side)
    other = draw_crop(picture, crop.side, generator)
    while other == crop and not only_place:
        other = draw_crop(picture, crop.side, generator)
    return other


def altered(patch: Tensor, generator: np.random.Generator) -> Tensor:
    """Option 1: a patch of the photo itself under colour jitter and an affine transformation.

    Args:
        patch: 3×S×S uint8.
        generator: all strengths are drawn from it.
    """

    def factor(strength: float) -> float:
        return float(generator.uniform(1 - strength, 1 + strength))

    def each_way(strength: float) -> float:
        return float(generator.uniform(-strength, strength))

    patch = augment.adjust_brightness(patch, factor(BRIGHTNESS))
    patch = augment.adjust_contrast(patch, factor(CONTRAST))
    patch = augment.adjust_saturation(patch, factor(SATURATION))
    patch = augment.adjust_hue(patch, each_way(HUE))
    side = patch.shape[-1]
    # Mirrored rims, so that no black corner enters the colour histogram.
    rim = side // 2
    padded = torch.nn.functional.pad(patch[None].float(), (rim,) * 4, mode="reflect")[0]
    moved: Tensor = augment.affine(
        padded,
        angle=each_way(ROTATION),
        translate=[each_way(TRANSLATION) * side, each_way(TRANSLATION) * side],
        scale=factor(ZOOM),
        shear=[each_way(SHEAR), each_way(SHEAR)],
        interpolation=InterpolationMode.BILINEAR,
    )
    return moved[:, rim : rim + side, rim : rim + side].round().clamp(0, 255).to(torch.uint8)


def ten_others(photo: str, photos: list[str], generator: np.random.Generator) -> list[str]:
    """Option 2, unranked: ten photos of the training set without the photo itself, or fewer.

    Args:
        photo: the clean photo's id.
        photos: the ids of all clean training photos.
        generator: drawn from (seed, photo), so that the ten stay the same throughout.
    """
    others = [other for other in photos if other != photo]
    count = min(CANDIDATES, len(others))
    return [others[index] for index in generator.choice(len(others), count, replace=False)]
