"""The partial non-local block of Section 3.3: holes are filled from everything that is intact.

Every place is compared with every other, which for a photo of 1024×1024 gives 65,536² numbers, or
17 GB. They are computed for some rows at a time, each row whole, so that the result is the same
and memory is bounded.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from romnet_bench.methods.wan.layers import residual_blocks

MAX_SCORES = 2**25
"""As many comparisons are held at a time: 134 MB."""
_LEAST_SCORE = -80.0
"""Below the best one: exp of less nears the numbers that processors multiply fifty times slower,
and adds less than 1e-34 to a sum that is at least 1."""
_LEAST_SHARE = 1e-12  # of the attention that falls on intact places, below which it is not raised


class PartialNonLocal(nn.Module):
    """Attention from all places to the intact ones; its outcome is taken in the holes alone.

    Args:
        channels: C, of the input, the output and everything within.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.theta = nn.Conv2d(channels, channels, 1)
        self.phi = nn.Conv2d(channels, channels, 1)
        self.g = nn.Conv2d(channels, channels, 1)
        self.W = nn.Conv2d(channels, channels, 1)
        self.res_block = nn.Sequential(*residual_blocks(3, channels))

    def forward(self, x: Tensor, scratches: Tensor) -> Tensor:
        """Fills the holes.

        Args:
            x: B×C×h×w, h and w at least 2.
            scratches: 1 where the photo is scratched, else 0; B×1×H×W, of the photo's size.

        Returns:
            B×C×h×w: x where it is intact.
        """
        intact = intact_places(scratches, (x.shape[-2], x.shape[-1]))
        gathered = attend(
            self.theta(x).flatten(2),
            self.phi(x).flatten(2),
            self.g(x).flatten(2),
            intact.flatten(2),
        )
        filled = self.res_block(self.W(gathered.view_as(x)))
        return torch.where(intact > 0, x, filled)


def attend(
    queries: Tensor, keys: Tensor, values: Tensor, intact: Tensor, max_scores: int = MAX_SCORES
) -> Tensor:
    """Each place's mean of the intact places' values, weighted by likeness.

    The weights are a softmax over all places, of which the intact ones are kept and brought to a
    sum of 1, unless they have next to nothing of it.

    Args:
        queries: B×C×N.
        keys: B×C×N.
        values: B×C×N.
        intact: 1 or 0, B×1×N.
        max_scores: the most comparisons, for each photo of the batch, held at a time.

    Returns:
        B×C×N.
    """
    places = keys.shape[-1]
    kept = (values * intact).transpose(1, 2)
    among_intact = intact.transpose(1, 2)
    gathered = torch.empty_like(values)
    rows = max(max_scores // places, 1)
    for start in range(0, queries.shape[-1], rows):
        part = slice(start, start + rows)
        scores = queries[..., part].transpose(1, 2) @ keys
        scores -= scores.amax(dim=-1, keepdim=True)
        likeness = scores.clamp_min_(_LEAST_SCORE).exp_()
        total = likeness.sum(dim=-1, keepdim=True)
        share = (likeness @ among_intact / total).clamp_min(_LEAST_SHARE)
        gathered[..., part] = (likeness @ kept / (total * share)).transpose(1, 2)
    return gathered


def intact_places(scratches: Tensor, size: tuple[int, int]) -> Tensor:
    """1 for the cells of a map of `size` that no scratch touches, else 0.

    A cell is touched where a bilinear or a nearest sample of the mask is, as in training.

    Args:
        scratches: 1 or 0, B×1×H×W.
        size: of the map, h and w.

    Returns:
        B×1×h×w.
    """
    blended = functional.interpolate(scratches, size, mode="bilinear", align_corners=False)
    nearest = functional.interpolate(scratches, size, mode="nearest")
    return ((blended <= 0) & (nearest <= 0)).to(scratches.dtype)
