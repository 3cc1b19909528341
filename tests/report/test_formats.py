"""CSV, Markdown and LaTeX: what stands in them and what hostile names become."""

import csv
import dataclasses
import io
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from romnet_bench.report import formats, latex
from romnet_bench.report.markdown import escape_markdown, to_markdown
from romnet_bench.report.runs import compare_runs
from romnet_bench.report.sheet import Cell, Column, Line, Sheet
from romnet_bench.report.tables import Table, make_tables

HOSTILE = "50% off_all & #1 {x} $y^2~z\\ <b>|`a` [*] \"q\" 'r' -- –\n\x00end"


@pytest.fixture
def table(bench: Any) -> Table:
    photos = bench.add_dataset(ids=("a", "b"))
    good = bench.add_run(photos, "blur", method__label="Good")
    poor = bench.add_run(
        photos, "noise", method__label=HOSTILE, method__notes=["trained for a day"]
    )
    bench.change_scores(good, psnr=[24.0, 26.0], ssim=[0.9, 0.9], seconds=[0.5, 0.5])
    bench.change_scores(poor, psnr=[10.0, 12.0], ssim=[0.25, 0.25], seconds=[20.0, 22.0])
    (made,) = make_tables(compare_runs([bench.runs]))
    return made


def test_csv_holds_plain_numbers_and_warnings(table: Table) -> None:
    good, poor = csv.DictReader(io.StringIO(formats.to_csv(table)))
    assert float(good["psnr_mean"]) == 25
    assert (float(good["psnr_low"]), float(good["psnr_high"])) == (24, 26)
    assert good["psnr_n"] == "2"
    assert (good["lpips_mean"], good["lpips_n"]) == ("", "0")
    assert float(good["seconds_per_photo"]) == 0.5
    assert good["fingerprint"] == table.fingerprint
    assert good["protocol"] == "romnet-bench-1"
    assert poor["label"] == HOSTILE
    assert poor["warnings"] == "trained for a day"
    assert "put alexnet.pth" in poor["footnotes"]


def test_markdown_of_a_plain_row(table: Table) -> None:
    text = to_markdown(formats.to_sheet(table))
    assert "| Method | PSNR ↑ | SSIM ↑ | LPIPS ↓ | Photos | Seconds per photo ↓ |" in text
    row = (
        "| Good | **25.00**<sup>1</sup> [24.00, 26.00] | **0.900**<sup>1</sup> [0.900, 0.900] "
        "| – | 2 | 0.5 |"
    )
    assert row in text
    assert f"{table.protocol.name} ({table.protocol.hash})" in text
    assert table.fingerprint in text
    assert "LPIPS is empty (–): no AlexNet weights: put alexnet.pth" in text


def test_markdown_of_a_hostile_row(table: Table) -> None:
    lines = to_markdown(formats.to_sheet(table)).splitlines()
    (row,) = [line for line in lines if line.startswith("| 50")]
    assert len(re.findall(r"(?<!\\)\|", row)) == 7
    assert "<b>" not in row
    assert "&lt;b&gt;" in row
    assert r"\[\*\]" in row
    assert r"off\_all &amp; \#1" in row
    assert "| 11.00<sup>1</sup> [10.00, 12.00] |" in row
    assert "| 21 |" in row


def test_markdown_escapes_survive_a_reading() -> None:
    # CommonMark: a backslash before ASCII punctuation gives that sign.
    shown = re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", escape_markdown("a_b*c|d[e]~`f`#$\\"))
    assert shown == "a_b*c|d[e]~`f`#$\\"


def test_every_sign_that_markdown_would_obey_is_escaped() -> None:
    for sign in "\\`*_{}[]#!|~$":
        assert escape_markdown(f"a{sign}b") == f"a\\{sign}b"
    assert [escape_markdown(text) for text in ("1. a", "- a", "+ a", "2) a", "1.5 a", "-a")] == [
        "1\\. a", "\\- a", "\\+ a", "2\\) a", "1.5 a", "-a",
    ]  # fmt: skip


def test_latex_escapes() -> None:
    assert latex.escape_latex("a_b & 5% #1 {x}") == r"a\_b \& 5\% \#1 \{x\}"
    assert latex.escape_latex("\\input{/etc/passwd}") == (r"\textbackslash{}input\{/etc/passwd\}")
    assert latex.escape_latex("x^2~y$") == r"x\textasciicircum{}2\textasciitilde{}y\$"
    assert latex.escape_latex("two\n\nlines\x00") == "two lines"
    assert latex.escape_latex("“a’s”") == (
        r"\textquotedblleft{}a\textquoteright{}s\textquotedblright{}"
    )


