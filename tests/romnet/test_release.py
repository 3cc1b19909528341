"""Checkpoints to share: small, without foreign weights, and as good as what they come from."""

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open

from romnet_bench.errors import UserError
from romnet_bench.methods.contract import MethodOptions, check_outputs
from romnet_bench.methods.registry import load_method
from romnet_bench.romnet.checkpoint import (
    Checkpoint,
    load_model,
    release_checkpoint,
    save_checkpoint,
)
from romnet_bench.romnet.inference import restore_grey, restore_picture
from romnet_bench.romnet.model import ROMNet, new_model
from romnet_bench.romnet.presets import LITE, TINY, RomnetConfig

CPU = torch.device("cpu")


def _saved(path: Path, config: RomnetConfig) -> ROMNet:
    model = new_model(config, seed=0)
    # The restoration starts as the identity: it must do something to be compared.
    torch.nn.init.normal_(
        model.restoration.fuse.weight, std=0.01, generator=torch.Generator().manual_seed(0)
    )
    tensors = {f"model.{name}": value for name, value in model.state_dict().items()}
    optimizer = {"model_optimizer.0.exp_avg": torch.ones(9)}
    save_checkpoint(path, Checkpoint(tensors | optimizer, config, {"step": 7, "psnr": 20.0}))
    return model.eval()


def test_a_released_network_gives_the_same_pictures(tmp_path: Path) -> None:
    """Half precision moves no pixel by more than two levels of 255."""
    model = _saved(tmp_path / "whole.safetensors", TINY)
    release_checkpoint(tmp_path / "whole.safetensors", tmp_path / "small.safetensors")
    released, checkpoint = load_model(tmp_path / "small.safetensors", CPU)
    assert checkpoint.progress["step"] == 7
    assert {weight.dtype for weight in released.parameters()} == {torch.float32}
    random = np.random.default_rng(0)
    photo = random.integers(0, 256, (70, 50), dtype=np.uint8)
    reference = random.integers(0, 256, (40, 60, 3), dtype=np.uint8)
    before = restore_picture(model, photo, reference).astype(int)
    after = restore_picture(released, photo, reference).astype(int)
    assert np.abs(before - after).max() <= 2
    sizes = [
        (tmp_path / name).stat().st_size for name in ("whole.safetensors", "small.safetensors")
    ]
    assert sizes[1] < 0.55 * sizes[0]


def test_pretrained_features_are_left_out_and_found_again(shared: Path, tmp_path: Path) -> None:
    """A released `lite` holds nothing of SqueezeNet and is of no use without it."""
    _saved(tmp_path / "whole.safetensors", LITE)
    small = tmp_path / "small.safetensors"
    release_checkpoint(tmp_path / "whole.safetensors", small)
    with safe_open(small, framework="pt") as file:
        names = list(file.keys())
    assert not any("backbone" in name or "optimizer" in name for name in names)
    assert small.stat().st_size < 10_000_000
    model, _ = load_model(small, CPU, shared / "weights")
    from safetensors.torch import load_file

    state = load_file(shared / "weights" / "squeezenet1_1-features.safetensors")
    found = model.state_dict()["backbone.stages.0.0.weight"]
    assert torch.equal(found, state["features.0.weight"])


def test_without_its_features_it_says_what_to_fetch(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Never silently random."""
    monkeypatch.delenv("ROMNET_BENCH_WEIGHTS", raising=False)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "empty"))
    _saved(tmp_path / "whole.safetensors", LITE)
    release_checkpoint(tmp_path / "whole.safetensors", tmp_path / "small.safetensors")
    with pytest.raises(UserError, match="squeezenet1_1 weights are missing"):
        load_model(tmp_path / "small.safetensors", CPU)
    # Restoration alone does not look for similarities.
    grey = load_method("romnet-grey", MethodOptions(checkpoint=tmp_path / "small.safetensors"))
    photo = np.random.default_rng(0).integers(0, 256, (40, 40), dtype=np.uint8)
    assert (grey.restore([photo], [None])[0][..., 0] != photo).any()


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    """Least of all the checkpoint itself, of which this may be the only copy."""
    whole = tmp_path / "whole.safetensors"
    _saved(whole, TINY)
    before = whole.read_bytes()
    with pytest.raises(UserError, match="exists already"):
        release_checkpoint(whole, whole)
    assert whole.read_bytes() == before


def test_too_large_weights_are_refused(tmp_path: Path) -> None:
    """Half precision ends at 65504."""
    tensors = {"model.x": torch.tensor([1e6])}
    save_checkpoint(tmp_path / "a.safetensors", Checkpoint(tensors, TINY, {"step": 1}))
    with pytest.raises(UserError, match="x is too large for half"):
        release_checkpoint(tmp_path / "a.safetensors", tmp_path / "b.safetensors")
    assert not (tmp_path / "b.safetensors").exists()


def test_grey_is_the_restored_lightness(tmp_path: Path) -> None:
    """The same lightness as in colour, no chroma, any size; nothing else changes."""
    model = _saved(tmp_path / "whole.safetensors", TINY)
    photo = np.random.default_rng(1).integers(0, 256, (37, 91), dtype=np.uint8)
    grey = restore_grey(model, photo)
    assert grey.shape == (37, 91, 3)
    assert (grey[..., 0] == grey[..., 1]).all()
    assert (grey[..., 1] == grey[..., 2]).all()
    assert (grey[..., 0] != photo).any()
    options = MethodOptions(checkpoint=tmp_path / "whole.safetensors")
    method = load_method("romnet-grey", options)
    outputs = method.restore([photo], [None])
    check_outputs([photo], outputs)
    assert (outputs[0] == grey).all()
    assert (method.restores, method.colorizes, method.needs_reference) == (True, False, False)


def test_the_averaged_network_is_the_one_to_use(tmp_path: Path) -> None:
    """`last.safetensors` holds both; what runs and is released is the average."""
    own, averaged = new_model(TINY, seed=0), new_model(TINY, seed=1)
    tensors = {f"model.{name}": value for name, value in own.state_dict().items()}
    tensors |= {f"averaged.net.{name}": value for name, value in averaged.state_dict().items()}
    tensors["averaged.steps"] = torch.tensor(3)
    save_checkpoint(tmp_path / "last.safetensors", Checkpoint(tensors, TINY, {"step": 3}))
    release_checkpoint(tmp_path / "last.safetensors", tmp_path / "small.safetensors")
    expected = averaged.state_dict()
    for name, tolerance in (("last", 0.0), ("small", 1e-3)):
        model, _ = load_model(tmp_path / f"{name}.safetensors", CPU)
        for key, value in model.state_dict().items():
            assert torch.allclose(value, expected[key], atol=tolerance, rtol=0), (name, key)
