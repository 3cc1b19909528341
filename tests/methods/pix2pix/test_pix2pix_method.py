"""Pix2pix as a method: sizes, files of all kinds, and what it says of itself."""

from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from romnet_bench.errors import UserError, WeightsError
from romnet_bench.files import resource
from romnet_bench.images import Picture
from romnet_bench.methods.contract import MethodOptions, check_outputs
from romnet_bench.methods.pix2pix.checkpoint import Checkpoint, save_checkpoint
from romnet_bench.methods.pix2pix.method import load, load_colour
from romnet_bench.methods.pix2pix.photo import make_picture, mirrored_to
from romnet_bench.methods.pix2pix.presets import OFFICIAL, Pix2pixConfig
from romnet_bench.methods.pix2pix.step import new_unet
from romnet_bench.methods.pix2pix.unet import UNet, initialise
from romnet_bench.methods.pix2pix.upstream import our_name
from romnet_bench.methods.registry import load_method

SIZES = [(1, 1), (1, 70), (33, 57), (64, 64), (130, 65)]


def _photo(height: int, width: int) -> Picture:
    return np.random.default_rng(height).integers(0, 256, (height, width), dtype=np.uint8)


def _loud(unet: UNet, seed: int = 0) -> UNet:
    """Weights so large that every part shows in the output."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for values in unet.parameters():
            if values.ndim == 4:
                values.normal_(0, (1 / values[0].numel()) ** 0.5, generator=generator)
            else:
                values.uniform_(0.3, 1, generator=generator)
    return unet


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory, small: Pix2pixConfig) -> Path:
    """A file of ours with a small U-Net."""
    path = tmp_path_factory.mktemp("pix2pix") / "best.safetensors"
    unet = _loud(new_unet(small))
    tensors = {f"unet.{name}": value for name, value in unet.state_dict().items()}
    save_checkpoint(path, Checkpoint(tensors, small, {"step": 7, "psnr": None}))
    return path


def _theirs(levels: int, filters: int, inputs: int, outputs: int) -> dict[str, torch.Tensor]:
    """A state dict under the authors' names, through the inverse of our naming."""
    unet = _loud(UNet(inputs, outputs, filters, levels))
    state = {}
    ours = unet.state_dict()
    for level in range(levels):
        way = "" if level == 0 else "1.model." + "3.model." * (level - 1)
        places = {"down.conv": 1, "down.norm": 2, "up.conv": 5, "up.norm": 6}
        if level == 0:
            places = {"down.conv": 0, "up.conv": 3}
        if level == levels - 1:
            places = {"down.conv": 1, "up.conv": 3, "up.norm": 4}
        for part, place in places.items():
            half, kind = part.split(".")
            for field in ("weight", "bias"):
                name = f"{half}.{level}.{kind}.{field}"
                if name in ours:
                    state[f"model.model.{way}{place}.{field}"] = ours[name]
    assert len(state) == len(ours)
    return state


@pytest.mark.parametrize("loader", [load, load_colour])
def test_any_size_and_the_same_twice(loader: object) -> None:
    """With random weights, which the notes say."""
    method = loader(MethodOptions(untrained=True))  # type: ignore[operator]
    photos = [_photo(*size) for size in SIZES]
    outputs = method.restore(photos, [None] * len(photos))
    check_outputs(photos, outputs)
    alone = [method.restore([photo], [None])[0] for photo in photos]
    assert all(np.array_equal(a, b) for a, b in zip(outputs, alone, strict=True))
    assert method.notes == ["random weights"]
    assert "random weights" in method.fingerprint().values()
    again = loader(MethodOptions(untrained=True))  # type: ignore[operator]
    assert np.array_equal(again.restore(photos[2:3], [None])[0], outputs[2])


