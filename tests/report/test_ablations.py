"""Ablation tables from made-up runs: every cell, missing rows, order, three formats."""

import csv
import io
import math
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from romnet_bench.data.records import PhotoSet
from romnet_bench.files import resource
from romnet_bench.protocol import METRICS
from romnet_bench.report import ablation_formats
from romnet_bench.report.ablations import AblationTable, count_pairs, make_ablation_table
from romnet_bench.report.latex import to_latex
from romnet_bench.report.markdown import to_markdown
from romnet_bench.romnet.ablations import TABLES, PaperTable

FOUR, FIVE, SIX = TABLES
# One mean a row and metric, by hand; the paper's order in PSNR, the reverse in SSIM.
MEANS = {
    "input-ab": (10.0, 0.9),
    "multi-scale-ab": (11.0, 0.8),
    "single-scale-histogram": (12.0, 0.7),
    "full-clean": (13.0, 0.6),
}


@pytest.fixture
def runs(bench: Any) -> dict[str, Path]:
    """Runs of Table IV on two photos, the values one above and one below their mean."""
    photos = bench.add_dataset("clean", ids=("a", "b"))
    folders = {}
    for name, (psnr, ssim) in MEANS.items():
        folder = bench.add_run(photos, "blur", folder=name, method__notes=["tiny preset", "x"])
        bench.change_scores(folder, psnr=[psnr - 1, psnr + 1], ssim=[ssim - 0.01, ssim + 0.01])
        folders[name] = folder
    names = {training for table in TABLES for training in table.rows.values()}
    return {name: bench.runs / name for name in names} | folders


def make(table: PaperTable, runs: dict[str, Path]) -> AblationTable:
    made = make_ablation_table(table, runs, ["Preset tiny, 20 steps each, seed 0"])
    assert made is not None
    return made


def published(key: str) -> dict[tuple[str, str], str]:
    with resource("reports", "paper", f"{key}.csv").open(encoding="utf-8", newline="") as file:
        return {(row["method"], row["metric"]): row["value"] for row in csv.DictReader(file)}


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.key)
def test_rows_are_called_and_ordered_as_the_papers(table: PaperTable) -> None:
    assert list(table.rows) == list(dict.fromkeys(name for name, _ in published(table.key)))
    assert table.title.endswith(f"Table {['IV', 'V', 'VI'][int(table.key[-1]) - 4]})")


def test_ours_stand_beside_the_papers_with_their_difference(runs: dict[str, Path]) -> None:
    table = make(FOUR, runs)
    paper = published("table4")
    lines = list(csv.DictReader(io.StringIO(ablation_formats.to_csv(table))))
    assert [line["label"] for line in lines] == list(FOUR.rows)
    for line, name in zip(lines, FOUR.rows.values(), strict=True):
        psnr, ssim = MEANS[name]
        assert float(line["psnr_mean"]) == pytest.approx(psnr, abs=1e-12)
        assert (float(line["psnr_low"]), float(line["psnr_high"])) == (psnr - 1, psnr + 1)
        assert float(line["ssim_mean"]) == pytest.approx(ssim, abs=1e-12)
        assert (line["lpips_mean"], line["lpips_difference"], line["lpips_n"]) == ("", "", "0")
        for metric, mean in (("psnr", psnr), ("ssim", ssim)):
            value = paper[line["label"], metric]
            assert line[f"{metric}_paper"] == value
            assert float(line[f"{metric}_difference"]) == pytest.approx(mean - float(value))
        assert line["lpips_paper"] == paper[line["label"], "lpips"]
        assert (line["photos"], line["photos_in_split"]) == ("2", "2")
        assert line["fingerprint"] == table.measured.fingerprint
        assert "not comparable with its own in level" in line["remarks"]
        assert line["warnings"] == ""  # what all networks share is said once, below


