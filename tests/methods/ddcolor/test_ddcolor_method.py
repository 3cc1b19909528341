"""DDColor as a method: what the network sees, what becomes of its colours, which files it takes."""

from collections.abc import Callable

import numpy as np
import pytest
import torch
from skimage.color import lab2rgb, rgb2lab

from romnet_bench.errors import WeightsError
from romnet_bench.methods.contract import MethodOptions, check_outputs
from romnet_bench.methods.ddcolor import method
from romnet_bench.methods.ddcolor.checkpoint import adapt
from romnet_bench.methods.ddcolor.convnext import TINY
from romnet_bench.methods.ddcolor.method import Ddcolor, load
from romnet_bench.methods.ddcolor.network import DDColor
from romnet_bench.methods.fill import randomize, strictly

from .conftest import as_published, load_published

FILE = "ddcolor_paper_tiny.pth"


@pytest.fixture(scope="module")
def untrained(module_cache: None) -> Ddcolor:
    return load(MethodOptions(untrained=True))


def photo(height: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width)).astype(np.uint8)


def bilinear(picture: np.ndarray, height: int, width: int) -> np.ndarray:
    """By pixel centres, no antialiasing: the definition, pixel by pixel."""
    rows, columns = picture.shape
    y = np.clip((np.arange(height) + 0.5) * rows / height - 0.5, 0, rows - 1)
    x = np.clip((np.arange(width) + 0.5) * columns / width - 0.5, 0, columns - 1)
    top, left = np.int64(y), np.int64(x)
    bottom, right = np.minimum(top + 1, rows - 1), np.minimum(left + 1, columns - 1)
    down, across = (y - top)[:, None], (x - left)[None]
    upper = picture[top][:, left] * (1 - across) + picture[top][:, right] * across
    lower = picture[bottom][:, left] * (1 - across) + picture[bottom][:, right] * across
    return upper * (1 - down) + lower * down


def instead(monkeypatch: pytest.MonkeyPatch, ab: torch.Tensor) -> list[torch.Tensor]:
    """Lets the network answer `ab`, and keeps what it was asked."""
    asked = []

    def answer(_: DDColor, rgb: torch.Tensor) -> torch.Tensor:
        asked.append(rgb)
        return ab

    monkeypatch.setattr(DDColor, "forward", answer)
    return asked


@pytest.mark.parametrize("size", [(1, 1), (33, 57)])
def test_any_size_and_the_same_twice(untrained, monkeypatch, size):
    monkeypatch.setattr(method, "SIDE", 64)  # for speed
    outputs = untrained.restore([photo(*size)], [None])
    check_outputs([photo(*size)], outputs)
    assert np.array_equal(outputs[0], untrained.restore([photo(*size)], [None])[0])


def test_random_weights_are_said(untrained):
    assert untrained.notes == ["random weights"]
    assert untrained.fingerprint() == {"weights": "random weights"}


@pytest.mark.parametrize("size", [(40, 30), (700, 1100)])
def test_network_sees_a_grey_square(untrained, monkeypatch, size):
    asked = instead(monkeypatch, torch.zeros(1, 2, 512, 512))
    untrained.restore([photo(*size)], [None])
    (seen,) = asked
    assert seen.shape == (1, 3, 512, 512)
    expected = bilinear(photo(*size) / 255, 512, 512)
    assert np.abs(seen[0].numpy() - expected).max() < 1e-5


def test_colours_go_onto_the_photo_by_the_nearest_pixel(untrained, monkeypatch):
    """Against scikit-image's conversions: at most one level apart."""
    ab = 15 * torch.randn(1, 2, 512, 512, generator=torch.Generator().manual_seed(0))
    instead(monkeypatch, ab)
    grey = 60 + photo(100, 70) // 2
    (output,) = untrained.restore([grey], [None])
    rows, columns = (np.arange(side) * 512 // side for side in grey.shape)
    nearest = ab[0].numpy()[:, rows][:, :, columns]
    lightness = rgb2lab(np.stack([grey] * 3, axis=-1))[..., 0]
    expected = 255 * lab2rgb(np.dstack([lightness, *nearest]))
    assert np.abs(output - expected).max() < 1.01


def test_published_names_find_their_places(tmp_path):
    source = DDColor(TINY)
    randomize(source, "another")
    generator = torch.Generator().manual_seed(0)
    for norm in (module for module in source.modules() if isinstance(module, torch.nn.BatchNorm2d)):
        norm.running_mean.normal_(generator=generator)
    ours = load_published(tmp_path, as_published(source))
    assert ours.notes == []
    assert len(ours.fingerprint()["weights"]) == 64
    loaded = ours._network.state_dict()
    for key, expected in source.state_dict().items():
        assert torch.allclose(loaded[key], expected, rtol=1e-4, atol=1e-7), key


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda state: state.pop("decoder.layers.1.bn.running_var"), "lacks pixel_decoder.layers"),
        (lambda state: state.update({"decoder.more": torch.ones(1)}), "besides pixel_decoder.more"),
        (lambda state: state.update(mean=torch.ones(1)), "another shape mean"),
        (lambda state: state.pop("refine_net.0.0.weight_v"), "lacks fusion.weight"),
    ],
)
def test_what_does_not_fit_is_named(change: Callable, said: str):
    with torch.device("meta"):
        network = DDColor(TINY)
        state = as_published(network)
    change(state)
    with pytest.raises(WeightsError, match=said):
        strictly(network, adapt(state), "a file")


def test_another_file_of_that_name_is_refused(tmp_path):
    """The published checksum is known."""
    torch.save({"params": {"mean": torch.ones(1)}}, tmp_path / FILE)
    with pytest.raises(WeightsError, match="not 81dd643904f4"):
        load(MethodOptions(weights=tmp_path))


def test_missing_weights_are_never_random(tmp_path, no_weights):
    with pytest.raises(WeightsError, match="weights fetch ddcolor"):
        load(MethodOptions(weights=tmp_path))