def test_latex_holds_the_table(table: Table) -> None:
    text = latex.to_latex(formats.to_sheet(table))
    assert r"\toprule" in text
    assert r"PSNR $\uparrow$ & SSIM $\uparrow$ & LPIPS $\downarrow$" in text
    best = r"\textbf{25.00}\textsuperscript{1} & \textbf{0.900}\textsuperscript{1}"
    assert rf"Good & {best} & \textendash{{}} & 2 & 0.5 \\" in text
    assert r" & {\scriptsize {[}24.00, 26.00{]}} & " in text
    comments = re.sub(r"\\%", "", text.split("\n", 1)[1]).replace("{!}{%\n", "")
    assert "%" not in comments
    for line in text.splitlines():
        if line.endswith(r"\\"):
            assert len(re.findall(r"(?<!\\)&", line)) == 5
    assert text.count(r"\begin") == text.count(r"\end")


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_latex_compiles(table: Table, tmp_path: Path) -> None:
    page = (
        "\\documentclass{article}\n\\usepackage[T1]{fontenc}\n\\usepackage{textcomp,booktabs,graphicx}\n"
        f"\\begin{{document}}\n{latex.to_latex(formats.to_sheet(table))}\n\\end{{document}}\n"
    )
    (tmp_path / "page.tex").write_text(page, encoding="utf-8")
    command = ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "page.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    assert (tmp_path / "page.pdf").stat().st_size > 1000


def wide_sheet(lines: int) -> Sheet:
    """Nine columns in three groups and long labels: more than a page holds across."""
    columns = tuple(
        Column(metric, "↑", group)
        for group in ("DIV2K (w/o degradation)", "Pascal VOC (w/o degradation)", "Pascal VOC (w/)")
        for metric in ("PSNR", "SSIM", "LPIPS")
    )
    cell = Cell("23.95", 23.95, "23.95 (+0.00)", best=True, place=1)
    rows = tuple(
        Line(f"*A method of long name, {n},, (random weights)", (cell,) * 9) for n in range(lines)
    )
    return Sheet("wide", "A table", columns, rows, ("A sentence that explains a lot.",) * lines)


def test_latex_chooses_its_float_by_width_and_length(table: Table) -> None:
    short = dataclasses.replace(formats.to_sheet(table), columns=(Column("PSNR"),), below=())
    lines = (Line("Good", (Cell("1.0"),)),)
    narrow = latex.to_latex(dataclasses.replace(short, lines=lines))
    assert r"\begin{table}" in narrow
    wide = latex.to_latex(wide_sheet(3))
    assert r"\begin{table*}" in wide
    assert wide.index("explains a lot") < wide.index(r"\end{table*}")
    long = latex.to_latex(wide_sheet(30))
    assert long.index("explains a lot") > long.index(r"\end{table*}")
    assert long.count("explains a lot") == 30
    assert "XeLaTeX" not in wide
    assert "XeLaTeX" in latex.to_latex(dataclasses.replace(short, lines=lines, title="写真"))
    assert len(latex.to_latex(dataclasses.replace(short, lines=lines, title="x" * 9000))) < 2000


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_latex_of_any_width_fits_a_page(tmp_path: Path) -> None:
    text = latex.to_latex(wide_sheet(14))
    page = (
        "\\documentclass[twocolumn]{article}\n\\usepackage[T1]{fontenc}\n"
        f"\\usepackage{{textcomp,booktabs,graphicx}}\n\\begin{{document}}\n{text}\n\\end{{document}}\n"
    )
    (tmp_path / "page.tex").write_text(page, encoding="utf-8")
    command = ["pdflatex", "-halt-on-error", "-interaction=nonstopmode", "page.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    log = (tmp_path / "page.log").read_text(encoding="latin-1")
    assert r"Overfull \hbox" not in log
    assert "too large" not in log


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0.0001, "<0.01"),
        (0.0123, "0.012"),
        (0.5, "0.5"),
        (9.96, "10"),
        (61.4, "61"),
        (float("nan"), "–"),
    ],
)
def test_seconds(seconds: float, shown: str) -> None:
    assert formats.format_seconds(seconds) == shown


def test_a_remark_names_all_whom_it_concerns(table: Table) -> None:
    def say(concerned: int, of: int) -> str:
        rows = [
            dataclasses.replace(
                table.rows[0], label=f"M{index}", notes=[], warnings=["odd"] * (index < concerned)
            )
            for index in range(of)
        ]
        (line,) = formats.list_remarks(dataclasses.replace(table, rows=rows, footnotes=[]))
        return line

    assert say(2, 3) == "M0; M1: odd."
    assert say(4, 5) == "M0; M1; M2; M3: odd."
    assert say(5, 12) == "M0; M1; M2; M3; M4: odd."
    assert say(7, 9) == "All rows but M7; M8: odd."
    assert say(7, 7) == "All rows: odd."
