"""The mapping of Section 3.2: an old photo's latent map → that of its clean self.

Where the photo is scratched, a non-local block (Section 3.3) fills the holes from all that is
intact; without scratches there is none. The two were trained apart, and are two checkpoints.
"""

import itertools

from torch import Tensor, nn

from romnet_bench.methods.wan.layers import normalised, residual_blocks
from romnet_bench.methods.wan.non_local import PartialNonLocal
from romnet_bench.methods.wan.vae import LATENT_CHANNELS

WIDTH = 512
_WIDENING = (LATENT_CHANNELS, 128, 256, 512, WIDTH)
_NARROWING = (WIDTH, 512, 256, 128)


class Mapping(nn.Module):
    """For photos without scratches."""

    def __init__(self) -> None:
        super().__init__()
        self.model = nn.Sequential(*_widen(), *_translate())

    def forward(self, latent: Tensor) -> Tensor:
        """B×64×h×w → B×64×h×w, h and w at least 2."""
        mapped: Tensor = self.model(latent)
        return mapped


class ScratchMapping(nn.Module):
    """For photos with scratches."""

    def __init__(self) -> None:
        super().__init__()
        self.before_NL = nn.Sequential(*_widen())
        self.NL = PartialNonLocal(WIDTH)
        self.after_NL = nn.Sequential(*_translate())

    def forward(self, latent: Tensor, scratches: Tensor) -> Tensor:
        """Maps and fills.

        Args:
            latent: B×64×h×w, h and w at least 2.
            scratches: 1 where the photo is scratched, else 0; B×1×H×W, of the photo's size.

        Returns:
            B×64×h×w.
        """
        mapped: Tensor = self.after_NL(self.NL(self.before_NL(latent), scratches))
        return mapped


def _widen() -> list[nn.Module]:
    return [layer for pair in itertools.pairwise(_WIDENING) for layer in _step(*pair)]


def _translate() -> list[nn.Module]:
    narrow = [layer for pair in itertools.pairwise(_NARROWING) for layer in _step(*pair)]
    last = nn.Conv2d(_NARROWING[-1], LATENT_CHANNELS, 3, padding=1)
    return [*residual_blocks(6, WIDTH), *narrow, last]


def _step(before: int, after: int) -> list[nn.Module]:
    return normalised(nn.Conv2d(before, after, 3, padding=1), after)
