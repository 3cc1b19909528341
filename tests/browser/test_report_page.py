"""The report's page as a person uses it: with a mouse, with keys, on a phone, without scripts."""

import dataclasses
import itertools
import math
import re
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from romnet_bench.bench.results import RunRecord
from romnet_bench.report.page.copies import write_copies
from romnet_bench.report.page.inline import inline_sections
from romnet_bench.report.page.render import render_page
from romnet_bench.report.page.section import Plot, Section
from romnet_bench.report.runs import Run
from romnet_bench.report.sheet import Cell, Column, Line, Sheet
from romnet_bench.report.telling import Entry, Shot, choose_telling

METHODS = ("Alpha", "Beta", "Gamma")
PHOTOS = 36
FLAG = "window.hacked = 1"
HOSTILE = (
    f"</script><script>{FLAG}</script>",
    f"\"'><img src=x onerror='{FLAG}'>",
    "__proto__",
    "constructor",
    "line\u2028break\u2029 and \u202eright to left",
    "a" * 10_000,
    "{{ 7 * 7 }} ${7} &lt;b&gt; --> <!-- <b>",
    "../../etc/passwd",
    "javascript:alert(1)",
)


def make_run(label: str, floor: bool = False) -> Run:
    """A run that has a record and nothing else: the page reads no more of it."""
    record = RunRecord.model_validate(
        {
            "made_by": "run",
            "dataset": {
                "name": "drawn", "path": "drawn", "split": "test", "fingerprint": "f",
                "photos": 1, "originals": 1,
            },
            "method": {
                "name": label, "label": label, "restores": not floor, "colorizes": not floor,
                "needs_reference": False, "fingerprint": {label: label}, "notes": [],
            },
            "protocol": {"name": "p", "hash": "h"}, "references": {}, "device": "cpu",
            "command": f"romnet-bench run {label}", "commit": "", "packages": {},
            "started": "", "finished": "", "unavailable": {}, "failed": {label: label},
        }
    )  # fmt: skip
    return Run(Path(), record, pd.DataFrame(), label)


def make_entries(ids: tuple[str, ...], labels: tuple[str, ...], out: Path) -> list[Entry]:
    """Photos with drawn scores and pictures; some numbers are unknown."""
    random = np.random.default_rng(5)
    entries = []
    for number, identity in enumerate(ids):
        scores = [
            {"psnr": 20 + 9 * random.random(), "ssim": random.random(), "lpips": random.random()}
            for _ in range(len(labels) + 1)
        ]
        if number % 7 == 3:
            scores[1] = {}
        shots = []
        for column, title in enumerate(("Input", *labels, "Target")):
            own = scores[column] if column <= len(labels) else {}
            picture = random.integers(0, 256, (30, 48, 3), dtype=np.uint8).repeat(4, 0).repeat(4, 1)
            thumb, full = write_copies(picture, out, f"images/{number}/{column}", 200, inside=True)
            facts = tuple(f"{key.upper()} {value:.2f}" for key, value in own.items())
            shots.append(Shot(title, facts, own, thumb, full, 192, 120))
        known = [own["psnr"] for own in scores[1:] if own]
        gain = float(np.mean(known)) - scores[0]["psnr"]
        entries.append(Entry(identity, tuple(shots), gain, ""))
    entries.append(Entry("no pictures", (), math.nan, "this id is not in the dataset"))
    return entries


def make_section(ids: tuple[str, ...], labels: tuple[str, ...], out: Path) -> Section:
    """Everything a section can have; the names of the methods are also all its other texts."""
    texts = labels * 2
    columns = (
        Column("PSNR", "↑", group=texts[0], note=texts[1]),
        Column("LPIPS", "↓", group=texts[0]),
        Column("Photos"),
    )
    lines = tuple(
        Line(
            label,
            (
                Cell(
                    f"{20 + row}.00", 20.0 + row, small="[1, 2]", best=row == len(labels), place=1
                ),
                Cell("–") if row == 1 else Cell(f"0.{9 - row}", (9 - row) / 10),
                Cell("24", 24),
            ),
            warned=row == 2,
            methods=(label,),
        )
        for row, label in enumerate(("Input", *labels))
    )
    sheet = Sheet("drawn-test", f"Scores {texts[1]}", columns, lines, below=texts)
    (out / "tables").mkdir(exist_ok=True)
    (out / "tables" / "drawn-test.csv").write_text("a,b\n")
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 90 30"><path d="M0 0h90v30z"/></svg>'
    )
    (out / "figures").mkdir(exist_ok=True)
    (out / "figures" / "one.svg").write_text(svg)
    plot = Plot(texts[0], "figures/one.svg", texts[1], texts[2], (("SVG", "figures/one.svg"),))
    entries = make_entries(ids, labels, out)
    return Section(
        key="drawn-test",
        dataset=texts[-1],
        split="test",
        summary=texts[0],
        sheets=((sheet, (("CSV", "tables/drawn-test.csv"),)),),
        plots=(plot,),
        runs=(make_run("Input", floor=True), *(make_run(label) for label in labels)),
        entries=tuple(entries),
        telling=tuple(choose_telling(entries, 6)),
        trouble=texts[1],
    )


