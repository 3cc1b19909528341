"""A photo of any size through the networks, and back at its own size.

Without scratches: old photo → latent map → mapped → clean photo. With scratches: they are found on
a small grey copy, whitened, and the mapping is told where they were. Values are not stretched to
the full range afterwards, as upstream's way of saving does to each output by itself.
"""

import math
from collections.abc import Callable

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from romnet_bench.color import picture_to_tensor, tensor_to_picture
from romnet_bench.images import Picture, resize, to_rgb
from romnet_bench.methods.wan import scratch_detector

Network = Callable[[Tensor], Tensor]

LATENT_STRIDE = 4
THRESHOLD = 0.4
"""From this probability on, a pixel counts as scratched."""
DETECTION_SIDE = 256
"""The shorter side of the copy on which scratches are looked for, pixels."""
MAX_DETECTION_PIXELS = 2**20
"""About as many pixels has that copy at most, which only strips narrower than 1 to 16 reach."""


@torch.inference_mode()
def restore(
    photo: Picture, *, encoder: Network, mapping: Network, decoder: Network, device: torch.device
) -> Picture:
    """Restores a photo without scratches, H×W or H×W×3 → H×W×3.

    Args:
        photo: of any size; sides are rounded to multiples of 4 for the networks.
        encoder: of the autoencoder of old photos.
        mapping: from its latent maps to those of the next.
        decoder: of the autoencoder of clean photos.
        device: where the networks are.
    """
    fitted = fit(to_rgb(photo), LATENT_STRIDE, 2, Image.Resampling.BILINEAR)
    return _to_picture(decoder(mapping(encoder(to_signal(fitted).to(device)))), photo)


@torch.inference_mode()
def restore_scratched(
    photo: Picture,
    *,
    detector: Network,
    encoder: Network,
    mapping: Callable[[Tensor, Tensor], Tensor],
    decoder: Network,
    device: torch.device,
) -> Picture:
    """Restores a photo with scratches, H×W or H×W×3 → H×W×3.

    Args:
        photo: of any size; sides are rounded to multiples of 16 for the networks.
        detector: `scratch_detector.ScratchDetector`.
        encoder: of the autoencoder of old photos.
        mapping: takes the mask of scratches besides.
        decoder: of the autoencoder of clean photos.
        device: where the networks are.
    """
    fitted = fit(to_rgb(photo), scratch_detector.STRIDE, 1, Image.Resampling.BICUBIC)
    scratches = find_scratches(fitted, detector, device)
    signal = whiten(to_signal(fitted).to(device), scratches)
    return _to_picture(decoder(mapping(encoder(signal), scratches)), photo)


def find_scratches(rgb: Picture, detector: Network, device: torch.device) -> Tensor:
    """Where a photo H×W×3 is scratched: 1 or 0, 1×1×H×W."""
    grey = to_signal(np.array(Image.fromarray(rgb).convert("L"))).to(device)
    size = rgb.shape[0], rgb.shape[1]
    small = functional.interpolate(
        grey, detection_size(*size), mode="bilinear", align_corners=False
    )
    return mark(detector(small).sigmoid(), size)


def mark(probability: Tensor, size: tuple[int, int]) -> Tensor:
    """Probabilities 1×1×h×w → 1 for what counts as scratched, else 0; 1×1×`size`."""
    return (functional.interpolate(probability, size, mode="nearest") >= THRESHOLD).float()


def whiten(signal: Tensor, scratches: Tensor) -> Tensor:
    """White where scratches are: what the networks saw as holes in training."""
    return torch.where(scratches > 0, 1.0, signal)


def to_signal(picture: Picture) -> Tensor:
    """H×W or H×W×3 uint8 → 1×1×H×W or 1×3×H×W in [−1, 1]."""
    return picture_to_tensor(picture) * 2 - 1


def fit(picture: Picture, stride: int, fewest: int, resampling: Image.Resampling) -> Picture:
    """`picture` with each side rounded to a multiple of `stride`, of which `fewest` are needed."""
    height, width = (_round_to(side, stride, fewest) for side in picture.shape[:2])
    if picture.shape[:2] == (height, width):
        return picture
    return np.array(Image.fromarray(picture).resize((width, height), resampling))


def detection_size(height: int, width: int) -> tuple[int, int]:
    """The size of the copy on which scratches of a photo of this size are looked for."""
    shorter, longer = sorted((height, width))
    target = min(DETECTION_SIDE, math.sqrt(MAX_DETECTION_PIXELS * shorter / longer))
    stride = scratch_detector.STRIDE
    return (
        _round_to(height / shorter * target, stride, 2),
        _round_to(width / shorter * target, stride, 2),
    )


def _round_to(side: float, stride: int, fewest: int) -> int:
    return max(round(side / stride), fewest) * stride


def _to_picture(signal: Tensor, photo: Picture) -> Picture:
    return resize(tensor_to_picture((signal + 1) / 2), photo.shape[0], photo.shape[1])
