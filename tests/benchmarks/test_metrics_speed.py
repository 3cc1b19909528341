"""Seconds a 512×512 picture takes, beside scikit-image's."""

import numpy as np
import pytest
from skimage.metrics import structural_similarity

from romnet_bench import metrics


@pytest.fixture(scope="module")
def pair() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    x, y = random.integers(0, 256, (2, 512, 512, 3), dtype=np.uint8)
    return x, y


@pytest.mark.parametrize("metric", [metrics.psnr, metrics.ssim])
def test_pixel_metrics(benchmark, pair, metric):
    batches = [metrics.picture_batch(picture) for picture in pair]
    assert benchmark(metric, *batches).item() < 100


def test_scikit_image_ssim(benchmark, pair):
    value = benchmark(
        structural_similarity,
        *pair,
        gaussian_weights=True,
        sigma=1.5,
        use_sample_covariance=False,
        data_range=255,
        channel_axis=-1,
    )
    assert value < 1


def test_lpips(benchmark, pair, shared):
    model = metrics.lpips_model(shared / "weights" / "alexnet-features.safetensors", "cpu")
    batches = [metrics.picture_batch(picture) for picture in pair]
    assert benchmark(metrics.lpips, model, *batches).item() > 0
