import numpy as np
import pytest

from romnet_bench.data.prokudin.affine import Affine, identity
from romnet_bench.data.prokudin.borders import common, frame, without_rim


def framed(scale: int = 1) -> np.ndarray:
    """Noise in a dark frame, with a white strip outside of it on the left."""
    random = np.random.default_rng(0)
    picture = 0.4 + 0.2 * random.random((330, 390)).astype(np.float32)
    picture[:9] = picture[-12:] = 0.02
    picture[:, :20] = picture[:, -15:] = 0.02
    picture[:, :6] = 0.98
    return np.kron(picture, np.ones((scale, scale), np.float32))


def test_the_frame_is_cut_off_with_a_small_margin() -> None:
    top, bottom, left, right = frame(framed())
    assert (top, left) == pytest.approx((9 + 2, 20 + 2), abs=2)
    assert (bottom, right) == pytest.approx((330 - 14, 390 - 17), abs=2)
    assert top > 9
    assert left > 20
    assert bottom < 330 - 12
    assert right < 390 - 15


def test_a_large_scan_is_cut_at_the_same_places() -> None:
    small, large = np.array(frame(framed())), np.array(frame(framed(4)))
    np.testing.assert_allclose(large / 4, small, atol=1)


def test_without_a_frame_nothing_is_cut() -> None:
    random = np.random.default_rng(0)
    assert frame(random.random((300, 390)).astype(np.float32)) == (0, 300, 0, 390)


def test_what_all_exposures_share() -> None:
    shifted = Affine(np.eye(2), np.array([-5.0, 7.5]))
    boxes = [((10, 290, 20, 380), identity()), ((12, 300, 18, 390), shifted)]
    # y + 7.5 in 12…299 is y in 4.5…291.5; x − 5 in 18…389 is x in 23…394.
    assert common(boxes) == (10, 290, 23, 380)
    turned = Affine(np.array([[1, -0.01], [0.01, 1]]), np.zeros(2))
    top, bottom, left, right = common([((0, 300, 0, 390), turned)])
    corners = np.array([(left, top), (right - 1, top), (left, bottom - 1), (right - 1, bottom - 1)])
    inside = turned(corners.astype(float))
    assert inside.min() >= -1e-9
    assert inside[:, 0].max() <= 389
    assert inside[:, 1].max() <= 299


def test_lines_at_a_side_that_disagree_are_cut() -> None:
    random = np.random.default_rng(0)
    disagreement = random.random((300, 350)).astype(np.float32)
    disagreement[:7] += 5
    disagreement[:, -3:] += 5
    disagreement[150] += 5  # in the middle: not a rim
    assert without_rim(disagreement) == (7, 300, 0, 347)
