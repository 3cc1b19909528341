"""The similarity sub-net (section III-B, Fig. 2 middle): where in the reference is this place?"""

import torch
from torch import Tensor, nn
from torch.nn import functional

from romnet_bench.romnet.presets import MatchingConfig

SCALES = (4, 8, 16, 32)
"""The similarity maps stand at ×1/4, ×1/8, ×1/16 and ×1/32 of the photo."""


class MatchingFeatures(nn.Module):
    """Eq. 1: backbone maps f_1…f_4 → M_1…M_4, one for each scale.

    M_i = W ⊗ [g(A_i1 f_1) ⊕ g(A_i2 f_2) ⊕ g(A_i3 f_3) ⊕ g(A_i4 f_4)], with g the resize to scale
    i, A learnable (4×4) and one convolution W that all scales share.
    """

    def __init__(self, config: MatchingConfig, backbone_channels: tuple[int, ...]) -> None:
        super().__init__()
        self.reduce = nn.ModuleList(
            nn.Conv2d(channels, config.level_channels, 3, padding=1)
            for channels in backbone_channels
        )
        self.A = nn.Parameter(torch.ones(len(SCALES), len(backbone_channels)))
        self.W = nn.Conv2d(len(backbone_channels) * config.level_channels, config.channels, 1)

    def forward(self, maps: list[Tensor], sizes: list[tuple[int, int]]) -> list[Tensor]:
        """Backbone maps B×C_j×H_j×W_j and the sizes of the scales → M_i, each B×C×H_i×W_i."""
        f = [reduce(x) for reduce, x in zip(self.reduce, maps, strict=True)]
        return [
            self.W(torch.cat([resize(self.A[i, j] * f_j, size) for j, f_j in enumerate(f)], dim=1))
            for i, size in enumerate(sizes)
        ]


def resize(x: Tensor, size: tuple[int, int]) -> Tensor:
    """Brings a map to a scale, g of Eq. 1: means over areas going down, bilinear going up."""
    if x.shape[-2] >= size[0] and x.shape[-1] >= size[1]:
        return functional.adaptive_avg_pool2d(x, size)
    return functional.interpolate(x, size, mode="bilinear", align_corners=False)


def centered_directions(m: Tensor) -> Tensor:
    """M̄ of Eq. 2 less its mean vector, at length one: B×C×H×W → B×HW×C."""
    vectors = m.flatten(2).transpose(1, 2)
    return functional.normalize(vectors - vectors.mean(dim=1, keepdim=True), dim=2, eps=1e-6)


def similarity_map(m_input: Tensor, m_reference: Tensor) -> Tensor:
    """Eq. 2: Φ(u, v), the centred cosine of every place u of the input and v of the reference.

    Args:
        m_input: M_i of the input, B×C×H×W.
        m_reference: M_i of the reference, B×C×H'×W'.

    Returns:
        B×HW×H'W', in [−1, 1].
    """
    return centered_directions(m_input) @ centered_directions(m_reference).transpose(1, 2)


def warp(m_input: Tensor, m_reference: Tensor, values: Tensor, temperature: float) -> Tensor:
    """Brings the reference's values to the input's places: softmax(Φ/τ)·V.

    The same as `softmax(similarity_map(...) / temperature, dim=2) @ values`, computed as attention
    so that Φ, whose size grows with the square of the pixels, is never stored.

    Args:
        m_input: M_i of the input, B×C×H×W.
        m_reference: M_i of the reference, B×C×H'×W'.
        values: what to bring over, B×V×H'×W'.
        temperature: τ; small values pick the best match, large ones mix.

    Returns:
        B×V×H×W.
    """
    query, key = centered_directions(m_input), centered_directions(m_reference)
    value = values.flatten(2).transpose(1, 2)
    # The fused kernels want equal lengths of vectors: zeros change neither product.
    length, width = query.shape[2], value.shape[2]
    query, key = (functional.pad(x, (0, max(width - length, 0))) for x in (query, key))
    value = functional.pad(value, (0, max(length - width, 0)))
    moved = functional.scaled_dot_product_attention(
        query[:, None], key[:, None], value[:, None], scale=1 / temperature
    )[:, 0, :, :width]
    return moved.transpose(1, 2).reshape(*values.shape[:2], *m_input.shape[-2:])
