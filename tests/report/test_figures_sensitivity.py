"""Scores by the reference's rank: the right runs, the right photos, the right numbers."""

import csv
import dataclasses
import io
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from scipy.stats import bootstrap

from romnet_bench.report.figures.rank_curves import (
    RankCurve,
    find_rank_curves,
    keep_first_ranks,
    read_paper_ends,
    to_csv,
)
from romnet_bench.report.figures.sensitivity import describe_sensitivity, draw_sensitivity
from romnet_bench.report.figures.style import save_figure
from romnet_bench.report.runs import compare_runs

pytestmark = pytest.mark.filterwarnings("error")

KEYS = ("psnr", "ssim", "lpips")


def add_rank(bench: Any, photos: Any, rank: int, ids: list[str] | None = None, **more: Any) -> Path:
    name = "blur" if rank == 1 else f"blur-rank-{rank:02d}"
    label = "Blur $x$" if rank == 1 else f"Blur $x$, reference of rank {rank}"
    folder = bench.add_run(
        photos,
        "blur",
        folder=f"drawn/{name}",
        ids=ids,
        method__name=name,
        method__label=label,
        references={"choice": "ranked", "features": "vgg19", "rank": str(rank)},
        **more,
    )
    generator = np.random.default_rng(rank)
    count = len(ids or photos.ids)
    bench.change_scores(
        folder,
        psnr=list(generator.normal(25 - rank, 2, count)),
        lpips=list(generator.uniform(0.1, 0.3, count)),
    )
    return folder


def find(bench: Any) -> list[RankCurve]:
    (comparison,) = compare_runs([bench.runs])
    return find_rank_curves(comparison)


@pytest.fixture
def ranked(bench: Any) -> Any:
    """Ranks 1, 2 and 4; the last lacks a photo; and a run that has no rank."""
    photos = bench.add_dataset()
    for rank in (1, 2):
        add_rank(bench, photos, rank)
    add_rank(bench, photos, 4, ids=photos.ids[:-1])
    bench.add_run(photos, "noise")
    return bench


def read(bench: Any) -> dict[int, pd.DataFrame]:
    """The parquets themselves, on the photos that all have."""
    names = {1: "blur", 2: "blur-rank-02", 4: "blur-rank-04"}
    tables = {
        rank: pd.read_parquet(bench.runs / "drawn" / name / "scores.parquet").set_index("id")
        for rank, name in names.items()
    }
    common = sorted(set.intersection(*(set(table.index) for table in tables.values())))
    assert len(common) == 5
    return {rank: table.loc[common] for rank, table in tables.items()}


def test_means_are_over_the_photos_that_all_ranks_have(ranked: Any) -> None:
    (curve,) = find(ranked)
    assert (curve.label, curve.photos, curve.of, curve.ranks) == ("Blur $x$", 5, 6, [1, 2, 4])
    for rank, table in read(ranked).items():
        for key in KEYS:
            cell = curve.intervals[rank][key]
            assert cell.mean == pytest.approx(table[key].mean(), abs=1e-12)
            assert cell.n == 5
            reference = bootstrap(
                (table[key],), np.mean, method="percentile", rng=np.random.default_rng(3)
            ).confidence_interval
            spread = table[key].std()
            assert cell.low == pytest.approx(reference.low, abs=0.05 * spread)
            assert cell.high == pytest.approx(reference.high, abs=0.05 * spread)
    tables = read(ranked)
    for key in KEYS:
        assert curve.change[key].mean == pytest.approx((tables[4][key] - tables[1][key]).mean())


def drawn_points(panel: Axes) -> np.ndarray:
    return np.asarray(panel.containers[0].lines[0].get_xydata())


def test_what_is_drawn_are_these_numbers(ranked: Any, tmp_path: Path) -> None:
    curves = find(ranked)
    figure = draw_sensitivity(curves)
    for panel, key in zip(figure.axes, KEYS, strict=True):
        cells = [curves[0].intervals[rank][key] for rank in (1, 2, 4)]
        points = drawn_points(panel)
        assert points[:, 0] == pytest.approx([1, 2, 4])
        assert points[:, 1] == pytest.approx([cell.mean for cell in cells])
        bars = panel.containers[0].lines[2][0].get_segments()
        assert [bar[:, 1].min() for bar in bars] == pytest.approx([cell.low for cell in cells])
        assert [bar[:, 1].max() for bar in bars] == pytest.approx([cell.high for cell in cells])
    svg, *_ = save_figure(figure, tmp_path / "a", formats=("svg",))
    again, *_ = save_figure(draw_sensitivity(find(ranked)), tmp_path / "b", formats=("svg",))
    assert svg.read_bytes() == again.read_bytes()
    text = svg.read_text(encoding="utf-8")
    assert "<!-- Rank of the reference -->" in text
    assert "(5 of 6)" in text
    assert "paper" not in text


def test_csv_holds_the_numbers_drawn(ranked: Any) -> None:
    rows = list(csv.DictReader(io.StringIO(to_csv(find(ranked)))))
    assert len(rows) == 9
    tables = read(ranked)
    for row in rows:
        mean = tables[int(row["rank"])][row["metric"]].mean()
        assert float(row["mean"]) == pytest.approx(mean, abs=1e-12)
        assert float(row["low"]) <= float(row["mean"]) <= float(row["high"])
        assert row["photos"] == "5"