@dataclasses.dataclass(frozen=True)
class Report:
    section: Section
    folder: Path

    @property
    def url(self) -> str:
        return (self.folder / "index.html").as_uri()


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Report:
    folder = tmp_path_factory.mktemp("report")
    section = make_section(tuple(f"photo {n}" for n in range(1, PHOTOS + 1)), METHODS, folder)
    (folder / "index.html").write_text(render_page([section]), encoding="utf-8")
    return Report(section, folder)


def make_sheet(key: str, title: str, columns: list[Column], **changes: Any) -> Sheet:
    """Two lines of one method each and one of both, with a number in every cell."""
    cells = tuple(
        Cell(f"{place}.25", place, small="20.97 (−14.01)") for place in range(len(columns))
    )
    lines = (
        Line("InstColorization of long words", cells, warned=True, methods=("Alpha",)),
        Line("Beta (not in the paper)", cells, methods=("Beta",)),
        Line("Alpha − Beta", cells, methods=("Alpha", "Beta")),
    )
    return Sheet(key, title, tuple(columns), lines, ("Both say so.", "And this.", f"Own: {key}."))


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """A page of tables of every kind: grouped by dataset, by metric, and an ablation's twice."""
    names = (("PSNR", "↑"), ("SSIM", "↑"), ("LPIPS", "↓"))
    wide = [
        Column(name, arrow, group=group)
        for group in ("DIV2K (w/o degradation)", "Pascal VOC (w/o degradation)", "Pascal VOC")
        for name, arrow in names
    ]
    pairs = [Column(what, group=name) for name, _ in names for what in ("difference", "p")]
    beside = [
        column
        for name, arrow in names
        for column in (Column(name, arrow), Column("paper", note=f"{name} as the paper prints it"))
    ]
    sheets = [
        dataclasses.replace(make_sheet("one", "Table I", wide), below=("Own: one.",)),
        make_sheet("pairs", "Every pair", pairs),
        make_sheet("four", "Table IV", [*beside, Column("Photos")]),
    ]
    folder = tmp_path_factory.mktemp("tables")
    (folder / "one.svg").write_text('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 3 1"/>')
    plots = (Plot("Table IV", "one.svg", "bars"), Plot("Curves", "one.svg", "curves"))
    section = Section("paper", "Paper", sheets=tuple((one, ()) for one in sheets), plots=plots)
    (folder / "index.html").write_text(render_page([section]), encoding="utf-8")
    return Report(section, folder)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Report:
    folder = tmp_path_factory.mktemp("hostile")
    section = make_section(HOSTILE, HOSTILE, folder)
    (folder / "index.html").write_text(render_page([section]), encoding="utf-8")
    return Report(section, folder)


def order_of(page: Any) -> list[str]:
    """The ids of the photos that are shown, from top to bottom."""
    found = page.locator(".photo:not([hidden])")
    return list(found.evaluate_all("all => all.map((one) => one.dataset.id)"))


def build_all(page: Any) -> None:
    """Builds all pictures, as if one had scrolled through the page."""
    page.evaluate("dispatchEvent(new Event('beforeprint'))")


def measure(entry: Entry, metric: str, methods: tuple[int, ...]) -> float:
    """What these outputs gain over the input on average."""
    values = [entry.shots[one].scores.get(metric) for one in methods] if entry.shots else []
    known = [value for value in values if value is not None]
    return float(np.mean(known)) - entry.shots[0].scores[metric] if known else math.nan


def column_of(page: Any, column: int) -> list[str]:
    rows = page.locator("table.scores tbody tr")
    return list(rows.evaluate_all(f"all => all.map((row) => row.cells[{column}].innerText.trim())"))


def test_tables_sort_by_click_and_by_key(report: Report, open_page: Any) -> None:
    page = open_page(report.url)
    before = column_of(page, 0)
    psnr = page.get_by_role("button", name="PSNR ↑")
    psnr.click()
    heading = page.locator("th[aria-sort]")
    assert heading.get_attribute("aria-sort") == "descending"  # the better end first
    assert column_of(page, 0) == before[::-1]
    psnr.press("Enter")
    assert heading.get_attribute("aria-sort") == "ascending"
    assert column_of(page, 0) == before
    psnr.press("Space")
    assert heading.count() == 0

    lpips = page.get_by_role("button", name="LPIPS ↓")
    lpips.press("Enter")
    assert column_of(page, 2) == ["0.6", "0.7", "0.9", "–"]
    lpips.press("Enter")
    assert column_of(page, 2) == ["0.9", "0.7", "0.6", "–"]  # unknown: last either way
    page.get_by_role("button", name="Method").click()
    assert [name.rstrip("† \xa0") for name in column_of(page, 0)] == [
        "Alpha",
        "Beta",
        "Gamma",
        "Input",
    ]


