"""VGG-19's convolutions, whose maps say what is where in a picture.

Simonyan and Zisserman 2015, "Very Deep Convolutional Networks for Large-Scale Image Recognition",
arXiv 1409.1556, configuration E without its classifier.
"""

from torch import Tensor, nn
from torch.nn import functional

STAGES = ((64, 2), (128, 2), (256, 4), (512, 4), (512, 4))
"""Channels and convolutions of the five stages; the picture is halved between them."""


class Vgg19(nn.Module):
    """Sixteen convolutions of 3×3, named `conv<stage>_<index>` from 1."""

    def __init__(self) -> None:
        super().__init__()
        channels = 3
        for stage, (width, count) in enumerate(STAGES, start=1):
            for index in range(1, count + 1):
                self.add_module(name(stage, index), nn.Conv2d(channels, width, 3, padding=1))
                channels = width

    def forward(self, pixels: Tensor, index: int) -> list[Tensor]:
        """Maps after the ReLU of convolution `index` of each stage, fine to coarse.

        Args:
            pixels: B×3×H×W as the weights want them, with sides of at least 16.
            index: 1 or 2.

        Returns:
            Five maps, of 64, 128, 256, 512 and 512 channels, at ×1, ×1/2, … ×1/16.
        """
        maps = []
        x = pixels
        for stage, (_, count) in enumerate(STAGES, start=1):
            last = index if stage == len(STAGES) else count
            for position in range(1, last + 1):
                x = functional.relu(self.get_submodule(name(stage, position))(x))
                if position == index:
                    maps.append(x)
            if stage < len(STAGES):
                x = functional.max_pool2d(x, 2)
        return maps


def name(stage: int, index: int) -> str:
    """What the weights call convolution `index` of `stage`, both from 1."""
    return f"conv{stage}_{index}"
