"""The restoration sub-net: a multi-level residual dense network (section III-A, Fig. 2 left).

Unstructured defects (grain, blur) want local detail, structured ones (cracks, tears) a large
receptive field: so the photo and its ×1/4 and ×1/8 copies each pass an RDN [52], and the lower
levels are brought up, concatenated and convolved into the restored lightness I'_L.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from romnet_bench.romnet.dense import DenseUnits
from romnet_bench.romnet.presets import RestorationConfig


class ResidualDenseBlock(nn.Module):
    """Dense units, fused by a 1×1 convolution, added to the block's input [52]."""

    def __init__(self, config: RestorationConfig) -> None:
        super().__init__()

        def unit(channels: int) -> nn.Module:
            return nn.Sequential(
                nn.Conv2d(channels, config.growth, 3, padding=1), nn.ReLU(inplace=True)
            )

        self.dense = DenseUnits(config.features, config.units, config.growth, unit)
        self.fuse = nn.Conv2d(self.dense.out_channels, config.features, 1)

    def forward(self, x: Tensor) -> Tensor:
        """B×F×H×W → the same shape."""
        fused: Tensor = self.fuse(self.dense(x))
        return x + fused


class ResidualDenseNetwork(nn.Module):
    """One level: shallow features, residual dense blocks, global fusion, global residual [52]."""

    def __init__(self, config: RestorationConfig) -> None:
        super().__init__()
        features = config.features
        self.shallow = nn.Conv2d(config.unshuffle**2, features, 3, padding=1)
        self.deepen = nn.Conv2d(features, features, 3, padding=1)
        self.blocks = nn.ModuleList(ResidualDenseBlock(config) for _ in range(config.blocks))
        self.fuse = nn.Sequential(
            nn.Conv2d(config.blocks * features, features, 1),
            nn.Conv2d(features, features, 3, padding=1),
        )

    def forward(self, lightness: Tensor) -> Tensor:
        """B×1×H×W, its squares' pixels as channels where unshuffled → features, B×F×H×W."""
        shallow: Tensor = self.shallow(lightness)
        x = self.deepen(shallow)
        outputs = []
        for block in self.blocks:
            x = block(x)
            outputs.append(x)
        fused: Tensor = self.fuse(torch.cat(outputs, dim=1))
        return shallow + fused


class MultiLevelRDN(nn.Module):
    """I_L → I'_L: an RDN on the input and on each downsampled copy, fused by concatenation."""

    def __init__(self, config: RestorationConfig) -> None:
        super().__init__()
        self.downsampling = config.downsampling
        self.unshuffle = config.unshuffle
        self.levels = nn.ModuleList(ResidualDenseNetwork(config) for _ in config.downsampling)
        self.fuse = nn.Conv2d(len(self.levels) * config.features, config.unshuffle**2, 3, padding=1)
        # Ours: the net adds a correction to its input, as RDN does for denoising, and starts from
        # none, so that training begins at the degraded photo itself and not below it.
        nn.init.zeros_(self.fuse.weight)
        if self.fuse.bias is not None:
            nn.init.zeros_(self.fuse.bias)

    def forward(self, lightness: Tensor) -> Tensor:
        """Degraded L/50 − 1, B×1×H×W with H and W multiples of 32 → restored, the same shape."""
        size = [side // self.unshuffle for side in lightness.shape[-2:]]
        outputs = []
        for factor, level in zip(self.downsampling, self.levels, strict=True):
            seen = functional.avg_pool2d(lightness, factor) if factor > 1 else lightness
            features = level(functional.pixel_unshuffle(seen, self.unshuffle))
            if factor > 1:
                features = functional.interpolate(
                    features, size, mode="bilinear", align_corners=False
                )
            outputs.append(features)
        correction: Tensor = self.fuse(torch.cat(outputs, dim=1))
        return lightness + functional.pixel_shuffle(correction, self.unshuffle)
