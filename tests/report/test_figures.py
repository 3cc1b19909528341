"""Figures: drawn without warnings, the same bytes twice, and with the right data in them."""

import dataclasses
import itertools
import re
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib import pyplot as plt
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure

from romnet_bench.methods.contract import UNTRAINED
from romnet_bench.report.figures.distributions import (
    describe_distributions,
    draw_distributions,
)
from romnet_bench.report.figures.style import HOUSE, NEUTRAL, Style, label, look, save_figure
from romnet_bench.report.runs import Comparison, compare_runs
from romnet_bench.report.sheet import one_line
from romnet_bench.report.telling import Entry, choose_telling

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
    assert [panel.get_xlabel() for panel in figure.axes] == ["PSNR (dB) ↑", "SSIM ↑", "LPIPS ↓"]
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


def test_labels_are_never_mathematics(bench: Any) -> None:
    label = r"$\frac{1}{0}$ costs $5 & \$2 _x_"
    bench.add_run(bench.add_dataset(), "blur", method__label=label)
    figure = draw(bench)
    figure.draw_without_rendering()  # matplotlib parses mathematics when it draws
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
    third = save_figure(draw(full_bench, seed=1), tmp_path / "c", formats=("svg",))
    assert third[0].read_bytes() != first[1].read_bytes()


def test_nothing_global_is_touched(full_bench: Any, tmp_path: Path) -> None:
    np.random.seed(5)  # noqa: NPY002 - the global state is what is tested
    before = np.random.get_state()[1].copy()  # noqa: NPY002
    before_drawing = dict(plt.rcParams)
    save_figure(draw(full_bench), tmp_path / "a", formats=("svg",))
    assert np.array_equal(np.random.get_state()[1], before)  # noqa: NPY002
    assert dict(plt.rcParams) == before_drawing
    assert plt.get_fignums() == []


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


HOSTILE = [
    r"$\frac{1}{0}$ \$ _x_ ^",
    "two\nlines\tand\x00a\u202enul",
    "שיטה ישנה $",
    "x" * 200,
    "漢字 method",
    "",
    "<script>--></svg>",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_labels_from_outside_can_be_drawn(text: str) -> None:
    figure = Figure(figsize=(4, 1))
    written = figure.text(0, 0, label(text, width=22, lines=3))
    figure.draw_without_rendering()  # parses mathematics, and warns of letters the font lacks
    lines = written.get_text().split("\n")
    assert len(lines) <= 3
    assert all(0 < len(line.replace(r"\$", "$")) <= 22 for line in lines)


def test_long_labels_say_that_they_are_cut() -> None:
    assert label("a_name_without_any_space", width=10, lines=1) == "a_name_w …"
    assert label("word " * 40).endswith(" …")
    assert label("漢") == "\N{REPLACEMENT CHARACTER}"
    assert label("a name", width=40) == "a name"


def test_neighbours_differ_in_grey_print() -> None:
    for index in range(20):
        one, other = look(index), look(index + 1)
        assert one.marker != other.marker
        assert one.hatch != other.hatch
        assert one.line != other.line
        assert one.colour != other.colour


@pytest.mark.parametrize("colours", [1, 2, 3, 5, 6, 7, 8, 10, 14])
def test_no_two_methods_share_colour_and_marker(colours: int) -> None:
    style = Style(palette=tuple(f"#0000{number:02x}" for number in range(colours)))
    looks = [look(index, style) for index in range(7 * colours)]
    assert len({(one.colour, one.marker) for one in looks}) == 7 * colours
    if colours > 1:
        assert all(one.colour != other.colour for one, other in itertools.pairwise(looks))
    assert all(one.marker != other.marker for one, other in itertools.pairwise(looks))


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=120), st.integers(6, 40), st.integers(1, 4))
def test_labels_keep_to_their_room(text: str, width: int, lines: int) -> None:
    shown = label(text, width=width, lines=lines).replace(r"\$", "$").split("\n")
    assert len(shown) <= lines
    assert all(0 < len(line) <= max(width, len("(no name)")) for line in shown)
    known = "".join(sign for sign in "".join(shown) if not sign.isspace())
    assert len(known) >= min(len("".join(one_line(text).split())), width - 2) or "…" in known


def test_svg_holds_the_labels(full_bench: Any, tmp_path: Path) -> None:
    (path,) = save_figure(draw(full_bench), tmp_path / "a", formats=("svg",))
    content = path.read_text(encoding="utf-8")
    for word in ("grey", "blur", "noise", "PSNR (dB) ↑", "SSIM ↑", "LPIPS ↓"):
        assert f"<!-- {word} -->" in content
    assert not list(tmp_path.glob("*.pdf"))


