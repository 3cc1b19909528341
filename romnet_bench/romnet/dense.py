"""Densely connected units: every unit sees the outputs of all before it."""

from collections.abc import Callable

import torch
from torch import Tensor, nn


class DenseUnits(nn.Module):
    """Units of `growth` channels each; the output holds the input and every unit's output.

    Args:
        channels: channels in.
        units: how many.
        growth: channels that a unit adds.
        unit: makes one unit from its channels in; it must give `growth` channels.
    """

    def __init__(
        self, channels: int, units: int, growth: int, unit: Callable[[int], nn.Module]
    ) -> None:
        super().__init__()
        self.units = nn.ModuleList(unit(channels + index * growth) for index in range(units))
        self.out_channels = channels + units * growth

    def forward(self, x: Tensor) -> Tensor:
        """B×C×H×W → B×(C + units·growth)×H×W."""
        features = [x]
        for unit in self.units:
            features.append(unit(torch.cat(features, dim=1)))
        return torch.cat(features, dim=1)


def bottleneck_unit(growth: int, bottleneck: int) -> Callable[[int], nn.Module]:
    """A dense unit with a 1×1 convolution to bottleneck·growth channels before the 3×3 one.

    No normalisation, as in the dense modules that the paper cites [62] and in the authors' code.
    """

    def unit(channels: int) -> nn.Module:
        return nn.Sequential(
            nn.Conv2d(channels, bottleneck * growth, 1),
            nn.ReLU(inplace=True),
            nn.Conv2d(bottleneck * growth, growth, 3, padding=1),
            nn.ReLU(inplace=True),
        )

    return unit
