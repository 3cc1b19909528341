"""sRGB ↔ Lab against scikit-image, over the whole 8-bit cube."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from skimage.color import lab2rgb, rgb2lab
from torch import Tensor

from romnet_bench.color import (
    AB_SCALE,
    grey_to_lightness,
    lab_to_rgb,
    lightness_grey,
    picture_to_tensor,
    rgb_to_lab,
    scale_lab,
    tensor_to_picture,
    unscale_lab,
)


def slabs() -> Iterator[np.ndarray]:
    """All 16,777,216 colours, 1,048,576 at a time, as pictures of 1024×1024."""
    green, blue = np.meshgrid(np.arange(256), np.arange(256), indexing="ij")
    for start in range(0, 256, 16):
        slab = np.empty((16, 256, 256, 3), np.uint8)
        slab[..., 0] = np.arange(start, start + 16)[:, None, None]
        slab[..., 1], slab[..., 2] = green, blue
        yield slab.reshape(1024, 1024, 3)


def test_whole_cube_agrees_with_scikit_image_and_comes_back_exactly() -> None:
    """Lab within 1e-3 of scikit-image's, every 8-bit colour back to itself, ab/110 within ±1."""
    largest = 0.0
    for slab in slabs():
        lab = rgb_to_lab(picture_to_tensor(slab))
        reference = rgb2lab(slab.astype(np.float32) / 255, illuminant="D65", observer="2")
        assert np.abs(lab[0].permute(1, 2, 0).numpy() - reference).max() < 1e-3
        largest = max(largest, scale_lab(lab)[1].abs().max().item())
        assert np.array_equal(tensor_to_picture(lab_to_rgb(lab)), slab)
    assert 107 / AB_SCALE < largest <= 1


def test_lightness_grey_has_the_pictures_lightness_over_the_whole_cube() -> None:
    """A grey level more or less would be further from the colour's own L."""
    levels = np.arange(256, dtype=np.float64) / 255
    grey_lightness = rgb2lab(np.stack([levels] * 3, axis=-1)[None])[0, :, 0]
    steps = np.gradient(grey_lightness)
    for slab in slabs():
        grey = lightness_grey(slab)
        assert grey.dtype == np.uint8
        lightness = rgb_to_lab(picture_to_tensor(slab))[0, 0].numpy()
        error = np.abs(grey_lightness[grey] - lightness)
        # Half a level either side; a little more where the curve bends, and float32's own error.
        assert (error <= 0.52 * steps[grey] + 1e-3).all()


def test_lightness_grey_of_grey_is_itself() -> None:
    grey = np.arange(256, dtype=np.uint8).reshape(16, 16)
    assert np.array_equal(lightness_grey(np.dstack([grey] * 3)), grey)


def test_colours_outside_the_gamut_are_clipped_as_scikit_image_does() -> None:
    random = np.random.default_rng(0)
    lab = np.stack(
        [random.uniform(0, 100, 4000), *random.uniform(-110, 110, (2, 4000))], axis=-1
    ).reshape(40, 100, 3)
    with pytest.warns(UserWarning, match="negative Z"):
        reference = lab2rgb(lab)
    got = lab_to_rgb(torch.from_numpy(lab).permute(2, 0, 1)[None])[0].permute(1, 2, 0).numpy()
    assert got.min() >= 0
    assert got.max() <= 1
    assert np.abs(got - reference).max() < 1e-6


def gradient(function: object, values: Tensor) -> Tensor:
    values = values.clone().requires_grad_()
    assert callable(function)
    torch.autograd.backward(function(values).sum())
    assert values.grad is not None
    return values.grad


CORNERS = torch.cartesian_prod(*[torch.tensor([0.0, 1.0])] * 3).T.reshape(1, 3, 2, 4)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_gradient_is_finite_and_not_zero_at_the_corners(dtype: torch.dtype) -> None:
    grad = gradient(rgb_to_lab, CORNERS.to(dtype))
    assert torch.isfinite(grad).all()
    assert (grad.abs().sum(1) > 1).all()
    for values in (rgb_to_lab(CORNERS.to(dtype)), torch.zeros(1, 3, 1, 1, dtype=dtype)):
        assert torch.isfinite(gradient(lab_to_rgb, values)).all()


unit = st.floats(0, 1, width=32)
signed = st.floats(-110, 110, width=32)


@given(unit, unit, unit)
def test_gradient_of_rgb_to_lab_is_finite_everywhere(r: float, g: float, b: float) -> None:
    assert torch.isfinite(gradient(rgb_to_lab, torch.tensor([r, g, b]).view(1, 3, 1, 1))).all()


@given(st.floats(0, 100, width=32), signed, signed)
def test_gradient_of_lab_to_rgb_is_finite_everywhere(lightness: float, a: float, b: float) -> None:
    values = torch.tensor([lightness, a, b]).view(1, 3, 1, 1)
    assert torch.isfinite(gradient(lab_to_rgb, values)).all()


def test_gradient_is_right_away_from_the_kinks() -> None:
    """Against finite differences in float64: bright, dark and very dark colours."""
    generator = torch.Generator().manual_seed(0)
    for low, high in ((0.2, 0.9), (0.05, 0.08), (0.002, 0.03)):
        shape = (1, 3, 2, 3)
        rgb = low + (high - low) * torch.rand(shape, generator=generator, dtype=torch.float64)
        assert torch.autograd.gradcheck(rgb_to_lab, rgb.requires_grad_(), eps=1e-7, atol=1e-4)
        lab = rgb_to_lab(rgb).detach()
        assert torch.autograd.gradcheck(lab_to_rgb, lab.requires_grad_(), eps=1e-6, atol=1e-6)


def test_scaling_goes_there_and_back() -> None:
    lab = torch.tensor([0.0, -110, 110, 100, 55, -55]).view(2, 3, 1, 1)
    lightness, ab = scale_lab(lab)
    assert lightness.flatten().tolist() == [-1, 1]
    assert ab.flatten().tolist() == [-1, 1, 0.5, -0.5]
    assert torch.equal(unscale_lab(lightness, ab), lab)


def test_pictures_and_tensors() -> None:
    random = np.random.default_rng(0)
    picture = random.integers(0, 256, (5, 7, 3), dtype=np.uint8)
    tensor = picture_to_tensor(picture)
    assert tensor.shape == (1, 3, 5, 7)
    assert tensor[0, 2, 4, 6] == picture[4, 6, 2] / np.float32(255)
    assert np.array_equal(tensor_to_picture(tensor), picture)
    assert picture_to_tensor(picture[::-1, ::2, 0]).shape == (1, 1, 5, 4)
    outside = torch.tensor([-1.0, 0.5, 2.0]).view(1, 3, 1, 1)
    assert tensor_to_picture(outside).tolist() == [[[0, 128, 255]]]


def test_grey_to_lightness_is_that_of_the_grey() -> None:
    grey = np.arange(256, dtype=np.uint8).reshape(16, 16)
    lightness = grey_to_lightness(picture_to_tensor(grey))
    assert lightness.shape == (1, 1, 16, 16)
    reference = rgb2lab(np.dstack([grey] * 3))[..., 0] / 50 - 1
    assert np.abs(lightness[0, 0].numpy() - reference).max() < 1e-5
