"""Predicted colours on a photo's own lightness, at its own size.

The eye resolves colour far less finely than light, so systems predict it on a small copy.
"""

import torch
from torch import Tensor
from torch.nn import functional

from romnet_bench.color import (
    L_SCALE,
    grey_to_lightness,
    lab_to_rgb,
    picture_to_tensor,
    tensor_to_picture,
)
from romnet_bench.images import Picture


def lightness(photo: Picture) -> Tensor:
    """Lab L in [0, 100], 1×1×H×W, of a grey photo H×W."""
    return (grey_to_lightness(picture_to_tensor(photo)) + 1) * L_SCALE


def paint(photo: Picture, ab: Tensor) -> Picture:
    """The grey photo H×W in the colours `ab`, as H×W×3.

    Args:
        photo: whose lightness stays.
        ab: 1×2×h×w in Lab units, of any size and on any device; resized bilinearly.
    """
    full = functional.interpolate(
        ab.float().cpu(), photo.shape[:2], mode="bilinear", align_corners=False
    )
    return tensor_to_picture(lab_to_rgb(torch.cat([lightness(photo), full], dim=1)))