def test_a_method_is_hidden_everywhere(report: Report, open_page: Any) -> None:
    page = open_page(report.url)
    page.get_by_role("checkbox", name="Beta").uncheck()
    assert page.locator(".methods .count").inner_text() == "3 of 4"
    assert page.locator("table.scores tbody tr:visible").count() == 3
    page.get_by_role("button", name=f"Show all {PHOTOS + 1}").click()
    build_all(page)
    shown = page.locator("figure[data-column]")
    assert shown.count() == PHOTOS * 5
    assert page.locator("figure[data-title=Beta]:visible").count() == 0
    assert page.locator("figure[data-title=Gamma]:visible").count() == PHOTOS
    # The gain is that of those shown.
    for entry in report.section.entries[:PHOTOS]:
        text = page.locator(f'.photo[data-id="{entry.id}"] .gain').text_content()
        assert gain_of(text, "PSNR") == pytest.approx(measure(entry, "psnr", (1, 3)), abs=0.005001)
    page.locator("a.shot:visible").first.click()
    assert page.locator("#right option").all_inner_texts() == ["Input", "Alpha", "Gamma", "Target"]
    page.keyboard.press("Escape")
    page.locator(".methods button").click()
    assert page.locator("figure[data-title=Beta]:visible").count() == PHOTOS


def test_a_line_about_a_hidden_method_is_hidden(tables: Report, open_page: Any) -> None:
    page = open_page(tables.url)
    lines = page.locator("table.scores tbody tr:visible")
    assert lines.count() == 9
    page.get_by_role("checkbox", name="Beta").focus()
    page.keyboard.press("Space")
    assert lines.count() == 3
    assert set(lines.locator("bdi").all_inner_texts()) == {"InstColorization of long words"}
    nothing = page.get_by_text("All rows of this table are of methods that are hidden.")
    assert nothing.filter(visible=True).count() == 0
    page.get_by_role("checkbox", name="Alpha").uncheck()
    assert lines.count() == 0
    assert nothing.filter(visible=True).count() == 3
    page.locator(".methods button").click()
    assert lines.count() == 9


HEADINGS = """tables => tables.map((table) => [...table.querySelectorAll("thead th")]
  .filter((one) => one.checkVisibility())
  .map((one) => {
    const { left, right } = one.getBoundingClientRect();
    return [one.innerText.replace("\xa0", " "), left, right];
  }))"""


def test_one_metric_is_shown(tables: Report, open_page: Any) -> None:
    page = open_page(tables.url)
    page.get_by_role("radio", name="all").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert page.get_by_role("radio", name="SSIM").is_checked()
    wide, pairs, four = page.locator("table.scores").evaluate_all(HEADINGS)
    assert [name for name, *_ in wide] == [
        "Method", "DIV2K (w/o degradation)", "Pascal VOC (w/o degradation)", "Pascal VOC",
        "SSIM ↑", "SSIM ↑", "SSIM ↑",
    ]  # fmt: skip
    for (_, left, right), (_, own_left, own_right) in zip(wide[1:4], wide[4:], strict=True):
        assert left - 1 <= own_left < own_right <= right + 1  # each below its dataset
    assert [name for name, *_ in pairs] == ["Method", "SSIM", "difference", "p"]
    assert [name for name, *_ in four] == ["Method", "SSIM ↑", "paper", "Photos"]
    cells = page.locator("table.scores").nth(2).locator("tbody tr").first.locator("td:visible")
    assert [text.split()[0] for text in cells.all_inner_texts()] == ["2.25", "3.25", "6.25"]
    page.locator("h1").click()
    page.keyboard.press("m")
    page.keyboard.press("M")
    assert page.get_by_role("radio", name="all").is_checked()
    assert page.locator("table.scores").first.locator("thead th:visible").count() == 1 + 3 + 9


def test_one_metric_is_shown_of_photos(report: Report, open_page: Any) -> None:
    page = open_page(report.url)
    page.get_by_role("radio", name="LPIPS").check()
    facts = page.locator(".photo:not([hidden]) figcaption span:visible").all_inner_texts()
    assert facts
    assert {fact.split()[0] for fact in facts} == {"LPIPS"}
    assert page.locator(".controls .metric").input_value() == "lpips"
    gains = page.locator(".photo:not([hidden]) .gain").all_text_contents()
    assert all(gain.startswith("LPIPS ") for gain in gains)
    assert not page.get_by_text("First the worst, the median").is_visible()
    page.locator("a.shot:visible").nth(1).click()
    assert re.search(r" LPIPS [\d.]+$", page.locator("#right-facts").inner_text())
    page.keyboard.press("Escape")
    page.get_by_role("radio", name="all").check()
    assert page.locator(".photo figcaption span:visible").count() > 2 * len(facts)


@pytest.mark.parametrize("width", [1440, 1280, 390])
def test_a_wide_table_has_room(tables: Report, open_page: Any, width: int) -> None:
    page = open_page(tables.url, width=width)
    region, table = page.locator(".scroll").first, page.locator("table.scores").first
    if width > 390:
        assert region.evaluate("one => one.scrollWidth <= one.clientWidth")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    label = table.locator("tbody th").first
    assert label.bounding_box()["width"] >= (11 * 16 if width > 390 else 0.4 * width)
    lines = label.locator(".name").evaluate(
        """name => {
          const range = document.createRange();
          const top = (node, start, end) => {
            range.setStart(node, start);
            range.setEnd(node, end);
            const boxes = [...range.getClientRects()];
            return boxes.map((box) => box.bottom);
          };
          const text = name.querySelector("bdi").firstChild;
          const words = text.data.split(" ").map((word, index, all) => {
            const start = all.slice(0, index).join(" ").length + (index > 0);
            return top(text, start, start + word.length);
          });
          return [...words, top(name.querySelector(".mark").firstChild, 0, 1)];
        }"""
    )
    assert all(len(set(line)) == 1 for line in lines)  # no word is broken
    assert lines[-1] == lines[-2]  # the † stands beside the last word
    # The rule between the rows is one line from the label to the last number.
    for row in table.locator("tbody tr").all():
        ends = row.locator("th, td").evaluate_all(
            "all => all.map((one) => one.getBoundingClientRect().bottom)"
        )
        assert len(set(ends)) == 1
    assert table.evaluate("one => getComputedStyle(one).borderCollapse") == "separate"


