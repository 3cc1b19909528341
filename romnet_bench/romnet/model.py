"""ROMNet from top to bottom, as in Fig. 2: restore, match, bring the colours over, colourise."""

import dataclasses

import torch
from torch import Tensor, nn

from romnet_bench.backbones import build_features
from romnet_bench.romnet.colorization import ColorUNet
from romnet_bench.romnet.matching import SCALES, MatchingFeatures, resize, warp
from romnet_bench.romnet.presets import RomnetConfig
from romnet_bench.romnet.restoration import MultiLevelRDN
from romnet_bench.romnet.sphist import SPHist


@dataclasses.dataclass(frozen=True)
class Restored:
    """What ROMNet makes of a batch."""

    lightness: Tensor  # I'_L, L/50 − 1, B×1×H×W
    ab: Tensor  # I'_ab, ab/110, B×2×H×W


class ROMNet(nn.Module):
    """Degraded lightness and a colour reference → restored lightness and its colours."""

    def __init__(self, config: RomnetConfig) -> None:
        super().__init__()
        self.config = config
        self.restoration = MultiLevelRDN(config.restoration)
        self.backbone = build_features(config.matching.backbone)
        self.matching = MatchingFeatures(config.matching, self.backbone.channels)
        self.sphist = SPHist(config.histogram)
        self.colorization = ColorUNet(config.colorization, 2 * config.histogram.bins)

    def forward(
        self, lightness: Tensor, reference_lightness: Tensor, reference_ab: Tensor
    ) -> Restored:
        """The whole pipeline; heights and widths are multiples of 32.

        Args:
            lightness: I_L, the degraded photo's L/50 − 1, B×1×H×W.
            reference_lightness: R_L, B×1×H'×W'.
            reference_ab: R_ab/110, B×2×H'×W'.
        """
        restored = self.restoration(lightness)
        seen = restored if self.config.training.end_to_end else restored.detach()
        ab = self.colorize(seen, reference_lightness, reference_ab)
        return Restored(restored, ab)

    def colorize(
        self, lightness: Tensor, reference_lightness: Tensor, reference_ab: Tensor
    ) -> Tensor:
        """I'_ab for a lightness that is already restored: shapes as in `forward`."""
        m_input = self.match(lightness)
        m_reference = self.match(reference_lightness)
        histogram = self.sphist(reference_ab)
        colors = [
            warp(m_i, m_r, resize(histogram, _size(m_r)), self.config.matching.temperature)
            for m_i, m_r in zip(m_input, m_reference, strict=True)
        ]
        ab: Tensor = self.colorization(lightness, colors)
        return ab

    def match(self, lightness: Tensor) -> list[Tensor]:
        """M_1…M_4 of a lightness, at ×1/4…×1/32 of its size."""
        height, width = lightness.shape[-2:]
        sizes = [(height // scale, width // scale) for scale in SCALES]
        features: list[Tensor] = self.matching(self.backbone(lightness), sizes)
        return features


def new_model(config: RomnetConfig, seed: int) -> ROMNet:
    """A ROMNet with random weights that depend on the seed alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return ROMNet(config)


def own_parameters(model: ROMNet) -> int:
    """How many numbers training sets, a frozen backbone left out."""
    return sum(weight.numel() for weight in model.parameters() if weight.requires_grad)


def _size(x: Tensor) -> tuple[int, int]:
    return (x.shape[-2], x.shape[-1])
