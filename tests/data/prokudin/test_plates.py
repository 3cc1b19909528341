from pathlib import Path

import numpy as np
import pytest
from PIL import Image, TiffImagePlugin

from romnet_bench.data.prokudin.plates import find_cuts, loc_item, read_plate
from romnet_bench.errors import PictureError


def scan(heights: tuple[int, int, int] = (340, 340, 340), width: int = 396) -> np.ndarray:
    """Three grey areas with rising dots, between dark lines."""
    random = np.random.default_rng(0)
    parts = []
    for height in heights:
        part = 90 + 60 * random.random((height, width))
        part[:4] = part[-4:] = 5
        parts.append(part)
    return np.concatenate(parts).astype(np.uint8)


def test_the_cuts_are_in_the_dark_lines() -> None:
    assert find_cuts(scan((345, 338, 341))) == pytest.approx((345, 683), abs=2)


def test_without_lines_the_cuts_are_the_thirds() -> None:
    flat = np.full((900, 300), 128, np.uint8)
    assert find_cuts(flat) == (300, 600)


def test_dark_bands_at_unlike_distances_are_of_the_picture() -> None:
    plate = np.full((1020, 396), 128, np.uint8)
    plate[330:338] = plate[690:698] = 0  # 360 rows apart, the thirds are 340
    first, second = find_cuts(plate)
    assert abs(second - first - 340) <= 13


@pytest.mark.parametrize("suffix", ["png", "tif"])
def test_exposures_are_blue_green_red_from_the_top(tmp_path: Path, suffix: str) -> None:
    plate = scan()
    plate[100:200], plate[440:540], plate[780:880] = 30, 130, 230
    path = tmp_path / f"00001v.{suffix}"
    Image.fromarray(plate).save(path)
    read = read_plate(path)
    medians = [np.median(read.exposures[name][110:190]) for name in ("blue", "green", "red")]
    assert medians == pytest.approx([30 / 255, 130 / 255, 230 / 255], abs=1e-6)
    assert read.size == (396, 1020)
    assert read.bits == 8


@pytest.mark.parametrize("compression", [None, "tiff_lzw"])
def test_16_bit_tiff_keeps_its_levels(tmp_path: Path, compression: str | None) -> None:
    plate = scan().astype(np.uint16) * 257 + 100
    path = tmp_path / "00001u.tif"
    Image.fromarray(plate).save(path, compression=compression)
    read = read_plate(path)
    first = read.cuts[0]
    assert read.bits == 16
    whole = np.concatenate([read.exposures[name] for name in ("blue", "green", "red")])
    start = max(2 * first - read.cuts[1], 0)
    expected = plate[start : start + len(whole)] / np.float32(65535)
    np.testing.assert_array_equal(whole, expected.astype(np.float32))


def test_tiff_whose_zero_is_white_is_turned_over(tmp_path: Path) -> None:
    plate = scan().astype(np.uint16) * 200
    tag = TiffImagePlugin.PHOTOMETRIC_INTERPRETATION
    for number, name in enumerate(("white.tif", "black.tif")):
        levels = ~plate if name == "white.tif" else plate
        info = TiffImagePlugin.ImageFileDirectory_v2()
        info[tag] = number
        Image.fromarray(levels).save(tmp_path / name, tiffinfo=info)
        with Image.open(tmp_path / name) as image:
            assert image.tag_v2[tag] == number
    one, two = read_plate(tmp_path / "white.tif"), read_plate(tmp_path / "black.tif")
    for channel in one.exposures:
        np.testing.assert_array_equal(one.exposures[channel], two.exposures[channel])


def test_max_side_makes_exposures_smaller(tmp_path: Path) -> None:
    path = tmp_path / "plate.png"
    Image.fromarray(scan()).save(path)
    read = read_plate(path, max_side=200)
    assert {max(each.shape) for each in read.exposures.values()} == {200}
    assert read.scale == pytest.approx(200 / 396)


def test_what_is_no_plate_is_refused(tmp_path: Path) -> None:
    pictures = {
        "wide.png": np.zeros((300, 400), np.uint8),
        "colour.png": np.random.default_rng(0).integers(0, 255, (900, 300, 3)).astype(np.uint8),
    }
    for name, picture in pictures.items():
        Image.fromarray(picture).save(tmp_path / name)
        with pytest.raises(PictureError, match=name):
            read_plate(tmp_path / name)
    (tmp_path / "text.jpg").write_text("no picture")
    with pytest.raises(PictureError, match=r"text\.jpg"):
        read_plate(tmp_path / "text.jpg")


def test_a_scan_cut_short_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cut.jpg"
    Image.fromarray(scan()).save(path)
    path.write_bytes(path.read_bytes()[:5000])
    with pytest.raises(PictureError, match="cut short"):
        read_plate(path)


def test_numbers_of_the_library() -> None:
    assert loc_item("00106v") == loc_item("00106u") == "LC-DIG-prok-00106"
    assert loc_item("plate-00106v") is None