def test_what_several_tables_share_is_said_once(tables: Report, open_page: Any) -> None:
    page = open_page(tables.url)
    for sentence in ("Both say so.", "And this.", "Own: one.", "Own: pairs.", "Own: four."):
        assert page.get_by_text(sentence, exact=True).count() == 1, sentence
    assert page.locator("#paper-shared h3").inner_text() == "About “Every pair” and Table IV"
    assert page.locator("#paper-shared li").all_inner_texts() == ["Both say so.", "And this."]
    assert page.locator("a[href='#paper-shared']").count() == 2
    # The figure of a table stands below it without its heading again.
    headings = page.locator("h3:visible").all_inner_texts()
    assert headings == [
        "Table I", "Every pair", "Table IV", "About “Every pair” and Table IV", "Curves",
    ]  # fmt: skip
    figure = page.get_by_role("img", name="bars").bounding_box()
    foot = page.locator("#paper-table-3-below").bounding_box()
    assert foot["y"] < figure["y"] < page.locator("#paper-shared").bounding_box()["y"]


FOCUSED = "document.activeElement.closest('.photo')?.dataset.id"


def test_n_and_p_work_from_anywhere(report: Report, open_page: Any) -> None:
    page = open_page(report.url)
    order = order_of(page)
    page.keyboard.press("n")  # none is in view at the top: the next one below
    assert page.evaluate(FOCUSED) == order[0]
    for key in ("n", "p"):
        page.evaluate("document.activeElement.blur()")
        page.locator(f'.photo[data-id="{order[3]}"]').evaluate("one => one.scrollIntoView()")
        page.wait_for_function(f"scrollY > 300 && {FOCUSED} === undefined")
        seen = page.locator(".photo:not([hidden])").evaluate_all(
            "all => all.find((one) => one.getBoundingClientRect().bottom > 0).dataset.id"
        )
        page.keyboard.press(key)
        assert page.evaluate(FOCUSED) == seen
    page.evaluate("document.activeElement.blur()")
    page.evaluate("scrollTo(0, document.body.scrollHeight)")
    page.locator(".origin summary").focus()
    page.keyboard.press("p")
    assert page.evaluate(FOCUSED) in order[-3:]
    page.get_by_role("searchbox").focus()
    page.keyboard.press("n")  # there it is a letter
    assert page.get_by_role("searchbox").input_value() == "n"


def test_search(report: Report, open_page: Any) -> None:
    page = open_page(report.url)
    assert len(order_of(page)) == 12
    page.get_by_role("searchbox").fill(" PHOTO 3")
    expected = {identity for n in (3, *range(30, 37)) if (identity := f"photo {n}")}
    assert set(order_of(page)) == expected
    assert (
        page.locator(".controls output").inner_text() == f"{len(expected)} of {PHOTOS + 1} photos"
    )
    nothing = page.get_by_text("No photo has “<b>none” in its name.")
    assert nothing.count() == 0
    page.get_by_role("searchbox").fill(" <b>none ")
    assert order_of(page) == []
    assert nothing.is_visible()
    page.get_by_role("searchbox").fill("")
    page.get_by_role("button", name=f"Show all {PHOTOS + 1}").click()
    assert len(order_of(page)) == PHOTOS + 1


def test_worst_and_best_first(report: Report, open_page: Any) -> None:
    page = open_page(report.url)
    telling = [entry.id for _, entry in report.section.telling]
    assert order_of(page)[: len(telling)] == telling
    labels = page.locator(".label:visible").all_text_contents()
    assert labels == [name for name, _ in report.section.telling]
    page.get_by_role("button", name=re.compile("Show all")).click()
    order = page.locator(".controls .order")
    for method, metric in itertools.product(("2", ""), ("lpips", "psnr", "ssim")):
        page.locator(".controls .method").select_option(method)
        page.locator(".controls .metric").select_option(metric)
        assert order.input_value() != "telling"  # that order is by mean PSNR
        columns = (int(method),) if method else (1, 2, 3)
        values = {entry.id: measure(entry, metric, columns) for entry in report.section.entries}
        sign = -1 if metric == "lpips" else 1
        known = [identity for identity, value in values.items() if not math.isnan(value)]
        ranked = [one for _, one in sorted((sign * values[one], one) for one in known)]
        order.select_option("worst")
        assert order_of(page)[: len(known)] == ranked
        order.select_option("best")
        assert order_of(page)[: len(known)] == ranked[::-1]
        assert order_of(page)[-1] == "no pictures"
        assert page.locator(".label:visible").count() == 0
    order.select_option("name")
    names = [f"photo {number}" for number in range(1, PHOTOS + 1)]
    assert order_of(page) == ["no pictures", *names]


