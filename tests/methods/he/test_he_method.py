"""The method he: any size, from files and computed; strict about its weights."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from romnet_bench.color import lightness_grey, picture_to_tensor, rgb_to_lab
from romnet_bench.errors import UserError, WeightsError
from romnet_bench.methods.contract import MethodOptions, NamedMethod, check_outputs
from romnet_bench.methods.he import inputs, method
from romnet_bench.methods.he.colornet import build_colornet
from romnet_bench.methods.he.features import five_maps, from_torchvision
from romnet_bench.methods.he.inputs import working_size
from romnet_bench.methods.he.vgg import Vgg19

SIZES = [(1, 1), (33, 57), (64, 20), (90, 2)]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Predicts colours at small sizes: the same code in a tenth of the time."""
    monkeypatch.setattr(inputs, "SHORT_SIDE", 40)
    monkeypatch.setattr(inputs, "LONG_SIDE", 96)


@pytest.fixture(scope="module")
def he() -> method.He:
    return method.He(MethodOptions(untrained=True))


def photo(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(60, 190, (height, width), np.uint8)


def reference(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(9).integers(0, 256, (height, width, 3), np.uint8)


def test_any_size_goes_in_and_comes_out(small: None, he: method.He) -> None:
    photos = [photo(*size) for size in SIZES]
    lent = [reference(*size) for size in [(50, 31), (1, 1), (3, 100), (48, 48)]]
    before = [x.copy() for x in (*photos, *lent)]
    outputs = he.restore(photos, lent)
    check_outputs(photos, outputs)
    again = he.restore_named(["a", "b", "c", "d"], photos, lent)
    assert all(np.array_equal(a, b) for a, b in zip(outputs, again, strict=True))
    assert all(np.array_equal(a, b) for a, b in zip(before, (*photos, *lent), strict=True))
    assert he.notes == ["random weights", "correspondences computed here"]
    assert set(he.fingerprint().values()) == set(he.notes)


def test_colours_come_from_the_reference(small: None, he: method.He) -> None:
    grey = photo(40, 48)
    one, other = (
        he.restore([grey], [lent])[0]
        for lent in (reference(40, 48), np.full((40, 48, 3), 90, np.uint8))
    )
    assert np.abs(one.astype(int) - other).mean() > 1


def test_lightness_stays(small: None, he: method.He, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a colour fits into sRGB, the output's L is the photo's."""
    colornet = he._colornet
    monkeypatch.setattr(he, "_colornet", lambda x: colornet(x).clamp(-8, 8))
    grey = photo(45, 37)
    output = he.restore([grey], [reference(40, 48)])[0]
    found, expected = (
        rgb_to_lab(picture_to_tensor(np.ascontiguousarray(x)))[0, 0]
        for x in (output, np.stack([grey] * 3, -1))
    )
    assert (found - expected).abs().max() < 0.5
    assert output.std(axis=-1).mean() > 1


def test_files_are_found_by_id(
    small: None, tmp_path: Path, combo_bytes: Callable[..., bytes]
) -> None:
    (tmp_path / "one.combo").write_bytes(combo_bytes(40, 60))
    (tmp_path / "two.combo").write_bytes(combo_bytes(60, 40, seed=1))
    he = method.load(MethodOptions(untrained=True, correspondences=tmp_path))
    assert isinstance(he, NamedMethod)
    assert he.notes == ["random weights"]
    photos = [photo(30, 20), photo(20, 30)]
    outputs = he.restore_named(["two", "one"], photos, [None, None])
    check_outputs(photos, outputs)
    assert np.array_equal(outputs[1], he.restore_named(["one"], photos[1:], [None])[0])
    with pytest.raises(UserError, match="not of this one"):
        he.restore_named(["one"], photos[:1], [None])
    with pytest.raises(UserError, match="There is no file"):
        he.restore_named(["three"], photos[:1], [None])
    with pytest.raises(UserError, match="restore_named"):
        he.restore(photos, [None, None])


def test_ids_never_leave_the_folder(
    small: None, tmp_path: Path, combo_bytes: Callable[..., bytes]
) -> None:
    (tmp_path / "secret.combo").write_bytes(combo_bytes(20, 30))
    (tmp_path / "inside").mkdir()
    he = method.load(MethodOptions(untrained=True, correspondences=tmp_path / "inside"))
    assert isinstance(he, NamedMethod)
    for identity in ("../secret", str(tmp_path / "secret")):
        with pytest.raises(UserError, match="There is no file"):
            he.restore_named([identity], [photo(20, 30)], [None])


def test_with_files_no_reference_is_asked_for(tmp_path: Path, he: method.He) -> None:
    assert he.needs_reference
    assert not method.load(MethodOptions(untrained=True, correspondences=tmp_path)).needs_reference


def test_only_files_are_fingerprinted(tmp_path: Path, combo_bytes: Callable[..., bytes]) -> None:
    (tmp_path / "folder.combo").mkdir()
    (tmp_path / "gone.combo").symlink_to(tmp_path / "nowhere")
    he = method.load(MethodOptions(untrained=True, correspondences=tmp_path))
    empty = he.fingerprint()
    (tmp_path / "one.combo").write_bytes(combo_bytes(5, 6))
    assert he.fingerprint() != empty


def test_the_fingerprint_knows_the_files(tmp_path: Path, combo_bytes: Callable[..., bytes]) -> None:
    he = method.load(MethodOptions(untrained=True, correspondences=tmp_path))
    marks = []
    for seed in (0, 1, 0):
        (tmp_path / "one.combo").write_bytes(combo_bytes(5, 6, seed=seed))
        marks.append(he.fingerprint()["correspondences"])
    assert marks[0] == marks[2] != marks[1]


def test_what_is_missing_is_said(tmp_path: Path, he: method.He) -> None:
    with pytest.raises(UserError, match="needs a colour reference"):
        he.restore([photo(20, 30)], [None])
    with pytest.raises(UserError, match="is no folder"):
        method.load(MethodOptions(untrained=True, correspondences=tmp_path / "none"))
    with pytest.raises(WeightsError, match="romnet-bench weights fetch"):
        method.load(MethodOptions(weights=tmp_path))


def test_weights_are_taken_from_their_file(tmp_path: Path) -> None:
    torch.save(build_colornet().state_dict(), tmp_path / method.COLORNET)
    he = method.load(MethodOptions(weights=tmp_path, correspondences=tmp_path))
    assert he.notes == []
    assert len(he.fingerprint()["weights"]) == 64


def test_weights_of_another_network_are_refused(tmp_path: Path) -> None:
    state = build_colornet().state_dict()
    state["conv1_1.0.weight"] = torch.zeros(32, 7, 3, 3)
    torch.save(state, tmp_path / method.COLORNET)
    with pytest.raises(WeightsError, match=r"another shape conv1_1\.0\.weight"):
        method.load(MethodOptions(weights=tmp_path, correspondences=tmp_path))


def test_torchvision_weights_find_their_layers() -> None:
    """The same numbers in torchvision's own layers give the same maps."""
    from torchvision.models.vgg import cfgs, make_layers

    layers = make_layers(cfgs["E"]).eval()
    state = {f"features.{key}": value.clone() for key, value in layers.state_dict().items()}
    state["classifier.0.weight"] = torch.zeros(1)
    network = Vgg19()
    network.load_state_dict(from_torchvision(state))
    grey = photo(32, 48)
    with torch.inference_mode():
        found = five_maps(network, grey)
        pixels = rgb_to_lab(picture_to_tensor(np.stack([grey] * 3, -1)))[:, :1] / 100
        mean, std = (
            torch.tensor(x).view(1, 3, 1, 1) for x in ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
        )
        x = (pixels - mean) / std
        for index, layer in enumerate(layers):
            x = layer(x)
            if index in (1, 6, 11, 20, 29):  # relu1_1 … relu5_1
                # The next ReLU works in place on what follows, not on this map.
                assert torch.allclose(found[(1, 6, 11, 20, 29).index(index)], x, atol=1e-5)


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ((256, 340), (256, 340)),
        ((512, 768), (256, 384)),
        ((1, 1), (256, 256)),
        ((100, 300), (256, 768)),
        ((10, 5000), (16, 1024)),
        ((3000, 1000), (768, 256)),
    ],
)
def test_working_sizes(size: tuple[int, int], expected: tuple[int, int]) -> None:
    assert working_size(*size) == expected


def test_a_grey_reference_is_no_trouble(small: None, he: method.He) -> None:
    check_outputs([photo(20, 20)], he.restore([photo(20, 20)], [lightness_grey(reference(20, 20))]))
