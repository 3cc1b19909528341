"""Photo and correspondence → the colourisation network's thirteen channels."""

import numpy as np
import torch
from PIL import Image
from torch import Tensor
from torch.nn import functional

from romnet_bench.color import picture_to_tensor, rgb_to_lab
from romnet_bench.images import Picture
from romnet_bench.methods.chroma import lightness
from romnet_bench.methods.he.combo import Correspondence

SHORT_SIDE = 256
"""Pixels of the shorter side at which colours are predicted, as the authors do."""
LONG_SIDE = 1024
"""Pixels of the longer side at most; the authors have no bound, and a strip would need one."""
LEAST_SIDE = 16
"""VGG-19 halves its input four times."""
UNIT = 8
"""The network halves its input three times."""


def working_size(height: int, width: int) -> tuple[int, int]:
    """Height and width at which a photo of this size is compared and coloured."""
    scale = min(SHORT_SIDE / min(height, width), LONG_SIDE / max(height, width))
    return max(round(height * scale), LEAST_SIDE), max(round(width * scale), LEAST_SIDE)


def resize_bilinear(picture: Picture, size: tuple[int, int]) -> Picture:
    """`picture` at `size` (height, width) by Pillow's bilinear filter, the authors' choice."""
    if picture.shape[:2] == size:
        return picture
    image = Image.fromarray(picture).resize(size[::-1], Image.Resampling.BILINEAR)
    return np.asarray(image).copy()


def network_input(photo: Picture, correspondence: Correspondence) -> Tensor:
    """What the network sees, 1×13×h×w, with sides that are multiples of 8.

    L − 50; a and b of the warped reference; ten error maps as (error − 127) / 2: there, coarse to
    fine, then back.

    Args:
        photo: grey, H×W.
        correspondence: of the photo, at any size.
    """
    size = working_size(*photo.shape[:2])
    warped = picture_to_tensor(resize_bilinear(correspondence.warped, size))
    maps = (*correspondence.there, *correspondence.back)
    errors = [picture_to_tensor(resize_bilinear(error, size)) * 255 for error in maps]
    channels = torch.cat(
        [
            lightness(resize_bilinear(photo, size)) - 50,
            rgb_to_lab(warped)[:, 1:],
            (torch.cat(errors, dim=1) - 127) / 2,
        ],
        dim=1,
    )
    units = tuple(side // UNIT * UNIT for side in size)
    if units == size:
        return channels
    return functional.interpolate(channels, units, mode="bilinear", align_corners=False)
