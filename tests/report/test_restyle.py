"""The docs' script that draws a figure for a journal runs as it stands."""

import runpy
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from matplotlib import rcParams

SCRIPT = Path(__file__).parents[2] / "docs" / "examples" / "restyle.py"

pytestmark = pytest.mark.filterwarnings("error")


def run_script(monkeypatch: pytest.MonkeyPatch, *arguments: object) -> None:
    monkeypatch.setattr(sys, "argv", [str(SCRIPT), *map(str, arguments)])
    runpy.run_path(str(SCRIPT), run_name="__main__")


def millimetres(pdf: bytes) -> float:
    """The width of a page: a PDF counts in points."""
    box = pdf.split(b"/MediaBox [", 1)[1].split(b"]", 1)[0].split()
    return float(box[2]) / 72 * 25.4


def test_every_photo(
    full_bench: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = dict(rcParams)
    stem = full_bench.root / "paper" / "fig.2"
    stem.parent.mkdir()
    run_script(monkeypatch, full_bench.runs, stem)
    pdf = stem.with_name("fig.2.pdf").read_bytes()
    assert pdf.startswith(b"%PDF")
    assert millimetres(pdf) == pytest.approx(88, abs=0.1)
    assert b"DejaVuSerif" in pdf
    assert b"DejaVuSans" not in pdf
    assert capsys.readouterr().out.strip() == str(stem.with_name("fig.2.pdf"))
    assert dict(rcParams) == before


def test_ranks(bench: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    photos = bench.add_dataset()
    for rank, name in ((1, "blur"), (2, "blur-rank-02")):
        references = {"choice": "ranked", "rank": str(rank)}
        where = f"drawn/{name}"
        bench.add_run(photos, "blur", folder=where, method__name=name, references=references)
    stem = bench.root / "new" / "sensitivity"
    run_script(monkeypatch, bench.runs, stem)
    assert stem.with_name("sensitivity.pdf").is_file()
    numbers = pd.read_csv(stem.with_name("sensitivity.csv"))
    assert sorted(set(numbers["rank"])) == [1, 2]


def test_the_script_is_short() -> None:
    assert len(SCRIPT.read_text(encoding="utf-8").splitlines()) < 60
