"""The U-Net that finds scratches: grey photo → how likely each pixel is scratched.

Its maps are blurred before they are halved (Zhang, "Making Convolutional Networks Shift-Invariant
Again", ICML 2019), and batch normalisation is plain: statistics are those of training.
"""

import itertools

import torch
from torch import Tensor, nn
from torch.nn import functional

STRIDE = 16
"""Sides of the input must be multiples of it, at least 32."""
_WIDTHS = (64, 128, 256, 512, 1024)
_SLOPE = 0.2


class ScratchDetector(nn.Module):
    """Contracts four times, expands four times, with a bridge at each level."""

    def __init__(self) -> None:
        super().__init__()
        levels = list(itertools.pairwise(_WIDTHS))
        self.first = nn.Sequential(
            nn.ReflectionPad2d(3), nn.Conv2d(1, _WIDTHS[0], 7), nn.LeakyReLU(_SLOPE, inplace=True)
        )
        self.down_sample = nn.ModuleList(
            nn.Sequential(*_convolved(shallow, shallow), BlurAndHalve(shallow))
            for shallow, _ in levels
        )
        self.down_path = nn.ModuleList(_TwoConvolutions(shallow, deep) for shallow, deep in levels)
        self.up_path = nn.ModuleList(_Expansion(deep, shallow) for shallow, deep in levels[::-1])
        self.last = nn.Sequential(nn.ReflectionPad2d(1), nn.Conv2d(_WIDTHS[0], 1, 3))

    def forward(self, grey: Tensor) -> Tensor:
        """B×1×H×W in [−1, 1] → the logarithm of the odds of a scratch, B×1×H×W."""
        x = self.first(grey)
        bridges = []
        for halve, contract in zip(self.down_sample, self.down_path, strict=True):
            bridges.append(x)
            x = contract(halve(x))
        for expand in self.up_path:
            x = expand(x, bridges.pop())
        odds: Tensor = self.last(x)
        return odds


class BlurAndHalve(nn.Module):
    """Every channel blurred by (1, 2, 1)⊗(1, 2, 1)/16, then every second pixel of it.

    Args:
        channels: C.
    """

    filt: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        row = torch.tensor([0.25, 0.5, 0.25])
        self.register_buffer("filt", torch.outer(row, row).repeat(channels, 1, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        """B×C×H×W → B×C×⌈H/2⌉×⌈W/2⌉."""
        padded = functional.pad(x, (1, 1, 1, 1), mode="reflect")
        return functional.conv2d(padded, self.filt, stride=2, groups=x.shape[1])


class _TwoConvolutions(nn.Module):
    def __init__(self, before: int, after: int) -> None:
        super().__init__()
        self.block = nn.Sequential(*_convolved(before, after), *_convolved(after, after))

    def forward(self, x: Tensor) -> Tensor:
        convolved: Tensor = self.block(x)
        return convolved


class _Expansion(nn.Module):
    """Doubles the size, and joins the bridge."""

    def __init__(self, deep: int, shallow: int) -> None:
        super().__init__()
        self.up = nn.Sequential(
            nn.Upsample(scale_factor=2, mode="bilinear", align_corners=False),
            nn.ReflectionPad2d(1),
            nn.Conv2d(deep, shallow, 3),
        )
        self.conv_block = _TwoConvolutions(2 * shallow, shallow)

    def forward(self, x: Tensor, bridge: Tensor) -> Tensor:
        joined: Tensor = self.conv_block(torch.cat([self.up(x), bridge], dim=1))
        return joined


def _convolved(before: int, after: int) -> list[nn.Module]:
    return [
        nn.ReflectionPad2d(1),
        nn.Conv2d(before, after, 3),
        nn.BatchNorm2d(after),
        nn.LeakyReLU(_SLOPE, inplace=True),
    ]
