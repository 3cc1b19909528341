"""PatchGAN [34]: judges every patch of about 70×70 pixels, real photo or made."""

import torch
from torch import Tensor, nn


class PatchDiscriminator(nn.Module):
    """A lightness and its chroma → one logit a patch; no sigmoid, the loss takes logits.

    Eq. 9 writes D(G) for the real and D(I', R) for the made chroma. Both stand here on the same,
    true lightness, and the reference is not shown: a judge of chroma must not win by the damage
    that is left in I'_L.

    Instance normalisation, not batch normalisation: real and made patches come in batches of
    their own, whose statistics would tell them apart.
    """

    def __init__(self, features: int) -> None:
        super().__init__()
        widths = [features, 2 * features, 4 * features, 8 * features]
        layers: list[nn.Module] = [nn.Conv2d(3, widths[0], 4, 2, 1), nn.LeakyReLU(0.2)]
        for index in range(1, 4):
            stride = 2 if index < 3 else 1
            layers += [
                nn.Conv2d(widths[index - 1], widths[index], 4, stride, 1),
                nn.InstanceNorm2d(widths[index], affine=True),
                nn.LeakyReLU(0.2),
            ]
        layers.append(nn.Conv2d(widths[-1], 1, 4, 1, 1))
        self.layers = nn.Sequential(*layers)

    def forward(self, lightness: Tensor, ab: Tensor) -> Tensor:
        """L/50 − 1, B×1×H×W, and ab/110, B×2×H×W → logits B×1×H/8×W/8, less two at the rim."""
        logits: Tensor = self.layers(torch.cat([lightness, ab], dim=1))
        return logits


def new_discriminator(features: int, seed: int) -> PatchDiscriminator:
    """A discriminator whose random weights depend on the seed alone."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return PatchDiscriminator(features)