@pytest.mark.parametrize("metric", ["psnr", "ssim", "lpips"])
def test_a_gain_says_whether_it_is_one(report: Report, open_page: Any, metric: str) -> None:
    page = open_page(report.url)
    note = page.get_by_text("First the worst, the median and the best")
    assert note.is_visible()
    page.locator(".controls .metric").select_option(metric)
    page.locator(".controls .order").select_option("worst")
    assert not note.is_visible()  # it is true of the other order alone
    page.get_by_role("button", name=re.compile("Show all")).click()
    by_id = {entry.id: entry for entry in report.section.entries[:PHOTOS]}
    gains = []
    for identity in order_of(page)[:PHOTOS]:
        text = page.locator(f'.photo[data-id="{identity}"] .gain').text_content()
        gains.append(gain_of(text, metric.upper()))
        true = measure(by_id[identity], metric, (1, 2, 3)) * (-1 if metric == "lpips" else 1)
        assert gains[-1] == pytest.approx(true, abs=0.00501), text
    assert gains == sorted(gains)
    assert gains[0] < 0 < gains[-1]
    page.locator(".controls .order").select_option("telling")
    assert note.is_visible()


def test_what_may_not_be_compared_says_nothing_of_a_photo(
    report: Report, open_page: Any, tmp_path: Path
) -> None:
    folder = tmp_path / "barred"
    shutil.copytree(report.folder, folder)
    barred = {"psnr": {METHODS[0]}, "ssim": set(METHODS)}
    section = dataclasses.replace(report.section, incomparable=barred)
    (folder / "index.html").write_text(render_page([section]), encoding="utf-8")
    page = open_page((folder / "index.html").as_uri())
    fair = tuple(range(2, len(METHODS) + 1))
    page.get_by_label("Order").select_option("worst")
    entries = {entry.id: entry for entry in report.section.entries}
    for metric, methods in (("psnr", fair), ("ssim", (1, *fair)), ("lpips", (1, *fair))):
        page.locator("select.metric").select_option(metric)
        gains = {one: measure(entry, metric, methods) for one, entry in entries.items()}
        best_first = sorted(
            (one for one, gain in gains.items() if not math.isnan(gain)),
            key=lambda one: gains[one] * (-1 if metric == "lpips" else 1),
        )
        assert order_of(page)[:8] == best_first[:8]
    assert page.get_by_text("on average over the methods that may be compared").count() == 1


def gain_of(text: str, metric: str) -> float:
    """“LPIPS better by 0.134” as 0.134, “worse” with a minus."""
    if text == f"{metric} unchanged":
        return 0.0
    unit = " dB" if metric == "PSNR" else ""
    (found,) = re.findall(rf"^{metric} (better|worse) by ([\d.]+){unit}$", text)
    return float(found[1]) * (1 if found[0] == "better" else -1)


def line_at(page: Any) -> float:
    """Where the slider's line stands, as a share of what is seen of the picture."""
    box = page.locator("#left-pane img").bounding_box()
    stage = page.locator(".stage").bounding_box()
    left = max(box["x"], stage["x"])
    right = min(box["x"] + box["width"], stage["x"] + stage["width"])
    line = page.locator(".line").bounding_box()
    return float((line["x"] + line["width"] / 2 - left) / (right - left))


def titles(page: Any) -> list[str]:
    return [page.locator(f"{side} option:checked").inner_text() for side in ("#left", "#right")]


def test_the_slider_moves_by_mouse_and_by_keys(report: Report, open_page: Any) -> None:
    page = open_page(report.url)
    page.locator("a.shot").nth(2).click()
    assert titles(page) == ["Input", "Beta"]
    assert line_at(page) == pytest.approx(0.5, abs=0.002)
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    assert line_at(page) == pytest.approx(0.55, abs=0.002)
    page.locator("#next").focus()  # the arrows work wherever the focus is
    page.keyboard.press("ArrowLeft")
    assert line_at(page) == pytest.approx(0.545, abs=0.002)
    box = page.locator("#left-pane img").bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 0.3 * box["width"], middle)
    page.mouse.down()
    page.mouse.move(box["x"] + 0.2 * box["width"], middle, steps=3)
    page.mouse.up()
    page.mouse.move(box["x"] + 0.9 * box["width"], middle)
    assert line_at(page) == pytest.approx(0.2, abs=0.002)
    # What is right of the line is the right picture, to the pixel.
    clips = [
        page.locator(pane).evaluate("one => getComputedStyle(one).clipPath")
        for pane in ("#left-pane", "#right-pane")
    ]
    line = page.locator(".line").bounding_box()["x"] + 1
    at = line - page.locator(".stage").bounding_box()["x"]
    assert [float(number) for number in re.findall(r"([\d.]+)px\)$", clips[1])] == pytest.approx(
        [at], abs=0.5
    )
    assert clips[0].startswith("inset(0px calc(100% - ")


