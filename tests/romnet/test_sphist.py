"""SPHist against loops, and what the paper says of it."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor
from torch.nn.functional import avg_pool2d

from romnet_bench.romnet.presets import OFFICIAL, PAPER, HistogramConfig
from romnet_bench.romnet.sphist import (
    SPHist,
    initial_centers,
    pooled_histogram,
    spatial_histogram,
)


def _chroma(*shape: int, dtype: torch.dtype = torch.float32) -> Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(0), dtype=dtype) * 2 - 1


def test_centers_are_equation_4() -> None:
    """u_k = v_min + (v_max − v_min)/K · k, k = 1…K."""
    expected = [-1 + 2 / 256 * k for k in range(1, 257)]
    assert initial_centers(256, -1, 1).tolist() == pytest.approx(expected)


def test_every_pixel_is_equation_3() -> None:
    """Against the formula written out in float64, pixel by pixel and bin by bin."""
    generator = torch.Generator().manual_seed(0)
    ab = torch.rand(1, 2, 3, 4, generator=generator) * 2 - 1
    centers = initial_centers(5, -1, 1)
    histogram = spatial_histogram(ab, centers, sigma=0.1)
    assert histogram.shape == (1, 10, 3, 4)
    for channel in range(2):
        for i in range(3):
            for j in range(4):
                value = float(ab[0, channel, i, j])
                weights = [math.exp(-((value - float(u)) ** 2) / (2 * 0.1**2)) for u in centers]
                for k in range(5):
                    expected = weights[k] / sum(weights)
                    assert float(histogram[0, 5 * channel + k, i, j]) == pytest.approx(
                        expected, abs=1e-6
                    )


@given(value=st.floats(-1.5, 1.5), bins=st.integers(2, 64), sigma=st.sampled_from([0.01, 0.1, 1.0]))
def test_sums_to_one_and_stays_finite(value: float, bins: int, sigma: float) -> None:
    """Also far from every centre and for the narrow σ of the authors' code."""
    histogram = spatial_histogram(
        torch.full((1, 2, 1, 1), value), initial_centers(bins, -1, 1), sigma
    )
    assert torch.isfinite(histogram).all()
    assert histogram.view(2, bins).sum(1).tolist() == pytest.approx([1, 1], abs=1e-5)


@pytest.mark.parametrize("factor", [1, 2, 4])
@pytest.mark.parametrize("sigma", [0.01, 0.1])
def test_pooled_is_the_average_of_the_whole(factor: int, sigma: float) -> None:
    """Values and gradients of the histogram that is stored whole, in float64 within 1e-12."""
    ab = _chroma(2, 2, 8, 12, dtype=torch.float64).requires_grad_()
    centers = initial_centers(7, -1, 1).double().requires_grad_()
    whole = avg_pool2d(spatial_histogram(ab, centers, sigma), factor)
    pooled = pooled_histogram(ab, centers, sigma, factor)
    assert pooled.shape == (2, 14, 8 // factor, 12 // factor)
    assert torch.allclose(pooled, whole, rtol=0, atol=1e-12)
    with torch.no_grad():
        assert torch.equal(pooled_histogram(ab, centers, sigma, factor), pooled)
    weights = _chroma(*whole.shape, dtype=torch.float64)
    mine = torch.autograd.grad((pooled * weights).sum(), (ab, centers))
    theirs = torch.autograd.grad((whole * weights).sum(), (ab, centers))
    for one, other in zip(mine, theirs, strict=True):
        assert other.abs().max() > 0.01
        assert torch.allclose(one, other, rtol=0, atol=1e-12)


def test_pooled_keeps_no_whole_histogram_for_its_gradient() -> None:
    """What autograd keeps is less than a tenth of one histogram of every pixel."""
    kept = 0

    def keep(tensor: Tensor) -> Tensor:
        nonlocal kept
        kept += tensor.numel()
        return tensor

    ab = _chroma(1, 2, 32, 32).requires_grad_()
    centers = initial_centers(64, -1, 1).requires_grad_()
    whole = 2 * 64 * 32 * 32
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        pooled_histogram(ab, centers, 0.1, 4)
        assert kept < whole / 10
        spatial_histogram(ab, centers, 0.1)
        assert kept > whole  # so the count does see what is kept


def test_sphist_stands_at_a_quarter_or_averages_ab_before() -> None:
    """×1/4 of the histogram of every pixel; with `pool=8` the histogram of ×1/8 of ab."""
    ab = _chroma(1, 2, 16, 24)
    centers = initial_centers(5, -1, 1)
    every_pixel = SPHist(HistogramConfig(bins=5))(ab)
    assert torch.allclose(every_pixel, avg_pool2d(spatial_histogram(ab, centers, 0.1), 4))
    before = SPHist(HistogramConfig(bins=5, sigma=0.01, pool=8))(ab)
    assert before.shape == (1, 10, 2, 3)
    assert torch.allclose(before, spatial_histogram(avg_pool2d(ab, 8), centers, 0.01))


@pytest.mark.parametrize("config", [PAPER.histogram, OFFICIAL.histogram], ids=("paper", "official"))
def test_sphist_sums_to_one_and_every_center_learns(config: HistogramConfig) -> None:
    """At every place, for a and for b; each of the 256 centres has a gradient of its own."""
    sphist = SPHist(config)
    # Colours from end to end of the range, each bin's among them, constant in squares of 8×8.
    colors = torch.linspace(-1, 1, 512).view(1, 2, 16, 16)
    ab = colors.repeat_interleave(8, 2).repeat_interleave(8, 3).requires_grad_()
    histogram = sphist(ab)
    sums = histogram.unflatten(1, (2, config.bins)).sum(2)
    assert torch.allclose(sums, torch.ones_like(sums), atol=1e-5)
    (histogram * _chroma(*histogram.shape)).sum().backward()
    for gradient in (sphist.centers.grad, ab.grad):
        assert gradient is not None
        assert torch.isfinite(gradient).all()
        assert gradient.abs().min() > 0


def test_gradient_reaches_centers_and_picture() -> None:
    """Against finite differences in float64: it is differentiable, as the paper wants it."""
    ab = _chroma(1, 2, 4, 4, dtype=torch.float64).requires_grad_()
    centers = initial_centers(6, -1, 1).double().requires_grad_()
    assert torch.autograd.gradcheck(lambda x, u: spatial_histogram(x, u, 0.1), (ab, centers))
