"""Described photos, as an index holds them: pooled feature maps in half precision and more.

What the similarity needs (maps, their means and variances), what tells near-duplicates (a
thumbnail), and what makes a shortlist (a sketch), for some photos at a time.
"""

import dataclasses
from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt
from torch import Tensor

from romnet_bench.color import lightness_grey
from romnet_bench.data.duplicates import thumbnail
from romnet_bench.errors import UserError
from romnet_bench.images import Picture
from romnet_bench.references.features import Features
from romnet_bench.references.sketches import sketch

Half = npt.NDArray[np.float16]
Double = npt.NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class Shard:
    """N described photos.

    Attributes:
        maps: N×C×P, all levels' channels behind each other, P places of the grid.
        mean: N×C, of the maps as they stand here.
        variance: N×C, likewise.
        thumbnails: N×S×S uint8, see `data.duplicates`.
        sketches: N×D, see `sketches`.
    """

    maps: Half
    mean: Double
    variance: Double
    thumbnails: npt.NDArray[np.uint8]
    sketches: Half

    def __len__(self) -> int:
        return len(self.maps)

    def rows(self, places: Sequence[int] | slice) -> "Shard":
        """Some of the photos, in that order."""
        fields = (getattr(self, field.name)[places] for field in dataclasses.fields(self))
        return Shard(*fields)


class Index(Protocol):
    """Described candidates, in memory or on disk."""

    @property
    def ids(self) -> Sequence[str]:
        """The candidates' ids, in order."""
        ...

    def blocks(self) -> Iterator[tuple[int, Shard]]:
        """All photos, some at a time, each time with the place of the first in `ids`."""
        ...

    def rows(self, places: Sequence[int]) -> Shard:
        """The photos at some places of `ids`, in that order."""
        ...

    def sketches(self) -> Half:
        """The sketches of all, N×D."""
        ...


def describe(grey: Picture, features: Features) -> Shard:
    """One grey picture H×W, described: a shard of one.

    Raises:
        UserError: the features are too large for half precision, or no numbers.
    """
    levels: list[Tensor] = features(grey)
    whole = np.concatenate([level.flatten(1).numpy() for level in levels])
    with np.errstate(over="ignore"):
        maps = whole.astype(np.float16)[None]
    if not np.isfinite(maps).all():
        raise UserError(
            f"The features {features.name} give values that half precision cannot hold: "
            "are these weights damaged?"
        )
    exact = maps.astype(np.float64)
    mean, variance = exact.mean(axis=2), exact.var(axis=2)
    return Shard(
        maps, mean, variance, thumbnail(grey)[None], sketch(maps, mean, variance, features.grid)
    )


def describe_query(grey: Picture, target: Picture, features: Features) -> Shard:
    """A photo that asks: its maps are those of the damaged `grey` H×W, which is all one has.

    Its thumbnail is that of the undamaged `target` H×W×3: no near-duplicate of it may answer.
    """
    own = thumbnail(lightness_grey(target))[None]
    return dataclasses.replace(describe(grey, features), thumbnails=own)


def join(shards: Sequence[Shard]) -> Shard:
    """Several shards behind each other."""
    names = [field.name for field in dataclasses.fields(Shard)]
    return Shard(*(np.concatenate([getattr(shard, name) for shard in shards]) for name in names))


@dataclasses.dataclass(frozen=True)
class MemoryIndex:
    """An index in memory: for some hundreds of photos, 0.7 MB each with VGG19."""

    ids: Sequence[str]
    shard: Shard

    def blocks(self, size: int = 64) -> Iterator[tuple[int, Shard]]:
        """See `Index`."""
        for start in range(0, len(self.ids), size):
            yield start, self.shard.rows(slice(start, start + size))

    def rows(self, places: Sequence[int]) -> Shard:
        """See `Index`."""
        return self.shard.rows(list(places))

    def sketches(self) -> Half:
        """See `Index`."""
        return self.shard.sketches