def test_the_keys_of_a_comparison(report: Report, open_page: Any) -> None:
    page = open_page(report.url)
    first, second = order_of(page)[:2]
    page.locator("a.shot").nth(0).click()  # the input itself: against the first output
    assert titles(page) == ["Input", "Alpha"]
    title = page.locator("#compare-title")
    assert title.inner_text() == first
    page.keyboard.press("n")
    assert title.inner_text() == second
    assert titles(page) == ["Input", "Alpha"]
    page.keyboard.press("p")
    page.keyboard.press("P")
    assert title.inner_text() != first
    assert titles(page) == ["Input", "Alpha"]
    page.keyboard.press("N")
    for key, expected in {
        "]": ["Input", "Beta"],
        "[": ["Input", "Alpha"],
        "5": ["Input", "Target"],
        "9": ["Input", "Target"],
        "Shift+Digit3": ["Beta", "Target"],
        "x": ["Target", "Beta"],
        "}": ["Input", "Beta"],
        "{": ["Target", "Beta"],
    }.items():
        page.keyboard.press(key)
        assert titles(page) == expected, key
        shot = page.locator(f'.photo[data-id="{first}"] [data-title="{expected[1]}"] a')
        assert page.locator("#right-pane img").evaluate("one => one.src") == shot.evaluate(
            "one => one.href"
        )
    page.keyboard.press("?")
    assert page.locator("#keys").is_visible()
    page.keyboard.press("Escape")
    assert page.locator("#compare").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("#compare").is_visible()
    # The focus is back at the picture, from where the keys go on.
    assert page.evaluate("document.activeElement.closest('.photo').dataset.id") == first
    page.keyboard.press("n")
    assert page.evaluate("document.activeElement.closest('.photo').dataset.id") == second
    page.keyboard.press("p")
    assert page.evaluate("document.activeElement.closest('.photo').dataset.id") == first


def test_modes_zoom_and_pan(report: Report, open_page: Any) -> None:
    page = open_page(report.url)
    page.locator("a.shot").nth(1).click()
    left, right = page.locator("#left-pane img"), page.locator("#right-pane img")
    page.wait_for_function("document.querySelector('#right-pane img').naturalWidth == 192")
    fitting = right.bounding_box()
    page.keyboard.press("z")
    assert right.bounding_box()["width"] == pytest.approx(192)
    assert page.locator("#zoom").inner_text() == "100 %"
    for _ in range(6):
        page.locator("#larger").click()
    assert right.bounding_box()["width"] == pytest.approx(192 * 1.5**6)
    assert right.evaluate("one => getComputedStyle(one).imageRendering") == "pixelated"
    before = right.bounding_box()
    page.keyboard.press("Shift+ArrowRight")
    assert right.bounding_box()["x"] == pytest.approx(before["x"] - 60)
    assert left.bounding_box() == right.bounding_box()
    # By dragging away from the line; the point under the wheel stays.
    page.mouse.move(1000, 500)
    page.mouse.down()
    page.mouse.move(1050, 530, steps=2)
    page.mouse.up()
    assert right.bounding_box()["x"] == pytest.approx(before["x"] - 10)
    assert right.bounding_box()["y"] == pytest.approx(before["y"] + 30)
    at = right.bounding_box()
    page.mouse.wheel(0, -120)
    width = "parseFloat(document.querySelector('.stage').style.getPropertyValue('--width'))"
    page.wait_for_function(f"{width} > {at['width'] + 1}")
    now = right.bounding_box()
    assert (1050 - now["x"]) / now["width"] == pytest.approx(
        (1050 - at["x"]) / at["width"], abs=1e-3
    )

    page.keyboard.press("0")
    assert right.bounding_box() == pytest.approx(fitting)
    page.keyboard.press("s")
    assert page.get_by_role("radio", name="Side by side").is_checked()
    one, other = left.bounding_box(), right.bounding_box()
    assert one["x"] + one["width"] < other["x"] + 1
    assert (one["width"], one["y"]) == (other["width"], other["y"])
    assert page.locator("#split").is_disabled()
    page.get_by_role("radio", name="Difference").check()
    assert page.locator("#right-pane").evaluate("one => getComputedStyle(one).mixBlendMode") == (
        "difference"
    )
    page.keyboard.press("w")
    assert line_at(page) == pytest.approx(0.5, abs=0.002)


def test_the_theme_is_chosen_and_remembered(report: Report, open_page: Any) -> None:
    page = open_page(report.url)
    paper = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(paper)
    page.get_by_label("Theme").select_option("dark")
    dark = page.evaluate(paper)
    assert light != dark
    page.reload()
    assert page.evaluate(paper) == dark
    assert page.get_by_label("Theme").input_value() == "dark"
    page.get_by_label("Theme").select_option("")
    assert page.evaluate(paper) == light
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(paper) == dark


