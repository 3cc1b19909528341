"""The colorization sub-net (section III-C, Fig. 2 right).

A dense U-Net that fuses the colours that the similarity sub-net brings over, at four scales.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from romnet_bench.romnet.dense import DenseUnits, bottleneck_unit
from romnet_bench.romnet.presets import ColorizationConfig


class FusionModule(nn.Module):
    """Features and warped SPHist → features: a dense block of six units and a 3×3 convolution."""

    def __init__(self, channels: int, color_channels: int, config: ColorizationConfig) -> None:
        super().__init__()
        unit = bottleneck_unit(config.growth, config.bottleneck)
        self.dense = DenseUnits(channels + color_channels, config.fusion_units, config.growth, unit)
        self.mix = nn.Conv2d(self.dense.out_channels, channels, 3, padding=1)

    def forward(self, x: Tensor, colors: Tensor) -> Tensor:
        """B×C×H×W and B×2K×H×W → B×C×H×W."""
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
    """I'_L and the warped SPHists at ×1/4…×1/32 → ab/110."""

    def __init__(self, config: ColorizationConfig, color_channels: int) -> None:
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(1, config.stem, 7, stride=2, padding=3), nn.ReLU(inplace=True)
        )
        unit = bottleneck_unit(config.growth, config.bottleneck)
        self.encoder = nn.ModuleList()
        self.fusion = nn.ModuleList()
        self.shrink = nn.ModuleList()
        channels, skips = config.stem, []
        for units in config.units:
            block = DenseUnits(channels, units, config.growth, unit)
            self.encoder.append(block)
            self.fusion.append(FusionModule(block.out_channels, color_channels, config))
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

    def forward(self, lightness: Tensor, colors: list[Tensor]) -> Tensor:
        """L/50 − 1, B×1×H×W (multiples of 32), four B×2K×H_i×W_i → B×2×H×W in [−1, 1]."""
        stem = self.stem(lightness)
        x = functional.max_pool2d(stem, 2)
        skips = []
        for index, (block, fusion) in enumerate(zip(self.encoder, self.fusion, strict=True)):
            if index > 0:
                x = functional.avg_pool2d(functional.relu(self.shrink[index - 1](x)), 2)
            x = fusion(block(x), colors[index])
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
