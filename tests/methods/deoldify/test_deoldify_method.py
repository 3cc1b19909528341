"""DeOldify behind the contract, from files and with random weights."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from romnet_bench.errors import UserError, WeightsError
from romnet_bench.methods.contract import Method, MethodOptions, check_outputs
from romnet_bench.methods.deoldify.method import DeOldify, load_artistic, load_stable
from romnet_bench.methods.deoldify.network import artistic
from romnet_bench.methods.fill import randomize
from romnet_bench.published.manifest import read_manifest

SIZES = ((33, 57), (1, 1), (80, 3))


@pytest.fixture(scope="module")
def method() -> Method:
    return load_artistic(MethodOptions(untrained=True, render_factor=7))


@pytest.fixture(scope="module")
def photos() -> list[np.ndarray]:
    random = np.random.default_rng(0)
    return [random.integers(0, 256, size).astype(np.uint8) for size in SIZES]


def test_keeps_the_contract(method: Method, photos: list[np.ndarray]) -> None:
    assert isinstance(method, Method)
    outputs = method.restore(photos, [None] * len(photos))
    check_outputs(photos, outputs)
    assert any((output.min(axis=-1) < output.max(axis=-1)).any() for output in outputs)
    np.testing.assert_array_equal(method.restore(photos[:1], [None])[0], outputs[0])


def test_random_weights_are_said(method: Method) -> None:
    assert method.notes == ["random weights"]
    assert method.fingerprint() == {"weights": "random weights", "render_factor": "7"}


def test_is_what_its_manifest_says(method: Method) -> None:
    facts = {each.name: each for each in read_manifest("deoldify").methods}
    assert set(facts) == {"deoldify-artistic", "deoldify-stable"}
    for name in ("label", "restores", "colorizes", "needs_reference"):
        assert getattr(method, name) == getattr(facts[method.name], name)


@pytest.mark.usefixtures("any_sha256")
def test_reads_a_published_file(tmp_path: Path, photos: list[np.ndarray]) -> None:
    network = artistic()
    randomize(network, "another")
    torch.save({"model": network.state_dict()}, tmp_path / "ColorizeArtistic_gen.pth")
    loaded = load_artistic(MethodOptions(weights=tmp_path, render_factor=7))
    direct = DeOldify("a", "A", network, "here", device="cpu", render_factor=7)
    np.testing.assert_array_equal(
        loaded.restore(photos[:1], [None])[0], direct.restore(photos[:1], [None])[0]
    )
    assert loaded.notes == []
    assert len(loaded.fingerprint()["weights"]) == 64


@pytest.mark.usefixtures("any_sha256")
def test_refuses_another_network(tmp_path: Path) -> None:
    torch.save(
        {"model": {"layers.0.0.weight": torch.zeros(3)}}, tmp_path / "ColorizeArtistic_gen.pth"
    )
    with pytest.raises(WeightsError, match="another network"):
        load_artistic(MethodOptions(weights=tmp_path))


def test_refuses_another_sha256(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROMNET_BENCH_CACHE", str(tmp_path / "cache"))
    torch.save({"weight": torch.zeros(1)}, tmp_path / "ColorizeArtistic_gen.pth")
    with pytest.raises(WeightsError, match="3f750246fa22"):
        load_artistic(MethodOptions(weights=tmp_path))


@pytest.mark.parametrize("load", [load_artistic, load_stable])
@pytest.mark.parametrize("render_factor", [6, 0, -35])
def test_refuses_a_low_render_factor_at_once(load, render_factor: int) -> None:
    with pytest.raises(UserError, match="7 or more"):
        load(MethodOptions(untrained=True, render_factor=render_factor))


def test_render_factor_decides_the_square() -> None:
    network = Watcher()
    method = DeOldify("d", "D", network, "here", device="cpu", render_factor=9)
    method.restore([np.zeros((5, 8), np.uint8)], [None])
    assert network.shape == (1, 3, 144, 144)


class Watcher(nn.Module):
    """Keeps the shape that it is shown."""

    def forward(self, grey: Tensor) -> Tensor:
        self.shape = tuple(grey.shape)
        return grey


def test_out_of_memory_is_raised() -> None:
    class Greedy(Watcher):
        def forward(self, grey: Tensor) -> Tensor:
            raise torch.OutOfMemoryError("CUDA out of memory")

    method = DeOldify("d", "D", Greedy(), "here", device="cpu", render_factor=7)
    with pytest.raises(torch.OutOfMemoryError):
        method.restore([np.zeros((5, 8), np.uint8)], [None])
