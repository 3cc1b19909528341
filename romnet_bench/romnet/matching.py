"""The similarity sub-net (section III-B, Fig. 2 middle): where in the reference is this place?"""

import contextlib

import torch
from torch import Tensor, nn
from torch.nn import functional

from romnet_bench.romnet.presets import MatchingConfig

_ROWS = 1024


class MatchingFeatures(nn.Module):
    """Eq. 1: backbone maps f_1…f_4 → M_i, one for each scale of `config.scales`.

    M_i = W ⊗ [g(A_i1 f_1) ⊕ g(A_i2 f_2) ⊕ g(A_i3 f_3) ⊕ g(A_i4 f_4)], with g the resize to scale
    i, A learnable (scales×4, at first ones) and one convolution W that all scales share. M_i may
    have any range: Eq. 2 looks at directions only.
    """

    def __init__(self, config: MatchingConfig, backbone_channels: tuple[int, ...]) -> None:
        super().__init__()
        self.reduce = nn.ModuleList(
            nn.Conv2d(channels, config.level_channels, 3, padding=1)
            for channels in backbone_channels
        )
        self.A = nn.Parameter(torch.ones(len(config.scales), len(backbone_channels)))
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
    """M̄ of Eq. 2 less its mean vector, at length one: B×C×H×W → B×HW×C, at least float32."""
    vectors = m.flatten(2).transpose(1, 2)
    vectors = vectors.to(torch.promote_types(m.dtype, torch.float32))
    return functional.normalize(vectors - vectors.mean(dim=1, keepdim=True), dim=2, eps=1e-6)


def similarity_map(m_input: Tensor, m_reference: Tensor) -> Tensor:
    """Eq. 2: Φ(u, v), the centred cosine of every place u of the input and v of the reference.

    Φ(u, v) = (M̄ᴵ(u) − μᴵ)·(M̄ᴿ(v) − μᴿ) / (‖M̄ᴵ(u) − μᴵ‖₂ ‖M̄ᴿ(v) − μᴿ‖₂), with μ the mean vectors.

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
    # The fused kernels want keys and values of equal lengths, at most 256 on a GPU: long values are
    # split over heads that share one map, short ones filled with zeros. They must lie whole in
    # memory too; otherwise torch quietly stores the map.
    length, width = query.shape[2], value.shape[2]
    heads = -(-width // length)
    value = functional.pad(value, (0, heads * length - width))
    value = value.view(*value.shape[:2], heads, length).transpose(1, 2).contiguous()
    query, key = (x.contiguous()[:, None].expand(-1, heads, -1, -1) for x in (query, key))
    moved = functional.scaled_dot_product_attention(query, key, value, scale=1 / temperature)
    moved = moved.transpose(1, 2).flatten(2)[..., :width]
    return moved.transpose(1, 2).reshape(*values.shape[:2], *m_input.shape[-2:])


def confidence_map(m_input: Tensor, m_reference: Tensor) -> Tensor:
    """The rows' maxima of Eq. 2: how well each place's best match fits (authors' code).

    The maxima are looked for in `_ROWS` rows at a time and computed again at the places found, so
    that memory grows with the number of pixels, with gradients too.

    Args:
        m_input: M_i of the input, B×C×H×W.
        m_reference: M_i of the reference, B×C×H'×W'.

    Returns:
        B×1×H×W, in [−1, 1].
    """
    query, key = centered_directions(m_input), centered_directions(m_reference)
    # bf16 would confuse places whose cosines differ by less than 1/256.
    with torch.no_grad(), _exact(query.device.type):
        found = [(rows @ key.transpose(1, 2)).argmax(2) for rows in torch.split(query, _ROWS, 1)]
        best = torch.cat(found, dim=1)
    matched = key.gather(1, best.unsqueeze(2).expand(-1, -1, key.shape[2]))
    cosines = (query * matched).sum(2)
    return cosines.view(len(m_input), 1, *m_input.shape[-2:])


def _exact(device: str) -> contextlib.AbstractContextManager[object]:
    """No autocast, on devices that know it ("meta", where FLOPs are counted, does not)."""
    if torch.amp.is_autocast_available(device):
        return torch.autocast(device, enabled=False)
    return contextlib.nullcontext()
