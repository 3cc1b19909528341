from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from romnet_bench.data.prokudin.affine import Affine, corners
from romnet_bench.data.prokudin.alignment import align, find_shift
from romnet_bench.images import read_rgb

PHOTOS = ("astronaut", "chelsea", "coffee", "rocket")


def worst_corner(found: Affine, true: Affine, shape: tuple[int, ...]) -> float:
    points = corners(shape)
    return float(np.linalg.norm(found(points) - true(points), axis=1).max())


def test_maps_of_exposures_are_found_to_a_fraction_of_a_pixel(make_scene: Callable) -> None:
    errors = []
    for seed, name in enumerate(PHOTOS):
        scene = make_scene(name, seed)
        green = scene.exposures["green"]
        for other in ("red", "blue"):
            found = align(green, scene.exposures[other])
            errors.append(worst_corner(found, scene.true[other], green.shape))
    assert np.median(errors) < 0.2
    assert max(errors) < 0.8  # the rocket stands before an empty sky


def test_far_shifts_are_found(make_scene: Callable) -> None:
    scene = make_scene("astronaut", 7, far=19.0)  # 25 pixels at the width of the small scans
    green = scene.exposures["green"]
    for other in ("red", "blue"):
        found = align(green, scene.exposures[other])
        assert worst_corner(found, scene.true[other], green.shape) < 0.5


def test_damage_does_not_pull(make_scene: Callable) -> None:
    scene = make_scene("coffee", 3)
    green, red = scene.exposures["green"], scene.exposures["red"].copy()
    random = np.random.default_rng(0)
    y, x = np.mgrid[: red.shape[0], : red.shape[1]]
    for _ in range(40):
        row, column, radius = *random.uniform(0, 300, 2), random.uniform(1, 6)
        red[(y - row) ** 2 + (x - column) ** 2 < radius**2] = random.choice([0, 1])
    red[:90, :90] = 0  # and a lost corner
    assert worst_corner(align(green, red), scene.true["red"], green.shape) < 0.5


def test_a_negative_is_aligned_too(make_scene: Callable) -> None:
    scene = make_scene("astronaut", 5)
    green = scene.exposures["green"]
    found = align(green, 1 - scene.exposures["red"])
    assert worst_corner(found, scene.true["red"], green.shape) < 0.5


def test_nothing_to_see_leaves_everything_where_it_is() -> None:
    flat = np.full((200, 200), 0.5, np.float32)
    found = align(flat, flat)
    assert np.isfinite(found.matrix).all()
    assert worst_corner(found, Affine(np.eye(2), np.zeros(2)), flat.shape) < 40


def test_whole_pixel_shifts_are_exact(make_scene: Callable) -> None:
    green = make_scene("rocket", 0).exposures["green"]
    moving = np.roll(green, (7, -9), axis=(0, 1))
    np.testing.assert_array_equal(find_shift(green, moving).shift, [-9, 7])


def test_exposures_of_unlike_height_are_aligned(make_scene: Callable) -> None:
    scene = make_scene("astronaut", 2)
    green = scene.exposures["green"]
    found = align(green, scene.exposures["blue"][:-11])
    assert worst_corner(found, scene.true["blue"], green.shape) < 0.5


@pytest.mark.parametrize("name", ["05", "13", "23"])
def test_kodak_photos(shared: Path, name: str, make_exposures: Callable) -> None:
    scene = make_exposures(read_rgb(shared / "data" / "kodak24" / f"{name}.webp"), int(name))
    green = scene.exposures["green"]
    for other in ("red", "blue"):
        found = align(green, scene.exposures[other])
        assert worst_corner(found, scene.true[other], green.shape) < 0.6
