"""reports/paper against the paper's own text, and its shape."""

import csv
import re
from pathlib import Path

import pytest

from romnet_bench.files import resource

SCORES = ["psnr", "ssim", "lpips"]
DIV2K = "DIV2K (w/o degradation)"
PASCAL_CLEAN = "Pascal VOC (w/o degradation)"
PASCAL_OLD = "Pascal VOC (w/ degradation)"

# file → label, data sets, methods, metrics, empty cells
SHAPES = {
    "table1": ("I", [DIV2K, PASCAL_CLEAN, PASCAL_OLD], 6, SCORES, 12),
    "table2": ("II", ["RealOld"], 6, SCORES, 0),
    "table3": ("III", ["RealOld"], 6, ["top1", "top2", "top3", "top4", "top5"], 0),
    "table4": ("IV", [DIV2K], 4, SCORES, 0),
    "table5": ("V", [DIV2K], 3, SCORES, 0),
    "table6": ("VI", [PASCAL_OLD], 2, SCORES, 0),
    "figure6": ("Fig. 6", [DIV2K], 2, SCORES, 0),
}


def read_table(name: str) -> list[dict[str, str]]:
    with resource("reports", "paper", f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize("name", SHAPES)
def test_shape(name: str) -> None:
    label, datasets, methods, metrics, empty = SHAPES[name]
    rows = read_table(name)
    assert list(rows[0]) == ["table", "dataset", "method", "metric", "value"]
    assert {row["table"] for row in rows} == {label}
    names = list(dict.fromkeys(row["method"] for row in rows))
    assert len(names) == methods
    # Row by row, as the paper is read.
    assert [(row["method"], row["dataset"], row["metric"]) for row in rows] == [
        (method, dataset, metric) for method in names for dataset in datasets for metric in metrics
    ]
    assert sum(row["value"] == "" for row in rows) == empty
    for row in rows:
        if row["value"]:
            low, high = {"psnr": (10, 40), "ssim": (0, 1), "lpips": (0, 1)}.get(
                row["metric"], (0, 100)
            )
            assert low < float(row["value"]) < high


@pytest.mark.parametrize(
    ("table", "method", "dataset"),
    [
        ("table4", "Multi-scale histogram fusion", DIV2K),
        ("table5", "Multi-scale similarity map", DIV2K),
        ("table6", "Multi-level RDN", PASCAL_OLD),
        ("figure6", "ROMNet, reference rank 1", DIV2K),
    ],
)
def test_last_ablation_is_table_one(table: str, method: str, dataset: str) -> None:
    own = [row for row in read_table(table) if row["method"] == method]
    first = [
        row
        for row in read_table("table1")
        if row["method"] == "ROMNet" and row["dataset"] == dataset
    ]
    for row, expected in zip(own, first, strict=True):
        assert float(row["value"]) == pytest.approx(float(expected["value"]), abs=0.005)


def plain(cell: str) -> str:
    """A cell without its mark-up, citation and trailing dash (a slip of the text recognition)."""
    cell = re.sub(r"<[^>]+>|\[\d+\]", "", cell)
    return re.sub(r"\s+-$", "", cell).strip()


def paper_rows(shared: Path, label: str) -> list[list[str]]:
    """The cells below the heading of `TABLE <label>`, header rows left out."""
    text = (shared / "paper" / "romnet.txt").read_text(encoding="utf-8")
    block = re.split(rf"^TABLE {label}\s*$", text, flags=re.MULTILINE)[1]
    rows: list[list[str]] = []
    for line in block.splitlines():
        cells = [plain(cell) for cell in line.split("\t")]
        if len(cells) > 1 and re.fullmatch(r"-|[\d.]+", cells[-1]):
            rows.append(cells)
        elif rows:
            break
    return rows


@pytest.mark.parametrize("name", [name for name in SHAPES if name != "figure6"])
def test_every_cell_is_the_papers(name: str, shared: Path) -> None:
    rows = read_table(name)
    printed = paper_rows(shared, SHAPES[name][0])
    expected = [
        (_our_name(method), "" if cell == "-" else cell)
        for method, *cells in printed
        for cell in cells
    ]
    assert [(row["method"], row["value"]) for row in rows] == expected


def test_figure_six_is_the_papers(shared: Path) -> None:
    text = (shared / "paper" / "romnet.txt").read_text(encoding="utf-8")
    pairs = re.findall(r"from ([\d.]+) \(rank 1\) to ([\d.]+) \(rank 10\) for (\w+)", text)
    values = {
        (row["metric"], row["method"].rpartition(" ")[2]): row["value"]
        for row in read_table("figure6")
    }
    assert {metric.lower() for *_, metric in pairs} == set(SCORES)
    for first, last, metric in pairs:
        assert values[metric.lower(), "1"] == first
        assert values[metric.lower(), "10"] == last


def _our_name(method: str) -> str:
    names = {"Ours": "ROMNet", "Pix2Pix": "Pix2pix", "Deoldify": "DeOldify"}
    return names.get(method, method)
