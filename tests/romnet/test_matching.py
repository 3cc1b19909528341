"""The similarity sub-net against loops in float64."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from romnet_bench.romnet.matching import MatchingFeatures, similarity_map, warp
from romnet_bench.romnet.presets import MatchingConfig


def _random(*shape: int, seed: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_similarity_is_equation_2() -> None:
    """Centred cosine of every pair of places, written out."""
    m_i, m_r = _random(1, 6, 2, 3, seed=1), _random(1, 6, 3, 2, seed=2)
    phi = similarity_map(m_i, m_r)
    assert phi.shape == (1, 6, 6)
    inputs, references = m_i[0].flatten(1).T, m_r[0].flatten(1).T
    for u, x in enumerate(inputs - inputs.mean(0)):
        for v, y in enumerate(references - references.mean(0)):
            assert float(phi[0, u, v]) == pytest.approx(float(x @ y / (x.norm() * y.norm())))


@settings(deadline=None, max_examples=25)
@given(
    size=st.tuples(st.integers(1, 5), st.integers(1, 5), st.integers(1, 5), st.integers(1, 5)),
    channels=st.integers(2, 9),
    values=st.integers(1, 20),
    temperature=st.sampled_from([0.005, 0.05, 1.0]),
    seed=st.integers(0, 99),
)
def test_warp_is_softmax_times_values(
    size: tuple[int, int, int, int], channels: int, values: int, temperature: float, seed: int
) -> None:
    """Attention gives what the explicit N×N map gives, values and gradients."""
    h, w, h_r, w_r = size
    m_i = _random(2, channels, h, w, seed=seed).requires_grad_()
    m_r = _random(2, channels, h_r, w_r, seed=seed + 1).requires_grad_()
    v = _random(2, values, h_r, w_r, seed=seed + 2).requires_grad_()
    moved = warp(m_i, m_r, v, temperature)
    rows = torch.softmax(similarity_map(m_i, m_r) / temperature, dim=2)
    assert torch.allclose(rows.sum(2), torch.ones_like(rows.sum(2)))
    explicit = (rows @ v.flatten(2).transpose(1, 2)).transpose(1, 2).reshape(2, values, h, w)
    assert torch.allclose(moved, explicit, atol=1e-6)
    weights = _random(*moved.shape, seed=seed + 3)
    for mine, theirs in zip(
        torch.autograd.grad((moved * weights).sum(), (m_i, m_r, v)),
        torch.autograd.grad((explicit * weights).sum(), (m_i, m_r, v)),
        strict=True,
    ):
        assert torch.allclose(mine, theirs, atol=1e-6)


def test_warp_finds_the_same_place() -> None:
    """A shuffled copy of the input gives every place its own value back."""
    m_i = _random(1, 32, 4, 4, seed=3)
    order = torch.randperm(16, generator=torch.Generator().manual_seed(4))
    m_r = m_i.flatten(2)[..., order].view(1, 32, 4, 4)
    values = torch.arange(16, dtype=torch.float64)[order].view(1, 1, 4, 4)
    moved = warp(m_i, m_r, values, temperature=0.005)
    assert torch.allclose(moved.flatten(), torch.arange(16, dtype=torch.float64), atol=1e-3)


def test_levels_are_weighted_by_a() -> None:
    """Eq. 1: where A_ij is zero, level j does not reach scale i."""
    features = MatchingFeatures(MatchingConfig(level_channels=4, channels=6), (3, 5, 7, 9))
    with torch.no_grad():
        features.A[1, 2] = 0
    maps = [torch.randn(1, c, 8 // 2**i, 8 // 2**i) for i, c in enumerate((3, 5, 7, 9))]
    sizes = [(8, 8), (4, 4), (2, 2), (1, 1)]
    before = features(maps, sizes)
    assert [tuple(m.shape) for m in before] == [(1, 6, h, w) for h, w in sizes]
    maps[2] = maps[2] + 1
    after = features(maps, sizes)
    assert torch.equal(before[1], after[1])
    assert not torch.equal(before[0], after[0])
