"""The five losses by hand on small cases."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import energy_distance, wasserstein_distance

from romnet_bench.romnet.losses import (
    adversarial_loss,
    discriminator_loss,
    histogram_loss,
    perceptual_loss,
    reconstruction_loss,
    relative_perceptual_loss,
    total_loss,
)
from romnet_bench.romnet.presets import HistogramConfig, LossConfig
from romnet_bench.romnet.sphist import SPHist


def _one_bin(k: int, bins: int = 4) -> torch.Tensor:
    """A picture whose a and b all fall into bin k."""
    sphist = torch.zeros(1, 2 * bins, 2, 2)
    sphist[:, [k, bins + k]] = 1
    return sphist


def _shares(shares: np.ndarray) -> torch.Tensor:
    """A picture of one pixel, of these shares of the bins of a and of b: 2×K."""
    return torch.from_numpy(shares / shares.sum(1, keepdims=True)).reshape(1, -1, 1, 1)


shares = st.integers(0, 2**32 - 1).map(
    lambda seed: np.random.default_rng(seed).dirichlet([0.3] * 9, size=2)
)
"""Uneven histograms of a and of b with nine bins."""


def test_histogram_loss_by_hand() -> None:
    """CDFs of bins 0 and 2 differ by one in two places, for a and for b."""
    assert float(histogram_loss(_one_bin(0), _one_bin(2), bins=4)) == pytest.approx(2 * 2)
    assert float(histogram_loss(_one_bin(1), _one_bin(1), bins=4)) == 0


def test_histogram_loss_orders_like_the_earth_movers_distance() -> None:
    """For one-bin histograms it is SciPy's distance, and colours further away cost more."""
    for k in range(1, 4):
        emd = wasserstein_distance([0], [k])
        assert float(histogram_loss(_one_bin(0), _one_bin(k), bins=4)) == pytest.approx(2 * emd)


@given(one=shares, other=shares)
def test_histogram_loss_is_equation_7(one: np.ndarray, other: np.ndarray) -> None:
    """Written out in float64, and SciPy's energy distance: its square is twice ∫(CDF − CDF)²."""
    expected = energy = 0.0
    width = 2 / 9
    places = -1 + width * np.arange(1, 10)
    for x, y in zip(one, other, strict=True):
        cumulative_x = cumulative_y = 0.0
        for k in range(9):
            cumulative_x += x[k]
            cumulative_y += y[k]
            expected += (cumulative_x - cumulative_y) ** 2
        energy += energy_distance(places, places, x, y) ** 2 / 2
    loss = float(histogram_loss(_shares(one), _shares(other), bins=9))
    assert loss == pytest.approx(expected, abs=1e-12)
    assert loss * width == pytest.approx(energy, abs=1e-9)


@given(one=shares, other=shares)
def test_histogram_loss_is_bounded_by_the_earth_movers_distance(
    one: np.ndarray, other: np.ndarray
) -> None:
    """W = Σ|d| with |d| ≤ 1, so W²/K ≤ Σd² ≤ W, with equality on the right for one-bin pictures."""
    bins = np.arange(9)
    loss = float(histogram_loss(_shares(one), _shares(other), bins=9))
    moved = [wasserstein_distance(bins, bins, *pair) for pair in zip(one, other, strict=True)]
    assert sum(w**2 for w in moved) / 9 - 1e-9 <= loss <= sum(moved) + 1e-9


def test_histogram_loss_grows_with_the_shift_of_colours() -> None:
    """Through SPHist: colours moved further cost more, as wasserstein_distance says they do."""
    sphist = SPHist(HistogramConfig(bins=32))
    ab = torch.rand(1, 2, 16, 16, generator=torch.Generator().manual_seed(0)) * 0.6 - 0.8
    shifts = [0.0, 0.02, 0.05, 0.1, 0.2, 0.4, 0.8]
    with torch.inference_mode():
        losses = [float(histogram_loss(sphist(ab + s), sphist(ab), bins=32)) for s in shifts]
    moved = [wasserstein_distance((ab[0, 0] + s).flatten(), ab[0, 0].flatten()) for s in shifts]
    assert moved == pytest.approx(shifts, abs=1e-6)
    assert losses[0] == 0
    assert losses == sorted(set(losses))


