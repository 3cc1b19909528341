"""SPHist, the spatial-preserve colour histogram (section III-C, Eq. 3 and 4)."""

import itertools

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from romnet_bench.romnet.presets import HistogramConfig

FINEST = 4
"""Colours are fused at ×1/4 of the photo and below."""


def initial_centers(bins: int, minimum: float, maximum: float) -> Tensor:
    """Eq. 4: u_k = v_min + (v_max − v_min)/K · k for k = 1…K; shape K, in (v_min, v_max]."""
    return minimum + (maximum - minimum) / bins * torch.arange(1, bins + 1, dtype=torch.float32)


def spatial_histogram(ab: Tensor, centers: Tensor, sigma: float) -> Tensor:
    """Eq. 3: how likely each pixel's a and b fall into each bin, by Gaussian expansion [54].

    h(i, j, k) = exp(−(D_ij − u_k)²/2σ²) / Σ_k exp(−(D_ij − u_k)²/2σ²), for D = a and D = b.

    Args:
        ab: chroma divided by 110, B×2×H×W, in [−1, 1].
        centers: the bins' centres u_k, K.
        sigma: the standard deviation σ.

    Returns:
        B×2K×H×W in [0, 1], the K bins of a before those of b; each pixel's K values sum to one.
    """
    # Bins last, where softmax is fast and attention wants them; normalised exponentials are a
    # softmax, which does not underflow far from every centre.
    distance = ab.permute(0, 2, 3, 1).unsqueeze(-1) - centers
    bins = torch.softmax(distance.square() * (-0.5 / sigma**2), dim=-1)
    return bins.flatten(3).permute(0, 3, 1, 2)


def pooled_histogram(ab: Tensor, centers: Tensor, sigma: float, factor: int) -> Tensor:
    """Eq. 3 averaged over squares, equal to `avg_pool2d(spatial_histogram(...), factor)`.

    Taken one pixel of every square after the other: the histogram of all pixels (2K numbers each,
    134 MB for 256×256 and K = 256, and as much again for its gradient) is never stored.

    Args:
        ab: chroma divided by 110, B×2×H×W with H and W multiples of `factor`.
        centers: the bins' centres u_k, K.
        sigma: the standard deviation σ.
        factor: the squares' side.

    Returns:
        B×2K×H/factor×W/factor.
    """
    total = torch.zeros((), device=ab.device)
    for row, column in itertools.product(range(factor), repeat=2):
        pixels = ab[:, :, row::factor, column::factor]
        if torch.is_grad_enabled():
            part = checkpoint(
                spatial_histogram,
                *(pixels, centers, sigma),
                use_reentrant=False,
                preserve_rng_state=False,
            )
        else:
            part = spatial_histogram(pixels, centers, sigma)
        total = total + part
    return total / factor**2


class SPHist(nn.Module):
    """Eq. 3 with learnable bin centres u_k, averaged ×1/4: the finest scale that is fused."""

    def __init__(self, config: HistogramConfig) -> None:
        super().__init__()
        self.sigma = config.sigma
        self.pool = config.pool
        self.centers = nn.Parameter(initial_centers(config.bins, config.minimum, config.maximum))

    def forward(self, ab: Tensor) -> Tensor:
        """Chroma, B×2×H×W in [−1, 1] → B×2K×H/4×W/4, or ×1/8 where ab is averaged before."""
        if self.pool > 1:
            ab = functional.avg_pool2d(ab, self.pool)
            return spatial_histogram(ab, self.centers, self.sigma)
        return pooled_histogram(ab, self.centers, self.sigma, FINEST)