def test_hostile_strings_change_nothing(hostile: Report, open_page: Any) -> None:
    page = open_page(hostile.url)
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    shown = [text.replace("\u202e", "�") for text in HOSTILE]
    assert page.locator(".methods label").count() == len(HOSTILE) + 1
    names = page.locator("table.scores tbody th bdi").all_text_contents()
    assert names == ["Input", *shown]
    photos = page.locator(".photo:not([hidden]) h4 bdi").all_text_contents()
    assert sorted(photos) == sorted([*shown, "no pictures"])
    for box in page.locator(".methods input").all()[:4]:
        box.uncheck()
    assert page.locator("table.scores tbody tr:visible").count() == 1 + len(HOSTILE) - 4
    page.locator(".methods button").click()
    page.get_by_role("radio", name="LPIPS").check()
    page.get_by_role("radio", name="all").check()
    for order in ("worst", "best", "name"):
        page.locator(".controls .order").select_option(order)
        assert len(order_of(page)) == len(HOSTILE) + 1
    page.get_by_role("button", name="Method").click()
    page.get_by_role("searchbox").fill("__PROTO__")
    assert order_of(page) == ["__proto__"]
    page.get_by_role("searchbox").fill("")
    page.locator("a.shot").nth(1).click()
    for _ in range(len(HOSTILE) + 2):
        page.keyboard.press("n")
        page.keyboard.press("]")
    assert page.locator("#right option").all_text_contents() == ["Input", *shown, "Target"]
    for mode in "sdw":
        page.keyboard.press(mode)
    assert page.evaluate("window.hacked") is None
    assert page.evaluate("({}).value === undefined && !('label' in Object.prototype)")
    assert dialogs == []
    tags = page.evaluate("[...document.querySelectorAll('script')].map((one) => one.type)")
    assert tags == ["", *["application/json"] * 3, "module"]
    assert page.locator("img[onerror], [style*=url], iframe, object, embed").count() == 0


# Menus whose chosen words need more room than they have; those of long names may be cut.
CLIPPED = """all => all.filter((one) => !one.matches(".method")).filter((one) => {
  const painter = new OffscreenCanvas(1, 1).getContext("2d");
  const style = getComputedStyle(one);
  painter.font = `${style.fontSize} ${style.fontFamily}`;
  const words = painter.measureText(one.selectedOptions[0].text).width;
  const room = one.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
  return words + 16 > room; // the arrow takes 16 pixels
}).map((one) => one.className)"""


@pytest.mark.parametrize("which", ["report", "hostile"])
def test_nothing_moves_sideways_on_a_phone(
    request: pytest.FixtureRequest, open_page: Any, which: str
) -> None:
    page = open_page(request.getfixturevalue(which).url, width=390, height=844)
    page.locator(".methods summary").click()
    page.locator(".origin summary").click()
    page.locator(".notes summary").click()
    build_all(page)
    page.locator(".photo").nth(1).scroll_into_view_if_needed()
    for width in (390, 320):
        page.set_viewport_size({"width": width, "height": 844})
        assert page.evaluate("document.documentElement.scrollWidth") == width
        assert page.locator(".controls select:visible").evaluate_all(CLIPPED) == [], width
        page.locator("a.shot:visible").nth(1).click()
        assert page.evaluate("document.getElementById('compare').scrollWidth") <= width
        boxes = page.locator("#compare button").evaluate_all(
            "all => all.map((one) => one.getBoundingClientRect().toJSON())"
        )
        assert min(box["left"] for box in boxes) >= 0
        assert max(box["right"] for box in boxes) <= width
        stage = page.locator(".stage").bounding_box()
        assert stage["height"] > 300
        assert stage["y"] + stage["height"] < 844
        page.keyboard.press("?")
        assert page.evaluate("document.getElementById('keys').scrollWidth") <= width
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")


def top_of(page: Any, identity: str) -> float:
    """Pixels from the window's upper edge."""
    expression = f"Math.abs(document.getElementById('{identity}').getBoundingClientRect().top)"
    return float(page.evaluate(expression))


@pytest.mark.parametrize("width", [390, 1280])
def test_links_lead_to_their_place(
    report: Report, open_page: Any, tmp_path: Path, width: int
) -> None:
    """Photos are laid out only when they are seen: what is above must not push a heading away."""
    folder = tmp_path / "two"
    shutil.copytree(report.folder, folder)
    parts = [dataclasses.replace(report.section, key=key) for key in ("one", "two", "three")]
    (folder / "index.html").write_text(render_page(parts), encoding="utf-8")
    page = open_page((folder / "index.html").as_uri(), width=width)
    for key in ("three", "two", "one", "three"):
        page.evaluate("scrollTo(0, 0)")
        page.locator(f'a[href="#{key}"]').first.click()
        for _ in range(2):  # soon, and still when all around it is laid out
            page.wait_for_timeout(400)
            assert top_of(page, key) <= 20
    page.goto(f"{page.url.partition('#')[0]}#two")  # an address of a part
    page.reload()
    page.wait_for_timeout(400)
    assert top_of(page, "two") <= 20


def test_a_moved_folder_still_works(report: Report, open_page: Any, tmp_path: Path) -> None:
    moved = tmp_path / "else where" / "r%20 ü"
    shutil.copytree(report.folder, moved)
    page = open_page((moved / "index.html").as_uri())
    page.wait_for_function("document.querySelector('.plot img').naturalWidth > 0")
    page.locator("a.shot").nth(1).click()
    page.wait_for_function("document.querySelector('#right-pane img').naturalWidth == 192")
    shutil.rmtree(moved / "images")
    page.keyboard.press("?")
    page.keyboard.press("Escape")


