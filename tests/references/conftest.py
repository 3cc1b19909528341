"""Photos with things in common, as a dataset."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from romnet_bench.color import lightness_grey
from romnet_bench.data.records import Photo, PhotoSet, encode_photo, shard_path, write_shard
from romnet_bench.images import Picture

MakeSplit = Callable[..., PhotoSet]


def scene(seed: int, side: int = 48) -> Picture:
    """A picture of coarse colour patches and fine texture."""
    random = np.random.default_rng(seed)
    coarse = np.kron(random.integers(0, 256, (6, 6, 3)), np.ones((side // 6, side // 6, 1)))
    texture = random.normal(0, random.uniform(2, 30), (side, side, 1))
    return np.uint8(np.clip(coarse + texture, 0, 255))


@pytest.fixture
def make_split(tmp_path: Path) -> MakeSplit:
    """Writes `{id: target}` as a split; `photo` tells of which clean photo each is a variant."""

    def make(
        split: str, targets: dict[str, Picture], folder: str = "data", **photo: str
    ) -> PhotoSet:
        rows = [
            Photo(
                identity,
                lightness_grey(target),
                target,
                None,
                {"photo": photo.get(identity, identity)},
            )
            for identity, target in targets.items()
        ]
        path = shard_path(tmp_path / folder, split, 0, 1)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_shard(path, map(encode_photo, rows))
        return PhotoSet(tmp_path / folder, split)

    return make
