"""The generator: a U-Net whose two halves are joined level by level (the paper's section 3.2)."""

from typing import Literal

import torch
from torch import Tensor, nn
from torch.nn import functional

Norm = Literal["batch", "instance", "none"]
"""How maps are normalised: with a learnt scale and shift, without, or not at all."""

WIDEST = 8
"""The widest level has this many times the first one's filters."""
NOISY_FROM = 4
"""Dropout, the paper's noise z, stands in the decoder from this level inwards."""


class UNet(nn.Module):
    """A photo → another picture of it, each level at half of the size before.

    Statistics are always those of the photo at hand, in training and afterwards: with the paper's
    batches of one, batch normalisation is that (section 3.3, "instance normalization").

    Args:
        inputs: channels of the photo.
        outputs: channels of the picture.
        filters: of the first level; the others have 2, 4, 8, 8, … times as many.
        levels: how often the size is halved, 5 or more.
        norm: of all levels but the outermost.
    """

    def __init__(
        self, inputs: int, outputs: int, filters: int, levels: int, norm: Norm = "batch"
    ) -> None:
        super().__init__()
        self.inputs, self.outputs, self.levels = inputs, outputs, levels
        widths = [filters * min(2**level, WIDEST) for level in range(levels)]
        self.down = nn.ModuleList()
        self.up = nn.ModuleList()
        for level, width in enumerate(widths):
            innermost = level == levels - 1
            came = inputs if level == 0 else widths[level - 1]
            goes = outputs if level == 0 else widths[level - 1]
            self.down.append(_Down(came, width, "none" if level in (0, levels - 1) else norm, norm))
            # Beside what came up from below stands what went down here.
            self.up.append(_Up(width if innermost else 2 * width, goes, level == 0, norm))

    def forward(self, photo: Tensor, noise: torch.Generator | None = None) -> Tensor:
        """In [−1, 1], B×inputs×H×W → B×outputs×H×W in [−1, 1].

        Args:
            photo: height and width are multiples of 2 ** levels.
            noise: drops half of the inner decoder's features, as training does; none without.
        """
        went = []
        x = photo
        for level, down in enumerate(self.down):
            x = down(x if level == 0 else functional.leaky_relu(x, 0.2))
            went.append(x)
        for level in reversed(range(self.levels)):
            x = self.up[level](functional.relu(x))
            if noise is not None and NOISY_FROM <= level < self.levels - 1:
                x = _half_dropped(x, noise)
            if level > 0:
                x = torch.cat([went[level - 1], x], dim=1)
        return torch.tanh(x)


class _Down(nn.Module):
    """Half of the size: a strided convolution, normalised."""

    def __init__(self, came: int, width: int, own: Norm, norm: Norm) -> None:
        super().__init__()
        # A shift before normalisation with a learnt one would do nothing.
        self.conv = nn.Conv2d(came, width, 4, 2, 1, bias=norm == "instance")
        self.norm = normalisation(own, width)

    def forward(self, x: Tensor) -> Tensor:
        normalised: Tensor = self.norm(self.conv(x))
        return normalised


class _Up(nn.Module):
    """Twice the size: a transposed convolution, normalised except for the outermost."""

    def __init__(self, came: int, goes: int, outermost: bool, norm: Norm) -> None:
        super().__init__()
        self.conv = nn.ConvTranspose2d(came, goes, 4, 2, 1, bias=outermost or norm == "instance")
        self.norm = normalisation("none" if outermost else norm, goes)

    def forward(self, x: Tensor) -> Tensor:
        normalised: Tensor = self.norm(self.conv(x))
        return normalised


def normalisation(norm: Norm, channels: int) -> nn.Module:
    """Every photo's maps by their own mean and deviation."""
    if norm == "none":
        return nn.Identity()
    return nn.InstanceNorm2d(channels, affine=norm == "batch")


def initialise(network: nn.Module, seed: int) -> None:
    """The paper's start (section 6.2): N(0, 0.02), scales N(1, 0.02), no shifts; from the seed."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, values in network.named_parameters():
            if name.endswith("bias"):
                values.zero_()
            else:
                values.normal_(float(values.ndim == 1), 0.02, generator=generator)


def _half_dropped(x: Tensor, noise: torch.Generator) -> Tensor:
    kept = torch.rand(x.shape, generator=noise, device=x.device) < 0.5
    return x * kept * 2
