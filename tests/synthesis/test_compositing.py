"""Each degradation against what it claims to compute."""

import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy import ndimage
from skimage.filters import gaussian

from romnet_bench.synthesis.emulsion import Fading, Grain, Vignetting, fade, grain, vignette
from romnet_bench.synthesis.layers import Layer, composite
from romnet_bench.synthesis.noise import cloud, erratic_opacity, ramp
from romnet_bench.synthesis.optics import Blur, Jpeg, Resolution, blur, jpeg, lose_resolution
from romnet_bench.synthesis.polygon import MOST_RAGGED, Polygon, tear
from romnet_bench.synthesis.steps import REFERENCE_SIDE, FloatPicture
from romnet_bench.synthesis.strokes import SPARE_ROUNDS, Canvas, roughen


def random_picture(height: int, width: int, seed: int = 0) -> FloatPicture:
    return np.random.default_rng(seed).random((height, width), dtype=np.float32)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), count=st.integers(0, 4))
def test_layers_are_composited_as_the_formula_says(seed: int, count: int) -> None:
    picture = random_picture(7, 5, seed)
    tones = [random_picture(7, 5, seed + 1 + n) for n in range(count)]
    alphas = [random_picture(7, 5, seed + 100 + n) for n in range(count)]
    layers = [Layer(tone, alpha) for tone, alpha in zip(tones, alphas, strict=True)]
    outcome = composite(picture, layers, {})
    for at in np.ndindex(7, 5):
        value, clear = float(picture[at]), 1.0
        for tone, alpha in zip(tones, alphas, strict=True):
            value = float(alpha[at]) * float(tone[at]) + (1 - float(alpha[at])) * value
            clear *= 1 - float(alpha[at])
        assert outcome.picture[at] == pytest.approx(value, abs=1e-6)
        assert outcome.opacity is not None
        assert outcome.opacity[at] == pytest.approx(1 - clear, abs=1e-6)


def test_erratic_opacity_wanders_between_its_ends() -> None:
    alpha = erratic_opacity((120, 160), np.random.default_rng(0), 0.8, 0.5, 20)
    assert alpha.shape == (120, 160)
    assert 0.4 - 1e-6 <= alpha.min() < 0.45
    assert 0.75 < alpha.max() <= 0.8 + 1e-6
    assert alpha.std() > 0.05
    steady = erratic_opacity((120, 160), np.random.default_rng(0), 0.8, 0.0, 20)
    assert np.allclose(steady, 0.8)


def test_a_cloud_is_centred_and_smooth() -> None:
    field = cloud((200, 300), np.random.default_rng(0), 40)
    assert abs(float(field.mean())) < 0.15
    assert 0.7 < float(field.std()) < 1.2
    # Neighbours agree: the finest of four octaves has knots 5 pixels apart.
    assert float(np.abs(np.diff(field, axis=1)).mean()) < 0.15


def test_ramp_is_the_smoothstep() -> None:
    places = np.array([-1, 0, 0.5, 1, 1.5, 2, 9], np.float32)
    assert ramp(places, 0, 2).tolist() == pytest.approx([0, 0, 0.15625, 0.5, 0.84375, 1, 1])


