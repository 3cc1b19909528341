"""Fixtures of DeOldify's tests."""

from pathlib import Path

import pytest

from romnet_bench.published import places
from romnet_bench.published.manifest import Manifest, read_manifest


@pytest.fixture
def any_sha256(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Lets files of random weights pass for the published ones, whose SHA-256 is known."""

    def lenient(system: str) -> Manifest:
        manifest = read_manifest(system)
        weights = [entry.model_copy(update={"sha256": None}) for entry in manifest.weights]
        return manifest.model_copy(update={"weights": tuple(weights)})

    monkeypatch.setattr(places, "read_manifest", lenient)
    monkeypatch.setenv("ROMNET_BENCH_CACHE", str(tmp_path / "cache"))