def test_a_narrow_style_stacks_panels_and_has_its_font(full_bench: Any) -> None:
    style = Style(width=3.46, size=8, family="DejaVu Serif", palette=("#000000", "#ff0000"))
    figure = draw_distributions(one_comparison(full_bench), np.random.default_rng(0), style)
    assert figure.get_size_inches()[0] == pytest.approx(3.46)
    figure.draw_without_rendering()
    boxes = [panel.get_position() for panel in figure.axes]
    assert boxes[0].y0 > boxes[1].y1 > boxes[1].y0 > boxes[2].y1
    for panel in figure.axes:
        for text in (panel.xaxis.label, *panel.get_yticklabels(), *panel.get_xticklabels()):
            assert text.get_fontfamily() == ["DejaVu Serif"]
            assert text.get_fontsize() in (8, pytest.approx(0.85 * 8))
    colours = {to_rgba(box.get_edgecolor()) for box in figure.axes[0].patches}
    assert colours == {(*NEUTRAL.colour, 1), to_rgba("#000000"), to_rgba("#ff0000")}
    assert HOUSE.width > 6


def test_many_photos_and_none(full_bench: Any) -> None:
    comparison = one_comparison(full_bench)
    run = comparison.runs[0]
    ids = [f"p{index}" for index in range(3000)]
    many = pd.DataFrame({"psnr": np.linspace(10, 30, 3000), "ssim": 0.5, "lpips": np.nan}, ids)
    none = run.scores.assign(psnr=np.nan, ssim=np.nan)
    runs = [dataclasses.replace(run, scores=many), dataclasses.replace(run, scores=none)]
    changed = dataclasses.replace(comparison, runs=runs)
    figure = draw_distributions(changed, np.random.default_rng(0))
    points = figure.axes[0].collections[0]
    assert points.get_rasterized()
    assert len(points.get_offsets()) == 3000
    assert len(figure.axes[0].patches) == 1
    nothing = dataclasses.replace(comparison, runs=runs[1:])
    assert "No scores" in describe_distributions(nothing)
    for panel in draw_distributions(nothing, np.random.default_rng(0)).axes:
        assert [text.get_text() for text in panel.texts] == ["not measured"]


def test_description_of_distributions(full_bench: Any) -> None:
    text = describe_distributions(one_comparison(full_bench))
    for run in one_comparison(full_bench).runs:
        column = pd.read_parquet(run.folder / "scores.parquet")["psnr"]
        ends = f"{column.median():.2f} (from {column.min():.2f} to {column.max():.2f})"
        assert f"{run.label} {ends}" in text
    assert "LPIPS" not in text


def test_what_may_not_be_compared_has_a_dagger(bench: Any) -> None:
    photos = bench.add_dataset()
    for name in ("grey", "blur", "noise"):
        bench.add_run(photos, name)
    bench.add_run(photos, "blur", folder="drawn/u", method__label="U", method__notes=[UNTRAINED])
    bench.add_run(photos, "blur", folder="drawn/part", ids=photos.ids[:3], method__label="Part")
    for style, panel in ((HOUSE, 0), (Style(width=3.5), 1)):
        comparison = one_comparison(bench)
        figure = draw_distributions(comparison, np.random.default_rng(0), style)
        shown = [
            text.get_text().replace("\n", " ") for text in figure.axes[panel].get_yticklabels()
        ]
        marked = {
            run.label for run, name in zip(comparison.runs, shown, strict=True) if "‡" in name
        }
        assert marked == {f"U ({UNTRAINED})", "Part"}
        assert "‡: not comparable, see the table." in figure.get_supxlabel().replace("\n", " ")
    assert "One mark per photo." in figure.get_supxlabel().replace("\n", " ")


def test_no_dagger_where_all_may_be_compared(full_bench: Any) -> None:
    figure = draw(full_bench)
    assert "‡" not in figure.get_supxlabel()
    assert not any("‡" in text.get_text() for text in figure.axes[0].get_yticklabels())


def test_the_layout_is_found_again_after_saving(full_bench: Any, tmp_path: Path) -> None:
    figure = draw(full_bench)
    before = figure.get_layout_engine()
    save_figure(figure, tmp_path / "a", formats=("png", "svg"))
    assert figure.get_layout_engine() is before
    placed = figure.axes[0].get_position().x0
    figure.axes[0].set_yticks([0, 1, 2], ["a much longer name than before"] * 3)
    figure.draw_without_rendering()
    assert figure.axes[0].get_position().x0 > placed + 0.05
