"""Networks whose intermediate features measure similarity and perceptual loss.

Each gives four feature maps of a grey picture, from fine to coarse. Layer names and weights are
torchvision's; "trained" is a small network without pretraining that learns with ROMNet.
"""

from pathlib import Path
from typing import cast

import torch
import torchvision
from torch import Tensor, nn

from romnet_bench import weights
from romnet_bench.errors import WeightsError

_IMAGENET_MEAN = (0.485, 0.456, 0.406)
_IMAGENET_STD = (0.229, 0.224, 0.225)

# Where to cut `features`: after which layer each map is taken, and how many channels it has.
_CUTS: dict[str, tuple[tuple[int, int], ...]] = {
    # fire modules at ×1/4, ×1/8 and twice at ×1/16 (it has no ×1/32)
    "squeezenet1_1": ((4, 128), (7, 256), (10, 384), (12, 512)),
    # ReLU after convolutions 1, 2, 3 and 5
    "alexnet": ((1, 64), (4, 192), (7, 384), (11, 256)),
    # relu2_2, relu3_2, relu4_2, relu5_2: the paper's perceptual loss
    "vgg19": ((8, 128), (13, 256), (22, 512), (31, 512)),
}
_RESNET34_CHANNELS = (64, 128, 256, 512)
_TRAINED_CHANNELS = (16, 24, 32, 48)


class PyramidFeatures(nn.Module):
    """Four stages run one after the other; each one's output is a feature map.

    Args:
        stages: four modules.
        channels: channels of their outputs.
        pretrained: pretrained stages see ImageNet's normalised colours and are never trained.
    """

    mean: Tensor
    std: Tensor

    def __init__(
        self, stages: list[nn.Module], channels: tuple[int, ...], pretrained: bool
    ) -> None:
        super().__init__()
        self.stages = nn.ModuleList(stages)
        self.channels = channels
        self.pretrained = pretrained
        self.register_buffer("mean", torch.tensor(_IMAGENET_MEAN).view(1, 3, 1, 1), False)
        self.register_buffer("std", torch.tensor(_IMAGENET_STD).view(1, 3, 1, 1), False)
        if pretrained:
            self.requires_grad_(False)

    def train(self, mode: bool = True) -> "PyramidFeatures":
        """Pretrained stages stay in evaluation mode: their batch statistics are ImageNet's."""
        super().train(mode and not self.pretrained)
        return self

    def forward(self, lightness: Tensor) -> list[Tensor]:
        """L/50 − 1, B×1×H×W → four maps B×C_i×H_i×W_i, fine to coarse."""
        grey = ((lightness + 1) / 2).expand(-1, 3, -1, -1)
        x = (grey - self.mean) / self.std
        maps = []
        for stage in self.stages:
            x = stage(x)
            maps.append(x)
        return maps


def build_features(name: str) -> PyramidFeatures:
    """The named network with random weights: its shape, ready for a checkpoint or `load_weights`.

    Args:
        name: "resnet34", "squeezenet1_1", "alexnet", "vgg19" or "trained".
    """
    if name == "trained":
        return PyramidFeatures(_trained_stages(), _TRAINED_CHANNELS, pretrained=False)
    if name == "resnet34":
        net = torchvision.models.resnet34(weights=None)
        stem = nn.Sequential(net.conv1, net.bn1, net.relu, net.maxpool)
        stages = [nn.Sequential(stem, net.layer1), net.layer2, net.layer3, net.layer4]
        return PyramidFeatures(stages, _RESNET34_CHANNELS, pretrained=True)
    features = getattr(torchvision.models, name)(weights=None).features
    cuts = _CUTS[name]
    starts = [0, *(index + 1 for index, _ in cuts[:-1])]
    stages = [
        # In-place ReLUs would overwrite a map that is still to be used.
        _without_inplace(nn.Sequential(*list(features.children())[start : index + 1]))
        for start, (index, _) in zip(starts, cuts, strict=True)
    ]
    return PyramidFeatures(stages, tuple(channels for _, channels in cuts), pretrained=True)


def load_weights(
    features: PyramidFeatures, name: str, explicit: Path | None = None, download: bool = False
) -> Path:
    """Fills a pretrained network from its weights file (see `romnet_bench.weights`).

    Returns:
        The file.

    Raises:
        WeightsError: the file is missing, or is not of that network.
    """
    path = weights.require(_known(name), explicit, download)
    state = weights.load(path)
    layers = _torchvision_layers(features, name)
    for prefix, layer in layers.items():
        mine = {
            key.removeprefix(f"{prefix}."): value
            for key, value in state.items()
            if key.startswith(f"{prefix}.")
        }
        try:
            layer.load_state_dict(mine)
        except RuntimeError:
            raise WeightsError(
                f"{path} does not hold the weights of {name} ({prefix} is missing or of another "
                "shape): fetch that file again."
            ) from None
    return path


def _known(name: str) -> weights.Name:
    if name not in weights.SOURCES:
        raise WeightsError(f"There are no pretrained weights for {name}.")
    return cast(weights.Name, name)


def _torchvision_layers(features: PyramidFeatures, name: str) -> dict[str, nn.Module]:
    """The network's layers under the names of torchvision's state dict."""
    stages = list(features.stages)
    if name == "resnet34":
        first = cast(nn.Sequential, stages[0])
        stem = cast(nn.Sequential, first[0])
        return {
            "conv1": stem[0],
            "bn1": stem[1],
            "layer1": first[1],
            "layer2": stages[1],
            "layer3": stages[2],
            "layer4": stages[3],
        }
    layers = [layer for stage in stages for layer in stage.children()]
    return {
        f"features.{index}": layer
        for index, layer in enumerate(layers)
        if any(True for _ in layer.parameters())
    }


def _without_inplace(stage: nn.Sequential) -> nn.Sequential:
    for module in stage.modules():
        if isinstance(module, nn.ReLU):
            module.inplace = False
    return stage


def _trained_stages() -> list[nn.Module]:
    """Strided convolutions to ×1/4, ×1/8, ×1/16, ×1/32."""
    stages: list[nn.Module] = []
    previous = 3
    for index, channels in enumerate(_TRAINED_CHANNELS):
        first = nn.Conv2d(previous, channels, 3, stride=4 if index == 0 else 2, padding=1)
        second = nn.Conv2d(channels, channels, 3, padding=1)
        stages.append(nn.Sequential(first, nn.LeakyReLU(0.1), second, nn.LeakyReLU(0.1)))
        previous = channels
    return stages
