"""The network that is shipped: small, honest about itself, and of use without a network."""

from pathlib import Path

import numpy as np
import pytest
import torch
from skimage.draw import line

from romnet_bench.color import lightness_grey
from romnet_bench.data.sources.listing import list_source
from romnet_bench.files import resource
from romnet_bench.images import read_rgb
from romnet_bench.methods.contract import MethodOptions
from romnet_bench.methods.registry import load_method
from romnet_bench.romnet.checkpoint import load_model, read_checkpoint
from romnet_bench.romnet.presets import LITE


def test_it_is_small_and_holds_nothing_of_others() -> None:
    """At most ten megabytes, no pretrained features, the preset as it stands."""
    path = resource("baselines", "romnet", "lite.safetensors")
    assert path.stat().st_size <= 10_000_000
    saved = read_checkpoint(path)
    assert all(name.startswith("model.") for name in saved.tensors)
    assert not any("backbone" in name for name in saved.tensors)
    assert not [note for note in saved.config.notes if "another" in note]
    assert saved.config.restoration == LITE.restoration


def test_scratches_fade_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without weights, reference or network: of drawn scratches less than three quarters stay."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("ROMNET_BENCH_WEIGHTS", raising=False)
    photo = list_source("sample", "as each")[0]
    clean = lightness_grey(read_rgb(photo.path))[:256, :256]
    scratch = np.zeros(clean.shape, bool)
    for ends in ((10, 20, 240, 120), (200, 5, 30, 250), (100, 0, 140, 255)):
        scratch[line(*ends)] = True
    scratched = np.where(scratch, 0.3 * clean + 0.7 * 235, clean).round().astype(np.uint8)
    method = load_method("romnet-grey", MethodOptions())
    outputs = method.restore([clean, scratched], [None, None])
    before = np.abs(scratched.astype(float) - clean)[scratch].mean()
    after = np.abs(outputs[1].astype(float) - outputs[0])[scratch].mean()
    assert after < 0.75 * before


def test_it_colours_with_its_features(shared: Path) -> None:
    """With SqueezeNet's features from a folder."""
    path = resource("baselines", "romnet", "lite.safetensors")
    model, saved = load_model(path, torch.device("cpu"), shared / "weights")
    assert int(saved.progress["step"]) > 0
    assert not model.training
    method = load_method("romnet", MethodOptions(checkpoint=path, weights=shared / "weights"))
    photo = read_rgb(next((shared / "data" / "kodak24").iterdir()))[:96, :128]
    output = method.restore([lightness_grey(photo)], [photo])[0]
    assert output.shape == photo.shape
    assert np.ptp(output.astype(int), axis=2).mean() > 1
