"""One photo of any size."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from romnet_bench.color import lightness_grey
from romnet_bench.romnet import inference
from romnet_bench.romnet.inference import restore_lightness, restore_picture, tile_starts
from romnet_bench.romnet.model import ROMNet, new_model
from romnet_bench.romnet.presets import TINY


@pytest.fixture(scope="module")
def model() -> ROMNet:
    """Random weights, also where training would start from zero."""
    model = new_model(TINY, seed=0).eval()
    torch.nn.init.normal_(
        model.restoration.fuse.weight, std=0.02, generator=torch.Generator().manual_seed(0)
    )
    return model


@settings(deadline=None, max_examples=12)
@given(
    size=st.tuples(st.integers(1, 90), st.integers(1, 90)),
    reference=st.tuples(st.integers(1, 90), st.integers(1, 90)),
)
def test_any_size(size: tuple[int, int], reference: tuple[int, int]) -> None:
    """The output has the photo's size, whatever the reference's is."""
    random = np.random.default_rng(0)
    photo = random.integers(0, 256, size, dtype=np.uint8)
    colors = random.integers(0, 256, (*reference, 3), dtype=np.uint8)
    output = restore_picture(new_model(TINY, seed=0).eval(), photo, colors)
    assert output.shape == (*size, 3)
    assert output.dtype == np.uint8


def test_lightness_is_the_restored_one() -> None:
    """Colour at a smaller size does not blur the light: L of the output is I'_L."""
    random = np.random.default_rng(1)
    photo = random.integers(60, 200, (96, 64), dtype=np.uint8)
    grey_reference = np.full((64, 64, 3), 128, np.uint8)
    identity = new_model(TINY, seed=0).eval()
    output = restore_picture(identity, photo, grey_reference, color_side=32)
    # An untrained colour net is nearly grey: within the gamut, so lightness is kept.
    difference = lightness_grey(output).astype(int) - photo
    assert np.abs(difference).max() <= 2


def test_tiles_cover_and_blend(model: ROMNet, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tiles agree with the whole where a tile sees all that matters; there are no seams."""
    lightness = torch.rand(1, 1, 96, 160, generator=torch.Generator().manual_seed(2)) * 2 - 1
    with torch.inference_mode():
        whole = restore_lightness(model, lightness)
        monkeypatch.setattr(inference, "TILE", 64)
        monkeypatch.setattr(inference, "OVERLAP", 16)
        tiled = restore_lightness(model, lightness)
    assert tiled.shape == whole.shape
    effect = (whole - lightness).abs().mean()
    assert (tiled - whole).abs().mean() < 0.1 * effect


@given(length=st.integers(1, 160).map(lambda strides: strides * inference.STRIDE))
def test_tile_starts_cover_every_pixel(length: int) -> None:
    """Neighbours share at least the overlap, at whole strides, and none reaches beyond."""
    starts = tile_starts(length)
    assert starts[0] == 0
    assert all(start % inference.STRIDE == 0 for start in starts)
    assert starts[-1] + inference.TILE >= length
    assert all(start + inference.TILE <= length or start == 0 for start in starts)
    for one, two in itertools.pairwise(starts):
        assert one + inference.TILE - two >= inference.OVERLAP