def test_blur_is_the_gaussian_of_scipy_and_scikit_image() -> None:
    picture = random_picture(REFERENCE_SIDE // 3, 150)
    step = Blur(probability=1, sigma=(4.5, 4.5))
    outcome = blur(picture, np.random.default_rng(0), step)
    pixels = 4.5 / 3
    reference = ndimage.gaussian_filter(picture.astype(np.float64), pixels)
    assert np.abs(outcome.picture - reference).max() < 1e-5
    other = gaussian(picture.astype(np.float64), pixels, mode="reflect", truncate=4.0)
    assert np.abs(outcome.picture - other).max() < 1e-5
    assert outcome.drawn == {"sigma": 4.5, "pixels": 1.5}
    assert outcome.opacity is None


def test_jpeg_is_what_pillow_saves() -> None:
    picture = random_picture(33, 47)
    outcome = jpeg(picture, np.random.default_rng(0), Jpeg(probability=1, quality=(37, 37)))
    buffer = io.BytesIO()
    levels = np.rint(picture * 255).astype(np.uint8)
    Image.fromarray(levels).save(buffer, "JPEG", quality=37)
    assert np.array_equal(np.rint(outcome.picture * 255), np.asarray(Image.open(buffer)))
    assert outcome.drawn == {"quality": 37, "subsampling": "4:0:0"}


@pytest.mark.parametrize("back", ["nearest", "bilinear", "bicubic"])
def test_resolution_goes_down_and_back_as_pillow_does(back: str) -> None:
    picture = random_picture(40, 60)
    step = Resolution.model_validate({"probability": 1, "scale": (0.5, 0.5), "back": [back]})
    outcome = lose_resolution(picture, np.random.default_rng(0), step)
    small = Image.fromarray(picture).resize((30, 20), Image.Resampling.BICUBIC)
    large = np.asarray(small.resize((60, 40), Image.Resampling[back.upper()]))
    assert np.array_equal(outcome.picture, np.clip(large, 0, 1))
    if back == "nearest":
        assert np.array_equal(outcome.picture[::2, ::2], outcome.picture[1::2, 1::2])


def test_grain_has_the_stated_strength_in_the_mid_tones() -> None:
    step = Grain(probability=1, sigma=(10, 10), size=(1, 1))
    grey = np.full((200, 200), 0.5, np.float32)
    noise = grain(grey, np.random.default_rng(0), step).picture - grey
    assert float(noise.std()) * 255 == pytest.approx(10, rel=0.02)
    assert abs(float(noise.mean())) * 255 < 0.3
    dark = grain(np.full((200, 200), 0.02, np.float32), np.random.default_rng(0), step)
    assert float(dark.picture.std()) * 255 < 6


def test_fading_moves_black_and_white_where_it_says() -> None:
    ends = {"black": (0.1, 0.1), "white": (0.9, 0.9), "gamma": (1, 1), "uneven": (0, 0)}
    step = Fading.model_validate({"probability": 1, **ends})
    picture = random_picture(20, 30)
    faded = fade(picture, np.random.default_rng(0), step).picture
    assert np.allclose(faded, 0.1 + 0.8 * picture, atol=1e-6)


def test_vignetting_darkens_borders_or_pales_them() -> None:
    grey = np.full((80, 80), 0.5, np.float32)
    for paler in (0.0, 1.0):
        step = Vignetting(probability=1, strength=(0.5, 0.5), paler=paler)
        outcome = vignette(grey, np.random.default_rng(0), step)
        middle, corner = outcome.picture[40, 40], outcome.picture[0, 0]
        assert middle == pytest.approx(0.5, abs=0.01)
        assert corner > 0.55 if paler else corner < 0.45


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 10_000), share=st.floats(0.005, 0.05), side=st.integers(64, 160))
def test_a_polygon_is_pure_white_and_bounded(seed: int, share: float, side: int) -> None:
    step = Polygon(probability=1, area=(share, share), border=0.0, rim=(0, 0), ragged=(0.1, 0.1))
    picture = np.full((side, side), 0.3, np.float32)
    outcome = tear(picture, np.random.default_rng(seed), step)
    assert outcome.opacity is not None
    whole = outcome.opacity == 1
    assert whole.any()
    assert (outcome.picture[whole] == 1).all()
    # The covered area is the stated one, but for the width of a drawn edge and what lies outside.
    assert float(outcome.opacity.mean()) <= share * 1.15 + 4 / side**1.5
    assert np.allclose(outcome.picture, 0.3 + 0.7 * outcome.opacity, atol=1e-6)


def test_the_most_ragged_outline_stays_small() -> None:
    """Its edges grow by nearly as much as each halving takes off."""
    square = np.array([[0.0, 0.0], [1000, 0], [1000, 1000], [0, 1000]])
    for amount in (MOST_RAGGED, 1.0):
        outline = roughen(square, np.random.default_rng(0), amount, finest=4.0)
        assert len(outline) <= 4 * 2 ** (8 + SPARE_ROUNDS)
    for seed in range(20):  # what recipes hold is not cut short
        outline = roughen(square, np.random.default_rng(seed), 0.16, finest=4.0)
        edges = np.diff(outline, axis=0, append=outline[:1])
        assert np.hypot(*edges.T).max() <= 4


def test_a_torn_border_touches_the_border() -> None:
    step = Polygon(probability=1, area=(0.04, 0.04), border=1.0, rim=(2, 2), ragged=(0.1, 0.1))
    for seed in range(20):
        outcome = tear(random_picture(90, 120), np.random.default_rng(seed), step)
        white = outcome.picture == 1
        assert white[0].any() or white[-1].any() or white[:, 0].any() or white[:, -1].any()


def test_a_canvas_covers_what_is_drawn_and_moves_it() -> None:
    canvas = Canvas((20, 30))
    canvas.fill(np.array([[10.0, 5.0], [15.0, 5.0], [15.0, 9.0], [10.0, 9.0]]))
    cover = canvas.coverage()
    assert float(cover.sum()) == pytest.approx(20, abs=4)
    assert (cover[6:8, 11:14] == 1).all()
    assert cover[12, 20] == cover[2, 12] == 0
    moved = canvas.coverage(3, 2)
    assert np.array_equal(moved[2:, 3:], cover[:-2, :-3])
    assert not moved[:2].any()
    assert not moved[:, :3].any()


def test_roughening_keeps_corners_and_makes_short_edges() -> None:
    corners = np.array([[0.0, 0.0], [40.0, 0.0], [40.0, 40.0], [0.0, 40.0]])
    torn = roughen(corners, np.random.default_rng(0), 0.1, 2.0)
    edges = np.hypot(*(np.roll(torn, -1, axis=0) - torn).T)
    assert edges.max() <= 2.0
    assert all((np.abs(torn - corner).sum(axis=1) == 0).any() for corner in corners)
