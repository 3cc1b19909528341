"""The second decoder: 100 learnt colour queries look at the picture at three scales (section 3.3).

What a query has become is compared with each pixel's embedding: one map a query.
"""

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

QUERIES = 100
CHANNELS = 256
HEADS = 8
HIDDEN = 2048
ROUNDS = 3
"""How often the queries look at each scale: nine blocks in all."""


class Attention(nn.Module):
    """What each query takes from the values, added to it and normalised."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(CHANNELS, HEADS, batch_first=True)
        self.norm = nn.LayerNorm(CHANNELS)

    def forward(self, queries: Tensor, position: Tensor, keys: Tensor, values: Tensor) -> Tensor:
        """B×Q×C, its positions Q×C, and keys and values B×N×C → B×Q×C."""
        taken, _ = self.attention(queries + position, keys, values, need_weights=False)
        out: Tensor = self.norm(queries + taken)
        return out


class FeedForward(nn.Module):
    """Two layers for each query by itself, added to it and normalised."""

    def __init__(self) -> None:
        super().__init__()
        self.linear1 = nn.Linear(CHANNELS, HIDDEN)
        self.linear2 = nn.Linear(HIDDEN, CHANNELS)
        self.norm = nn.LayerNorm(CHANNELS)

    def forward(self, queries: Tensor) -> Tensor:
        """B×Q×C → the same shape."""
        out: Tensor = self.norm(queries + self.linear2(functional.relu(self.linear1(queries))))
        return out


class ColorBlock(nn.Module):
    """A colour decoder block: the queries look at a scale, at each other, and into themselves."""

    def __init__(self) -> None:
        super().__init__()
        self.cross = Attention()
        self.itself = Attention()
        self.feed_forward = FeedForward()

    def forward(self, queries: Tensor, position: Tensor, places: Tensor, where: Tensor) -> Tensor:
        """B×Q×C and its positions Q×C, a scale's places B×N×C and theirs N×C → B×Q×C."""
        queries = self.cross(queries, position, places + where, places)
        queries = self.itself(queries, position, queries + position, queries)
        out: Tensor = self.feed_forward(queries)
        return out


class ColorDecoder(nn.Module):
    """Three scales of features and the pixels' embedding → one map a colour query.

    Args:
        channels: of the three scales, the coarsest first.
    """

    def __init__(self, channels: Sequence[int]) -> None:
        super().__init__()
        self.query_feat = nn.Parameter(torch.zeros(QUERIES, CHANNELS))
        self.query_embed = nn.Parameter(torch.zeros(QUERIES, CHANNELS))
        self.level_embed = nn.Parameter(torch.zeros(len(channels), CHANNELS))
        self.input_proj = nn.ModuleList(nn.Conv2d(width, CHANNELS, 1) for width in channels)
        self.blocks = nn.ModuleList(ColorBlock() for _ in range(ROUNDS * len(channels)))
        self.decoder_norm = nn.LayerNorm(CHANNELS)
        self.color_embed = nn.Sequential(
            nn.Linear(CHANNELS, CHANNELS),
            nn.ReLU(),
            nn.Linear(CHANNELS, CHANNELS),
            nn.ReLU(),
            nn.Linear(CHANNELS, CHANNELS),
        )

    def forward(self, scales: list[Tensor], embedding: Tensor) -> Tensor:
        """Three maps B×C'×h×w, the coarsest first, and B×256×H×W → B×100×H×W."""
        memories = [
            (project(scale).flatten(2).mT + level, sine_positions(*scale.shape[-2:]).to(scale))
            for scale, project, level in zip(scales, self.input_proj, self.level_embed, strict=True)
        ]
        queries = self.query_feat.expand(len(embedding), -1, -1)
        for index, block in enumerate(self.blocks):
            queries = block(queries, self.query_embed, *memories[index % len(memories)])
        colors = self.color_embed(self.decoder_norm(queries))
        return torch.einsum("bqc,bchw->bqhw", colors, embedding)


def sine_positions(height: int, width: int) -> Tensor:
    """Where each place is, (H·W)×256, row by row: sines and cosines of 64 waves down, 64 across.

    Both sides measure 2π, whatever the size, and each wave is longer than the one before it, up to
    10000 times. As in Carion et al. 2020, arXiv 2005.12872, appendix A.4.
    """
    frequencies = 10000 ** -torch.linspace(0, 1, CHANNELS // 4 + 1)[:-1]

    def waves(side: int) -> Tensor:
        angles = torch.arange(1, side + 1) * (2 * math.pi / (side + 1e-6)) * frequencies[:, None]
        return torch.stack([angles.sin(), angles.cos()], dim=1).flatten(0, 1).T

    down = waves(height)[:, None].expand(-1, width, -1)
    across = waves(width)[None].expand(height, -1, -1)
    return torch.cat([down, across], dim=2).flatten(0, 1)
