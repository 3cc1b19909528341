"""DeOldify's generators: a U-Net from an ImageNet-normalised grey picture to a colour one.

Antic, https://github.com/jantic/DeOldify, on fastai 1's dynamic U-Net (Ronneberger et al. 2015,
arXiv 1505.04597) with spectral normalisation (Miyato et al. 2018, arXiv 1802.05957).
"""

import torch
from torch import Tensor, nn
from torchvision.models import ResNet, resnet34, resnet101

from romnet_bench.methods.deoldify.blocks import (
    DeepStage,
    Enlarge,
    Refine,
    SelfAttention,
    WideStage,
    convolution,
)

RANGE = 3.0
"""Outputs lie in ±3, which covers the ImageNet-normalised range of [0, 1]: −2.1…2.6."""

_SKIPS = (6, 5, 4, 2)
"""Of the encoder's layers: after its third, second and first stage, and before its pooling."""


class ColorUNet(nn.Module):
    """Encoder, bridge, four decoder stages, and a last enlargement that meets the input again.

    `layers` holds them under the numbers of fastai's list, which the published keys spell.

    Args:
        encoder: eight layers, of which the decoder joins some (`_SKIPS`).
        depth: the channels that it ends in.
        stages: of the decoder, the smallest size first.
        width: the channels that they end in.
    """

    def __init__(
        self, encoder: nn.Sequential, depth: int, stages: list[nn.Module], width: int
    ) -> None:
        super().__init__()
        bridge = nn.Sequential(convolution(depth, 2 * depth), convolution(2 * depth, depth))
        self.layers = nn.ModuleList(
            [
                encoder,
                nn.BatchNorm2d(depth),
                nn.ReLU(inplace=True),
                bridge,
                *stages,
                Enlarge(width, width, normalised=False),
                nn.Identity(),  # where fastai joins the input
                Refine(width + 3),
                nn.Sequential(nn.Conv2d(width + 3, 3, 1)),
            ]
        )

    def forward(self, grey: Tensor) -> Tensor:
        """Grey as RGB, B×3×H×W with H and W even → colour, the same shape, both normalised."""
        encoder, norm, relu, bridge, *stages, enlarge, _, refine, color = self.layers
        skips, features = _encode(encoder, grey)
        features = bridge(relu(norm(features)))
        for stage, skip in zip(stages, skips, strict=True):
            features = stage(features, skip)
        joined = torch.cat([enlarge(features), grey], dim=1)
        shares: Tensor = color(refine(joined)).sigmoid()
        return shares * (2 * RANGE) - RANGE


def artistic() -> ColorUNet:
    """ResNet-34 and a deep decoder: stages 1.5 times as wide as what they join, the last 0.75."""
    stages: list[nn.Module] = [
        DeepStage(512, 256, 768),
        DeepStage(768, 128, 768, SelfAttention(768)),
        DeepStage(768, 64, 672),
        DeepStage(672, 64, 300),
    ]
    return ColorUNet(_layers_of(resnet34(weights=None)), 512, stages, 300)


def stable() -> ColorUNet:
    """ResNet-101 and a wide decoder."""
    stages: list[nn.Module] = [
        WideStage(2048, 1024, 512),
        WideStage(512, 512, 512, SelfAttention(512)),
        WideStage(512, 256, 512),
        WideStage(512, 64, 256),
    ]
    return ColorUNet(_layers_of(resnet101(weights=None)), 2048, stages, 256)


def _layers_of(resnet: ResNet) -> nn.Sequential:
    """Eight layers: convolution, norm, ReLU, pooling and the four stages; no classifier."""
    stem = (resnet.conv1, resnet.bn1, resnet.relu, resnet.maxpool)
    return nn.Sequential(*stem, resnet.layer1, resnet.layer2, resnet.layer3, resnet.layer4)


def _encode(encoder: nn.Module, grey: Tensor) -> tuple[list[Tensor], Tensor]:
    """What the decoder joins, the smallest size first, and the encoder's end."""
    seen: list[Tensor] = []
    features = grey
    for layer in encoder.children():
        features = layer(features)
        seen.append(features)
    return [seen[number] for number in _SKIPS], features