def test_our_checkpoint(checkpoint: Path, small: Pix2pixConfig) -> None:
    """The picture is the U-Net's own output in the photo's corner of a mirrored square."""
    method = load(MethodOptions(checkpoint=checkpoint))
    assert method.fingerprint()["steps"] == "7"
    photo = _photo(64, 128)
    (output,) = method.restore([photo], [None])
    unet = _loud(new_unet(small))
    with torch.inference_mode():
        made = unet(torch.from_numpy(photo)[None, None].float() / 127.5 - 1)[0]
    expected = np.rint((made.permute(1, 2, 0).numpy() + 1) * 127.5)
    assert np.abs(output - expected).max() <= 1
    assert output.std() > 20
    larger = np.pad(photo[:50, :100], ((0, 14), (0, 28)), mode="reflect")
    cut = method.restore([photo[:50, :100]], [None])[0]
    assert np.array_equal(cut, method.restore([larger], [None])[0][:50, :100])


def test_statistics_are_the_photos_own(small: Pix2pixConfig) -> None:
    """A photo's output does not depend on what else is in the batch."""
    unet = _loud(new_unet(small))
    batch = torch.rand(3, 1, 64, 64, generator=torch.Generator().manual_seed(0))
    batch[1] *= 0.1
    with torch.inference_mode():
        together = unet(batch)
        alone = torch.cat([unet(photo[None]) for photo in batch])
    assert torch.allclose(together, alone, atol=1e-5)
    assert alone.std() > 0.05


def test_the_noise_changes_training_alone(small: Pix2pixConfig) -> None:
    """Drawn from the generator that is handed in; without one there is none."""
    unet = _loud(new_unet(small))
    photo = torch.rand(1, 1, 128, 128, generator=torch.Generator().manual_seed(0))
    with torch.inference_mode():
        first, same, other = (
            unet(photo, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)
        )
        still = unet(photo)
    assert torch.equal(first, same)
    assert not torch.equal(first, other)
    assert not torch.equal(first, still)
    assert torch.equal(still, unet(photo))


@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from([1, 2, 16, 32]))
def test_mirroring_is_numpys(height: int, width: int, multiple: int) -> None:
    """For every size, as often as it takes."""
    picture = np.arange(height * width, dtype=np.float32).reshape(height, width)
    more = (-height % multiple, -width % multiple)
    expected = np.pad(picture, ((0, more[0]), (0, more[1])), mode="reflect")
    found = mirrored_to(torch.from_numpy(picture)[None, None], multiple)[0, 0]
    assert np.array_equal(found.numpy(), expected)


def test_the_official_network_has_the_papers_size() -> None:
    """54.4 million numbers, as upstream prints for 3 channels in; ours has two fewer there."""
    unet = new_unet(OFFICIAL)
    assert sum(x.numel() for x in unet.parameters()) == 54_413_955 - 2 * 64 * 16


def test_a_start_has_the_papers_deviation(small: Pix2pixConfig) -> None:
    """N(0, 0.02) and N(1, 0.02), from the seed alone."""
    unet, again = (new_unet(small) for _ in range(2))
    initialise(unet, 3)
    initialise(again, 3)
    values = unet.state_dict()
    assert all(torch.equal(values[name], x) for name, x in again.state_dict().items())
    assert values["down.4.conv.weight"].std() == pytest.approx(0.02, rel=0.05)
    scales = torch.cat([x for name, x in values.items() if name.endswith("norm.weight")])
    assert scales.mean() == pytest.approx(1, abs=0.01)
    assert values["up.0.conv.bias"].abs().max() == 0


