"""Ablation bars: our means and intervals, and the paper's marks beside them."""

import dataclasses
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from romnet_bench.report.ablations import AblationTable, make_ablation_table
from romnet_bench.report.figures.ablations import describe_ablations, draw_ablations
from romnet_bench.report.figures.style import Style, save_figure
from romnet_bench.romnet.ablations import TABLES

pytestmark = pytest.mark.filterwarnings("error")


@pytest.fixture
def table(bench: Any) -> tuple[AblationTable, dict[str, Path]]:
    """Table V of the paper with two of its three networks scored."""
    photos = bench.add_dataset()
    paper = TABLES[1]
    trainings = list(paper.rows.values())
    runs = {name: bench.runs / name for name in trainings}
    for number, name in enumerate(trainings[:2]):
        folder = bench.add_run(photos, "blur", folder=name)
        generator = np.random.default_rng(number)
        bench.change_scores(folder, psnr=list(generator.normal(20, 2, len(photos))))
    made = make_ablation_table(paper, runs, [])
    assert made is not None
    return made, runs


def test_bars_are_the_means(table: tuple[AblationTable, dict[str, Path]]) -> None:
    made, runs = table
    figure = draw_ablations(made)
    for panel, key in zip(figure.axes, ("psnr", "ssim"), strict=False):
        folders = list(runs.values())[:2]
        means = [pd.read_parquet(folder / "scores.parquet")[key].mean() for folder in folders]
        assert [bar.get_width() for bar in panel.patches] == pytest.approx(means)
        assert all(bar.get_x() == 0 for bar in panel.patches)
        assert panel.get_xlim()[0] == 0
        marks = [line for line in panel.lines if line.get_marker() == "D"]
        papers = [float(row.paper[key]) for row in made.rows]
        assert [line.get_xdata()[0] for line in marks] == papers
        assert len({bar.get_facecolor() for bar in panel.patches}) == 1  # no method's
        words = [text.get_text() for text in panel.texts]
        digits = 2 if key == "psnr" else 3
        assert [f"{mean:.{digits}f}" for mean in means] == [w for w in words if w[0].isdigit()]
        assert " not measured" in words


def test_hostile_labels_and_empty_tables(table: tuple[AblationTable, dict[str, Path]]) -> None:
    rows = [dataclasses.replace(row, label="$\\x$\n" * 60, ours=None) for row in table[0].rows]
    empty = dataclasses.replace(table[0], rows=rows)
    draw_ablations(empty, Style(width=3.5)).draw_without_rendering()
    assert describe_ablations(empty).count("not measured") == 3


def test_description_and_bytes(
    table: tuple[AblationTable, dict[str, Path]], tmp_path: Path
) -> None:
    made, _ = table
    text = describe_ablations(made)
    for row in made.rows:
        mean = row.mean(next(iter([m for m in _metrics() if m.key == "psnr"])))
        assert math.isnan(mean) or f"{row.label}: PSNR {mean:.2f}" in text
    first, *_ = save_figure(draw_ablations(made), tmp_path / "a", formats=("svg",))
    second, *_ = save_figure(draw_ablations(made), tmp_path / "b", formats=("svg",))
    assert first.read_bytes() == second.read_bytes()
    content = first.read_text(encoding="utf-8")
    assert "not comparable in level" in content
    assert all(row.label.split()[0] in content for row in made.rows)


def _metrics() -> Any:
    from romnet_bench.protocol import METRICS

    return METRICS
