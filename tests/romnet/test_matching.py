"""The similarity sub-net against loops in float64."""

import math
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from romnet_bench.romnet import matching
from romnet_bench.romnet.matching import (
    MatchingFeatures,
    confidence_map,
    similarity_map,
    warp,
)
from romnet_bench.romnet.presets import PRESETS, MatchingConfig

CHANNEL_PAIRS = sorted(
    {
        (preset.matching.channels, values)
        for preset in PRESETS.values()
        for values in (2 * preset.histogram.bins, 2)
    }
)
"""Channels that are compared, and those brought over: SPHist's and ab's, of every preset."""


class LargestTensor(TorchDispatchMode):
    """Watches every operation below autograd, backward passes too, for the largest result."""

    def __init__(self) -> None:
        super().__init__()
        self.numbers = 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> object:
        """Runs the operation."""
        result = func(*args, **(kwargs or {}))
        for value in result if isinstance(result, tuple | list) else (result,):
            if isinstance(value, Tensor):
                self.numbers = max(self.numbers, value.numel())
        return result


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


def test_rows_are_a_softmax_of_similarities() -> None:
    """One float32 row after the other against loops over Python's own numbers."""
    m_i, m_r = _random(1, 6, 2, 3, seed=1).float(), _random(1, 6, 3, 3, seed=2).float()
    # Every place of the reference brings its own number along: the rows themselves come over.
    rows = warp(m_i, m_r, torch.eye(9).view(1, 9, 3, 3), temperature=0.2)[0].flatten(1).T
    assert rows.shape == (6, 9)

    def centred(m: Tensor) -> list[list[float]]:
        places = m[0].flatten(1).T.tolist()
        means = [sum(values) / len(places) for values in zip(*places, strict=True)]
        return [[x - mean for x, mean in zip(place, means, strict=True)] for place in places]

    for u, x in enumerate(centred(m_i)):
        exponentials = []
        for y in centred(m_r):
            product = sum(a * b for a, b in zip(x, y, strict=True))
            exponentials.append(math.exp(product / (math.hypot(*x) * math.hypot(*y)) / 0.2))
        expected = [value / sum(exponentials) for value in exponentials]
        assert rows[u].tolist() == pytest.approx(expected, abs=1e-6)
        assert float(rows[u].sum()) == pytest.approx(1, abs=1e-6)


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


@pytest.mark.parametrize("gradients", [False, True])
@pytest.mark.parametrize(("channels", "values"), CHANNEL_PAIRS)
def test_warps_memory_grows_with_the_pixels(channels: int, values: int, gradients: bool) -> None:
    """No tensor holds more than twice an argument's numbers, so none holds the 1600×1600 map.

    torch falls back to storing that map, without a word, where its fused kernels do not fit.
    """
    m_i, m_r = (_random(1, channels, 40, 40, seed=i).float() for i in range(2))
    v = _random(1, values, 40, 40, seed=2).float()
    arguments = [x.requires_grad_(gradients) for x in (m_i, m_r, v)]
    with LargestTensor() as watched:
        moved = warp(m_i, m_r, v, 0.01)
        if gradients:
            torch.autograd.grad(moved.square().sum(), arguments)
    assert 2 * max(channels, values) < 1600
    assert watched.numbers <= 2 * max(channels, values) * 1600
    with LargestTensor() as explicit:
        similarity_map(m_i, m_r)
    assert explicit.numbers == 1600**2  # so the watch does see what is stored


@pytest.mark.parametrize("rows", [1024, 4])
def test_confidence_is_the_rows_maximum(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Values and gradients of the explicit map's, however many rows are looked at together."""
    monkeypatch.setattr(matching, "_ROWS", rows)
    m_i = _random(2, 6, 3, 5, seed=1).requires_grad_()
    m_r = _random(2, 6, 4, 2, seed=2).requires_grad_()
    confidence = confidence_map(m_i, m_r)
    expected = similarity_map(m_i, m_r).max(2).values.view(2, 1, 3, 5)
    assert confidence.shape == (2, 1, 3, 5)
    assert torch.allclose(confidence, expected, rtol=0, atol=1e-12)
    weights = _random(2, 1, 3, 5, seed=3)
    for mine, theirs in zip(
        torch.autograd.grad((confidence * weights).sum(), (m_i, m_r)),
        torch.autograd.grad((expected * weights).sum(), (m_i, m_r)),
        strict=True,
    ):
        assert theirs.abs().max() > 0.01
        assert torch.allclose(mine, theirs, rtol=0, atol=1e-12)


def test_confidences_memory_grows_with_the_pixels() -> None:
    """Twice the pixels, twice the largest tensor, with gradients too."""
    largest = []
    for width in (32, 64):
        m_i, m_r = (_random(1, 8, 48, width, seed=i).float().requires_grad_() for i in range(2))
        with LargestTensor() as watched:
            confidence_map(m_i, m_r).sum().backward()
        largest.append(watched.numbers)
    assert largest[1] == 2 * largest[0]


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
