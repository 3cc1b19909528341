"""One photo of any size."""

import itertools

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from romnet_bench.color import lightness_grey
from romnet_bench.romnet import inference
from romnet_bench.romnet.inference import restore_lightness, restore_picture, tile_starts
from romnet_bench.romnet.model import ROMNet, new_model
from romnet_bench.romnet.presets import TINY

GREY_LEVEL = 2 / 255
"""One of 255 steps of grey, in L/50 − 1 (for greys, where L is nearly proportional)."""


def _random_model(unshuffle: int) -> ROMNet:
    restoration = TINY.restoration.model_copy(update={"unshuffle": unshuffle})
    model = new_model(TINY.model_copy(update={"restoration": restoration}), seed=0).eval()
    nn.init.normal_(
        model.restoration.fuse.weight, std=0.02, generator=torch.Generator().manual_seed(0)
    )
    return model


@pytest.fixture(scope="module")
def model() -> ROMNet:
    """Random weights, also where training would start from zero."""
    return _random_model(1)


def _photo_like(height: int, width: int) -> Tensor:
    """Smooth shapes and grain, 1×1×H×W."""
    generator = torch.Generator().manual_seed(2)
    shapes = torch.rand(1, 1, height // 32 + 1, width // 32 + 1, generator=generator) * 2 - 1
    smooth = nn.functional.interpolate(shapes, (height, width), mode="bicubic")
    grain = 0.1 * torch.randn(smooth.shape, generator=generator)
    return (smooth + grain).clamp(-1, 1)


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


@pytest.mark.parametrize("unshuffle", [1, 2])
@pytest.mark.parametrize("size", [(16, 16), (17, 4096), (4096, 16), (513, 33), (1, 1)])
def test_sizes_from_one_pixel_to_four_thousand(size: tuple[int, int], unshuffle: int) -> None:
    """Odd sizes and strips too: the output has the photo's size and is not constant."""
    photo = np.random.default_rng(0).integers(60, 200, size, dtype=np.uint8)
    colors = np.random.default_rng(1).integers(0, 256, (40, 56, 3), dtype=np.uint8)
    output = restore_picture(_random_model(unshuffle), photo, colors)
    assert output.shape == (*size, 3)
    assert output.dtype == np.uint8
    # Random weights change little: light and dark stay where they were.
    if photo.size > 1:
        assert np.corrcoef(lightness_grey(output).ravel(), photo.ravel())[0, 1] > 0.9


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


@pytest.mark.parametrize(("unshuffle", "most", "step"), [(1, 0.3, 0.1), (2, 1.0, 0.3)])
def test_tiles_leave_no_seams(unshuffle: int, most: float, step: float) -> None:
    """Tiles of the size that is used, sharing the least: the whole within steps of grey.

    Random weights change this picture by some 8 and 16 of 255 steps. They see 132 and 265 pixels
    far (15 convolutions at ×1/8, an average, an interpolation), so tiles that share 64 cannot
    agree quite: what a tile sees near its rim counts by the cube of the distance.
    """
    model = _random_model(unshuffle)
    lightness = _photo_like(96, 960)
    assert tile_starts(960) == [0, 448]
    with torch.inference_mode():
        tiled = restore_lightness(model, lightness)
        whole = model.restoration(lightness)
    difference = tiled - whole
    effect = (whole - lightness).std()
    assert effect > 5 * GREY_LEVEL
    assert difference.abs().max() < most * GREY_LEVEL
    # A seam is a step from one column to the next, all the way down.
    assert difference.diff(dim=3).mean(dim=2).abs().max() < step * GREY_LEVEL
    # Further from the overlap than the network sees, tiles are the whole.
    reach = 132 if unshuffle == 1 else 265
    shared = slice(448 - reach, 512 + reach)
    assert difference[..., shared].abs().max() == difference.abs().max()
    outside = torch.cat([difference[..., : shared.start], difference[..., shared.stop :]], dim=3)
    assert outside.abs().max() < 1e-5


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
