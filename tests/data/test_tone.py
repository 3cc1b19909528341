"""Grey, tinted or coloured."""

import io

import numpy as np
import pytest
from PIL import Image
from skimage import color, data

from romnet_bench.color import lightness_grey
from romnet_bench.data.tone import GREY_CHROMA, measure_tone
from romnet_bench.images import Picture, decode_picture, to_rgb

SEPIA = np.array([[0.393, 0.769, 0.189], [0.349, 0.686, 0.168], [0.272, 0.534, 0.131]])


@pytest.fixture(scope="module")
def photo() -> Picture:
    return np.ascontiguousarray(data.astronaut()[::2, ::2])


def jpeg(picture: Picture) -> Picture:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, format="JPEG", quality=60)
    return decode_picture(buffer.getvalue(), "photo")


def test_grey(photo: Picture) -> None:
    grey = lightness_grey(photo)
    assert measure_tone(grey) == measure_tone(to_rgb(grey))
    assert measure_tone(grey).kind == "grey"
    random = np.random.default_rng(0)
    uneven = np.clip(to_rgb(grey) + random.normal(0, 0.8, photo.shape), 0, 255).astype(np.uint8)
    assert measure_tone(jpeg(uneven)).kind == "grey"  # a scanner's colour noise


def test_sepia_even_and_uneven(photo: Picture) -> None:
    even = np.uint8(np.clip(photo @ SEPIA.T, 0, 255))
    assert measure_tone(even).kind == "tinted"
    yellowed = to_rgb(lightness_grey(photo)) * np.array([1, 0.95, 0.8])
    yellowed[:, 128:] *= np.array([1, 0.97, 0.9])
    tone = measure_tone(jpeg(np.uint8(yellowed)))
    assert tone.kind == "tinted"
    assert tone.chroma > GREY_CHROMA


def test_colour_is_measured_as_scikit_image_does(photo: Picture) -> None:
    tone = measure_tone(photo)
    assert tone.kind == "colour"
    lab = color.rgb2lab(photo).reshape(-1, 3)
    assert tone.chroma == pytest.approx(np.percentile(np.hypot(*lab.T[1:]), 95), abs=0.1)
    fits = [np.polyval(np.polyfit(lab[:, 0], lab[:, n], 3), lab[:, 0]) for n in (1, 2)]
    spread = np.sqrt(sum(np.mean((lab[:, n + 1] - fits[n]) ** 2) for n in (0, 1)))
    assert tone.spread == pytest.approx(spread, abs=0.1)


def test_one_pixel_and_one_level() -> None:
    assert measure_tone(np.full((1, 1, 3), 90, np.uint8)).kind == "grey"
    red = np.zeros((8, 8, 3), np.uint8) + np.array([200, 0, 0], np.uint8)
    assert measure_tone(red).kind == "tinted"
