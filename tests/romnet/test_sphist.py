"""SPHist against loops, and what the paper says of it."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from romnet_bench.romnet.presets import HistogramConfig
from romnet_bench.romnet.sphist import SPHist, initial_centers, spatial_histogram


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


def test_gradient_reaches_centers_and_picture() -> None:
    """It is differentiable, as the paper wants it."""
    sphist = SPHist(HistogramConfig(bins=8))
    ab = torch.zeros(1, 2, 4, 4, requires_grad=True)
    (sphist(ab) * torch.arange(16.0).view(1, 16, 1, 1)).sum().backward()
    assert sphist.centers.grad is not None
    assert sphist.centers.grad.abs().sum() > 0
    assert ab.grad is not None
    assert ab.grad.abs().sum() > 0
