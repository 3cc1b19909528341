"""DDColor's encoder: ConvNeXt, whose four stages each give their features.

Liu et al., "A ConvNet for the 2020s", CVPR 2022, arXiv 2201.03545, Fig. 4 and section 2.
"""

import dataclasses

import torch
from torch import Tensor, nn
from torch.nn import functional

EPSILON = 1e-6


@dataclasses.dataclass(frozen=True)
class Size:
    """How deep and how wide an encoder is, stage by stage."""

    blocks: tuple[int, int, int, int]
    channels: tuple[int, int, int, int]


TINY = Size(blocks=(3, 3, 9, 3), channels=(96, 192, 384, 768))
LARGE = Size(blocks=(3, 3, 27, 3), channels=(192, 384, 768, 1536))


class ChannelNorm(nn.LayerNorm):
    """Layer normalisation over the channels of each place, B×C×H×W."""

    def __init__(self, channels: int) -> None:
        super().__init__(channels, eps=EPSILON)

    def forward(self, x: Tensor) -> Tensor:
        """B×C×H×W → the same shape."""
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


class Block(nn.Module):
    """A 7×7 convolution of each channel by itself, then an inverted bottleneck at each place."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.dwconv = nn.Conv2d(channels, channels, 7, padding=3, groups=channels)
        self.norm = nn.LayerNorm(channels, eps=EPSILON)
        self.pwconv1 = nn.Linear(channels, 4 * channels)
        self.pwconv2 = nn.Linear(4 * channels, channels)
        self.gamma = nn.Parameter(torch.ones(channels))

    def forward(self, x: Tensor) -> Tensor:
        """B×C×H×W → the same shape."""
        places = self.norm(self.dwconv(x).permute(0, 2, 3, 1))
        places = self.gamma * self.pwconv2(functional.gelu(self.pwconv1(places)))
        bottleneck: Tensor = places.permute(0, 3, 1, 2)
        return x + bottleneck


class ConvNeXt(nn.Module):
    """A picture → features at ×1/4, ×1/8, ×1/16 and ×1/32 of its size."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        first, *others = size.channels
        self.downsample_layers = nn.ModuleList(
            [nn.Sequential(nn.Conv2d(3, first, 4, stride=4), ChannelNorm(first))]
        )
        for before, after in zip(size.channels, others, strict=False):
            self.downsample_layers.append(
                nn.Sequential(ChannelNorm(before), nn.Conv2d(before, after, 2, stride=2))
            )
        self.stages = nn.ModuleList(
            nn.Sequential(*(Block(channels) for _ in range(blocks)))
            for blocks, channels in zip(size.blocks, size.channels, strict=True)
        )
        self.norms = nn.ModuleList(ChannelNorm(channels) for channels in size.channels)

    def forward(self, x: Tensor) -> list[Tensor]:
        """B×3×H×W, H and W multiples of 32 → four maps, the finest first, each normalised."""
        features = []
        for shrink, stage, norm in zip(
            self.downsample_layers, self.stages, self.norms, strict=True
        ):
            x = stage(shrink(x))
            features.append(norm(x))  # the next stage takes x as it was
        return features