def test_missing_large_pictures_are_said(report: Report, open_page: Any, tmp_path: Path) -> None:
    shutil.copy(report.folder / "index.html", tmp_path)
    page = open_page((tmp_path / "index.html").as_uri(), expected="ERR_FILE_NOT_FOUND")
    page.locator("a.shot").nth(1).click()
    page.get_by_text("keep the folder “images” beside").wait_for()
    page.wait_for_function("document.querySelector('#right-pane img').src.startsWith('data:')")


def test_a_page_inlined_needs_no_other_file(report: Report, open_page: Any, tmp_path: Path) -> None:
    shutil.copytree(report.folder, tmp_path / "built")
    text = render_page(inline_sections([report.section], tmp_path / "built"))
    shutil.rmtree(tmp_path / "built")
    (tmp_path / "one.html").write_text(text, encoding="utf-8")
    page = open_page((tmp_path / "one.html").as_uri())
    page.wait_for_function("document.querySelector('.plot img').naturalWidth > 0")
    page.locator("a.shot").nth(1).click()
    for _ in range(8):  # beyond those that stand on the page at first
        page.keyboard.press("n")
    page.wait_for_function("document.querySelector('#right-pane img').naturalWidth == 192")
    page.keyboard.press("Escape")
    with page.expect_download() as saved:
        page.get_by_role("link", name="CSV").click()
    assert saved.value.suggested_filename == "drawn-test.csv"
    assert Path(saved.value.path()).read_text() == "a,b\n"


def test_without_scripts_the_results_can_be_read(report: Report, chromium: Any) -> None:
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(report.url)
    assert page.locator("table.scores tbody tr").count() == 4
    assert page.locator(".plot img").is_visible()
    pictures = page.locator(".photo img:visible")
    assert pictures.count() == len(report.section.telling) * 5
    assert page.locator(".controls, .methods, .tools").filter(visible=True).count() == 0
    assert f"{PHOTOS + 1 - len(report.section.telling)} more photos" in page.inner_text("main")
    page.locator("a.shot").first.click()
    assert page.url.endswith(".jpg")
    context.close()


NAMELESS = """all => all.filter((one) => {
  const label = one.labels?.[0]?.innerText || one.getAttribute("aria-label")
    || document.getElementById(one.getAttribute("aria-labelledby"))?.innerText
    || one.textContent.trim() || one.querySelector("img")?.alt;
  return !label?.trim();
}).map((one) => one.outerHTML)"""

CONTRASTS = """names => {
  const painter = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const probe = document.createElement("i");
  document.querySelector(names.inside).append(probe);
  const light = (name) => {
    probe.style.color = `var(--${name})`;
    painter.fillStyle = getComputedStyle(probe).color;
    painter.fillRect(0, 0, 1, 1);
    const linear = [...painter.getImageData(0, 0, 1, 1).data].slice(0, 3).map((value) => {
      const part = value / 255;
      return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const contrast = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  return names.inks.map((ink) => contrast(light(ink), light("paper")));
}"""


def test_anyone_can_use_it(report: Report, open_page: Any) -> None:
    page = open_page(report.url)
    assert page.locator("img:not([alt]), img[alt='']:visible").count() == 0
    page.locator(".origin summary").click()
    controls = "button, select, input, a[href], summary, [role=region], dialog"
    assert page.locator(controls).evaluate_all(NAMELESS) == []
    levels = page.locator("h1, h2, h3, h4").filter(visible=True)
    ranks = [int(one[1]) for one in levels.evaluate_all("all => all.map((one) => one.tagName)")]
    assert ranks[0] == 1
    assert ranks.count(1) == 1
    assert all(after <= before + 1 for before, after in itertools.pairwise(ranks))
    ids = page.locator("[id]").evaluate_all("all => all.map((one) => one.id)")
    assert len(set(ids)) == len(ids)
    targets = page.locator("a[href^='#']").evaluate_all(
        "all => all.map((one) => one.hash.slice(1))"
    )
    assert set(targets) <= set(ids)
    for scheme, inside in itertools.product(("light", "dark"), ("main", "#keys")):
        page.emulate_media(color_scheme=scheme)
        ratios = page.evaluate(CONTRASTS, {"inside": inside, "inks": ["ink", "soft", "accent"]})
        assert min(ratios) >= 4.5, (scheme, inside, ratios)


def test_the_focus_is_seen(report: Report, open_page: Any) -> None:
    page = open_page(report.url)
    for name, target in (("tables", "drawn-test-table-1"), ("photographs", "drawn-test-photos")):
        page.keyboard.press("Tab")
        link = page.get_by_role("link", name=f"Skip to the {name}")
        assert link.evaluate("one => one === document.activeElement")
        assert link.bounding_box()["x"] >= 0
        assert link.evaluate("one => one.hash") == f"#{target}"
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    own = "document.activeElement.matches('.side input')"  # the browser draws its own
    for _ in range(40):
        page.keyboard.press("Tab")
        assert page.evaluate(own) or page.evaluate(outline) != "none"


def test_print_leaves_the_controls_out(report: Report, open_page: Any) -> None:
    page = open_page(report.url)
    page.emulate_media(media="print")
    assert not page.locator(".controls").is_visible()
    assert not page.locator(".side").is_visible()
    assert page.locator("table.scores").is_visible()
