"""How alike two photographs are in texture and structure of deep features (section III-E).

The paper takes the global means (texture) and the variances and covariance (structure) of feature
maps, in the form of DISTS (Ding et al. 2020, arXiv:2004.07728), and their weighted sum.
"""

import torch
from torch import Tensor

STABILITY = 1e-6
"""Of DISTS; keeps channels that are off from dividing by 0."""
TEXTURE_WEIGHT = 0.5
"""The rest is structure's. The paper gives no weights: here both count the same."""


def statistics(maps: list[Tensor]) -> tuple[Tensor, Tensor, Tensor]:
    """Feature maps, each C_j×H×W → their means (ΣC), variances (ΣC) and centred values (ΣC×HW)."""
    flat = torch.cat([x.flatten(1) for x in maps]).double()
    mean = flat.mean(dim=1)
    centred = flat - mean[:, None]
    return mean, centred.square().mean(dim=1), centred


def similarity(query: list[Tensor], candidate: list[Tensor]) -> float:
    """In [−1, 1]; 1 for equal maps. Mean over channels of texture and structure, weighted.

    texture   l = (2·μx·μy + c) / (μx² + μy² + c)
    structure s = (2·σxy + c) / (σx² + σy² + c)
    """
    mean_x, variance_x, centred_x = statistics(query)
    mean_y, variance_y, centred_y = statistics(candidate)
    covariance = (centred_x * centred_y).mean(dim=1)
    texture = (2 * mean_x * mean_y + STABILITY) / (mean_x**2 + mean_y**2 + STABILITY)
    structure = (2 * covariance + STABILITY) / (variance_x + variance_y + STABILITY)
    return float((TEXTURE_WEIGHT * texture + (1 - TEXTURE_WEIGHT) * structure).mean())


def rank(query: list[Tensor], candidates: dict[str, list[Tensor]]) -> list[str]:
    """The candidates' ids, the most similar first; equal ones in the order of their ids."""
    scores = {identity: similarity(query, maps) for identity, maps in candidates.items()}
    return sorted(scores, key=lambda identity: (-scores[identity], identity))
