"""Figures: drawn without warnings, the same bytes twice, and with the right data in them."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib import pyplot as plt
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from romnet_bench.report.figures import draw_distributions, save_figure
from romnet_bench.report.gallery import Entry, choose_telling, make_gallery
from romnet_bench.report.grid import draw_grid
from romnet_bench.report.pictures import find_photos, list_shown
from romnet_bench.report.runs import Comparison, compare_runs

pytestmark = pytest.mark.filterwarnings("error")


def one_comparison(bench: Any) -> Comparison:
    (comparison,) = compare_runs([bench.runs])
    return comparison


def draw(bench: Any, seed: int = 0) -> Figure:
    return draw_distributions(one_comparison(bench), np.random.default_rng(seed))


def test_every_photo_is_a_point(full_bench: Any) -> None:
    comparison = one_comparison(full_bench)
    figure = draw(full_bench)
    psnr, ssim, lpips = figure.axes
    assert [panel.get_xlabel() for panel in figure.axes] == ["PSNR ↑", "SSIM ↑", "LPIPS ↓"]
    for panel, key in ((psnr, "psnr"), (ssim, "ssim")):
        clouds = [np.asarray(cloud.get_offsets()) for cloud in panel.collections]
        for index, run in enumerate(comparison.runs):
            points, mean = clouds[2 * index : 2 * index + 2]
            assert sorted(points[:, 0]) == pytest.approx(sorted(run.scores[key]))
            assert np.all(np.abs(points[:, 1] - index) <= 0.2)
            assert mean[0] == pytest.approx([run.scores[key].mean(), index])
    assert not lpips.collections
    assert [text.get_text() for text in lpips.texts] == ["not measured"]


def test_methods_differ_without_colour(full_bench: Any) -> None:
    boxes = draw(full_bench).axes[0].patches
    assert len({box.get_hatch() for box in boxes}) == 3
    assert len({to_rgba(box.get_edgecolor()) for box in boxes}) == 3


def test_labels_are_never_mathematics(bench: Any, tmp_path: Path) -> None:
    label = r"$\frac{1}{0}$ costs $5 & \$2 _x_"
    bench.add_run(bench.add_dataset(), "blur", method__label=label)
    figure = draw(bench)
    save_figure(figure, tmp_path / "labelled")  # matplotlib parses mathematics when it draws
    shown = figure.axes[0].get_yticklabels()[0].get_text().replace("\n", " ")
    assert shown.replace(r"\$", "$").startswith(r"$\frac{1}{0}$ costs")


def test_same_bytes_twice(full_bench: Any, tmp_path: Path) -> None:
    first = save_figure(draw(full_bench), tmp_path / "a")
    second = save_figure(draw(full_bench), tmp_path / "b")
    assert [path.suffix for path in first] == [".png", ".svg", ".pdf"]
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes()
    assert (tmp_path / "a.png").read_bytes()[:4] == b"\x89PNG"
    assert not re.search(rb"dc:date|CreationDate", (tmp_path / "a.svg").read_bytes())
    assert b"CreationDate" not in (tmp_path / "a.pdf").read_bytes()
    assert not list(tmp_path.glob(".*"))
    third = save_figure(draw(full_bench, seed=1), tmp_path / "c")
    assert third[0].read_bytes() != first[0].read_bytes()


def test_nothing_global_is_touched(full_bench: Any, tmp_path: Path) -> None:
    np.random.seed(5)  # noqa: NPY002 - the global state is what is tested
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    settings = dict(plt.rcParams)
    save_figure(draw(full_bench), tmp_path / "a")
    assert np.array_equal(np.random.get_state()[1], before)  # noqa: NPY002
    assert dict(plt.rcParams) == settings
    assert plt.get_fignums() == []


def test_grid_shows_the_pictures(full_bench: Any, tmp_path: Path) -> None:
    comparison = one_comparison(full_bench)
    photos, trouble = find_photos(comparison, None)
    assert photos is not None
    assert trouble == ""
    telling = choose_telling(make_gallery(comparison, photos, tmp_path), 3)
    assert [name for name, _ in telling] == ["worst", "median", "best"]
    runs = list_shown(comparison)
    figure = draw_grid(photos, runs, telling)
    assert len(figure.axes) == 3 * (len(runs) + 2)
    for row, (_, entry) in enumerate(telling):
        cells = figure.axes[row * 4 : row * 4 + 4]
        assert np.array_equal(cells[-1].images[0].get_array(), photos[entry.id].target)
        assert np.array_equal(cells[0].images[0].get_array()[..., 1], photos[entry.id].input)
    words = [text.get_text() for text in figure.texts]
    assert words[:4] == ["Input", "blur", "noise", "Target"]
    value = runs[0].score(telling[0][1].id, "psnr")
    assert any(word.startswith(f"PSNR {value:.2f} · SSIM ") for word in words)
    first = save_figure(figure, tmp_path / "a")
    second = save_figure(draw_grid(photos, runs, telling), tmp_path / "b")
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes()


def entries_with(gains: list[float]) -> list[Entry]:
    return [Entry(f"p{index}", [], gain, "") for index, gain in enumerate(gains)]


@pytest.mark.parametrize(
    ("gains", "count", "expected"),
    [
        ([5, 1, 3, 2, 4], 3, ["worst p1", "median p2", "best p0"]),
        ([5, 1, 3, 2, 4], 9, ["worst p1", "worst p3", "median p2", "median p4", "best p0"]),
        ([0, 1, 2, 3, 4, 5, 6, 7], 6,
         ["worst p0", "worst p1", "median p3", "median p4", "best p6", "best p7"]),
        ([2, 2, float("nan"), 2], 3, ["worst p0", "median p1", "best p3"]),
        ([], 6, []),
        ([1, 2], 0, []),
    ],
)  # fmt: skip
def test_telling_photos(gains: list[float], count: int, expected: list[str]) -> None:
    found = choose_telling(entries_with(gains), count)
    assert [f"{name} {entry.id}" for name, entry in found] == expected
