"""A server of weights on loopback, systems of our own, and a cache that is empty."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
import yaml

from romnet_bench.published import manifest


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_weights: Path) -> Path:
    """The empty folder of fetched weights."""
    monkeypatch.setenv("ROMNET_BENCH_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "weights"


@pytest.fixture
def server(file_server: ModuleType) -> Iterator[Any]:
    """A `FileServer` that serves nothing yet."""
    with file_server.serve_files() as running:
        yield running


@pytest.fixture
def declare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., manifest.Manifest]:
    """Declares a system with these weights, in the place of all shipped ones."""
    baselines = tmp_path / "baselines"
    monkeypatch.setattr(manifest, "resource", lambda *parts: _existing(tmp_path.joinpath(*parts)))

    def write(
        system: str, weights: list[dict[str, Any]], methods: tuple[str, ...] = ()
    ) -> manifest.Manifest:
        facts = {"restores": True, "colorizes": False, "needs_reference": False}
        content = {
            "name": system,
            "label": system.title(),
            "citation": "Nobody, 2026",
            "upstream": None,
            "upstream_licence": None,
            "licence": "Apache-2.0",
            "size_policy": "any",
            "colour_space": "RGB",
            "methods": [{"name": name, "label": name, **facts} for name in methods or [system]],
            "weights": [
                {"methods": list(methods or [system]), "licence": "MIT", "urls": [], **entry}
                for entry in weights
            ],
        }
        path = baselines / system / "manifest.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(yaml.safe_dump(content))
        return manifest.read_manifest(system)

    return write


def _existing(path: Path) -> Path:
    if not path.exists():
        raise FileNotFoundError(path)
    return path


@pytest.fixture
def tensors() -> Callable[..., bytes]:
    """Gives a `.pth` file's bytes; each seed is another file."""

    def make(seed: int = 0, count: int = 30_000, **more: Any) -> bytes:
        generator = torch.Generator().manual_seed(seed)
        buffer = io.BytesIO()
        torch.save({"weight": torch.rand(count, generator=generator), **more}, buffer)
        return buffer.getvalue()

    return make
