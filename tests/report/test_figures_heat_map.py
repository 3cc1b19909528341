"""Method × photo: every cell is its score, good is bright in every panel."""

import dataclasses
import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from romnet_bench.report.figures.heat_map import (
    HeatMap,
    describe_heat_map,
    draw_heat_map,
    make_heat_map,
)
from romnet_bench.report.figures.style import save_figure
from romnet_bench.report.runs import Comparison, compare_runs

pytestmark = pytest.mark.filterwarnings("error")


def one_comparison(bench: Any) -> Comparison:
    (comparison,) = compare_runs([bench.runs])
    return comparison


def made_up(methods: int, photos: int) -> HeatMap:
    generator = np.random.default_rng(0)
    return HeatMap(
        "made-up",
        [f"Method {index}" for index in range(methods)],
        [f"p{index}" for index in range(photos)],
        {
            "psnr": generator.normal(20, 3, (methods, photos)),
            "ssim": generator.uniform(0, 1, (methods, photos)),
            "lpips": generator.uniform(0, 1, (methods, photos)),
        },
    )


def brightness(figure: Figure, panel: int) -> np.ndarray:
    """The luminance with which each cell is drawn."""
    image = figure.axes[panel].images[0]
    colours = image.cmap(image.norm(image.get_array()))
    return np.asarray(colours[..., :3] @ [0.2126, 0.7152, 0.0722])


def test_cells_are_the_scores(full_bench: Any) -> None:
    comparison = one_comparison(full_bench)
    tables = {
        run.label: pd.read_parquet(run.folder / "scores.parquet").set_index("id")
        for run in comparison.runs
    }
    psnr = pd.DataFrame({label: table["psnr"] for label, table in tables.items()})
    order = psnr.mean(axis=1).sort_values().index
    heat = make_heat_map(comparison)
    assert heat.ids == list(order)
    assert heat.labels == list(tables)
    figure = draw_heat_map(heat)
    for panel, key in zip(figure.axes, ("psnr", "ssim"), strict=False):
        expected = [table.loc[order, key].to_numpy() for table in tables.values()]
        assert np.allclose(panel.images[0].get_array(), expected, atol=0)
        digits = 2 if key == "psnr" else 3
        written = {text.get_text() for text in panel.texts}
        assert written == {f"{value:.{digits}f}" for value in np.ravel(expected)}
    assert len(figure.axes) == 4  # two panels with their scales: LPIPS was not measured


def test_good_is_bright_and_scales_point_up() -> None:
    heat = made_up(3, 30)
    figure = draw_heat_map(heat)
    for panel, (key, sign) in enumerate((("psnr", 1), ("ssim", 1), ("lpips", -1))):
        order = np.argsort(sign * heat.scores[key].ravel())
        assert np.all(np.diff(brightness(figure, panel).ravel()[order]) >= -1e-9)
        scale = figure.axes[3 + panel]
        low, high = scale.get_ylim()
        assert (high > low) == (sign > 0)


def test_one_outlier_does_not_make_all_others_alike() -> None:
    heat = made_up(4, 24)
    heat.scores["psnr"][0, 0] = 100.0
    figure = draw_heat_map(heat)
    image = figure.axes[0].images[0]
    assert image.norm.vmax == pytest.approx(np.sort(heat.scores["psnr"].ravel())[-2])
    assert image.colorbar.extend == "max"
    assert figure.axes[1].images[0].colorbar.extend == "neither"


@pytest.mark.parametrize(("methods", "photos"), [(14, 200), (1, 1), (14, 24)])
def test_many_and_few(methods: int, photos: int) -> None:
    figure = draw_heat_map(made_up(methods, photos))
    figure.draw_without_rendering()
    width, height = figure.get_size_inches()
    assert width == 9.6
    assert height < 14
    named = figure.axes[2].get_xticklabels()
    assert len(named) == (photos if photos <= 40 else 0)
    boxes = [text.get_window_extent() for text in figure.axes[0].get_yticklabels()]
    assert all(one.y0 >= other.y1 for one, other in itertools.pairwise(boxes))
    assert f"{photos} photos" in figure.axes[2].get_xlabel()


def test_unknown_cells_are_hatched(full_bench: Any, tmp_path: Path) -> None:
    comparison = one_comparison(full_bench)
    first = comparison.runs[0]
    holed = first.scores.drop(index="p3")
    holed.loc["p1", "ssim"] = np.nan
    holed = dataclasses.replace(first, scores=holed, label="$\\bad$\n" * 40)
    changed = dataclasses.replace(comparison, runs=[holed, *comparison.runs[1:]])
    heat = make_heat_map(changed)
    figure = draw_heat_map(heat)
    psnr, ssim = (figure.axes[panel].images[0].get_array() for panel in (0, 1))
    assert psnr.mask.sum() == 1
    assert ssim.mask.sum() == 2
    assert psnr.mask[0, heat.ids.index("p3")]
    assert figure.axes[0].patch.get_hatch()
    assert "3 cells are unknown" in describe_heat_map(heat)
    one, *_ = save_figure(figure, tmp_path / "a", formats=("svg",))
    two, *_ = save_figure(draw_heat_map(heat), tmp_path / "b", formats=("svg",))
    assert one.read_bytes() == two.read_bytes()


def test_nothing_measured(full_bench: Any) -> None:
    comparison = one_comparison(full_bench)
    runs = [
        dataclasses.replace(run, scores=run.scores.assign(psnr=np.nan, ssim=np.nan))
        for run in comparison.runs
    ]
    heat = make_heat_map(dataclasses.replace(comparison, runs=runs))
    draw_heat_map(heat).draw_without_rendering()
    assert "nothing was measured" in describe_heat_map(heat)


def test_description(full_bench: Any) -> None:
    comparison = one_comparison(full_bench)
    tables = [pd.read_parquet(run.folder / "scores.parquet") for run in comparison.runs]
    means = pd.concat(tables).groupby("id")["psnr"].mean()
    text = describe_heat_map(make_heat_map(comparison))
    assert f"{means.idxmin()} ({means.min():.2f}) is the hardest" in text
    assert f"{means.idxmax()} ({means.max():.2f}) the easiest" in text


def test_what_may_not_be_compared_has_a_dagger_in_that_metric(full_bench: Any) -> None:
    comparison = one_comparison(full_bench)
    first = comparison.runs[0]
    partly = dataclasses.replace(first, scores=first.scores.assign(ssim=[0.5] * 5 + [np.nan]))
    heat = make_heat_map(dataclasses.replace(comparison, runs=[partly, *comparison.runs[1:]]))
    figure = draw_heat_map(heat)
    names = [[text.get_text() for text in panel.get_yticklabels()] for panel in figure.axes[:2]]
    assert names[0] == heat.labels
    assert names[1] == [f"{heat.labels[0]}‡", *heat.labels[1:]]
    assert figure.get_supxlabel() == "‡: not comparable, see the table."
    assert draw_heat_map(make_heat_map(comparison)).get_supxlabel() == ""
