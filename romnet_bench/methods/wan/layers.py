"""What the autoencoders and the mapping between their spaces are built of.

Instance normalisation has no weights here: a checkpoint holds convolutions alone.
"""

from torch import Tensor, nn


def normalised(convolution: nn.Module, channels: int) -> list[nn.Module]:
    """A convolution with `channels` outputs, normalised over each channel's whole map, rectified.

    The mean and variance are of the whole photo: one that is cut into tiles comes out different.
    """
    return [convolution, nn.InstanceNorm2d(channels), nn.ReLU(inplace=True)]


class ResidualBlock(nn.Module):
    """x plus two normalised 3×3 convolutions of it, B×C×H×W → the same shape, H and W at least 2.

    Args:
        channels: C.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv_block = nn.Sequential(
            nn.ReflectionPad2d(1),
            *normalised(nn.Conv2d(channels, channels, 3), channels),
            nn.ReflectionPad2d(1),
            nn.Conv2d(channels, channels, 3),
            nn.InstanceNorm2d(channels),
        )

    def forward(self, x: Tensor) -> Tensor:
        """B×C×H×W → B×C×H×W."""
        # Into the branch's own memory: at large sizes another copy of x counts.
        branch: Tensor = self.conv_block(x)
        return branch.add_(x)


def residual_blocks(count: int, channels: int) -> list[nn.Module]:
    """`count` residual blocks, one after another."""
    return [ResidualBlock(channels) for _ in range(count)]
