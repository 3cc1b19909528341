"""Ours against upstream's own modules and scripts, with the same random weights in a file.

Upstream: microsoft/Bringing-Old-Photos-Back-to-Life at 33875eccf4ebcd3665cf38cc56f3a0ce563d3a9c.
"""

import argparse
import copy
import functools
import runpy
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import torch
from PIL import Image

from romnet_bench.images import read_rgb
from romnet_bench.methods.contract import MethodOptions
from romnet_bench.methods.fill import fill
from romnet_bench.methods.wan import method, non_local, restoration
from romnet_bench.methods.wan.mapping import Mapping, ScratchMapping
from romnet_bench.methods.wan.scratch_detector import ScratchDetector
from romnet_bench.methods.wan.vae import Vae

REPOSITORY = "Bringing-Old-Photos-Back-to-Life"
WITHOUT, WITH = ["--Quality_restore", "--test_mode", "Full"], ["--Scratch_and_Quality_restore"]
SIZE = (70, 100)
"""Rounded by both ways: to 72×100, and to 64×96."""


@pytest.fixture(scope="module")
def theirs(upstream, upstream_modules, scramble, tmp_path_factory, any_weights):
    """Upstream's networks, scrambled, their weights in a folder as its archive holds them."""
    code = upstream(REPOSITORY) / "Global"
    folder = tmp_path_factory.mktemp("weights") / "wan"
    # Imported there; only training and a dilated mask need them, and the last makes a folder.
    sync = ModuleType("detection_models.sync_batchnorm")
    sync.DataParallelWithCallback = lambda network: network
    helpers = ModuleType("detection_util.util")
    helpers.mkdir_if_not = lambda path: Path(path).mkdir(parents=True, exist_ok=True)
    stubs = {sync.__name__: sync, helpers.__name__: helpers, "cv2": ModuleType("cv2")}
    with upstream_modules(code, stubs) as load, pytest.MonkeyPatch.context() as patch:
        detection = load("detection_models.networks")
        patch.chdir(folder.parent)
        without, with_scratches = (_model(code, load, arguments) for arguments in (WITHOUT, WITH))
        networks = {
            method.DETECTOR: detection.UNet(1, 1, depth=4, antialiasing=True),
            method.OLD_PHOTOS: without.netG_A,
            method.CLEAN_PHOTOS: without.netG_B,
            method.CLEAN_PHOTOS_SCRATCHES: with_scratches.netG_B,
            method.MAPPING: without.mapping_net,
            method.MAPPING_SCRATCHES: with_scratches.mapping_net,
        }
        for seed, (file, network) in enumerate(networks.items()):
            scramble(network, seed).eval()
            _calm(network)
            if file == method.DETECTOR:
                _centre(network)
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            state = network.state_dict()
            torch.save({"model_state": state} if file == method.DETECTOR else state, folder / file)
        yield SimpleNamespace(
            code=code,
            folder=folder,
            networks=networks,
            options=MethodOptions(weights=folder.parent),
            load=load,
        )