def test_markdown_row_by_row(runs: dict[str, Path]) -> None:
    text = to_markdown(ablation_formats.to_sheet(make(FOUR, runs)))
    assert text.startswith("### Ablation study of multi-scale SPHist (the paper's Table IV)\n")
    row = (
        "| Multi-scale histogram fusion | **13.00**<sup>1</sup> [12.00, 14.00] | 23.952 (−10.95) "
        "| 0.600<sup>1</sup> [0.590, 0.610] | 0.925 (−0.325) | – | 0.120 | 2 |"
    )
    assert row in text.splitlines()
    assert (
        "| Input ab fusion | 10.00<sup>1</sup> [9.00, 11.00] | 22.978 (−12.98) | **0.900**" in text
    )
    assert "romnet-bench-1 (43ee0634)" in text
    assert "Preset tiny, 20 steps each, seed 0." in text
    assert "not comparable with its own in level, only in the order" in text
    assert "PSNR 6 of 6, SSIM 1 of 6;" in text  # the paper's SSIM: .902 .910 .906 .925


def test_pairs_in_the_papers_order(runs: dict[str, Path], bench: Any) -> None:
    psnr, ssim, lpips = METRICS
    assert count_pairs(make(FOUR, runs).rows, psnr) == (6, 6)
    assert count_pairs(make(FOUR, runs).rows, lpips) == (0, 0)
    bench.change_scores(runs["multi-scale-ab"], psnr=[9.0, 11.004])  # printed as input-ab: a tie
    assert count_pairs(make(FOUR, runs).rows, psnr) == (5, 6)
    bench.change_scores(runs["full-clean"], lpips=[0.1, 0.1])
    bench.change_scores(runs["input-ab"], lpips=[0.3, 0.3])
    assert count_pairs(make(FOUR, runs).rows, lpips) == (1, 1)  # lower is better here and there
    assert count_pairs(make(FOUR, runs).rows, ssim) == (1, 6)


def test_networks_that_are_missing_or_not_finished_are_said(
    runs: dict[str, Path], bench: Any
) -> None:
    five = make(FIVE, runs)  # of which only the whole network is there
    none, single, multi = five.rows
    assert (none.ours, single.ours) == (None, None)
    assert multi.ours is not None
    assert math.isnan(none.difference(METRICS[0]))
    assert "No similarity map: not trained and scored yet." in five.remarks
    assert not any("order:" in line for line in five.remarks)
    lines = list(csv.DictReader(io.StringIO(ablation_formats.to_csv(five))))
    assert (lines[0]["psnr_mean"], lines[0]["psnr_paper"], lines[0]["photos"]) == (
        "",
        "22.817",
        "0",
    )
    missing = "| No similarity map | – | 22.817 | – | 0.910 | – | 0.131 | – |"
    assert missing in to_markdown(ablation_formats.to_sheet(five)).splitlines()
    latex = to_latex(ablation_formats.to_sheet(five))
    assert r"No similarity map & \textendash{} & 22.817 & \textendash{} & 0.910" in latex
    assert make_ablation_table(SIX, runs, []) is None

    photos = PhotoSet(bench.root / "clean", "test")
    bench.add_run(photos, "noise", folder="no-similarity", finished="")
    assert make(FIVE, runs).rows[0].ours is None
    bench.add_run(photos, "noise", folder="no-similarity", ids=["a"])
    cut = make(FIVE, runs)
    assert cut.rows[0].ours is not None
    assert "No similarity map †" in to_markdown(ablation_formats.to_sheet(cut))
    assert "scored on 1 of 2 photos" in to_markdown(ablation_formats.to_sheet(cut))


def test_latex_compiles_or_at_least_balances(runs: dict[str, Path], tmp_path: Path) -> None:
    text = to_latex(ablation_formats.to_sheet(make(FOUR, runs)))
    assert r"\caption{Ablation study of multi{-}scale SPHist (the paper\textquotesingle{}s" in text
    assert (
        r"\textbf{13.00}\textsuperscript{1} & 23.952 & 0.600\textsuperscript{1} & 0.925 &" in text
    )
    assert r"& {\scriptsize {[}12.00, 14.00{]}} & {\scriptsize ($-$10.95)} &" in text
    body = re.search(r"\\midrule\n(.*?)\n\s*\\bottomrule", text, re.DOTALL)
    assert body is not None
    assert {line.count("&") for line in body[1].splitlines() if "fusion" in line} == {7}
    assert text.count("{") == text.count("}")
    if shutil.which("pdflatex") is None:
        return
    page = (
        r"\documentclass{article}\usepackage[T1]{fontenc}\usepackage{textcomp,booktabs,graphicx}"
        rf"\begin{{document}}{text}\end{{document}}"
    )
    (tmp_path / "t.tex").write_text(page, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "t.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
