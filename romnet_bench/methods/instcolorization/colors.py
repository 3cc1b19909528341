"""A grey photo and its objects' boxes → colours: the three networks put together."""

import dataclasses
from collections.abc import Sequence

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from romnet_bench.color import AB_SCALE
from romnet_bench.images import Picture
from romnet_bench.methods import chroma
from romnet_bench.methods.instcolorization.boxes import Box
from romnet_bench.methods.instcolorization.fusion import FusionNetwork
from romnet_bench.methods.instcolorization.network import SIDE, ColorNetwork


@dataclasses.dataclass(frozen=True)
class Networks:
    """The three networks of InstColorization.

    Args:
        full: colours a photo without objects by itself (`latest_net_GComp.pth`).
        instance: looks at each object (`latest_net_G.pth`).
        fusion: colours the photo with what the other saw (`latest_net_GF.pth`).
    """

    full: ColorNetwork
    instance: ColorNetwork
    fusion: FusionNetwork


@torch.inference_mode()
def predict_ab(networks: Networks, photo: Picture, boxes: Sequence[Box], device: str) -> Tensor:
    """Colours for a photo, in Lab units, 1×2×256×256.

    Args:
        networks: on `device`, for inference.
        photo: grey, H×W, of any size.
        boxes: of its objects, in its pixels; without any, the full-image network works alone.
        device: where the networks are.
    """
    height, width = photo.shape[:2]
    whole = scale_lightness(photo, Box(0, 0, width, height)).to(device)
    if boxes:
        fusion = networks.fusion
        objects = []
        for box in boxes:
            part = scale_lightness(photo, box).to(device)
            objects.append(fusion.look(networks.instance, part, box, width, height))
        ab: Tensor = fusion(whole, objects)
    else:
        ab = networks.full(whole)
    return ab * AB_SCALE


def scale_lightness(photo: Picture, box: Box) -> Tensor:
    """The part of a grey photo in `box`, as the networks take it: (L − 50) / 100, 1×1×256×256.

    Pillow's bilinear filter on 8 bits, as upstream: it widens where it shrinks.
    """
    part = Image.fromarray(photo).crop(box)
    square = np.array(part.resize((SIDE, SIDE), Image.Resampling.BILINEAR))
    return (chroma.lightness(square) - 50) / 100