@pytest.mark.parametrize("levels", [5, 6, 8])
@pytest.mark.parametrize(("inputs", "outputs"), [(1, 3), (3, 3), (1, 2)])
def test_a_checkpoint_of_the_authors_loads(
    tmp_path: Path, levels: int, inputs: int, outputs: int
) -> None:
    """Filters, levels and channels from its shapes; a grey photo goes into each of three."""
    path = tmp_path / "latest_net_G.pth"
    torch.save({f"module.{k}": x for k, x in _theirs(levels, 2, inputs, outputs).items()}, path)
    method = load_colour(MethodOptions(checkpoint=path))
    photo = _photo(40, 30)
    (output,) = method.restore([photo], [None])
    assert output.shape == (40, 30, 3)
    assert "authors' code" in method.notes[0]
    if outputs == 2:
        with pytest.raises(UserError, match="give --method pix2pix-colour"):
            load(MethodOptions(checkpoint=path))
    else:
        unet = _loud(UNet(inputs, outputs, 2, levels))
        (restored,) = load(MethodOptions(checkpoint=path)).restore([photo], [None])
        assert np.array_equal(restored, make_picture(unet, "restore", photo))


def test_names_of_the_authors() -> None:
    """As their nesting counts them."""
    assert our_name("model.model.0.weight", 8) == "down.0.conv.weight"
    assert our_name("model.model.1.model.3.model.6.bias", 8) == "up.2.norm.bias"
    way = "model.model.1" + ".model.3" * 6
    assert our_name(f"{way}.model.4.weight", 8) == "up.7.norm.weight"
    for strange in ("model.model.7.weight", "model.model.3.model.1.weight", "fc.weight"):
        assert our_name(strange, 8) == strange


class Harmful:
    """Runs code when it is unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        """Makes a file."""
        return (Path.touch, (Path("harm"),))  # type: ignore[return-value]


def test_what_is_not_a_checkpoint_is_refused(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each in one sentence that names the file; nothing of it runs."""
    monkeypatch.chdir(tmp_path)
    whole = _theirs(6, 2, 1, 3)
    lacking = {key: x for key, x in whole.items() if key != "model.model.3.bias"}
    wrong = whole | {"model.model.3.bias": torch.zeros(4)}
    more = whole | {"fc.weight": torch.zeros(4)}
    deep = {f"model.model.1{'.model.3' * 200}.model.1.weight": torch.zeros(1)}
    wide = whole | {"model.model.0.weight": torch.zeros(1).expand(10**7, 1, 4, 4)}
    four = whole | {"model.model.0.weight": torch.zeros(2, 4, 4, 4)}
    for name, content in {
        "lacking": lacking,
        "wrong": wrong,
        "more": more,
        "deep": deep,
        "wide": wide,
        "four": four,
        "other": {"conv.weight": torch.zeros(3)},
        "harmful": {"x": Harmful()},
        "list": [1],
    }.items():
        torch.save(content, tmp_path / f"{name}.pth")
    (tmp_path / "short.pth").write_bytes((tmp_path / "more.pth").read_bytes()[:3000])
    (tmp_path / "short.safetensors").write_bytes(checkpoint.read_bytes()[:3000])
    (tmp_path / "text.safetensors").write_text("no checkpoint")
    paths = sorted(tmp_path.glob("*.*"))
    assert len(paths) == 12
    for path in paths:
        with pytest.raises(UserError, match=path.name) as caught:
            load(MethodOptions(checkpoint=path))
        assert str(caught.value).count("\n") == 0
    assert not (tmp_path / "harm").exists()


def test_a_romnet_is_refused_and_a_pix2pix_is_no_romnet(checkpoint: Path) -> None:
    """Files of one form, of two systems."""
    with pytest.raises(UserError, match="no Pix2pix checkpoint"):
        load(MethodOptions(checkpoint=resource("baselines", "romnet", "lite.safetensors")))
    with pytest.raises(UserError, match="no ROMNet checkpoint"):
        load_method("romnet", MethodOptions(checkpoint=checkpoint))


def test_without_a_checkpoint_one_is_told_how_to_make_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Never silently random."""
    monkeypatch.chdir(tmp_path)
    for loader, folder, words in (
        (load, "pix2pix", "pix2pix`"),
        (load_colour, "pix2pix-colour", "pix2pix --task colour`"),
    ):
        sentence = f"{folder}/best.safetensors.*train --method {words}"
        with pytest.raises(WeightsError, match=sentence):
            loader(MethodOptions())