def test_histogram_loss_teaches_the_output_its_colours() -> None:
    """Stepping down its gradient moves the output's colours to the reference's."""
    sphist = SPHist(HistogramConfig(bins=32))
    output = torch.full((1, 2, 4, 4), -0.3, requires_grad=True)
    histogram_loss(sphist(output), sphist(torch.full((1, 2, 4, 4), 0.2)), bins=32).backward()
    assert output.grad is not None
    assert (output.grad < 0).all()


def test_histogram_loss_compares_pictures_of_two_sizes() -> None:
    """Both are shares of places."""
    large = torch.nn.functional.interpolate(_one_bin(1), (6, 4))
    assert float(histogram_loss(_one_bin(1), large, bins=4)) == pytest.approx(0)


def test_reconstruction_and_perceptual_loss_by_hand() -> None:
    """Means over everything, summed over maps."""
    assert float(reconstruction_loss(torch.tensor([1.0, -2.0]), torch.zeros(2))) == 1.5
    maps = [torch.full((1, 3, 2, 2), 2.0), torch.full((1, 5, 1, 1), 3.0)]
    zeros = [torch.zeros_like(x) for x in maps]
    assert float(perceptual_loss(maps, zeros)) == pytest.approx(4 + 9)


def test_relative_perceptual_loss_does_not_know_the_networks_scale() -> None:
    """Doubling every activation of a network changes nothing; a hand-made case."""
    output, target = [torch.full((1, 1, 2, 2), 3.0)], [torch.full((1, 1, 2, 2), 2.0)]
    loss = relative_perceptual_loss(output, target)
    assert float(loss) == pytest.approx((3 / 2 - 1) ** 2)
    doubled = relative_perceptual_loss([output[0] * 2], [target[0] * 2])
    assert float(doubled) == pytest.approx(float(loss))


def test_adversarial_losses_are_equation_9() -> None:
    """Against −log of sigmoids."""
    real, made = torch.tensor([[0.3]]), torch.tensor([[-1.2]])

    def sigmoid(x: float) -> float:
        return 1 / (1 + math.exp(-x))

    expected = -math.log(sigmoid(0.3)) - math.log(1 - sigmoid(-1.2))
    assert float(discriminator_loss(real, made)) == pytest.approx(expected)
    assert float(adversarial_loss(made)) == pytest.approx(-math.log(sigmoid(-1.2)))


def test_total_has_the_papers_weights() -> None:
    """α 1.0, β 0.2, λ 0.5, γ 1.0, η 0.2."""
    names = ("rec_L", "perc_L", "emd", "rec_ab", "adv")
    factors = (1.0, 0.2, 0.5, 1.0, 0.2)
    for name, factor in zip(names, factors, strict=True):
        parts = {other: torch.tensor(float(other == name)) for other in names}
        assert float(total_loss(parts, LossConfig())) == pytest.approx(factor)


def test_every_loss_of_a_batch_is_the_mean_of_its_shares() -> None:
    """So that several processes learn what one would; a flat patch among them changes nothing."""
    generator = torch.Generator().manual_seed(5)
    maps = [torch.rand(4, 3, 8, 8, generator=generator, dtype=torch.float64) for _ in range(4)]
    maps[1][0] *= 1e-3
    outputs, targets = maps[:2], maps[2:]
    targets[0][1] *= 1e-3
    for loss in (perceptual_loss, relative_perceptual_loss):
        whole = loss(outputs, targets)
        shares = [
            loss([x[part] for x in outputs], [x[part] for x in targets])
            for part in (slice(0, 2), slice(2, 4))
        ]
        assert torch.allclose(whole, torch.stack(shares).mean(), rtol=1e-12)
    histograms = [x.softmax(dim=1).repeat(1, 2, 1, 1) for x in (maps[0], maps[2])]
    whole = histogram_loss(histograms[0], histograms[1], 3)
    halves = [histogram_loss(histograms[0][i : i + 2], histograms[1][i : i + 2], 3) for i in (0, 2)]
    assert torch.allclose(whole, torch.stack(halves).mean(), rtol=1e-12)
