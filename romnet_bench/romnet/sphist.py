"""SPHist, the spatial-preserve colour histogram (section III-C, Eq. 3 and 4)."""

import torch
from torch import Tensor, nn

from romnet_bench.romnet.presets import HistogramConfig


def initial_centers(bins: int, minimum: float, maximum: float) -> Tensor:
    """Eq. 4: u_k = v_min + (v_max − v_min)/K · k for k = 1…K, shape K."""
    return minimum + (maximum - minimum) / bins * torch.arange(1, bins + 1, dtype=torch.float32)


def spatial_histogram(ab: Tensor, centers: Tensor, sigma: float) -> Tensor:
    """Eq. 3: how likely each pixel's a and b fall into each bin, by Gaussian expansion [54].

    Args:
        ab: chroma divided by 110, B×2×H×W, in [−1, 1].
        centers: the bins' centres u_k, K.
        sigma: the standard deviation σ.

    Returns:
        B×2K×H×W, the K bins of a before those of b; every pixel's K values sum to one.
    """
    distance = ab.unsqueeze(2) - centers.view(1, 1, -1, 1, 1)
    # Normalised exponentials are a softmax, which does not underflow far from every centre.
    return torch.softmax(-distance.square() / (2 * sigma**2), dim=2).flatten(1, 2)


class SPHist(nn.Module):
    """`spatial_histogram` with learnable bin centres u_k."""

    def __init__(self, config: HistogramConfig) -> None:
        super().__init__()
        self.sigma = config.sigma
        self.centers = nn.Parameter(initial_centers(config.bins, config.minimum, config.maximum))

    def forward(self, ab: Tensor) -> Tensor:
        """Chroma, B×2×H×W in [−1, 1] → B×2K×H×W."""
        return spatial_histogram(ab, self.centers, self.sigma)
