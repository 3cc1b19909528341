"""What happens to a photo before and after the networks, with stand-ins for them."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from romnet_bench.methods.wan.restoration import (
    MAX_DETECTION_PIXELS,
    detection_size,
    find_scratches,
    fit,
    mark,
    restore,
    restore_scratched,
    to_signal,
    whiten,
)

CPU = torch.device("cpu")


def same(signal):
    return signal


def mapped(latent, scratches):
    assert scratches.shape[-2:] == latent.shape[-2:]
    return latent


def bright(grey):
    """A detector that takes all that is nearly white for a scratch."""
    return (grey - 0.9) * 100


def noise(height: int, width: int, low: int = 0, high: int = 256) -> np.ndarray:
    return np.random.default_rng(0).integers(low, high, (height, width), dtype=np.uint8)


@pytest.mark.parametrize(
    ("stride", "fewest", "before", "after"),
    [
        (4, 2, (70, 100), (72, 100)),
        (4, 2, (1, 1), (8, 8)),
        (4, 2, (34, 33), (32, 32)),  # halves go to the even multiple, as upstream's do
        (16, 1, (70, 100), (64, 96)),
        (16, 1, (24, 40), (32, 32)),
        (16, 1, (1, 500), (16, 496)),
    ],
)
def test_sides_become_whole_multiples(stride, fewest, before, after):
    assert fit(noise(*before), stride, fewest, Image.Resampling.BICUBIC).shape == after


@pytest.mark.parametrize(
    ("size", "small"),
    [
        ((256, 256), (256, 256)),
        ((1024, 768), (336, 256)),
        ((16, 16), (256, 256)),
        ((528, 512), (256, 256)),  # 16.5 strides, and half to even
        ((2048, 1536), (336, 256)),
    ],
)
def test_scratches_are_looked_for_at_a_shorter_side_of_256(size, small):
    assert detection_size(*size) == small
    assert detection_size(*size[::-1]) == small[::-1]


@given(st.integers(1, 1000), st.integers(1, 1000))
def test_the_small_copy_is_bounded_for_every_shape(rows, columns):
    height, width = detection_size(16 * rows, 16 * columns)
    assert height % 16 == width % 16 == 0
    assert min(height, width) >= 32
    if max(rows, columns) <= 15 * min(rows, columns):
        assert min(height, width) == 256
    if max(rows, columns) <= 1000 * min(rows, columns):
        assert height * width <= 1.3 * MAX_DETECTION_PIXELS  # sides are rounded


def test_from_four_tenths_on_it_is_a_scratch():
    probability = torch.tensor([[[[0.39, 0.4], [0.41, 0.0]]]])
    mask = mark(probability, (4, 4))
    expected = (
        torch.tensor([[0.0, 1.0], [1.0, 0.0]]).repeat_interleave(2, 0).repeat_interleave(2, 1)
    )
    assert torch.equal(mask, expected[None, None])


def test_scratches_are_found_where_they_are():
    photo = noise(320, 512, high=200)
    photo[:, 100:110] = 255
    mask = find_scratches(np.stack([photo] * 3, axis=-1), bright, CPU)
    assert mask.shape == (1, 1, 320, 512)
    assert set(mask.unique().tolist()) == {0.0, 1.0}
    assert mask[..., 102:108].all()
    assert not mask[..., :96].any()
    assert not mask[..., 114:].any()


def test_whitening_touches_the_scratches_alone():
    signal, scratches = to_signal(noise(8, 8)), torch.zeros(1, 1, 8, 8)
    scratches[..., 3, :] = 1
    white = whiten(signal, scratches)
    assert (white[..., 3, :] == 1).all()
    assert torch.equal(white[..., 4:, :], signal[..., 4:, :])


def test_values_come_back_as_they_went_in():
    """Not stretched to the full range, though the photo uses a tenth of it."""
    photo = noise(20, 24, low=100, high=125)
    restored = restore(photo, encoder=same, mapping=same, decoder=same, device=CPU)
    assert np.array_equal(restored, np.stack([photo] * 3, axis=-1))
    tinted = np.stack([photo, photo // 2, photo], axis=-1)
    assert np.array_equal(
        restore(tinted, encoder=same, mapping=same, decoder=same, device=CPU), tinted
    )


@pytest.mark.parametrize("size", [(1, 1), (33, 57), (5, 130)])
def test_the_size_comes_back(size):
    photo = noise(*size)
    plain = restore(photo, encoder=same, mapping=same, decoder=same, device=CPU)
    scratched = restore_scratched(
        photo, detector=bright, encoder=same, mapping=mapped, decoder=same, device=CPU
    )
    assert plain.shape == scratched.shape == (*size, 3)
    assert plain.dtype == scratched.dtype == np.uint8


def test_a_scratched_photo_is_whitened_before_the_networks():
    photo = noise(256, 256, high=200)
    photo[40:50] = 250
    restored = restore_scratched(
        photo, detector=bright, encoder=same, mapping=mapped, decoder=same, device=CPU
    )
    assert (restored[41:49] == 255).all()
    assert np.array_equal(restored[60:, :, 0], photo[60:])
