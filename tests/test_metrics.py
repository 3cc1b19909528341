import math
import socket
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.torch import save_file
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from torch import Tensor

from romnet_bench import metrics, weights
from romnet_bench.errors import UserError, WeightsError
from romnet_bench.images import read_rgb


def pictures(count: int, height: int, width: int, seed: int = 0) -> np.ndarray:
    random = np.random.default_rng(seed)
    return random.integers(0, 256, (count, height, width, 3), dtype=np.uint8)


def batch(array: np.ndarray) -> Tensor:
    return torch.from_numpy(array.transpose(0, 3, 1, 2).copy())


@st.composite
def pairs(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    """Two pictures that are anything from equal to unrelated."""
    height, width = draw(st.integers(11, 40)), draw(st.integers(11, 40))
    random = np.random.default_rng(draw(st.integers(0, 2**32)))
    low = draw(st.integers(0, 200))
    x = random.integers(low, draw(st.integers(low + 1, 256)), (height, width, 3))
    noise = random.normal(0, draw(st.sampled_from([0.1, 1, 10, 100])), x.shape)
    return np.uint8(x), np.uint8(np.clip(np.rint(x + noise), 0, 255))


@given(pairs())
@settings(max_examples=60, deadline=None)
def test_agrees_with_scikit_image(pair):
    x, y = pair
    ours = metrics.ssim(batch(x[None]), batch(y[None]))
    theirs = structural_similarity(
        x,
        y,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        data_range=255,
        channel_axis=-1,
    )
    assert ours.item() == pytest.approx(theirs, abs=1e-6)
    ours = metrics.psnr(batch(x[None]), batch(y[None]))
    if np.array_equal(x, y):
        assert ours.item() == 100
    else:
        expected = min(peak_signal_noise_ratio(x, y, data_range=255), 100)
        assert ours.item() == pytest.approx(expected, abs=1e-6)


@given(pairs())
@settings(max_examples=30, deadline=None)
def test_symmetric_and_in_range(pair):
    x, y = (batch(picture[None]) for picture in pair)
    for metric, low, high in ((metrics.psnr, 0, 100), (metrics.ssim, -1, 1)):
        assert metric(x, y).item() == pytest.approx(metric(y, x).item(), abs=1e-9)
        assert low <= metric(x, y).item() <= high


def test_identical_pictures_reach_the_cap():
    x = batch(pictures(2, 16, 20))
    assert metrics.psnr(x, x).tolist() == [100, 100]
    assert metrics.ssim(x, x).tolist() == pytest.approx([1, 1], abs=1e-12)


def test_psnr_does_not_wrap_around():
    """0 − 1 is 255 in uint8: a metric that subtracts so reads 0 dB for a difference of one."""
    dark = torch.zeros(1, 3, 12, 12, dtype=torch.uint8)
    assert metrics.psnr(dark, dark + 1).item() == pytest.approx(20 * math.log10(255))


def test_pictures_of_a_batch_are_measured_alone():
    x, y = batch(pictures(3, 40, 40, seed=1)), batch(pictures(3, 40, 40, seed=2))
    y[1] = x[1]
    for metric in (metrics.psnr, metrics.ssim):
        alone = [metric(x[i : i + 1], y[i : i + 1]).item() for i in range(3)]
        assert metric(x, y).tolist() == pytest.approx(alone, abs=1e-9)
        assert metric(x, y).dtype == torch.float64


def test_picture_batch_takes_grey_and_colour():
    colour = pictures(1, 12, 15)[0]
    assert torch.equal(metrics.picture_batch(colour), batch(colour[None]))
    grey = metrics.picture_batch(colour[..., 0])
    assert grey.shape == (1, 3, 12, 15)
    assert torch.equal(grey[0, 2], torch.from_numpy(colour[..., 0].copy()))


@pytest.mark.parametrize("metric", [metrics.psnr, metrics.ssim])
@pytest.mark.parametrize(
    ("output", "target", "message"),
    [
        (torch.rand(1, 3, 16, 16), torch.rand(1, 3, 16, 16), "float32"),
        (torch.zeros(1, 3, 16, 16).byte(), torch.zeros(1, 3, 16, 16), "target is torch.float32"),
        (torch.zeros(3, 16, 16).byte(), torch.zeros(3, 16, 16).byte(), "B×3×H×W"),
        (torch.zeros(1, 1, 16, 16).byte(), torch.zeros(1, 1, 16, 16).byte(), "B×3×H×W"),
        (torch.zeros(1, 3, 0, 16).byte(), torch.zeros(1, 3, 0, 16).byte(), "B×3×H×W"),
        (torch.zeros(1, 3, 16, 16).byte(), torch.zeros(1, 3, 16, 17).byte(), "differ in shape"),
    ],
)
def test_wrong_input_is_refused(metric, output, target, message):
    with pytest.raises(ValueError, match=message):
        metric(output, target)


def test_ssim_refuses_what_is_smaller_than_its_window():
    x = batch(pictures(1, 10, 30))
    with pytest.raises(metrics.MetricError, match="11 pixels a side, the picture has 10×30"):
        metrics.ssim(x, x)
    assert issubclass(metrics.MetricError, UserError)


@pytest.fixture(scope="session")
def alexnet(shared: Path) -> torch.nn.Module:
    return metrics.lpips_model(shared / "weights" / "alexnet-features.safetensors", "cpu")


def test_lpips_golden_values(shared, alexnet):
    folder = shared / "data" / "lpips-golden"
    reference, far, near = (
        metrics.picture_batch(read_rgb(folder / f"{name}.png"))
        for name in ("ex_ref", "ex_p0", "ex_p1")
    )
    assert metrics.lpips(alexnet, far, reference).item() == pytest.approx(0.721881, abs=1e-4)
    assert metrics.lpips(alexnet, near, reference).item() == pytest.approx(0.137566, abs=1e-4)
    both = metrics.lpips(alexnet, torch.cat([far, near]), torch.cat([reference] * 2))
    assert both.tolist() == pytest.approx([0.721881, 0.137566], abs=1e-4)
    assert metrics.lpips(alexnet, reference, reference).item() == 0


def test_lpips_refuses_what_is_too_small(alexnet):
    side = metrics.LPIPS_SIDE
    x = batch(pictures(1, side, side))
    assert metrics.lpips(alexnet, x, x).item() == 0
    with pytest.raises(metrics.MetricError, match=f"LPIPS needs {side} pixels"):
        metrics.lpips(alexnet, x[:, :, 1:], x[:, :, 1:])


def random_alexnet(path: Path) -> dict[str, Tensor]:
    """Random weights in AlexNet's shapes, for what does not depend on their values."""
    generator = torch.Generator().manual_seed(0)
    shapes = {
        0: (64, 3, 11),
        3: (192, 64, 5),
        6: (384, 192, 3),
        8: (256, 384, 3),
        10: (256, 256, 3),
    }
    tensors = {}
    for layer, (out, into, side) in shapes.items():
        weight = torch.randn(out, into, side, side, generator=generator)
        tensors[f"features.{layer}.weight"] = weight / (into * side**2) ** 0.5
        tensors[f"features.{layer}.bias"] = torch.zeros(out)
    save_file(tensors, path)
    return tensors


def test_lpips_model_is_silent_offline_and_leaves_the_random_stream(
    tmp_path, monkeypatch, capfd, recwarn
):
    path = tmp_path / "alexnet-features.safetensors"
    tensors = random_alexnet(path)

    def refuse(*args: object) -> None:
        raise AssertionError("touched the network")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    state = torch.random.get_rng_state()
    model = metrics.lpips_model(path, "cpu")
    assert torch.equal(torch.random.get_rng_state(), state)
    assert capfd.readouterr() == ("", "")
    assert not list(recwarn)
    assert not model.training
    assert not any(parameter.requires_grad for parameter in model.parameters())
    assert torch.equal(model.net.slice3[1].weight, tensors["features.6.weight"])


def test_lpips_model_takes_a_whole_torchvision_checkpoint(tmp_path):
    tensors = random_alexnet(tmp_path / "alexnet-features.safetensors")
    path = tmp_path / "alexnet-owt-7be5be79.pth"
    torch.save({**tensors, "classifier.1.weight": torch.zeros(2, 2)}, path)
    x, y = batch(pictures(1, 40, 40, seed=1)), batch(pictures(1, 40, 40, seed=2))
    from_pth = metrics.lpips(metrics.lpips_model(path, "cpu"), x, y)
    assert from_pth.item() > 0


def test_lpips_model_refuses_other_weights(tmp_path):
    path = tmp_path / "other.safetensors"
    save_file({"features.0.weight": torch.zeros(64, 3, 3, 3)}, path)
    with pytest.raises(WeightsError, match=r"other\.safetensors does not hold AlexNet"):
        metrics.lpips_model(path, "cpu")


def test_weights_are_found_by_the_names_that_lpips_asks_for():
    assert "alexnet-owt-7be5be79.pth" in weights.SOURCES["alexnet"].file_names


@pytest.mark.parametrize("strip", [1, 7, 64])
def test_ssim_in_strips_is_ssim_of_the_whole(strip, monkeypatch):
    x, y = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (2, 2, 3, 43, 25), np.uint8))
    monkeypatch.setattr(metrics, "_STRIP", 10**6)
    whole = metrics.ssim(x, y)
    monkeypatch.setattr(metrics, "_STRIP", strip)
    assert metrics.ssim(x, y).tolist() == pytest.approx(whole.tolist(), abs=1e-12)
