"""The qualitative figure: its pictures, what it enlarges, and its maps of errors."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from skimage.color import deltaE_cie76, rgb2lab

from romnet_bench.bench.results import image_path
from romnet_bench.images import resize
from romnet_bench.report.figures.differences import (
    Box,
    colour_error,
    find_telling_box,
    shared_limit,
)
from romnet_bench.report.figures.grid import describe_grid, draw_grid, make_row
from romnet_bench.report.figures.style import Style, save_figure
from romnet_bench.report.page.gallery import Entry
from romnet_bench.report.pictures import find_photos, list_shown
from romnet_bench.report.runs import compare_runs

pytestmark = pytest.mark.filterwarnings("error")


def load(bench: Any) -> tuple[Any, Any]:
    (comparison,) = compare_runs([bench.runs])
    photos, trouble = find_photos(comparison, None)
    assert photos is not None
    assert trouble == ""
    return photos, list_shown(comparison)


def tell(*ids: str) -> list[tuple[str, Entry]]:
    return [("worst", Entry(identity, [], -1.25, "")) for identity in ids]


def random_picture(seed: int, height: int = 40, width: int = 60) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def test_pictures_zooms_and_maps(full_bench: Any) -> None:
    photos, runs = load(full_bench)
    figure = draw_grid(photos, runs, tell("p0", "p1"))
    images = figure.axes[0].images
    per_row = 4 * 2 + 3  # input, two systems and target, each enlarged; a map of all but the last
    assert len(images) == 2 * per_row
    for number, identity in enumerate(("p0", "p1")):
        row = make_row(photos, runs, "worst", Entry(identity, [], 0.0, ""))
        assert row.box is not None
        shown = images[number * per_row : (number + 1) * per_row]  # the maps come last
        target, target_zoom = shown[6].get_array(), shown[7].get_array()
        assert np.array_equal(target, photos[identity].target)
        assert np.array_equal(target_zoom, row.box.crop(photos[identity].target))
        assert np.array_equal(shown[0].get_array()[..., 1], photos[identity].input)
        output = row.scene.outputs[0]
        assert output is not None
        expected = deltaE_cie76(rgb2lab(output), rgb2lab(photos[identity].target))
        assert np.allclose(shown[9].get_array(), expected, atol=2e-3)
    maps = [image for image in images if image.get_array().ndim == 2]
    assert len(maps) == 6
    assert {image.norm.vmin for image in maps} == {0}
    assert len({image.norm.vmax for image in maps}) == 1
    for image in images:  # nothing is stretched
        left, right, bottom, top = image.get_extent()
        high, wide = image.get_array().shape[:2]
        assert (top - bottom) / (right - left) == pytest.approx(high / wide, rel=0.06)


def test_every_picture_has_the_same_frame(full_bench: Any) -> None:
    photos, runs = load(full_bench)
    figure = draw_grid(photos, runs, tell("p2"))
    row = make_row(photos, runs, "worst", Entry("p2", [], 0.0, ""))
    assert row.box is not None
    sheet = figure.axes[0]
    frames = [patch for patch in sheet.patches if patch.get_linewidth() >= 1]
    pictures = sheet.images[:8:2]
    assert len(frames) == 2 * len(pictures) == 8
    for picture, dark, light in zip(pictures, frames[::2], frames[1::2], strict=True):
        left, right, bottom, top = picture.get_extent()
        x, y = (dark.get_x() - left) / (right - left), (top - dark.get_y()) / (top - bottom)
        assert x == pytest.approx(row.box.left)
        assert y == pytest.approx(row.box.top + row.box.height)
        assert dark.get_bbox().bounds == light.get_bbox().bounds
        assert dark.get_linewidth() > light.get_linewidth()  # seen on light and on dark
        assert sum(light.get_edgecolor()[:3]) - sum(dark.get_edgecolor()[:3]) > 2


def test_words(full_bench: Any) -> None:
    photos, runs = load(full_bench)
    figure = draw_grid(photos, runs, tell("p0"))
    words = [text.get_text() for text in figure.axes[0].texts]
    assert words[:4] == ["Input", "blur", "noise", "Target"]
    score = [f"{runs[0].score('p0', 'psnr'):.2f}", f"{runs[0].score('p0', 'ssim'):.3f}"]
    assert " · ".join(score) in words
    assert "worst, −1.2 dB" in words
    assert "Below each: PSNR ↑ · SSIM ↑" in words
    assert any("ΔE*ab" in word for word in words)
    text = describe_grid(runs, tell("p0"))
    assert "blur, noise" in text
    assert "p0 (worst, −1.2 dB)" in text


def test_mixed_shapes_many_columns_and_narrow_pages(full_bench: Any) -> None:
    photos, runs = load(full_bench)
    labels = [f"$x$\n{'long ' * 40}{index}" for index in range(6)]
    many = [dataclasses.replace(runs[index % 2], label=name) for index, name in enumerate(labels)]
    figure = draw_grid(photos, many, tell("p0", "p1", "p2"), Style(width=7, size=7))
    figure.draw_without_rendering()
    sheet = figure.axes[0]
    boxes = [image.get_extent() for image in sheet.images]
    assert len(boxes) == 3 * (8 * 2 + 7)
    for number, (left, right, bottom, top) in enumerate(boxes):
        assert 0 <= left < right <= 7
        assert 0 <= bottom < top <= figure.get_size_inches()[1]
        for x0, x1, y0, y1 in boxes[number + 1 :]:
            assert right <= x0 or x1 <= left or top <= y0 or y1 <= bottom
    assert (sheet.get_xlim(), sheet.get_ylim()[0]) == ((0, 7), 0)
    bare = draw_grid(photos, runs, tell("p0"), zoom=False, errors=False)
    assert len(bare.axes[0].images) == 4
    assert not bare.axes[0].patches


def test_a_missing_output_and_one_method(full_bench: Any) -> None:
    photos, runs = load(full_bench)
    image_path(runs[0].folder, "p0").unlink()
    row = make_row(photos, runs, "worst", Entry("p0", [], 0.0, ""))
    assert row.errors[1] is None
    assert row.box is not None  # the input differs from the one that is left
    figure = draw_grid(photos, runs, tell("p0"))
    assert "no picture" in [text.get_text() for text in figure.axes[0].texts]
    draw_grid(photos, runs[:1], tell("p0")).draw_without_rendering()


def test_same_bytes_twice(full_bench: Any, tmp_path: Path) -> None:
    photos, runs = load(full_bench)
    forms = ("svg", "pdf")
    first = save_figure(draw_grid(photos, runs, tell("p1")), tmp_path / "a", forms)
    second = save_figure(draw_grid(photos, runs, tell("p1")), tmp_path / "b", forms)
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes()


def test_errors_are_those_of_cie() -> None:
    one, other = random_picture(0), random_picture(1)
    expected = deltaE_cie76(rgb2lab(one), rgb2lab(other))
    assert np.allclose(colour_error(one, other), expected, atol=2e-3)
    assert not colour_error(one, one).any()


def test_the_box_is_where_methods_differ() -> None:
    generator = np.random.default_rng(0)
    common = generator.uniform(0, 50, (50, 80))  # where all are wrong alike, nothing is to be seen
    one, other = common.copy(), common.copy()
    one[10:25, 40:64] += 30
    box = find_telling_box([one, other])
    assert box == Box(10 / 50, 40 / 80, 15 / 50, 24 / 80)
    assert find_telling_box([common, common]) is None
    assert find_telling_box([common]) is None
    assert find_telling_box([]) is None
    everywhere = find_telling_box([np.zeros((9, 9)), np.ones((9, 9))])
    assert everywhere is not None
    assert (everywhere.top, everywhere.left) == (0, 0)  # of equal windows the first
    assert find_telling_box([np.zeros((1, 1)), np.ones((1, 1))]) == Box(0, 0, 1, 1)


def test_the_box_is_the_best_of_all() -> None:
    generator = np.random.default_rng(4)
    maps = [generator.uniform(0, 9, (23, 31)) for _ in range(3)]
    box = find_telling_box(maps)
    assert box is not None
    spread = np.stack(maps).std(axis=0)
    sums = {
        (top, left): spread[top : top + 7, left : left + 9].sum()
        for top in range(23 - 6)
        for left in range(31 - 8)
    }
    best = max(sums, key=lambda place: sums[place])
    assert (round(box.top * 23), round(box.left * 31)) == best


def test_a_box_fits_every_size() -> None:
    picture = random_picture(2, 400, 600)
    box = Box(0.5, 0.7, 0.3, 0.3)
    assert np.array_equal(box.crop(picture), picture[200:320, 420:600])
    assert box.crop(resize(picture, 40, 60)).shape == (12, 18, 3)
    assert box.crop(random_picture(0, 1, 1)).shape == (1, 1, 3)


def test_one_scale_for_all() -> None:
    assert shared_limit([]) == 5
    assert shared_limit([np.full((4, 4), 0.1)]) == 5
    assert shared_limit([np.full((4, 4), 11.0), np.full((2, 2), 14.0)]) == 15
