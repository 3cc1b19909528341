from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from romnet_bench.data.prokudin.pair import OTHER, OWN, LeftOut, Pair, make_pair
from romnet_bench.data.prokudin.plates import FILTERS, Plate, read_plate

SIDE = 240
SPECKS = ((60, 60), (100, 170), (170, 120))


def plate_of(pixels: np.ndarray, folder: Path) -> Plate:
    path = folder / "00001v.png"
    Image.fromarray(pixels).save(path)
    return read_plate(path)


def dusty(scan: np.ndarray, channel: str) -> np.ndarray:
    """Specks of 5×5 pixels, white or black, on one exposure of a plate of three."""
    scan = scan.copy()
    first = SIDE * ("blue", "green", "red").index(channel)
    for row, column in SPECKS:
        level = 255 if scan[first + row, column] < 128 else 0
        scan[first + row - 2 : first + row + 3, column - 2 : column + 3] = level
    return scan


@pytest.fixture(scope="module")
def scene(make_scene: Callable) -> np.ndarray:
    return make_scene("astronaut", 0, size=SIDE, far=6.0).plate


def test_the_input_is_the_scan_and_the_target_differs_where_the_mask_says(
    scene: np.ndarray, tmp_path: Path
) -> None:
    scan = dusty(scene, "green")
    plate = plate_of(scan, tmp_path)
    pair = make_pair(plate, "00001v", "00001v.png", "green")
    assert isinstance(pair, Pair)
    top, bottom, left, right = pair.photo.meta["box"]
    first = plate.cuts[0]
    np.testing.assert_array_equal(pair.photo.input, scan[first + top : first + bottom, left:right])
    own = pair.photo.mask == OWN
    green = pair.photo.target[..., 1]
    np.testing.assert_array_equal(green[~own], pair.photo.input[~own])
    start = first - SIDE  # of the fixture's exposures against the cut
    hit = [own[row - start - top, column - left] for row, column in SPECKS]
    assert sum(hit) >= 2
    assert set(np.unique(pair.photo.mask)) <= {0, OTHER, OWN}
    assert np.abs(green[own].astype(int) - pair.photo.input[own]).max() > 40


@pytest.mark.parametrize("channel", ["red", "blue"])
def test_any_exposure_can_be_the_input(scene: np.ndarray, tmp_path: Path, channel: str) -> None:
    pair = make_pair(plate_of(scene, tmp_path), "00001v", "00001v.png", channel)
    assert isinstance(pair, Pair)
    assert pair.row["input"] == channel
    own = FILTERS.index(channel)
    kept = pair.photo.mask != OWN
    np.testing.assert_array_equal(pair.photo.target[..., own][kept], pair.photo.input[kept])
    assert pair.photo.meta["transforms"][channel]["matrix"] == [[1, 0], [0, 1]]


def test_damaged_takes_the_exposure_with_most_damage(scene: np.ndarray, tmp_path: Path) -> None:
    plate = plate_of(dusty(scene, "blue"), tmp_path)
    pair = make_pair(plate, "00001v", "00001v.png", "damaged")
    assert isinstance(pair, Pair)
    assert pair.row["input"] == "blue"


def test_three_unlike_scenes_are_left_out(make_scene: Callable, tmp_path: Path) -> None:
    scenes = [
        make_scene(name, 0, size=SIDE).exposures["green"]
        for name in ("astronaut", "chelsea", "coffee")
    ]
    scan = np.rint(np.concatenate(scenes) * 255).astype(np.uint8)
    left = make_pair(plate_of(scan, tmp_path), "00001v", "00001v.png", "green")
    assert isinstance(left, LeftOut)
    assert left.reason


def test_a_blank_plate_is_left_out(tmp_path: Path) -> None:
    blank = np.full((900, 300), 140, np.uint8)
    assert isinstance(make_pair(plate_of(blank, tmp_path), "a", "a.png", "green"), LeftOut)


def test_the_story_is_complete(scene: np.ndarray, tmp_path: Path) -> None:
    pair = make_pair(plate_of(scene, tmp_path), "00001v", "00001v.png", "green")
    assert isinstance(pair, Pair)
    meta = pair.photo.meta
    assert meta["item"] == "LC-DIG-prok-00001"
    assert meta["licence"].startswith("Library of Congress")
    assert set(meta["transforms"]) == set(FILTERS)
    assert meta["quality"]["median"] < 0.5
    assert str(tmp_path) not in str(meta)
