"""A small dataset with a train and a validation split, made from generated pictures."""

from pathlib import Path

import numpy as np
import pytest

from romnet_bench.color import lightness_grey
from romnet_bench.data.records import Photo, encode_photo, shard_path, write_shard
from romnet_bench.romnet.presets import TINY, RomnetConfig


def photo(identity: str, seed: int, height: int = 80, width: int = 112) -> Photo:
    """Coloured waves, and their noisy grey; two variants share one original."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[:height, :width] / 12
    waves = [np.sin(rows * a + columns * b + c) for a, b, c in random.uniform(0.5, 2, (3, 3))]
    target = np.uint8(128 + 100 * np.stack(waves, axis=-1))
    noisy = lightness_grey(target) + random.normal(0, 10, (height, width))
    degraded = np.uint8(np.clip(noisy, 0, 255))
    return Photo(identity, degraded, target, None, {"photo": identity.split("-", maxsplit=1)[0]})


@pytest.fixture(scope="session")
def training_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four training pairs of three photos, and two validation photos."""
    folder = tmp_path_factory.mktemp("data") / "waves"
    splits = {"train": ["a-0", "a-1", "b-0", "c-0"], "validation": ["d-0", "e-0"]}
    for split, ids in splits.items():
        path = shard_path(folder, split, 0, 1)
        path.parent.mkdir(parents=True, exist_ok=True)
        photos = [photo(identity, seed=ord(identity[0])) for identity in ids]
        write_shard(path, map(encode_photo, photos))
    return folder


@pytest.fixture(scope="session")
def small() -> RomnetConfig:
    """`tiny` with patches of 64 pixels, two a step."""
    training = TINY.training.model_copy(update={"crop": 64, "batch": 2})
    return TINY.model_copy(update={"training": training})
