"""The first decoder: from the encoder's features back to the picture's size (section 3.2).

A U-Net that steps up by pixel shuffle, as DeOldify's does.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

WIDTH = 512
"""Channels of its two coarse scales; the finer ones have half of them."""


class ShuffleUp(nn.Module):
    """`factor` times as large by pixel shuffle, then blurred against its checkerboard."""

    def __init__(self, channels: int, out_channels: int, factor: int, *, normed: bool) -> None:
        super().__init__()
        self.factor = factor
        widened = out_channels * factor**2
        self.conv = nn.Sequential(nn.Conv2d(channels, widened, 1, bias=not normed))
        if normed:
            self.conv.append(nn.BatchNorm2d(widened))

    def forward(self, x: Tensor) -> Tensor:
        """B×C×H×W → B×C'×fH×fW."""
        large = functional.pixel_shuffle(functional.relu(self.conv(x)), self.factor)
        # The mean of each pixel, its left, its upper and its upper left neighbour.
        padded = functional.pad(large, (1, 0, 1, 0), mode="replicate")
        return functional.avg_pool2d(padded, 2, stride=1)


class UpBlock(nn.Module):
    """Twice as large, beside the encoder's features of that size, and convolved."""

    def __init__(self, channels: int, skipped: int, out_channels: int) -> None:
        super().__init__()
        self.shuf = ShuffleUp(channels, out_channels, 2, normed=True)
        self.bn = nn.BatchNorm2d(skipped)
        self.conv = nn.Sequential(
            nn.Conv2d(out_channels + skipped, out_channels, 3, padding=1, bias=False),
            nn.ReLU(),
            nn.BatchNorm2d(out_channels),
        )

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        """B×C×H×W, and the encoder's B×S×2H×2W → B×C'×2H×2W."""
        joined = torch.cat([self.shuf(x), self.bn(skip)], dim=1)
        out: Tensor = self.conv(functional.relu(joined))
        return out


class PixelDecoder(nn.Module):
    """Features of four scales → three coarser maps, and the pixels' embedding at full size.

    Args:
        channels: of the encoder's features, the finest first.
    """

    scale_channels = (WIDTH, WIDTH, WIDTH // 2)
    embedding_channels = WIDTH // 2

    def __init__(self, channels: Sequence[int]) -> None:
        super().__init__()
        *skipped, coarsest = channels
        before = (coarsest, *self.scale_channels)
        self.layers = nn.ModuleList(
            UpBlock(*widths)
            for widths in zip(before, reversed(skipped), self.scale_channels, strict=False)
        )
        self.last_shuf = ShuffleUp(before[-1], self.embedding_channels, 4, normed=False)

    def forward(self, features: list[Tensor]) -> tuple[list[Tensor], Tensor]:
        """The encoder's features → maps at ×1/16, ×1/8 and ×1/4, and B×256×H×W."""
        *skips, x = features
        scales = []
        for layer, skip in zip(self.layers, reversed(skips), strict=True):
            x = layer(x, skip)
            scales.append(x)
        return scales, self.last_shuf(x)
