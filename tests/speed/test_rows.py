"""Rows of measurements: arithmetic by hand, CSV and tables."""

import csv
import io
import math

from romnet_bench.speed.cases import Case
from romnet_bench.speed.child import Measured
from romnet_bench.speed.rows import Row, make_row, to_csv
from romnet_bench.speed.table import to_markdown, to_text

TRAINING = Case(work="training", preset="lite", size=64, batch=4, device="cpu")
MEASURED = Measured(
    seconds=[2.0, 0.5, 1.0], flops=800, peak_memory=3 * 10**9, start_memory=10**9, threads=2
)
FAILED = Measured(error="out of memory | at once", threads=2)


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_numbers() -> None:
    row = make_row(TRAINING, MEASURED, matrix=1600.0, convolution=1000.0, loading=12.0)
    assert (row.seconds, row.seconds_fastest, row.seconds_slowest) == (1.0, 0.5, 2.0)
    assert row.pictures_per_second == 4.0
    assert row.flops == 200  # a picture
    assert row.flops_per_second == 800
    assert row.share_of_matrix == 0.5
    assert math.isclose(row.share_of_convolution or 0, 0.8)
    assert row.loading_ratio == 3.0
    assert (row.mode, row.precision, row.rounds, row.error) == ("eager", "fp32", 3, "")


def test_a_ceiling_has_no_pictures() -> None:
    row = make_row(Case(work="convolution", device="cpu"), MEASURED)
    assert row.pictures_per_second is None
    assert row.flops == 800
    assert row.flops_per_second == 800


def test_csv_columns() -> None:
    rows = read(to_csv([make_row(TRAINING, MEASURED), make_row(TRAINING, FAILED)]))
    assert list(rows[0]) == [
        *("work", "preset", "size", "color_side", "batch", "precision", "mode", "device"),
        *("threads", "workers", "rounds", "seconds", "seconds_fastest", "seconds_slowest"),
        *("pictures_per_second", "flops", "flops_per_second", "share_of_matrix"),
        *("share_of_convolution", "peak_memory", "start_memory", "loading_ratio", "error"),
    ]
    assert rows[0]["peak_memory"] == "3000000000"
    assert rows[0]["error"] == ""
    assert rows[1]["error"] == "out of memory | at once"
    assert rows[1]["seconds"] == rows[1]["flops"] == ""
    assert rows[1]["work"] == "training step"


def test_tables_hold_the_same_cells() -> None:
    rows = [make_row(TRAINING, MEASURED, loading=12.0), make_row(TRAINING, FAILED)]
    text = to_text(rows)
    page = to_markdown(rows, {"Processor": "one"})
    for cell in ("training step", "1 [0.5, 2]", "3×", "fp32 eager", "out of memory / at once"):
        assert cell in text
        assert cell in page
    assert "Loading ÷ training" in text
    assert "of matrix" not in text  # nothing was compared
    widths = {line.count("|") for line in page.splitlines() if line.startswith("|")}
    assert len(widths) == 1
    assert isinstance(rows[0], Row)
