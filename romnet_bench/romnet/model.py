"""ROMNet from top to bottom, as in Fig. 2: restore, match, bring the colours over, colourise."""

import dataclasses

import torch
from torch import Tensor, nn
from torch.nn import functional

from romnet_bench.backbones import build_features
from romnet_bench.romnet.colorization import ColorUNet
from romnet_bench.romnet.matching import MatchingFeatures, confidence_map, resize, warp
from romnet_bench.romnet.presets import RomnetConfig
from romnet_bench.romnet.restoration import MultiLevelRDN
from romnet_bench.romnet.sphist import FINEST, SPHist


@dataclasses.dataclass(frozen=True)
class Restored:
    """What ROMNet makes of a batch."""

    lightness: Tensor  # I'_L, L/50 − 1, B×1×H×W
    ab: Tensor  # I'_ab, ab/110, B×2×H×W
    signal: Tensor  # the reference's colours, see `ROMNet.color_signal`


class ROMNet(nn.Module):
    """Degraded lightness and a colour reference → restored lightness and its colours."""

    def __init__(self, config: RomnetConfig) -> None:
        super().__init__()
        self.config = config
        self.restoration = MultiLevelRDN(config.restoration)
        if config.matching.scales:
            self.backbone = build_features(config.matching.backbone)
            self.matching = MatchingFeatures(config.matching, self.backbone.channels)
        self.sphist = SPHist(config.histogram)
        signal = 2 * config.histogram.bins if config.colorization.signal == "histogram" else 2
        fits = config.matching.confidence and bool(config.matching.scales)
        channels = signal + fits
        self.colorization = ColorUNet(config.colorization, channels)

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
        signal = self.color_signal(reference_ab)
        ab = self.colorize(seen, reference_lightness, signal)
        return Restored(restored, ab, signal)

    def colorize(self, lightness: Tensor, reference_lightness: Tensor, signal: Tensor) -> Tensor:
        """I'_ab for a lightness that is already restored, from the reference's `color_signal`."""
        warped = self.bring_over(lightness, reference_lightness, signal)
        height, width = lightness.shape[-2:]
        colors = {}
        for scale in self.config.colorization.fusion_scales:
            # A scale without a similarity map of its own takes the finest map's.
            own = warped[scale if scale in warped else min(warped)]
            colors[scale] = resize(own, (height // scale, width // scale))
        ab: Tensor = self.colorization(lightness, colors)
        return ab

    def color_signal(self, reference_ab: Tensor) -> Tensor:
        """What is taken from the reference, B×2K×H'/4×W'/4: SPHist, or its ab (Table IV)."""
        if self.config.colorization.signal == "histogram":
            histogram: Tensor = self.sphist(reference_ab)
            return histogram
        return functional.avg_pool2d(reference_ab, FINEST)

    def bring_over(
        self, lightness: Tensor, reference_lightness: Tensor, signal: Tensor
    ) -> dict[int, Tensor]:
        """The colour signal at the input's places, by the similarity map of each scale."""
        config = self.config.matching
        if not config.scales:  # Table V, no similarity map: at the reference's own places
            return {FINEST: signal}
        m_input, m_reference = self.match(lightness), self.match(reference_lightness)
        warped = {}
        for scale in self.used_scales:
            m_i, m_r = m_input[scale], m_reference[scale]
            warped[scale] = warp(m_i, m_r, resize(signal, _size(m_r)), config.temperature)
            if config.confidence:
                warped[scale] = torch.cat([warped[scale], confidence_map(m_i, m_r)], dim=1)
        return warped

    @property
    def used_scales(self) -> list[int]:
        """The scales whose similarity map some fusion asks for, finest first."""
        maps, fused = self.config.matching.scales, self.config.colorization.fusion_scales
        return sorted({scale if scale in maps else min(maps) for scale in fused})

    def match(self, lightness: Tensor) -> dict[int, Tensor]:
        """M_i of a lightness at every scale i that has a similarity map."""
        height, width = lightness.shape[-2:]
        scales = self.config.matching.scales
        sizes = [(height // scale, width // scale) for scale in scales]
        features: list[Tensor] = self.matching(self.backbone(lightness), sizes)
        return dict(zip(scales, features, strict=True))


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
