"""One grey photo of any size through the U-Net, at that size."""

import torch
from torch import Tensor

from romnet_bench.color import (
    AB_SCALE,
    grey_to_lightness,
    picture_to_tensor,
    rgb_to_lab,
    scale_lab,
    tensor_to_picture,
)
from romnet_bench.images import Picture
from romnet_bench.methods.chroma import paint
from romnet_bench.methods.pix2pix.presets import Task
from romnet_bench.methods.pix2pix.unet import UNet


def as_seen(task: Task, degraded: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """What the U-Net gets, and what it should make of it.

    Args:
        task: "restore": the degraded grey → the clean sRGB, both from black −1 to white 1.
            "colour", as in the authors' colorization model: the clean L/50 − 1 → its ab/110.
        degraded: B×1×H×W uint8.
        target: B×3×H×W uint8.

    Returns:
        B×1×H×W and B×3×H×W or B×2×H×W, float32 within [−1, 1].
    """
    if task == "restore":
        return degraded.float() / 127.5 - 1, target.float() / 127.5 - 1
    return scale_lab(rgb_to_lab(target.float() / 255))


@torch.inference_mode()
def make_picture(unet: UNet, task: Task, photo: Picture) -> Picture:
    """Restores and colourises a photo, or colours it on its own lightness.

    The whole photo passes at once: tiles would be normalised each by its own statistics, and their
    seams would show.

    Args:
        unet: on any device; one or three channels in, three out, or two where `task` is "colour".
        task: what it was trained for.
        photo: grey, H×W, any size from 1×1.

    Returns:
        H×W×3, sRGB.
    """
    height, width = photo.shape
    device = next(unet.parameters()).device
    grey = picture_to_tensor(photo)
    seen = grey * 2 - 1 if unet.outputs == 3 else grey_to_lightness(grey)
    padded = mirrored_to(seen, 2**unet.levels).to(device)
    made = unet(padded.expand(-1, unet.inputs, -1, -1))[..., :height, :width]
    if unet.outputs == 2:
        return paint(photo, made * AB_SCALE)
    rgb = (made + 1) / 2
    return tensor_to_picture(rgb) if task == "restore" else paint(photo, rgb_to_lab(rgb)[:, 1:])


def mirrored_to(x: Tensor, multiple: int) -> Tensor:
    """`x`, B×C×H×W, mirrored beyond its last row and column up to multiples of `multiple`.

    As often as it takes; what is normalised with the photo is then like the photo.
    """
    for dimension in (2, 3):
        length = x.shape[dimension]
        place = torch.arange(-(-length // multiple) * multiple, device=x.device)
        place = place % max(2 * length - 2, 1)
        x = x.index_select(dimension, torch.where(place < length, place, 2 * length - 2 - place))
    return x
