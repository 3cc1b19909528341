"""Fixtures that several folders of tests share."""

import contextlib
import importlib
import importlib.util
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from torch import nn

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
    monkeypatch.setenv("ROMNET_BENCH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "torch-home" / "hub" / "checkpoints"


@pytest.fixture(scope="session")
def file_server() -> ModuleType:
    """The module `file_server.py` beside this one: a server of files that does what is wrong."""
    path = Path(__file__).with_name("file_server.py")
    spec = importlib.util.spec_from_file_location("file_server", path)
    assert spec is not None
    assert spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    sys.modules["file_server"] = loaded  # dataclasses look themselves up there
    spec.loader.exec_module(loaded)
    return loaded


@pytest.fixture(scope="session")
def upstream() -> Callable[[str], Path]:
    """Gives the checkout of another system's repository, by the repository's name."""

    def find(repository: str) -> Path:
        named = os.environ.get("ROMNET_BENCH_UPSTREAM")
        if not named:
            pytest.skip("needs upstream's code: set ROMNET_BENCH_UPSTREAM to a folder of checkouts")
        folder = Path(named).resolve() / repository
        if not folder.is_dir():
            pytest.skip(f"needs a checkout of {repository} in $ROMNET_BENCH_UPSTREAM")
        return folder

    return find


@pytest.fixture(scope="session")
def upstream_modules() -> Callable[
    ..., contextlib.AbstractContextManager[Callable[[str], ModuleType]]
]:
    """Makes a folder's modules importable for a while, and forgets them afterwards."""

    @contextlib.contextmanager
    def importable(
        folder: Path, stubs: Mapping[str, ModuleType] | None = None
    ) -> Iterator[Callable[[str], ModuleType]]:
        before = dict(sys.modules)
        sys.path.insert(0, str(folder))
        sys.modules.update(stubs or {})
        try:
            yield importlib.import_module
        finally:
            sys.path.remove(str(folder))
            for name, module in list(sys.modules.items()):
                origin = getattr(module, "__file__", None) or ""
                origins = [origin, *map(str, vars(module).get("__path__") or [])]
                below = any(f"{each}{os.sep}".startswith(f"{folder}{os.sep}") for each in origins)
                if name in (stubs or {}) or below:
                    del sys.modules[name]
                    if name in before:
                        sys.modules[name] = before[name]

    return importable


@pytest.fixture(scope="session")
def scramble() -> Callable[..., nn.Module]:
    """Fills a network with values that leave no part of it idle, and keep signals' size."""

    def fill(module: nn.Module, seed: int = 0) -> nn.Module:
        generator = torch.Generator().manual_seed(seed)
        with torch.no_grad():
            for values in module.parameters():
                if values.ndim >= 2:
                    deviation = (1.6 / max(values[0].numel(), 1)) ** 0.5
                    values.normal_(0, deviation, generator=generator)
                else:  # norms' weights, biases, gains that begin at 0
                    values.uniform_(0.3, 1, generator=generator)
            for name, values in module.named_buffers():
                if not values.is_floating_point():
                    continue
                if name.endswith("running_mean"):
                    values.normal_(0, 0.2, generator=generator)
                elif name.endswith("running_var"):
                    values.uniform_(0.5, 1.5, generator=generator)
        return module

    return fill
