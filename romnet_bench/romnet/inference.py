"""One grey photo of any size → its restored and coloured self, at that size.

Lightness is restored at the photo's own size, in tiles where it is large. Colours are predicted on
a smaller copy, since similarity grows with the square of the pixels, and brought up to size: the
eye resolves colour far less finely than light.
"""

import torch
from torch import Tensor
from torch.nn import functional

from romnet_bench.color import (
    grey_to_lightness,
    lab_to_rgb,
    picture_to_tensor,
    rgb_to_lab,
    scale_lab,
    tensor_to_picture,
    unscale_lab,
)
from romnet_bench.images import Picture, limit_side, to_rgb
from romnet_bench.romnet.model import ROMNet

TILE = 512
"""Pixels a side that pass the restoration net at once."""
OVERLAP = 64
"""Pixels that neighbouring tiles share and blend over."""
STRIDE = 32
"""The networks halve their input five times."""
COLOR_SIDE = 256
"""The longest side at which colours are predicted; training saw patches of about this size."""


@torch.inference_mode()
def restore_picture(
    model: ROMNet, photo: Picture, reference: Picture, color_side: int = COLOR_SIDE
) -> Picture:
    """Restores and colourises a photo.

    Args:
        model: in evaluation mode, on any device.
        photo: grey, H×W, any size from 1×1.
        reference: the colours' source, H'×W'×3 (or grey), any size.
        color_side: the longest side at which colours are predicted, pixels.

    Returns:
        H×W×3, sRGB.
    """
    device = next(model.parameters()).device
    lightness = grey_to_lightness(picture_to_tensor(photo)).to(device)
    restored = restore_lightness(model, lightness).clamp(-1, 1)

    small = _limit(restored, color_side)
    padded = _pad(small)
    reference_rgb = picture_to_tensor(to_rgb(limit_side(reference, color_side))).to(device)
    reference_lightness, reference_ab = scale_lab(rgb_to_lab(_whole_strides(reference_rgb)))
    ab = model.colorize(padded, reference_lightness, model.color_signal(reference_ab))
    ab = ab[..., : small.shape[-2], : small.shape[-1]]
    ab = functional.interpolate(ab, restored.shape[-2:], mode="bilinear", align_corners=False)
    return tensor_to_picture(lab_to_rgb(unscale_lab(restored, ab)))


@torch.inference_mode()
def restore_grey(model: ROMNet, photo: Picture) -> Picture:
    """Restores a photo and leaves it grey: H×W of any size from 1×1 → H×W×3, sRGB."""
    device = next(model.parameters()).device
    lightness = grey_to_lightness(picture_to_tensor(photo)).to(device)
    restored = restore_lightness(model, lightness).clamp(-1, 1)
    no_color = torch.zeros_like(restored).expand(-1, 2, -1, -1)
    # One channel for all three: rounding may part them by a level.
    return to_rgb(tensor_to_picture(lab_to_rgb(unscale_lab(restored, no_color)))[..., 1])


def restore_lightness(model: ROMNet, lightness: Tensor) -> Tensor:
    """I_L → I'_L, 1×1×H×W of any size, tile by tile where it is larger than `TILE`."""
    height, width = lightness.shape[-2:]
    padded = _pad(lightness)
    rows, columns = tile_starts(padded.shape[-2]), tile_starts(padded.shape[-1])
    total = torch.zeros_like(padded)
    weight = torch.zeros_like(padded)
    for top in rows:
        for left in columns:
            tile = padded[..., top : top + TILE, left : left + TILE]
            size = tile.shape[-2:]
            ramp = _ramp(size[0], padded)[:, None] * _ramp(size[1], padded)[None, :]
            total[..., top : top + size[0], left : left + size[1]] += model.restoration(tile) * ramp
            weight[..., top : top + size[0], left : left + size[1]] += ramp
    return (total / weight)[..., :height, :width]


def tile_starts(length: int) -> list[int]:
    """Where tiles begin along a side of whole strides, sharing at least `OVERLAP`.

    They begin at whole strides too: neighbours see the same pixels in one cell of the ×1/8 level.
    """
    if length <= TILE:
        return [0]
    count = -(-(length - OVERLAP) // (TILE - OVERLAP))
    step = (length - TILE) / (count - 1)
    return [int(index * step) // STRIDE * STRIDE for index in range(count - 1)] + [length - TILE]


def _ramp(length: int, like: Tensor) -> Tensor:
    """A tile's say along a side: the cube of the distance to its rim.

    The nets see further than the overlap (132 pixels each way, 265 where unshuffled), so a tile's
    rim must count for almost nothing: of random weights' seams, a twelfth is left of what a
    straight rise over the overlap leaves, and a third where unshuffled.
    """
    position = torch.arange(length, device=like.device, dtype=like.dtype)
    return (torch.minimum(position + 1, length - position) / length) ** 3


def _pad(x: Tensor) -> Tensor:
    """Repeats the last rows and columns up to whole strides."""
    height, width = x.shape[-2:]
    return functional.pad(x, (0, -width % STRIDE, 0, -height % STRIDE), mode="replicate")


def _limit(x: Tensor, longest: int) -> Tensor:
    height, width = x.shape[-2:]
    scale = longest / max(height, width)
    if scale >= 1:
        return x
    size = (max(round(height * scale), 1), max(round(width * scale), 1))
    return functional.interpolate(x, size, mode="bicubic", antialias=True)


def _whole_strides(rgb: Tensor) -> Tensor:
    """A reference resized to whole strides: padding would be a place to take colours from."""
    size = [max(round(side / STRIDE), 1) * STRIDE for side in rgb.shape[-2:]]
    return functional.interpolate(rgb, size, mode="bicubic", antialias=True).clamp(0, 1)
