import numpy as np
import pytest

from romnet_bench.data.prokudin.prediction import predict


def witnesses() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    return tuple(random.random((2, 60, 70)).astype(np.float32))


def test_a_linear_function_of_the_witnesses_is_predicted() -> None:
    one, two = witnesses()
    target = 0.3 * one + 0.4 * two + 0.1
    found = predict(target, (one, two), np.ones_like(one), 6)
    assert np.abs(found.level - target).max() < 2e-3  # the ridge shrinks slopes a little
    assert np.abs(found.slopes[0] - 0.3).max() < 2e-3
    assert np.abs(found.slopes[1] - 0.4).max() < 2e-3


def test_one_window_is_least_squares() -> None:
    one, two = witnesses()
    random = np.random.default_rng(1)
    # Errors all alike in size: the later rounds then weigh all pixels nearly alike as well.
    target = 0.3 * one + 0.4 * two + 0.1 + 0.02 * random.choice([-1, 1], one.shape)
    found = predict(target.astype(np.float32), (one, two), np.ones_like(one), 6)
    window = np.s_[30 - 6 : 30 + 7, 35 - 6 : 35 + 7]
    system = np.stack([one[window].ravel(), two[window].ravel(), np.ones(169)], axis=1)
    answer, *_ = np.linalg.lstsq(system, target[window].ravel(), rcond=None)
    coefficients = [float(field[30, 35]) for field in (*found.slopes, found.offset)]
    assert coefficients == pytest.approx(list(answer), abs=0.02)
    assert found.level[30, 35] == pytest.approx(
        0.3 * one[30, 35] + 0.4 * two[30, 35] + 0.1, abs=0.01
    )
    assert found.spread[30, 35] == pytest.approx(np.hypot(0.02, 0.006), rel=0.1)


def test_damage_does_not_predict_itself() -> None:
    one, two = witnesses()
    clean = 0.3 * one + 0.4 * two + 0.1
    damaged = clean.copy()
    damaged[28:32, 33:37] = 1
    found = predict(damaged, (one, two), np.ones_like(one), 7)
    assert np.abs(found.level - clean)[28:32, 33:37].max() < 0.03


def test_what_is_not_trusted_does_not_count() -> None:
    one, two = witnesses()
    clean = 0.3 * one + 0.4 * two + 0.1
    damaged, trusted = clean.copy(), np.ones_like(one)
    damaged[22:38, 27:43] = 1  # most of the window
    trusted[22:38, 27:43] = 0
    found = predict(damaged, (one, two), trusted, 9)
    assert np.abs(found.level - clean)[22:38, 27:43].max() < 0.02


def test_one_witness() -> None:
    one, _ = witnesses()
    found = predict(0.5 * one + 0.2, (one,), np.ones_like(one), 6)
    assert np.abs(found.level - (0.5 * one + 0.2)).max() < 2e-3
