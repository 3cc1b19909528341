"""What tests of methods share: a cache of their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="module", autouse=True)
def module_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """For fixtures of a whole module: what they record of weights stays theirs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ROMNET_BENCH_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(autouse=True)
def own_cache(module_cache: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """For each test: weights that another test recorded are none of its business."""
    monkeypatch.setenv("ROMNET_BENCH_CACHE", str(tmp_path / "cache"))
