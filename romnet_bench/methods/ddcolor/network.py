"""The network: an encoder, two decoders and their fusion (Fig. 2 of the paper).

Kang et al., "DDColor: Towards Photo-Realistic Image Colorization via Dual Decoders", ICCV 2023,
arXiv 2212.11613.
"""

import torch
from torch import Tensor, nn

from romnet_bench.methods.ddcolor.color_decoder import QUERIES, ColorDecoder
from romnet_bench.methods.ddcolor.convnext import ConvNeXt, Size
from romnet_bench.methods.ddcolor.pixel_decoder import PixelDecoder


class DDColor(nn.Module):
    """A grey picture as RGB → its chroma.

    Args:
        size: of the encoder; the decoders are the same for all.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, size: Size) -> None:
        super().__init__()
        self.encoder = ConvNeXt(size)
        self.pixel_decoder = PixelDecoder(size.channels)
        self.color_decoder = ColorDecoder(self.pixel_decoder.scale_channels)
        self.fusion = nn.Conv2d(QUERIES + 3, 2, 1)
        # ImageNet's; the published files hold them too.
        self.register_buffer("mean", torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1))
        self.register_buffer("std", torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1))

    def forward(self, rgb: Tensor) -> Tensor:
        """B×3×H×W in [0, 1], H and W multiples of 32 → a and b in Lab units, B×2×H×W."""
        x = (rgb - self.mean) / self.std
        scales, embedding = self.pixel_decoder(self.encoder(x))
        maps = self.color_decoder(scales, embedding)
        ab: Tensor = self.fusion(torch.cat([maps, x], dim=1))
        return ab
