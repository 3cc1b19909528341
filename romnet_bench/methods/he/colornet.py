"""The U-Net that turns transferred colours into believable ones (He et al. 2018, section 4.2).

Ten groups of convolutions as in Zhang et al. 2016, with short cuts between equal sizes. Zhang et
al. 2019 use it again with another way to normalise and to enlarge, so both are handed in.
"""

from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn import functional

IN_CHANNELS = 13
"""L − 50, the transferred a and b, and error maps of five levels in both directions."""

REACH = 100.0
"""What a and b lie within."""

# Groups on the way in, by number: channels in and out, convolutions, dilation.
_GROUPS = {
    2: (64, 128, 2, 1),
    3: (128, 256, 3, 1),
    4: (256, 512, 3, 1),
    5: (512, 512, 3, 2),
    6: (512, 512, 3, 2),
    7: (512, 512, 3, 1),
}


class ColorNet(nn.Module):
    """Predicts a and b from lightness and from colours that another photo lent.

    Args:
        channels: of its input.
        normalize: makes the normalisation of so many channels.
        enlarge: makes what doubles the size and changes channels from the first to the second.
        reach: what a and b lie within, in Lab units.
    """

    def __init__(
        self,
        channels: int,
        normalize: Callable[[int], nn.Module],
        enlarge: Callable[[int, int], nn.Module],
        reach: float,
    ) -> None:
        super().__init__()
        self.reach = reach
        self.conv1_1 = nn.Sequential(_conv(channels, 32), nn.ReLU(), _conv(32, 64))
        self.conv1_2 = _conv(64, 64)
        self.conv1_2norm = normalize(64)
        for number, (before, after, count, dilation) in _GROUPS.items():
            for index in range(1, count + 1):
                layer = _conv(before if index == 1 else after, after, dilation)
                self.add_module(f"conv{number}_{index}", layer)
            self.add_module(f"conv{number}_{count}norm", normalize(after))
        for norm, width in (("conv1_2norm", 64), ("conv2_2norm", 128), ("conv3_3norm", 256)):
            halve = nn.Conv2d(width, width, 1, stride=2, bias=False, groups=width)
            self.add_module(f"{norm}_ss", halve)
        self.conv8_1 = enlarge(512, 256)
        self.conv3_3_short = _conv(256, 256)
        self.conv8_2, self.conv8_3 = _conv(256, 256), _conv(256, 256)
        self.conv8_3norm = normalize(256)
        self.conv9_1 = enlarge(256, 128)
        self.conv2_2_short = _conv(128, 128)
        self.conv9_2 = _conv(128, 128)
        self.conv9_2norm = normalize(128)
        self.conv10_1 = enlarge(128, 128)
        self.conv1_2_short = _conv(64, 128)
        self.conv10_2 = _conv(128, 128)
        self.conv10_ab = nn.Conv2d(128, 2, 1)

    def forward(self, x: Tensor) -> Tensor:
        """B×channels×H×W, sides multiples of 8 → a and b in Lab units, B×2×H×W."""
        relu = functional.relu
        full = self.conv1_2norm(relu(self.conv1_2(relu(self.conv1_1(x)))))
        half = self._group(2, self.get_submodule("conv1_2norm_ss")(full))
        quarter = self._group(3, self.get_submodule("conv2_2norm_ss")(half))
        deep = self.get_submodule("conv3_3norm_ss")(quarter)
        for number in (4, 5, 6, 7):
            deep = self._group(number, deep)
        x = relu(self.conv8_1(deep) + self.conv3_3_short(quarter))
        x = self.conv8_3norm(relu(self.conv8_3(relu(self.conv8_2(x)))))
        x = relu(self.conv9_1(x) + self.conv2_2_short(half))
        x = self.conv9_2norm(relu(self.conv9_2(x)))
        x = relu(self.conv10_1(x) + self.conv1_2_short(full))
        x = functional.leaky_relu(self.conv10_2(x), 0.2)
        return torch.tanh(self.conv10_ab(x)) * self.reach

    def _group(self, number: int, x: Tensor) -> Tensor:
        count = _GROUPS[number][2]
        for index in range(1, count + 1):
            x = functional.relu(self.get_submodule(f"conv{number}_{index}")(x))
        normalized: Tensor = self.get_submodule(f"conv{number}_{count}norm")(x)
        return normalized


def build_colornet() -> ColorNet:
    """He et al.'s own: batch normalisation without gains, transposed convolutions."""
    return ColorNet(
        IN_CHANNELS,
        normalize=lambda channels: nn.BatchNorm2d(channels, affine=False),
        enlarge=lambda before, after: nn.ConvTranspose2d(before, after, 4, stride=2, padding=1),
        reach=REACH,
    )


def _conv(before: int, after: int, dilation: int = 1) -> nn.Conv2d:
    return nn.Conv2d(before, after, 3, padding=dilation, dilation=dilation)
