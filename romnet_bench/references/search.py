"""The most similar candidates of an index, exactly, without a loop over pairs.

All pairs are scored in float32 by matrix products; float32's rounding has a known bound, and every
candidate that could stand among the best within it is scored again in float64, as `ranking` does.
So the result is that of the float64 loop over the same maps, ties included.
"""

import dataclasses
from collections.abc import Collection, Sequence

import numpy as np
import numpy.typing as npt
import torch

from romnet_bench.data.duplicates import find_alike_between
from romnet_bench.references.ranking import STABILITY, TEXTURE_WEIGHT, similarity
from romnet_bench.references.shards import Index, Shard

_CHANNELS = 32
"""At a time: their terms for all pairs of a block stay in the processor's cache."""


@dataclasses.dataclass(frozen=True)
class Match:
    """A candidate, and how similar it is to the photo that asks, in [−1, 1]."""

    id: str
    similarity: float


def best(
    queries: Shard, index: Index, count: int, itself: Sequence[Collection[int]]
) -> list[list[Match]]:
    """For each query its `count` most similar candidates, the most similar first.

    Near-duplicates of a query, told by its thumbnail, never count; equal ones come in the order of
    their ids. Fewer than `count` where there are not so many.

    Args:
        queries: Q described photos. Their thumbnails may be of the undamaged photos.
        index: the candidates; read once from the first to the last.
        count: how many.
        itself: for each query, the places in the index that hold the photo itself.
    """
    scores = np.full((len(queries), len(index.ids)), -np.inf, np.float32)
    prepared = prepare(queries)
    for start, block in index.blocks():
        part = scores[:, start : start + len(block)]
        part[:] = pair_scores(prepared, prepare(block))
        part[find_alike_between(queries.thumbnails, block.thumbnails)] = -np.inf
    for row, places in zip(scores, itself, strict=True):
        row[list(places)] = -np.inf
    return [_exact(queries.rows([number]), row, index, count) for number, row in enumerate(scores)]


@dataclasses.dataclass(frozen=True)
class Prepared:
    """Means C×N, variances C×N and centred maps C×N×P in float32: what matrix products need."""

    mean: torch.Tensor
    variance: torch.Tensor
    maps: torch.Tensor


def prepare(shard: Shard) -> Prepared:
    """N described photos, ready for `pair_scores`."""
    mean = torch.from_numpy(shard.mean.T.astype(np.float32))
    variance = torch.from_numpy(shard.variance.T.astype(np.float32))
    maps = torch.from_numpy(shard.maps).transpose(0, 1).float()
    return Prepared(mean, variance, maps.sub_(mean[..., None]))


def pair_scores(x: Prepared, y: Prepared) -> npt.NDArray[np.float32]:
    """The similarity of Q queries and N candidates, Q×N, within `rounding` of float64's."""
    channels, queries, places = x.maps.shape
    total = torch.zeros(queries, y.maps.shape[1], dtype=torch.float64)
    stability = torch.tensor(STABILITY)
    for start in range(0, channels, _CHANNELS):
        c = slice(start, start + _CHANNELS)
        # 2·σxy + c, C×Q×N
        structure = torch.baddbmm(
            stability, x.maps[c], y.maps[c].transpose(1, 2), beta=1, alpha=2 / places
        )
        structure /= x.variance[c, :, None] + y.variance[c, None] + STABILITY
        texture = 2 * x.mean[c, :, None] * y.mean[c, None] + STABILITY
        texture /= x.mean[c, :, None].square() + y.mean[c, None].square() + STABILITY
        texture.mul_(TEXTURE_WEIGHT).add_(structure, alpha=1 - TEXTURE_WEIGHT)
        total += texture.sum(0)
    scores: npt.NDArray[np.float32] = (total / channels).float().numpy()
    return scores


def rounding(channels: int, places: int) -> float:
    """No score of `pair_scores` is farther than this from its value in exact numbers.

    A dot product of P float32 numbers is off by at most P·u·Σ|x·y| (Higham 2002, section 3.1), u
    being 2⁻²⁴; with Σ|x·y|/P ≤ (σx² + σy²)/2 the structure of a channel is off by P·u at most.
    Rounding of inputs, sums over channels and divisions stay below the terms added here; doubled.
    """
    return 2 * (places + min(channels, _CHANNELS) + 32) * 2.0**-24


def _exact(query: Shard, scores: npt.NDArray[np.float32], index: Index, count: int) -> list[Match]:
    """The best by float64 among all whose float32 score leaves it open."""
    allowed = np.flatnonzero(np.isfinite(scores))
    if len(allowed) > count:
        last = np.partition(scores[allowed], -count)[-count]
        _, channels, places = query.maps.shape
        allowed = allowed[scores[allowed] >= last - 2 * rounding(channels, places)]
    return score_exactly(query, allowed.tolist(), index)[:count]


def score_exactly(query: Shard, places: Sequence[int], index: Index) -> list[Match]:
    """The candidates at `places`, by the definition in float64, the most similar first."""
    if not places:
        return []
    wanted = torch.from_numpy(query.maps[0])
    found = index.rows(places).maps
    matches = [
        Match(index.ids[place], similarity([wanted], [torch.from_numpy(maps)]))
        for place, maps in zip(places, found, strict=True)
    ]
    return sorted(matches, key=lambda match: (-match.similarity, match.id))
