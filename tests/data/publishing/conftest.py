"""A Hub on loopback, and a dataset worth publishing."""

import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from romnet_bench.data.cards import PAPER, CardText, write_card
from romnet_bench.data.records import Photo, encode_photo, shard_path, write_shard
from romnet_bench.data.rights import Rights, write_rights


def _server() -> ModuleType:
    spec = importlib.util.spec_from_file_location(
        "hub_server", Path(__file__).with_name("hub_server.py")
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["hub_server"] = module  # dataclasses look themselves up there
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def token() -> str:
    return str(_server().TOKEN)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, token: str) -> Iterator[Any]:
    """The server's state (`hub_server.Hub`); the client here has its token and uses Git LFS."""
    monkeypatch.setenv("HF_TOKEN", token)
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf-home"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", True)
    monkeypatch.setattr("huggingface_hub.utils._http.time.sleep", lambda seconds: None)
    with _server().serve_hub() as hub:
        yield hub


def noisy_photo(identity: str, seed: int, side: int = 48) -> Photo:
    """Noise, which PNG cannot make small: some 15 kB with its mask."""
    random = np.random.default_rng(seed)
    grey, mask = random.integers(0, 256, (2, side, side + 8), dtype=np.uint8)
    target = random.integers(0, 256, (side, side + 8, 3), dtype=np.uint8)
    mask[mask < 200] = 0
    return Photo(identity, grey, target, mask if seed % 2 else None, {"source": f"made-{seed}"})


CARD = CardText(
    title="Noise",
    summary="Pictures of noise.",
    made="By a generator of random numbers, seed 0.",
    licence="cc0-1.0",
    licence_name="CC0 1.0",
    citations=(PAPER,),
)


def make_dataset(folder: Path, shards: dict[str, int], start: int = 0) -> Path:
    """Splits with so many shards of three pairs each, a card, and rights."""
    seed = start
    for split, count in shards.items():
        for index in range(count):
            photos = [noisy_photo(f"{split}-{seed + n}", seed + n) for n in range(3)]
            seed += 3
            path = shard_path(folder, split, index, count)
            path.parent.mkdir(parents=True, exist_ok=True)
            write_shard(path, map(encode_photo, photos))
    write_card(folder, CARD)
    write_rights(folder, Rights(granted=True, statement="CC0: made from random numbers"))
    return folder


@pytest.fixture
def make() -> Callable[..., Path]:
    return make_dataset


@pytest.fixture
def dataset(tmp_path: Path) -> Path:
    return make_dataset(tmp_path / "noise", {"train": 3, "test": 1})
