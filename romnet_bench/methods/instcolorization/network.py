"""The colour network of Zhang et al. 2017 (SIGGRAPH, arXiv 1705.02999).

A U-Net of ten stages that predicts a and b from L, trained for hints that a person may click.
InstColorization gives no hints, and uses it three times: for the photo, for each object, and as
the trunk of the fusion. Attributes are named as in the published checkpoints.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn

Visit = Callable[[str, Tensor], Tensor]
"""Called with the name of each place of the network and its features; gives what goes on."""

SIDE = 256
"""Side of the squares that the networks were trained on and run on."""

AB_BINS = 529
"""Colours of the classifier, 23×23 of ten Lab units each; only training uses it."""


def pass_on(place: str, features: Tensor) -> Tensor:
    """A `Visit` that changes nothing."""
    del place
    return features


class ColorNetwork(nn.Module):
    """L → ab, with 13 places at which features can be looked at or exchanged."""

    def __init__(self) -> None:
        super().__init__()
        # L, the hints' ab, and where hints are.
        self.model1 = nn.Sequential(*_stage(4, 64, convolutions=2))
        self.model2 = nn.Sequential(*_stage(64, 128, convolutions=2))
        self.model3 = nn.Sequential(*_stage(128, 256, convolutions=3))
        self.model4 = nn.Sequential(*_stage(256, 512, convolutions=3))
        self.model5 = nn.Sequential(*_stage(512, 512, convolutions=3, dilation=2))
        self.model6 = nn.Sequential(*_stage(512, 512, convolutions=3, dilation=2))
        self.model7 = nn.Sequential(*_stage(512, 512, convolutions=3))

        self.model8up = nn.Sequential(_double(512, 256))
        self.model3short8 = nn.Sequential(_conv(256, 256))
        self.model8 = nn.Sequential(nn.ReLU(), *_stage(256, 256, convolutions=2))
        self.model9up = nn.Sequential(_double(256, 128))
        self.model2short9 = nn.Sequential(_conv(128, 128))
        self.model9 = nn.Sequential(nn.ReLU(), *_stage(128, 128, convolutions=1))
        self.model10up = nn.Sequential(_double(128, 128))
        self.model1short10 = nn.Sequential(_conv(64, 128))
        self.model10 = nn.Sequential(nn.ReLU(), _conv(128, 128), nn.LeakyReLU(0.2))

        self.model_out = nn.Sequential(nn.Conv2d(128, 2, 1), nn.Tanh())
        self.model_class = nn.Sequential(nn.Conv2d(256, AB_BINS, 1))

    def forward(self, lightness: Tensor, visit: Visit = pass_on) -> Tensor:
        """Colours for a grey picture.

        Args:
            lightness: (L − 50) / 100, B×1×H×W; H and W are multiples of 8.
            visit: what is done at each place.

        Returns:
            ab / 110, B×2×H×W in (−1, 1).
        """
        conv1 = visit("conv1_2", self.model1(_without_hints(lightness)))
        conv2 = visit("conv2_2", self.model2(_halve(conv1)))
        conv3 = visit("conv3_3", self.model3(_halve(conv2)))
        conv4 = visit("conv4_3", self.model4(_halve(conv3)))
        conv5 = visit("conv5_3", self.model5(conv4))
        conv6 = visit("conv6_3", self.model6(conv5))
        conv7 = visit("conv7_3", self.model7(conv6))

        up8 = visit("conv8_up", self.model8up(conv7) + self.model3short8(conv3))
        conv8 = visit("conv8_3", self.model8(up8))
        up9 = visit("conv9_up", self.model9up(conv8) + self.model2short9(conv2))
        conv9 = visit("conv9_3", self.model9(up9))
        up10 = visit("conv10_up", self.model10up(conv9) + self.model1short10(conv1))
        conv10 = visit("conv10_2", self.model10(up10))
        ab: Tensor = self.model_out(conv10)
        return ab


def _without_hints(lightness: Tensor) -> Tensor:
    """The input of a photo that nobody clicked on: no colours, and a mask that is −0.5 for "no"."""
    no_colors = lightness.new_zeros(1).expand(len(lightness), 2, *lightness.shape[2:])
    return torch.cat([lightness, no_colors, torch.full_like(lightness, -0.5)], dim=1)


def _halve(features: Tensor) -> Tensor:
    """Every second row and column: the network does not pool."""
    return features[:, :, ::2, ::2]


def _stage(inputs: int, outputs: int, convolutions: int, dilation: int = 1) -> list[nn.Module]:
    layers: list[nn.Module] = []
    for index in range(convolutions):
        layers.append(_conv(outputs if index else inputs, outputs, dilation))
        layers.append(nn.ReLU(inplace=True))
    return [*layers, nn.BatchNorm2d(outputs)]


def _conv(inputs: int, outputs: int, dilation: int = 1) -> nn.Conv2d:
    return nn.Conv2d(inputs, outputs, 3, padding=dilation, dilation=dilation)


def _double(inputs: int, outputs: int) -> nn.ConvTranspose2d:
    return nn.ConvTranspose2d(inputs, outputs, 4, stride=2, padding=1)
