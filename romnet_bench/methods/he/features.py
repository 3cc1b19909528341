"""What photo and reference are compared by: five maps of VGG-19, from their lightness alone."""

import torch
from torch import Tensor

from romnet_bench.images import Picture
from romnet_bench.methods.chroma import lightness
from romnet_bench.methods.he.vgg import STAGES, Vgg19, name

_IMAGENET_MEAN = (0.485, 0.456, 0.406)
_IMAGENET_STD = (0.229, 0.224, 0.225)


def five_maps(network: Vgg19, grey: Picture) -> list[Tensor]:
    """relu1_1 to relu5_1 of a grey picture H×W: 1×C×h×w each, at ×1, ×1/2 … ×1/16.

    Args:
        network: with torchvision's weights (see `from_torchvision`).
        grey: with sides of at least 16.
    """
    device = next(network.parameters()).device
    mean = torch.tensor(_IMAGENET_MEAN, device=device)[:, None, None]
    std = torch.tensor(_IMAGENET_STD, device=device)[:, None, None]
    pixels = (lightness(grey) / 100).to(device)
    maps: list[Tensor] = network((pixels - mean) / std, index=1)
    return maps


def from_torchvision(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """VGG-19 of torchvision under the names of `Vgg19`, without its classifier.

    torchvision counts all layers: each convolution is followed by a ReLU, each stage by a pooling.
    """
    names: dict[str, str] = {}
    position = 0
    for stage, (_, count) in enumerate(STAGES, start=1):
        for index in range(1, count + 1):
            for part in ("weight", "bias"):
                names[f"features.{position}.{part}"] = f"{name(stage, index)}.{part}"
            position += 2
        position += 1
    return {
        names.get(key, key): value
        for key, value in state.items()
        if not key.startswith("classifier.")
    }
