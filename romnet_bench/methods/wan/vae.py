"""The autoencoders of Section 3.1: photos ↔ latent maps of a quarter of their size.

One is for old photos (and synthetic ones like them), one for clean photos. Training samples around
the latent map; afterwards the map itself is used, so nothing here is random.
"""

from torch import nn

from romnet_bench.methods.wan.layers import normalised, residual_blocks

LATENT_CHANNELS = 64


class Vae(nn.Module):
    """An autoencoder, of which restoration takes one half.

    Attributes:
        encoder: B×3×H×W in [−1, 1] → B×64×H/4×W/4; H and W multiples of 4, at least 8.
        decoder: the way back, to [−1, 1].
    """

    def __init__(self) -> None:
        super().__init__()
        width = LATENT_CHANNELS
        self.encoder = nn.Sequential(
            nn.ReflectionPad2d(3),
            *normalised(nn.Conv2d(3, width, 7), width),
            *normalised(nn.Conv2d(width, width, 4, stride=2, padding=1), width),
            *normalised(nn.Conv2d(width, width, 4, stride=2, padding=1), width),
            *residual_blocks(4, width),
        )
        self.decoder = nn.Sequential(
            *residual_blocks(4, width),
            *normalised(nn.ConvTranspose2d(width, width, 4, stride=2, padding=1), width),
            *normalised(nn.ConvTranspose2d(width, width, 4, stride=2, padding=1), width),
            nn.ReflectionPad2d(3),
            nn.Conv2d(width, 3, 7),
            nn.Tanh(),
        )
