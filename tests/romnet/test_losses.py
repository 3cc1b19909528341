"""The five losses by hand on small cases."""

import math

import pytest
import torch
from scipy.stats import wasserstein_distance

from romnet_bench.romnet.losses import (
    adversarial_loss,
    discriminator_loss,
    histogram_loss,
    perceptual_loss,
    reconstruction_loss,
    relative_perceptual_loss,
    total_loss,
)
from romnet_bench.romnet.presets import LossConfig


def _one_bin(k: int, bins: int = 4) -> torch.Tensor:
    """A picture whose a and b all fall into bin k."""
    sphist = torch.zeros(1, 2 * bins, 2, 2)
    sphist[:, [k, bins + k]] = 1
    return sphist


def test_histogram_loss_by_hand() -> None:
    """CDFs of bins 0 and 2 differ by one in two places, for a and for b."""
    assert float(histogram_loss(_one_bin(0), _one_bin(2), bins=4)) == pytest.approx(2 * 2)
    assert float(histogram_loss(_one_bin(1), _one_bin(1), bins=4)) == 0


def test_histogram_loss_orders_like_the_earth_movers_distance() -> None:
    """For one-bin histograms it is SciPy's distance, and colours further away cost more."""
    for k in range(1, 4):
        emd = wasserstein_distance([0], [k])
        assert float(histogram_loss(_one_bin(0), _one_bin(k), bins=4)) == pytest.approx(2 * emd)


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