def test_the_papers_ends_are_drawn_on_its_photos_alone(ranked: Any) -> None:
    ends = read_paper_ends()
    assert ends == {
        "psnr": {1: 23.95, 10: 22.25},
        "ssim": {1: 0.925, 10: 0.899},
        "lpips": {1: 0.12, 10: 0.15},
    }
    figure = draw_sensitivity(find(ranked), paper=True)
    for panel, key in zip(figure.axes, KEYS, strict=True):
        lines = [np.asarray(line.get_xydata()).tolist() for line in panel.lines]
        assert [[float(rank), mean] for rank, mean in ends[key].items()] in lines
        assert 10 in panel.get_xticks()
    (legend,) = figure.legends
    assert any("paper" in text.get_text() for text in legend.get_texts())


def test_a_photo_without_a_score_at_one_rank_counts_at_none(ranked: Any) -> None:
    """Each metric for itself: only its own gaps leave a photo out."""
    folder = ranked.runs / "drawn" / "blur-rank-02"
    before = read(ranked)
    column = pd.read_parquet(folder / "scores.parquet")["psnr"].tolist()
    ranked.change_scores(folder, psnr=[math.nan, *column[1:]])
    (curve,) = find(ranked)
    for rank in (1, 2, 4):
        kept = before[rank].drop(index=before[rank].index[0])
        cell = curve.intervals[rank]["psnr"]
        assert cell.n == 4
        assert cell.mean == pytest.approx(kept["psnr"].mean())
        assert curve.intervals[rank]["ssim"].n == 5
    change = (before[4]["psnr"] - before[1]["psnr"]).iloc[1:]
    assert curve.change["psnr"].mean == pytest.approx(change.mean())
    assert curve.change["psnr"].n == 4


def test_one_photo_has_no_intervals(bench: Any) -> None:
    photos = bench.add_dataset(ids=("p0",))
    for rank in (1, 2):
        add_rank(bench, photos, rank)
    figure = draw_sensitivity(find(bench))
    figure.draw_without_rendering()
    bars = figure.axes[0].containers[0].lines[2][0].get_segments()
    assert not any(bar.size for bar in bars)
    assert "intervals" not in figure.get_supxlabel()
    assert "[" not in figure.axes[0].get_title(loc="left")


def test_description(ranked: Any) -> None:
    tables = read(ranked)
    text = describe_sensitivity(find(ranked))
    assert f"PSNR {tables[1]['psnr'].mean():.2f} → {tables[4]['psnr'].mean():.2f}" in text
    assert "from 1 to 4" in text
    assert "5 photos" in text


def test_no_curve_of_one_rank_or_of_other_weights(bench: Any) -> None:
    photos = bench.add_dataset()
    add_rank(bench, photos, 1)
    assert find(bench) == []
    add_rank(bench, photos, 2, method__fingerprint={"sigma": "9"})
    assert find(bench) == []
    add_rank(bench, photos, 3, protocol={"name": "mine", "hash": "0"})
    assert find(bench) == []
    add_rank(bench, photos, 4, ids=photos.ids[:1])
    assert [curve.photos for curve in find(bench)] == [1]


def test_other_figures_show_the_first_rank_alone(ranked: Any) -> None:
    (comparison,) = compare_runs([ranked.runs])
    kept = keep_first_ranks(comparison)
    assert [run.label for run in comparison.runs if run not in kept.runs] == [
        "Blur $x$, reference of rank 2",
        "Blur $x$, reference of rank 4",
    ]
    assert [run.label for run in kept.runs] == ["Blur $x$", "noise"]
    assert keep_first_ranks(kept).runs == kept.runs


def test_several_methods_differ_without_colour(ranked: Any) -> None:
    (curve,) = find(ranked)
    empty = dataclasses.replace(curve.intervals[1]["lpips"], mean=np.nan, low=np.nan, n=0)
    unmeasured = {rank: {**cells, "lpips": empty} for rank, cells in curve.intervals.items()}
    curves = [
        dataclasses.replace(curve, label=f"M{index}", intervals=unmeasured) for index in range(4)
    ]
    figure = draw_sensitivity(curves)
    lines = [container.lines[0] for container in figure.axes[0].containers]
    assert len({line.get_marker() for line in lines}) == 4
    assert len({str(line._dash_pattern) for line in lines}) == 4
    assert len({line.get_xdata()[0] for line in lines}) == 4  # intervals do not cover each other
    assert [text.get_text() for text in figure.axes[2].texts] == ["not measured"]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["M0", "M1", "M2", "M3"]


def test_ranks_measured_with_other_weights_make_no_curve(bench: Any) -> None:
    photos = bench.add_dataset()
    for rank in (1, 2):
        add_rank(bench, photos, rank, weights={"lpips": str(rank) * 64})
    assert find(bench) == []


def test_one_curve_has_its_name_below(bench: Any) -> None:
    photos = bench.add_dataset()
    for rank in (1, 2):
        add_rank(bench, photos, rank)
    assert draw_sensitivity(find(bench)).get_supxlabel().startswith(r"Blur \$x\$: means over")