def _model(code: Path, load, arguments: list[str]):
    """What `test.py` builds for these arguments, before any weights are there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["test.py", *arguments, "--gpu_ids", "-1"])
        options = load("options.test_options").TestOptions().parse(save=False)
        runpy.run_path(str(code / "test.py"))["parameter_set"](options)
        model = load("models.mapping_model").Pix2PixHDModel_Mapping()
        model.initialize(options)
    return model


def _calm(network) -> None:
    """Softens attention: with random weights it would fall on single places."""
    with torch.no_grad():
        for name, values in network.named_parameters():
            if name.startswith(("NL.theta.", "NL.phi.")):
                values.mul_(0.3)


def _random(*shape: int, seed: int = 0) -> torch.Tensor:
    return torch.rand(shape, generator=torch.Generator().manual_seed(seed)) * 2 - 1


def _holes(height: int, width: int) -> torch.Tensor:
    """A line, a blot and single pixels."""
    mask = torch.zeros(1, 1, height, width)
    mask[..., height // 3, :] = 1
    mask[..., 4:21, width // 2 : width // 2 + 13] = 1
    mask[..., torch.arange(0, height, 11), torch.arange(0, height, 11) % width] = 1
    return mask


def _agree(ours: torch.Tensor, upstreams: torch.Tensor, name: str, within: float = 1e-4) -> None:
    assert ours.shape == upstreams.shape
    assert upstreams.std() >= 0.05
    difference = (ours - upstreams).abs().max().item()
    print(f"{name}: {difference:.1e} at a standard deviation of {upstreams.std():.2f}")
    assert difference <= within


@pytest.fixture(scope="module")
def ours(theirs):
    """Our networks by the names of their files, from which they are filled."""
    networks = {
        method.DETECTOR: ScratchDetector(),
        method.OLD_PHOTOS: Vae(),
        method.CLEAN_PHOTOS: Vae(),
        method.CLEAN_PHOTOS_SCRATCHES: Vae(),
        method.MAPPING: Mapping(),
        method.MAPPING_SCRATCHES: ScratchMapping(),
    }
    for file, network in networks.items():
        fill(network.eval(), "wan", file, theirs.options, inside="model_state")
    return networks


@torch.inference_mode()
def test_scratch_detector(ours, theirs):
    grey = _random(1, 1, 64, 96)
    _agree(ours[method.DETECTOR](grey), theirs.networks[method.DETECTOR](grey), "detector")


@torch.inference_mode()
@pytest.mark.parametrize(
    "file", [method.OLD_PHOTOS, method.CLEAN_PHOTOS, method.CLEAN_PHOTOS_SCRATCHES]
)
def test_autoencoders(ours, theirs, file):
    photo, latent = _random(1, 3, 40, 52), _random(1, 64, 10, 13, seed=1)
    upstreams = theirs.networks[file]
    _agree(ours[file].encoder(photo), upstreams(photo, "enc"), f"{file}, encoder")
    _agree(ours[file].decoder(latent), upstreams(latent, "dec"), f"{file}, decoder")


@torch.inference_mode()
def test_mapping_without_scratches(ours, theirs):
    latent = _random(1, 64, 12, 17)
    _agree(ours[method.MAPPING](latent), theirs.networks[method.MAPPING](latent), "mapping")


@torch.inference_mode()
@pytest.mark.parametrize("holes", ["some", "none", "all"])
def test_mapping_with_scratches(ours, theirs, holes):
    latent, mask = _random(1, 64, 16, 24), _holes(64, 96)
    mask = {"some": mask, "none": torch.zeros_like(mask), "all": torch.ones_like(mask)}[holes]
    expected = theirs.networks[method.MAPPING_SCRATCHES](latent, mask.clone())
    _agree(ours[method.MAPPING_SCRATCHES](latent, mask), expected, f"mapping, {holes} holes")


@torch.inference_mode()
@pytest.mark.parametrize("rows", [384, 50])
def test_non_local_block(ours, theirs, rows, monkeypatch):
    """By itself, all at once and some rows at a time; in float64, within 1e-9.

    What attention gathers differs little from place to place, and is then normalised: in float32
    rounding alone moves either side by up to 6e-5.
    """
    attend = functools.partial(non_local.attend, max_scores=384 * rows)
    monkeypatch.setattr(non_local, "attend", attend)
    x, mask = _random(1, 512, 16, 24).double(), _holes(64, 96).double()
    found = copy.deepcopy(ours[method.MAPPING_SCRATCHES].NL).double()(x, mask)
    expected = copy.deepcopy(theirs.networks[method.MAPPING_SCRATCHES].NL).double()(x, mask)
    _agree(found, expected, f"non-local block, {rows} rows", within=1e-9)


def _photograph() -> np.ndarray:
    """A smooth grey photo with a bright scratch."""
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]]
    grey = 120 + 80 * np.sin(rows / 9) * np.cos(columns / 13)
    grey[:, 30:32] = 250
    return grey.astype(np.uint8)


def _centre(detector) -> None:
    """Moves the last bias so that about half of the photograph counts as scratched."""
    fitted = restoration.fit(_photograph(), 16, 1, Image.Resampling.BICUBIC)
    small = torch.nn.functional.interpolate(restoration.to_signal(fitted), (64, 96))
    with torch.no_grad():
        detector.last[1].bias -= detector(small).median()


def _save_photograph(folder: Path) -> Path:
    folder.mkdir()
    Image.fromarray(_photograph()).save(folder / "photo.png")
    return folder


def _run_test_script(theirs, arguments: list[str], monkeypatch) -> None:
    monkeypatch.setattr(sys, "argv", ["test.py", *arguments, "--gpu_ids", "-1"])
    monkeypatch.chdir(theirs.folder)  # it looks for checkpoints/ where it runs
    runpy.run_path(str(theirs.code / "test.py"), run_name="__main__")


def _agree_as_saved(ours: np.ndarray, path: Path) -> None:
    """Upstream's saving stretches a picture from 0 to 255, whatever it was."""
    expected = read_rgb(path).astype(np.float64)
    assert expected.shape == ours.shape
    assert expected.std() > 10
    low, high = float(ours.min()), float(ours.max())
    difference = np.abs(expected - (ours - low) / (high - low) * 255).max()
    print(f"{path.name}: {difference:.2f} levels")
    assert difference <= 1.5  # both round


