"""Fixtures that several folders of tests share."""

import os
from pathlib import Path

import numpy as np
import pytest

from romnet_bench.color import lightness_grey
from romnet_bench.data.records import Photo, encode_photo, shard_path, write_shard


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real photographs and pretrained features; skips where there is none."""
    named = os.environ.get("ROMNET_BENCH_SHARED")
    folder = Path(named) if named else Path(__file__).resolve().parents[2] / "shared"
    if not (folder / "data").is_dir():
        pytest.skip("needs the shared photographs: set ROMNET_BENCH_SHARED")
    return folder


def make_photo(identity: str, height: int, width: int, seed: int) -> Photo:
    """A smooth colour picture, and its grey one with noise."""
    random = np.random.default_rng(seed)
    rows, columns = np.mgrid[:height, :width] / 16
    waves = [np.sin(rows * a + columns * b + c) for a, b, c in random.uniform(0.5, 2, (3, 3))]
    target = np.uint8(128 + 100 * np.stack(waves, axis=-1))
    noise = random.normal(0, 8, (height, width))
    noisy = np.uint8(np.clip(lightness_grey(target) + noise, 0, 255))
    return Photo(identity, noisy, target, None, {"source": "generated"})


def write_dataset(folder: Path, photos: list[Photo]) -> Path:
    """The photos as a dataset's split "test", in one shard."""
    path = shard_path(folder, "test", 0, 1)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_shard(path, map(encode_photo, photos))
    return folder


@pytest.fixture
def tiny_photos() -> list[Photo]:
    """Four generated colour photographs of different sizes."""
    sizes = [(48, 40), (40, 48), (44, 44), (33, 57)]
    return [make_photo(f"photo-{i}", *size, seed=i) for i, size in enumerate(sizes)]


@pytest.fixture
def tiny_dataset(tmp_path: Path, tiny_photos: list[Photo]) -> Path:
    """The folder of a dataset with the tiny photos as its split "test"."""
    return write_dataset(tmp_path / "tiny", tiny_photos)


@pytest.fixture
def no_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Hides whatever weights this machine has; gives the empty torch hub cache used instead."""
    monkeypatch.delenv("ROMNET_BENCH_WEIGHTS", raising=False)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch-home"))
    return tmp_path / "torch-home" / "hub" / "checkpoints"
