"""The qualitative figure: its pictures, what it enlarges, and its maps of errors."""

import dataclasses
import itertools
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
    lightness,
    shared_limit,
)
from romnet_bench.report.figures.grid import describe_grid, draw_grid, make_row, split_sheets
from romnet_bench.report.figures.grid_plan import GAP, LEFT, RIGHT
from romnet_bench.report.figures.style import Style, save_figure
from romnet_bench.report.pictures import find_photos, list_shown
from romnet_bench.report.runs import compare_runs
from romnet_bench.report.telling import Entry

pytestmark = pytest.mark.filterwarnings("error")


COLUMN = (9.6 - LEFT - RIGHT - 3 * GAP) / 4  # inches: input, two systems and target
WINDOW = (COLUMN - GAP) / 2 / COLUMN / 2.5  # half a column, two and a half times as large


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
        row = make_row(photos, runs, "worst", Entry(identity, [], 0.0, ""), WINDOW)
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
    row = make_row(photos, runs, "worst", Entry("p2", [], 0.0, ""), WINDOW)
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
    assert "worst, −1.2 dB\np0" in words
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
    row = make_row(photos, runs, "worst", Entry("p0", [], 0.0, ""), WINDOW)
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
    flat = np.full((50, 80), 40.0)
    box = find_telling_box([one, other], flat, 0.3)
    assert box == Box(10 / 50, 40 / 80, 15 / 50, 24 / 80)
    assert find_telling_box([common, common], flat, 0.3) is None
    assert find_telling_box([common], flat, 0.3) is None
    assert find_telling_box([], flat, 0.3) is None
    everywhere = find_telling_box([np.zeros((9, 9)), np.ones((9, 9))], flat[:9, :9], 0.3)
    assert everywhere is not None
    assert (everywhere.top, everywhere.left) == (0, 0)  # of equal windows the first
    dot = np.zeros((1, 1))
    assert find_telling_box([dot, dot + 1], dot, 0.3) == Box(0, 0, 1, 1)


def test_the_box_is_the_best_of_all() -> None:
    generator = np.random.default_rng(4)
    maps = [generator.uniform(0, 9, (23, 31)) for _ in range(3)]
    light = generator.uniform(0, 100, (23, 31)) * (np.arange(31) > 12)
    box = find_telling_box(maps, light, 0.31)
    assert box is not None
    spread = np.stack(maps).std(axis=0)

    def worth(top: int, left: int) -> float:
        window = np.s_[top : top + 7, left : left + 9]
        return float(spread[window].mean() * (1 + light[window].std()))

    best = max(itertools.product(range(23 - 6), range(31 - 8)), key=lambda place: worth(*place))
    assert (round(box.top * 23), round(box.left * 31)) == best
    assert (round(box.height * 23), round(box.width * 31)) == (7, 9)  # not more than the share


def test_an_empty_sky_loses() -> None:
    light = np.full((60, 80), 70.0)
    light[40:] += np.random.default_rng(0).normal(0, 15, (20, 80))
    one, other = np.zeros((60, 80)), np.zeros((60, 80))
    other[5:20, 5:30] = 12.0  # where there is nothing to see, they differ more
    other[42:58, 40:70] = 8.0
    box = find_telling_box([one, other], light, 0.2)
    assert box is not None
    assert box.top * 60 >= 40
    empty = find_telling_box([one, other], np.full((60, 80), 70.0), 0.2)
    assert empty is not None
    assert empty.top * 60 < 20


def test_lightness_is_that_of_cie() -> None:
    picture = random_picture(3)
    assert np.allclose(lightness(picture), rgb2lab(picture)[..., 0], atol=2e-3)


@pytest.mark.parametrize("style", [Style(), Style(width=3.5, size=7)])
def test_insets_are_really_larger(full_bench: Any, style: Style) -> None:
    photos, runs = load(full_bench)
    for errors in (True, False):
        sheet = draw_grid(photos, runs, tell("p0", "p1"), style, errors=errors).axes[0]
        pictures = [image for image in sheet.images if image.get_array().ndim == 3]
        for large, inset in zip(pictures[::2], pictures[1::2], strict=True):
            scales = []
            for image in (large, inset):
                left, right, *_ = image.get_extent()
                scales.append((right - left) / image.get_array().shape[1])
            assert scales[1] >= 2.5 * scales[0] * (1 - 1e-9)


def test_many_photos_are_split_into_sheets(full_bench: Any) -> None:
    photos, runs = load(full_bench)
    nine = tell(*("p0", "p1", "p2") * 3)
    with pytest.raises(ValueError, match="split_sheets"):
        draw_grid(photos, runs, nine)
    figures = [
        draw_grid(photos, runs, rows, zoom=False, errors=False) for rows in split_sheets(nine)
    ]
    assert [len(figure.axes[0].images) for figure in figures] == [5 * 4, 4 * 4]
    targets = [image.get_array() for figure in figures for image in figure.axes[0].images[3::4]]
    for (_, entry), drawn in zip(nine, targets, strict=True):
        assert np.array_equal(drawn, photos[entry.id].target)
    assert split_sheets(nine[:8]) == [nine[:8]]
    assert split_sheets([]) == []


def test_rows_name_their_photo(bench: Any) -> None:
    identity = "COCO_train2014_" + "0" * 90 + "_number_17"
    photos = bench.add_dataset(ids=("a$b_", identity))
    bench.add_run(photos, "blur")
    bench.add_run(photos, "noise")
    photos, runs = load(bench)
    figure = draw_grid(photos, runs, tell("a$b_", identity))
    figure.draw_without_rendering()
    names = [text for text in figure.axes[0].texts if text.get_rotation() == 90]
    assert names[0].get_text() == "worst, −1.2 dB\na\\$b_"
    short = names[1].get_text().split("\n")[1]
    assert short.startswith("COCO_")
    assert short.endswith("_17")
    assert "…" in short
    boxes = [text.get_window_extent() for text in names]
    assert not boxes[0].overlaps(boxes[1])
    assert all(figure.bbox.contains(*box.min) and figure.bbox.contains(*box.max) for box in boxes)


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


def test_the_scale_ends_at_the_98th_percentile() -> None:
    """Two of a hundred pixels are beyond it: the steps below and above are those of 97 and 99."""
    errors = np.concatenate([np.full(970, 4.0), np.full(15, 23.0), np.full(15, 91.0)])
    assert np.percentile(errors, [97, 98, 99]) == pytest.approx([4.69, 23, 91], abs=0.4)
    assert shared_limit([errors[:600].reshape(20, 30), errors[600:].reshape(20, 20)]) == 25
