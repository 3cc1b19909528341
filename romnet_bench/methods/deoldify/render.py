"""From a photo to the network's square and back: colours from there, luma from the photo.

The eye resolves colour far less finely than light, so a small copy gives colours for any size.
"""

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from romnet_bench.images import Picture, to_rgb
from romnet_bench.methods.deoldify import yuv

SIDE = 16
"""Pixels of the square's side for each step of the render factor."""

_MEAN = (0.485, 0.456, 0.406)
_DEVIATION = (0.229, 0.224, 0.225)
"""Of ImageNet's red, green and blue."""


def squash(photo: Picture, render_factor: int) -> Tensor:
    """A grey photo H×W, stretched to a square, as ImageNet-normalised RGB, 1×3×S×S."""
    square = _resize(photo, SIDE * render_factor, SIDE * render_factor)
    levels = torch.from_numpy(to_rgb(square)).permute(2, 0, 1)[None].float() / 255
    mean, deviation = _statistics(levels)
    return (levels - mean) / deviation


def to_picture(output: Tensor) -> Picture:
    """The network's output, 1×3×S×S and normalised → sRGB, S×S×3; rounded down, as upstream's."""
    mean, deviation = _statistics(output)
    levels = ((output * deviation + mean).clamp(0, 1) * 255).to(torch.uint8)
    picture: Picture = levels[0].permute(1, 2, 0).contiguous().cpu().numpy()
    return picture


def paint(photo: Picture, colors: Picture) -> Picture:
    """The grey photo H×W with the chroma of `colors`, an sRGB picture of any size; H×W×3."""
    chroma = yuv.to_yuv(_resize(colors, *photo.shape[:2]))[..., 1:]
    return yuv.to_rgb(np.concatenate([photo[..., None], chroma], axis=-1))


def _resize(picture: Picture, height: int, width: int) -> Picture:
    """By Pillow's bilinear filter, which averages where it makes smaller: as upstream."""
    image = Image.fromarray(picture).resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(image)


def _statistics(like: Tensor) -> tuple[Tensor, Tensor]:
    mean, deviation = (like.new_tensor(values)[:, None, None] for values in (_MEAN, _DEVIATION))
    return mean, deviation
