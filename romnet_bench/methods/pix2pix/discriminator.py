"""PatchGAN (the paper's section 3.4): judges every patch of 70×70 pixels, real or made."""

import torch
from torch import Tensor, nn

from romnet_bench.methods.pix2pix.unet import Norm, normalisation


class PatchGAN(nn.Module):
    """A photo and a picture of it → one logit a patch; no sigmoid, the loss takes logits.

    Args:
        channels: of photo and picture together.
        filters: of the first of five convolutions; then 2, 4 and 8 times as many.
        norm: of the middle three. Every picture by its own statistics, so that real and made ones
            may be judged in one batch.
    """

    def __init__(self, channels: int, filters: int, norm: Norm = "batch") -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(channels, filters, 4, 2, 1), nn.LeakyReLU(0.2)]
        for times, stride in ((2, 2), (4, 2), (8, 1)):
            width = times * filters
            layers += [
                nn.Conv2d(width // 2, width, 4, stride, 1, bias=norm == "instance"),
                normalisation(norm, width),
                nn.LeakyReLU(0.2),
            ]
        layers.append(nn.Conv2d(8 * filters, 1, 4, 1, 1))
        self.model = nn.Sequential(*layers)

    def forward(self, photo: Tensor, picture: Tensor) -> Tensor:
        """B×C×H×W each, in [−1, 1] → logits B×1×(H/8 − 2)×(W/8 − 2)."""
        logits: Tensor = self.model(torch.cat([photo, picture], dim=1))
        return logits
