import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from romnet_bench.data.prokudin.affine import Affine, corners, identity, inside, warped

small = st.floats(-0.05, 0.05)
shifts = st.floats(-30, 30)


@st.composite
def affines(draw: st.DrawFn) -> Affine:
    matrix = np.eye(2) + np.array([[draw(small), draw(small)], [draw(small), draw(small)]])
    return Affine(matrix, np.array([draw(shifts), draw(shifts)]))


points = np.array([[0.0, 0.0], [10.0, 3.0], [200.0, 150.0]])


@settings(deadline=None)
@given(affines())
def test_there_and_back(affine: Affine) -> None:
    np.testing.assert_allclose(affine.inverse()(affine(points)), points, atol=1e-9)


@settings(deadline=None)
@given(affines(), affines())
def test_one_after_the_other(first: Affine, second: Affine) -> None:
    np.testing.assert_allclose(first.then(second)(points), second(first(points)), atol=1e-9)


@settings(deadline=None)
@given(affines(), st.floats(0.2, 5), st.floats(0.2, 5))
def test_enlarged_pictures_have_the_same_map(affine: Affine, across: float, down: float) -> None:
    fixed, moving = np.array([across, down]), np.array([across * 1.1, down])
    enlarged = affine.rescaled(tuple(fixed), tuple(moving))
    expected = (affine(points) + 0.5) * moving - 0.5
    np.testing.assert_allclose(enlarged((points + 0.5) * fixed - 0.5), expected, atol=1e-8)


@settings(deadline=None)
@given(affines(), st.integers(0, 40), st.integers(0, 40))
def test_from_a_corner(affine: Affine, left: int, top: int) -> None:
    part = affine.from_corner(left, top)
    np.testing.assert_allclose(part(points), affine(points + np.array([left, top])), atol=1e-9)


def test_rotation_and_scale() -> None:
    angle = np.radians(0.7)
    turn = 1.01 * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    affine = Affine(turn, np.zeros(2))
    assert affine.rotation == pytest.approx(0.7)
    assert affine.scale == pytest.approx(1.01)


def test_a_smooth_picture_is_resampled_where_it_should() -> None:
    y, x = np.mgrid[:80, :100].astype(np.float32)

    def wave(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.sin(x / 7) * np.cos(y / 9)

    affine = Affine(np.array([[1.01, 0.02], [-0.01, 0.99]]), np.array([2.3, -1.7]))
    out = warped(wave(x, y).astype(np.float32), affine, (80, 100))
    at = affine(np.stack([x.ravel(), y.ravel()], axis=1))
    expected = wave(at[:, 0], at[:, 1]).reshape(80, 100)
    seen = inside((80, 100), affine, (80, 100), rim=6)
    assert 0.6 < seen.mean() < 0.95
    assert np.abs(out - expected)[seen].max() < 1e-3


def test_inside_is_what_the_map_says() -> None:
    affine = Affine(np.eye(2), np.array([3.0, -2.0]))
    seen = inside((10, 20), affine, (10, 20))
    assert seen[2:, :17].all()
    assert not seen[:2].any()
    assert not seen[:, 17:].any()


def test_corners_and_identity() -> None:
    np.testing.assert_array_equal(identity()(corners((10, 20)))[3], [19, 9])
