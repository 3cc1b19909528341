"""A small dataset with a train and a validation split, and a small Pix2pix."""

from pathlib import Path

import numpy as np
import pytest

from romnet_bench.color import lightness_grey
from romnet_bench.data.records import Photo, encode_photo, shard_path, write_shard
from romnet_bench.methods.pix2pix.presets import Pix2pixConfig


def wavy_photo(identity: str, seed: int, height: int = 72, width: int = 90) -> Photo:
    """Coloured waves, and their noisy grey."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[:height, :width] / 12
    waves = [np.sin(rows * a + columns * b + c) for a, b, c in random.uniform(0.5, 2, (3, 3))]
    target = np.uint8(128 + 100 * np.stack(waves, axis=-1))
    noisy = lightness_grey(target) + random.normal(0, 10, (height, width))
    return Photo(identity, np.uint8(np.clip(noisy, 0, 255)), target, None, {})


@pytest.fixture(scope="session")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four training pairs and two validation photos."""
    folder = tmp_path_factory.mktemp("data") / "waves"
    for split, ids in {"train": "abcd", "validation": "ef"}.items():
        path = shard_path(folder, split, 0, 1)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_shard(path, (encode_photo(wavy_photo(name, seed=ord(name))) for name in ids))
    return folder


@pytest.fixture(scope="session")
def small() -> Pix2pixConfig:
    """Six levels, so that some of it is noisy; patches of 64 pixels, two a step."""
    return Pix2pixConfig(
        name="small",
        filters=4,
        levels=6,
        discriminator_filters=4,
        crop=64,
        resized=None,
        batch=2,
        epochs=4,
    )
