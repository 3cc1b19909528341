"""The colorization sub-net (section III-C, Fig. 2 right).

A dense U-Net that fuses the colours that the similarity sub-net brings over, at four scales; the
ablations of Table IV fuse fewer, or hand them in with the lightness.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from romnet_bench.romnet.dense import DenseUnits, bottleneck_unit
from romnet_bench.romnet.presets import ColorizationConfig

SCALES = (4, 8, 16, 32)
"""The encoder's dense blocks stand at ×1/4, ×1/8, ×1/16 and ×1/32 of the photo."""


class FusionModule(nn.Module):
    """Features and warped colours → features: a dense block of six units and a 3×3 convolution."""

    def __init__(self, channels: int, color_channels: int, config: ColorizationConfig) -> None:
        super().__init__()
        unit = bottleneck_unit(config.growth, config.bottleneck)
        self.dense = DenseUnits(channels + color_channels, config.fusion_units, config.growth, unit)
        self.mix = nn.Conv2d(self.dense.out_channels, channels, 3, padding=1)

    def forward(self, x: Tensor, colors: Tensor) -> Tensor:
        """B×C×H×W and B×V×H×W → B×C×H×W."""
        return functional.relu(self.mix(self.dense(torch.cat([x, colors], dim=1))))


class DecoderStage(nn.Module):
    """Brings features up by bilinear interpolation, joins the encoder's, passes a dense block."""

    def __init__(
        self, channels: int, skip_channels: int, units: int, config: ColorizationConfig
    ) -> None:
        super().__init__()
        unit = bottleneck_unit(config.growth, config.bottleneck)
        self.join = nn.Conv2d(channels + skip_channels, skip_channels, 1)
        self.dense = DenseUnits(skip_channels, units, config.growth, unit)
        self.out_channels = self.dense.out_channels

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        """B×C×H×W and B×S×2H×2W → B×out×2H×2W."""
        up = functional.interpolate(x, skip.shape[-2:], mode="bilinear", align_corners=False)
        joined = functional.relu(self.join(torch.cat([up, skip], dim=1)))
        decoded: Tensor = self.dense(joined)
        return decoded


class ColorUNet(nn.Module):
    """I'_L and the warped SPHists at ×1/4…×1/32 → ab/110.

    Args:
        config: its numbers.
        color_channels: V, channels of the colours: 2K of SPHist, two of ab.
    """

    def __init__(self, config: ColorizationConfig, color_channels: int) -> None:
        super().__init__()
        at_input = color_channels if 1 in config.fusion_scales else 0
        self.stem = nn.Sequential(
            nn.Conv2d(1 + at_input, config.stem, 7, stride=2, padding=3), nn.ReLU(inplace=True)
        )
        unit = bottleneck_unit(config.growth, config.bottleneck)
        self.encoder = nn.ModuleList()
        self.fusion = nn.ModuleDict()
        self.shrink = nn.ModuleList()
        channels, skips = config.stem, []
        for scale, units in zip(SCALES, config.units, strict=True):
            block = DenseUnits(channels, units, config.growth, unit)
            self.encoder.append(block)
            if scale in config.fusion_scales:
                fusion = FusionModule(block.out_channels, color_channels, config)
                self.fusion[str(scale)] = fusion
            skips.append(block.out_channels)
            channels = block.out_channels // 2
            self.shrink.append(nn.Conv2d(block.out_channels, channels, 1))
        del self.shrink[-1]  # nothing follows the last block

        # The decoder mirrors the encoder: ×1/16, ×1/8, ×1/4, then the stem's ×1/2.
        self.decoder = nn.ModuleList()
        channels = skips[-1]
        decoder_units = (*config.units[2::-1], config.units[0])
        for skip, units in zip((*skips[2::-1], config.stem), decoder_units, strict=True):
            stage = DecoderStage(channels, skip, units, config)
            self.decoder.append(stage)
            channels = stage.out_channels
        self.narrow = nn.Conv2d(channels, config.stem, 3, padding=1)
        self.head = nn.Sequential(
            nn.Conv2d(config.stem + 1, config.stem // 2, 3, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(config.stem // 2, 2, 3, padding=1),
        )

    def forward(self, lightness: Tensor, colors: dict[int, Tensor]) -> Tensor:
        """L/50 − 1 and the colours at each fused scale → ab/110.

        Args:
            lightness: B×1×H×W, multiples of 32.
            colors: scale i → B×V×H/i×W/i.

        Returns:
            B×2×H×W in [−1, 1].
        """
        seen = torch.cat([lightness, colors[1]], dim=1) if 1 in colors else lightness
        stem = self.stem(seen)
        x = functional.max_pool2d(stem, 2)
        skips = []
        for index, (scale, block) in enumerate(zip(SCALES, self.encoder, strict=True)):
            if index > 0:
                x = functional.avg_pool2d(functional.relu(self.shrink[index - 1](x)), 2)
            x = block(x)
            if str(scale) in self.fusion:
                x = self.fusion[str(scale)](x, colors[scale])
            skips.append(x)
        for stage, skip in zip(self.decoder, (*skips[2::-1], stem), strict=True):
            x = stage(x, skip)
        up = functional.interpolate(
            functional.relu(self.narrow(x)),
            lightness.shape[-2:],
            mode="bilinear",
            align_corners=False,
        )
        return torch.tanh(self.head(torch.cat([up, lightness], dim=1)))
