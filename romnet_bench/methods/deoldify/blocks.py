"""The parts of DeOldify's U-Net.

The attributes have the names that the published state dicts ask for. Spectral and weight
normalisation are folded into the weights when these are read (`checkpoint.py`).
"""

import torch
from torch import Tensor, nn
from torch.nn import functional


def convolution(inputs: int, outputs: int, *after: nn.Module) -> nn.Sequential:
    """3×3 convolution, ReLU, batch norm (in this order), then what comes `after`."""
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
        nn.ReLU(inplace=True),
        nn.BatchNorm2d(outputs),
        *after,
    )


class SelfAttention(nn.Module):
    """Every place looks at all others, as in SAGAN (Zhang et al. 2019, arXiv 1805.08318).

    The softmax runs over the places that `query` sees, so each place mixes the `value`s by how
    well their `query` fits its own `key`.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.query = nn.Conv1d(channels, channels // 8, 1, bias=False)
        self.key = nn.Conv1d(channels, channels // 8, 1, bias=False)
        self.value = nn.Conv1d(channels, channels, 1, bias=False)
        self.gamma = nn.Parameter(torch.zeros(1))

    def forward(self, features: Tensor) -> Tensor:
        """B×C×H×W → the same shape; memory grows with (H·W)²."""
        places = features.flatten(2)
        fit = self.query(places).transpose(1, 2) @ self.key(places)
        mixed = self.value(places) @ fit.softmax(dim=1)
        attended: Tensor = self.gamma * mixed + places
        return attended.view_as(features)


class Enlarge(nn.Module):
    """Twice the size by pixel shuffle, then a 2×2 mean that hides its checkerboard.

    Sugawara et al. 2018, arXiv 1806.02658. Upstream builds its blocks with and without `blur`, but
    asks whether the layer is there, which it always is: every enlargement blurs.
    """

    def __init__(self, inputs: int, outputs: int, *, normalised: bool = True) -> None:
        super().__init__()
        self.conv = nn.Sequential(nn.Conv2d(inputs, 4 * outputs, 1, bias=not normalised))
        if normalised:
            self.conv.append(nn.BatchNorm2d(4 * outputs))

    def forward(self, features: Tensor) -> Tensor:
        """B×`inputs`×H×W → B×`outputs`×2H×2W."""
        shuffled = functional.pixel_shuffle(self.conv(features).relu_(), 2)
        # Each pixel with its upper and left neighbours, so that the size stays.
        padded = functional.pad(shuffled, (1, 0, 1, 0), mode="replicate")
        return functional.avg_pool2d(padded, 2, stride=1)


class DeepStage(nn.Module):
    """A stage of the artistic decoder: the join of both paths through two convolutions.

    Args:
        below: channels from the stage below.
        skip: channels from the encoder.
        width: channels that it gives.
        after: what follows the last convolution.
    """

    def __init__(self, below: int, skip: int, width: int, *after: nn.Module) -> None:
        super().__init__()
        self.shuf = Enlarge(below, below // 2)
        self.bn = nn.BatchNorm2d(skip)
        self.conv1 = convolution(below // 2 + skip, width)
        self.conv2 = convolution(width, width, *after)

    def forward(self, below: Tensor, skip: Tensor) -> Tensor:
        """B×`below`×h×w and B×`skip`×H×W → B×`width`×H×W."""
        features: Tensor = self.conv2(self.conv1(_join(self.shuf(below), self.bn(skip))))
        return features


class WideStage(nn.Module):
    """A stage of the stable decoder: one convolution, with more channels from below.

    Args:
        below: channels from the stage below.
        skip: channels from the encoder.
        width: channels that it gives.
        after: what follows the convolution.
    """

    def __init__(self, below: int, skip: int, width: int, *after: nn.Module) -> None:
        super().__init__()
        self.shuf = Enlarge(below, width)
        self.bn = nn.BatchNorm2d(skip)
        self.conv = convolution(width + skip, width, *after)

    def forward(self, below: Tensor, skip: Tensor) -> Tensor:
        """B×`below`×h×w and B×`skip`×H×W → B×`width`×H×W."""
        features: Tensor = self.conv(_join(self.shuf(below), self.bn(skip)))
        return features


class Refine(nn.Module):
    """Two 3×3 convolutions whose result is added to their input."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.ModuleList(
            nn.Sequential(nn.Conv2d(channels, channels, 3, padding=1), nn.ReLU(inplace=True))
            for _ in range(2)
        )

    def forward(self, features: Tensor) -> Tensor:
        """B×C×H×W → the same shape."""
        first, second = self.layers
        correction: Tensor = second(first(features))
        return features + correction


def _join(below: Tensor, skip: Tensor) -> Tensor:
    """Both paths at the encoder's size: halves of odd sizes do not double back to them."""
    if below.shape[-2:] != skip.shape[-2:]:
        below = functional.interpolate(below, skip.shape[-2:], mode="nearest")
    return torch.cat([below, skip], dim=1).relu_()
