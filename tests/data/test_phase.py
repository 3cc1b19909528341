"""Shifts known by construction, and what must not count as one."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import ndimage

from romnet_bench.color import lightness_grey
from romnet_bench.data.phase import LONGEST_SIDE, SURE, measure_alignment, measure_shift
from romnet_bench.images import Picture, limit_side, read_rgb, resize
from romnet_bench.synthesis.degrade import degrade
from romnet_bench.synthesis.recipe import load_recipe

FINE = 10  # a shift by one of these is a tenth of a pixel


def scene(seed: int, height: int = 200, width: int = 240, fine: int = 1) -> np.ndarray:
    """Smooth blobs of several sizes, sampled `fine` times as densely, in [0, 255]."""
    random = np.random.default_rng(seed)
    total = np.zeros((height * fine, width * fine))
    for sigma in (1.5, 3, 8):
        noise = random.normal(size=(height, width))
        layer = ndimage.gaussian_filter(noise, sigma, mode="wrap")
        if fine > 1:
            layer = ndimage.zoom(layer, fine, order=3, mode="grid-wrap", grid_mode=True)
        total += layer / layer.std()
    return np.clip(128 + 30 * total, 0, 255)


def picture(values: np.ndarray) -> Picture:
    return np.uint8(np.clip(np.rint(values), 0, 255))


def sampled(fine: np.ndarray, x: int, y: int, side: int = 160) -> Picture:
    """A part of a dense scene in which all lies (x, y) tenths of a pixel right and down."""
    top, left = 200 - y, 200 - x
    part = fine[top : top + side * FINE, left : left + side * FINE]
    return picture(part.reshape(side, FINE, side, FINE).mean((1, 3)))


@pytest.fixture(scope="module")
def dense() -> np.ndarray:
    return scene(3, fine=FINE)


@settings(max_examples=25, deadline=None)
@given(x=st.integers(-90, 90), y=st.integers(-90, 90))
def test_a_known_shift_is_found_to_a_tenth_of_a_pixel(dense: np.ndarray, x: int, y: int) -> None:
    """Pixels are means over a dense scene: no interpolation takes part."""
    shift = measure_shift(sampled(dense, 0, 0), sampled(dense, x, y))
    assert shift.x == pytest.approx(x / FINE, abs=0.1)
    assert shift.y == pytest.approx(y / FINE, abs=0.1)
    assert shift.confidence > 0.5


def test_tone_and_damage_move_nothing(dense: np.ndarray) -> None:
    target = sampled(dense, 17, -24)
    old = sampled(dense, 0, 0) / 255
    random = np.random.default_rng(0)
    faded = 255 * (0.2 + 0.6 * old**1.7) + random.normal(0, 6, old.shape)
    faded[:, 70:74] = 240  # a crease
    faded[20:60, 90:150] = 250  # a piece torn out
    shift = measure_shift(picture(faded), target)
    assert (shift.x, shift.y) == pytest.approx((1.7, -2.4), abs=0.1)
    assert SURE < shift.confidence < 0.95


def test_degraded_photos_lie_where_they_lay(shared: Path) -> None:
    recipe = load_recipe("old-photos")
    for number, path in enumerate(sorted((shared / "data/kodak24").glob("*.webp"))[:6]):
        grey = lightness_grey(limit_side(read_rgb(path), 384))
        old = degrade(grey, f"photo-{number}", recipe, None).picture
        alignment = measure_alignment(old, grey)
        assert alignment.shift.length < 0.15, path.name
        assert alignment.shift.confidence > 0.5, path.name
        assert alignment.local is not None
        assert alignment.local < 0.5, path.name


def test_what_shows_something_else_has_no_confidence() -> None:
    values = [measure_shift(picture(scene(n)), picture(scene(n + 50))).confidence for n in range(8)]
    assert max(values) < 0.75 * SURE


@pytest.mark.parametrize("other", [np.full((200, 240), 7.0), scene(1)])
def test_a_flat_picture_has_no_confidence(other: np.ndarray) -> None:
    flat = np.full((200, 240), 200, np.uint8)
    assert measure_shift(flat, picture(other)).confidence < 0.1
    assert measure_alignment(flat, picture(other)).local is None


def test_a_turn_and_another_scale_show_in_the_parts() -> None:
    values = scene(5, 400, 400)
    fixed = picture(values)
    turned = picture(ndimage.rotate(values, 1.0, reshape=False, order=3, mode="nearest"))
    grown = resize(resize(fixed, 408, 408)[4:404, 4:404], 400, 400)
    for moved in (turned, grown):
        alignment = measure_alignment(fixed, moved)
        assert alignment.shift.length < 0.5
        assert alignment.local is not None
        assert alignment.local > 1.0
    same = measure_alignment(fixed, fixed)
    assert (same.shift.x, same.shift.y, same.shift.confidence, same.local) == (0, 0, 1, 0)


def test_a_large_picture_is_measured_in_its_own_pixels() -> None:
    """Twice the size that is measured: a shift of 8 of its pixels is 8, not 4."""
    side = 2 * LONGEST_SIDE
    large = resize(picture(scene(9, 256, 256)), side, side)
    alignment = measure_alignment(large[:-8, :], large[8:, :])
    assert alignment.shift.y == pytest.approx(-8, abs=0.2)
    assert alignment.shift.x == pytest.approx(0, abs=0.2)
    assert alignment.local == pytest.approx(8, abs=0.3)


@pytest.mark.parametrize("size", [(1, 1), (1, 300), (3, 2), (17, 13)])
def test_the_smallest_pictures_are_no_error(size: tuple[int, int]) -> None:
    random = np.random.default_rng(0)
    one = random.integers(0, 256, size, dtype=np.uint8)
    alignment = measure_alignment(one, one)
    assert alignment.shift.length < 0.1
    assert alignment.local is None