def _unresized(monkeypatch) -> None:
    """Leaves outputs at the networks' size, as upstream does."""
    monkeypatch.setattr(restoration, "resize", lambda picture, *size: picture)


def test_whole_chain_without_scratches(ours, theirs, tmp_path, monkeypatch):
    """`test.py` itself, but for its way of saving, and the size, which it does not give back."""
    inputs, outputs = _save_photograph(tmp_path / "in"), tmp_path / "out"
    folders = ["--test_input", str(inputs), "--outputs_dir", str(outputs)]
    _run_test_script(theirs, [*WITHOUT, *folders], monkeypatch)
    _unresized(monkeypatch)
    restored = restoration.restore(
        _photograph(),
        encoder=ours[method.OLD_PHOTOS].encoder,
        mapping=ours[method.MAPPING],
        decoder=ours[method.CLEAN_PHOTOS].decoder,
        device=torch.device("cpu"),
    )
    assert restored.shape == (72, 100, 3)
    _agree_as_saved(restored, outputs / "restored_image" / "photo.png")


def test_whole_chain_with_scratches(ours, theirs, tmp_path, monkeypatch):
    """`detection.py` and `test.py` themselves, one after the other."""
    inputs, masks, outputs = _save_photograph(tmp_path / "in"), tmp_path / "masks", tmp_path / "out"
    with monkeypatch.context() as patch:
        state = torch.load(theirs.folder / method.DETECTOR, weights_only=True)
        patch.setattr(torch, "load", lambda path, **named: state)  # it looks beside its own code
        theirs.load("detection").main(
            argparse.Namespace(
                GPU=-1, test_path=str(inputs), output_dir=str(masks), input_size="full_size"
            )
        )
    folders = ["--test_input", str(masks / "input"), "--test_mask", str(masks / "mask")]
    folders += ["--outputs_dir", str(outputs)]
    _run_test_script(theirs, [*WITH, *folders], monkeypatch)

    seen = {}
    whiten = restoration.whiten

    def watched(signal, scratches):
        seen.update(signal=signal, scratches=scratches)
        return whiten(signal, scratches)

    monkeypatch.setattr(restoration, "whiten", watched)
    _unresized(monkeypatch)
    restored = restoration.restore_scratched(
        _photograph(),
        detector=ours[method.DETECTOR],
        encoder=ours[method.OLD_PHOTOS].encoder,
        mapping=ours[method.MAPPING_SCRATCHES],
        decoder=ours[method.CLEAN_PHOTOS_SCRATCHES].decoder,
        device=torch.device("cpu"),
    )
    fitted = restoration.to_signal(read_rgb(masks / "input" / "photo.png"))
    assert torch.equal(seen["signal"], fitted)
    assert 0.1 < seen["scratches"].mean() < 0.9
    mask = read_rgb(masks / "mask" / "photo.png")[..., 0]
    assert np.array_equal(seen["scratches"][0, 0].numpy() * 255, mask)
    assert restored.shape == (64, 96, 3)
    _agree_as_saved(restored, outputs / "restored_image" / "photo.png")
