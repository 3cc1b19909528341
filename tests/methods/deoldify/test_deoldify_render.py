"""To the network's square and back, and the colour space between."""

import hashlib

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from romnet_bench.images import Picture
from romnet_bench.methods.deoldify.render import paint, squash, to_picture
from romnet_bench.methods.deoldify.yuv import to_rgb, to_yuv

# Of what OpenCV 4.13.0 makes of the cube below, by COLOR_RGB2YUV and by COLOR_YUV2RGB.
YUV = "768005e0ec9087730f381a06429f23a613c85604aec80f5c51e2299ed16efb5b"
RGB = "6db1ad17266c280550ae85ecef60d407700657299f6e46a661bdb8d11cd86d01"

pictures = arrays.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9), st.just(3)))


@pytest.fixture(scope="module")
def cube() -> Picture:
    """Colours of the whole cube, each fifth level: 52×2704×3."""
    steps = np.arange(0, 256, 5, dtype=np.uint8)
    return np.stack(np.meshgrid(steps, steps, steps, indexing="ij"), axis=-1).reshape(52, -1, 3)


def test_yuv_is_opencvs_to_the_bit(cube: Picture) -> None:
    assert digest(to_yuv(cube)) == YUV
    assert digest(to_rgb(cube)) == RGB


def digest(picture: Picture) -> str:
    return hashlib.sha256(picture.tobytes()).hexdigest()


def test_yuv_is_what_opencv_documents(cube: Picture) -> None:
    red, green, blue = cube.astype(np.float64).transpose(2, 0, 1)
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    exact = np.stack([luma, 0.492 * (blue - luma) + 128, 0.877 * (red - luma) + 128], axis=-1)
    assert np.abs(to_yuv(cube) - exact.clip(0, 255)).max() <= 1.01


@given(pictures)
def test_colours_survive_yuv(picture: Picture) -> None:
    yuv = to_yuv(picture)
    inside = (yuv[..., 2] > 0) & (yuv[..., 2] < 255)  # V leaves 8 bits for pure reds and cyans
    back = to_rgb(yuv).astype(int)
    assert np.abs(back - picture)[inside].max(initial=0) <= 3


@given(pictures, st.integers(1, 9), st.integers(1, 9))
def test_paint_keeps_the_photos_luma_where_no_colour_clips(
    colors: Picture, height: int, width: int
) -> None:
    photo = np.random.default_rng(height).integers(0, 256, (height, width)).astype(np.uint8)
    painted = paint(photo, colors)
    assert painted.shape == (height, width, 3)
    inside = ((painted > 0) & (painted < 255)).all(axis=-1)
    luma = to_yuv(painted)[..., 0].astype(int)
    assert np.abs(luma - photo)[inside].max(initial=0) <= 1


@given(arrays.arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9))))
def test_paint_with_grey_gives_the_photo_back(photo: Picture) -> None:
    painted = paint(photo, np.full((5, 5, 3), 90, np.uint8))
    np.testing.assert_array_equal(painted, np.repeat(photo[..., None], 3, axis=-1))


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 300), st.integers(1, 300), st.integers(0, 255))
def test_squash_gives_a_normalised_square(height: int, width: int, level: int) -> None:
    square = squash(np.full((height, width), level, np.uint8), 2)
    assert square.shape == (1, 3, 32, 32)
    expected = [(level / 255 - m) / d for m, d in ((0.485, 0.229), (0.456, 0.224), (0.406, 0.225))]
    for channel, value in zip(square[0], expected, strict=True):
        torch.testing.assert_close(channel, torch.full((32, 32), value))


def test_squash_keeps_left_and_top() -> None:
    photo = np.zeros((20, 40), np.uint8)
    photo[:10, :20] = 255
    bright = squash(photo, 1)[0, 0] > 0
    assert bright[:8, :8].all()
    assert bright.sum() == 64


def test_output_comes_back_rounded_down() -> None:
    mean, deviation = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])
    levels = np.array([[[-9.0, 0.5, 100.4], [100.9, 254.99, 300.0]]])
    normalised = (levels / 255 - mean) / deviation
    output = torch.from_numpy(normalised).float().permute(2, 0, 1)[None]
    assert to_picture(output).tolist() == [[[0, 0, 100], [100, 254, 255]]]
