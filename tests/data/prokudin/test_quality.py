import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
from scipy import ndimage

from romnet_bench.data.prokudin.affine import Affine, identity
from romnet_bench.data.prokudin.quality import (
    Figures,
    agreement,
    loop_error,
    measure_residual,
    objection,
)

GOOD = Figures(
    before=0.5,
    after=0.8,
    parts=50,
    median=0.3,
    most=0.8,
    loop=0.1,
    turn=0.2,
    stretch=0.004,
    cut=0.2,
)


@pytest.mark.parametrize("shift", [(0.0, 0.0), (0.5, 0.0), (-1.2, 0.9)])
def test_a_known_shift_is_measured(channels: Callable, shift: tuple[float, float]) -> None:
    red, green, _ = channels("astronaut")
    moved = ndimage.shift(red, shift, order=3, mode="nearest")
    found = measure_residual(green, moved)
    assert found.parts > 10
    assert found.median == pytest.approx(np.hypot(*shift), abs=0.25)  # 0.2 for colours alone
    assert found.most >= found.median


def test_a_blank_exposure_has_no_parts(channels: Callable) -> None:
    green = channels("chelsea")[1]
    assert measure_residual(green, np.full_like(green, 0.5)).parts == 0


def test_agreement_falls_with_a_shift(channels: Callable) -> None:
    red, green, _ = channels("coffee")
    assert agreement(green, green) == pytest.approx(1)
    assert agreement(green, red) > agreement(green, np.roll(red, 4, axis=0)) + 0.1


def test_the_way_round() -> None:
    first = Affine(np.eye(2), np.array([3.0, 1.0]))
    second = Affine(np.eye(2), np.array([5.0, 5.0]))
    between = Affine(np.eye(2), np.array([2.0, 4.0]))
    assert loop_error(first, second, between, (30, 40)) == pytest.approx(0)
    assert loop_error(first, second, identity(), (30, 40)) == pytest.approx(np.hypot(2, 4))


@pytest.mark.parametrize(
    ("figure", "value"),
    [
        ("turn", 2.5),
        ("stretch", 0.05),
        ("parts", 3),
        ("median", 1.4),
        ("loop", 5.0),
        ("after", 0.3),
    ],
)
def test_each_figure_can_object(figure: str, value: float) -> None:
    assert objection(GOOD) is None
    assert objection(dataclasses.replace(GOOD, **{figure: value}))
