"""The partial non-local block: exact for any number of rows, and bounded in memory."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils._python_dispatch import TorchDispatchMode

from romnet_bench.methods.wan.non_local import PartialNonLocal, attend, intact_places


def drawn(seed: int, places: int, channels: int = 6, spread: float = 1.0):
    random = np.random.default_rng(seed)
    queries, keys, values = random.normal(0, spread, (3, 1, channels, places))
    intact = random.random((1, 1, places)) < 0.7
    return queries, keys, values, intact.astype(np.float64)


def dense(queries, keys, values, intact):
    """As the paper and upstream say it: a softmax, masked, of rows brought to a sum of 1."""
    scores = np.einsum("bcq,bck->bqk", queries, keys)
    weights = np.exp(scores - scores.max(-1, keepdims=True))
    weights = weights / weights.sum(-1, keepdims=True) * intact
    weights = weights / np.maximum(weights.sum(-1, keepdims=True), 1e-12)
    return np.einsum("bqk,bck->bcq", weights, values)


def ours(arrays, max_scores: int, dtype=torch.float64) -> torch.Tensor:
    return attend(*(torch.from_numpy(each).to(dtype) for each in arrays), max_scores=max_scores)


@settings(deadline=None, max_examples=40)
@given(
    seed=st.integers(0, 2**32 - 1),
    places=st.integers(1, 40),
    rows=st.integers(1, 45),
    spread=st.sampled_from([0.3, 1.0, 4.0]),
)
def test_attention_is_the_dense_one(seed, places, rows, spread):
    arrays = drawn(seed, places, spread=spread)
    found = ours(arrays, rows * places).numpy()
    assert np.allclose(found, dense(*arrays), atol=1e-10)


def test_rows_at_a_time_equal_all_at_once():
    """In float32, within 1e-5, for a last part of another length too."""
    arrays = drawn(0, 1000, channels=32, spread=0.4)
    at_once = ours(arrays, 1000 * 1000, torch.float32)
    for rows in (1, 7, 256, 999):
        assert (ours(arrays, rows * 1000, torch.float32) - at_once).abs().max() <= 1e-5


def test_a_share_of_next_to_nothing_is_not_raised():
    """One place is 40 more like than the only intact one: e^-40 is below the bound of 1e-12."""
    queries, keys = np.array([[[1.0, 1.0]]]), np.array([[[40.0, 0.0]]])
    values, intact = np.array([[[5.0, 7.0]]]), np.array([[[0.0, 1.0]]])
    found = ours((queries, keys, values, intact), 4).numpy()
    assert np.allclose(found, 7 * np.exp(-40) / 1e-12, rtol=1e-6)


@pytest.mark.parametrize("intact", [0.0, 1.0])
def test_nothing_and_everything_intact(intact):
    queries, keys, values, mask = drawn(3, 20)
    arrays = (queries, keys, values, np.full_like(mask, intact))
    found = ours(arrays, 100).numpy()
    assert np.allclose(found, dense(*arrays), atol=1e-12)
    assert (found.std() > 0.01) == bool(intact)


def test_scores_far_apart_neither_overflow_nor_vanish():
    arrays = drawn(1, 30, spread=100.0)
    found = ours(arrays, 300, torch.float32)
    assert torch.isfinite(found).all()
    assert np.allclose(found.numpy(), dense(*arrays), atol=1e-3)


class Largest(TorchDispatchMode):
    """Remembers how many numbers the largest tensor held."""

    size = 0

    def __torch_dispatch__(self, function, types, arguments=(), named=None):
        result = function(*arguments, **(named or {}))
        if isinstance(result, torch.Tensor):
            self.size = max(self.size, result.numel())
        return result


@pytest.mark.parametrize("places", [400, 1600])
def test_memory_is_bounded(places):
    tensors = [torch.from_numpy(each) for each in drawn(2, places, channels=4)]
    with Largest() as largest:
        attend(*tensors, max_scores=10_000)
    assert largest.size == max(10_000 // places * places, 4 * places)


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 2**32 - 1), rows=st.integers(1, 6), columns=st.integers(1, 6))
def test_a_cell_is_intact_where_its_samples_are(seed, rows, columns):
    """At a quarter of the size: the four pixels amid a cell, and the one at its corner."""
    mask = np.random.default_rng(seed).random((4 * rows, 4 * columns)) < 0.1
    cells = mask.reshape(rows, 4, columns, 4).transpose(0, 2, 1, 3)
    touched = cells[..., 1:3, 1:3].any((-1, -2)) | cells[..., 0, 0]
    scratches = torch.from_numpy(mask[None, None].astype(np.float32))
    assert np.array_equal(intact_places(scratches, (rows, columns))[0, 0].numpy(), ~touched)


@torch.inference_mode()
def test_only_holes_change():
    block = PartialNonLocal(8).eval()
    x = torch.randn(1, 8, 6, 7, generator=torch.Generator().manual_seed(0))
    scratches = torch.zeros(1, 1, 24, 28)
    assert torch.equal(block(x, scratches), x)
    scratches[..., 8:12, :] = 1  # the third row of cells
    filled, rest = block(x, scratches), [0, 1, 3, 4, 5]
    assert torch.equal(filled[..., rest, :], x[..., rest, :])
    assert not torch.isclose(filled[..., 2, :], x[..., 2, :]).any()


def test_what_holes_hold_counts_for_nothing():
    queries, keys, values, intact = drawn(4, 25)
    changed = np.where(intact > 0, values, values + 100)
    found = ours((queries, keys, values, intact), 100)
    assert torch.allclose(ours((queries, keys, changed, intact), 100), found, atol=1e-12)
