"""The page's HTML: escaped, with its own script alone, whole in one file when asked."""

import base64
import dataclasses
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from romnet_bench.data.records import PhotoSet
from romnet_bench.errors import UserError
from romnet_bench.report import ablation_formats
from romnet_bench.report.ablations import AblationTable
from romnet_bench.report.page import inline
from romnet_bench.report.page.choices import find_metric, list_methods, list_metrics
from romnet_bench.report.page.gallery import make_gallery
from romnet_bench.report.page.remarks import Shared, share_remarks
from romnet_bench.report.page.render import render_page
from romnet_bench.report.page.section import Plot, Section
from romnet_bench.report.runs import compare_runs
from romnet_bench.report.sheet import Cell, Column, Line, Sheet
from romnet_bench.report.tables import make_tables
from romnet_bench.report.telling import choose_telling


class Page(HTMLParser):
    """Tags and text as a browser would read them; the text of scripts and styles apart."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.raw: list[str] = []
        self._opaque = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))
        self._opaque = tag in ("script", "style")

    def handle_endtag(self, tag: str) -> None:
        self._opaque = False

    def handle_data(self, data: str) -> None:
        if self._opaque:
            self.raw.append(data)
        else:
            self.text += data

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.tags if name == tag]


def make_sheet(text: str) -> Sheet:
    columns = (Column(text, "↑", group=text, note=text), Column("b"))
    return Sheet("t", text, columns, (Line(text, (Cell(text, 1.0), Cell(text))),), (text,), text)


@pytest.fixture
def section(full_bench: Any, tmp_path: Path) -> Section:
    """The six drawn photos, as a report has them in `tmp_path/out`."""
    out = tmp_path / "out"
    (comparison,) = compare_runs([full_bench.runs])
    entries = make_gallery(comparison, PhotoSet(tmp_path / "drawn", "test"), out)
    for name in ("tables/t.csv", "figures/f.svg", "figures/f.pdf"):
        (out / name).parent.mkdir(exist_ok=True)
        (out / name).write_text(name)
    plot = Plot("f", "figures/f.svg", "a figure", "read it so", (("PDF", "figures/f.pdf"),))
    return Section(
        key=comparison.key,
        dataset=comparison.dataset,
        split=comparison.split,
        summary="All the same.",
        sheets=((make_sheet("scores"), (("CSV", "tables/t.csv"),)),),
        plots=(plot,),
        runs=tuple(comparison.runs),
        entries=tuple(entries),
        telling=tuple(choose_telling(entries, 3)),
    )


def test_every_photo_is_there_once(section: Section) -> None:
    page = Page(render_page([section]))
    ids = [tag["data-id"] for tag in page.all("article")]
    assert ids[:3] == [entry.id for _, entry in section.telling]
    assert sorted(ids) == sorted(entry.id for entry in section.entries)
    assert len(page.all("template")) == 3  # the others wait
    assert len([tag for tag in page.all("a") if tag.get("class") == "shot"]) == 6 * 4
    assert list_methods([section]) == ["blur", "noise"]
    methods = [tag["data-method"] for tag in page.all("figure") if "data-method" in tag]
    assert methods == ["0", "1"] * 6
    assert [tag["value"] for tag in page.all("input") if tag.get("type") == "checkbox"] == [
        "0",
        "1",
    ]


def test_the_scores_for_the_script_are_those_of_the_photos(section: Section) -> None:
    page = Page(render_page([section]))
    scores = next(json.loads(raw) for raw in page.raw if raw.startswith("[{") and "psnr" in raw)
    by_id = {entry.id: entry for entry in section.entries}
    assert len(scores) == 6
    for tag, numbers in zip(page.all("article"), scores, strict=True):
        shots = by_id[tag["data-id"]].shots[:-1]
        assert numbers["psnr"] == [shot.scores["psnr"] for shot in shots]
        assert numbers["lpips"] == [None, None, None]


@settings(max_examples=6, deadline=None)
@example("</script><script>x</script>")
@example("\"'><img src=x onerror=y>")
@example("]]>--><!--{{ 1 }}{% x %}")
@example("\x00\u202e\u2028")
@given(st.text(max_size=60))
def test_any_text_stays_text(text: str) -> None:
    plot = Plot(f"Plot {text}", "figures/f.svg", text, text, ((text, "figures/f.svg"),))
    section = Section("k", text, text, text, ((make_sheet(text), ((text, "t.csv"),)),), (plot,))
    plain = Section("k", "x", "x", "x", ((make_sheet("x"), (("x", "t.csv"),)),), (plot,))
    page, expected = Page(render_page([section])), Page(render_page([plain]))
    hidden = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
    shown = hidden.sub("�", text)
    if text:
        assert [tag for tag, _ in page.tags] == [tag for tag, _ in expected.tags]
        assert [sorted(tag) for _, tag in page.tags] == [sorted(tag) for _, tag in expected.tags]
    assert page.raw == expected.raw
    assert shown in page.text
    assert shown in [tag["alt"] for tag in page.all("img") if "alt" in tag]
    assert not hidden.search(page.text)


def test_only_the_pages_own_script_may_run(section: Section) -> None:
    text = render_page([section])
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', text)
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    for tag, rule in (("script", "script-src"), ("style", "style-src")):
        bodies = re.findall(rf'<{tag}(?: type="module")?>(.*?)</{tag}>', text, flags=re.DOTALL)
        hashes = [base64.b64encode(hashlib.sha256(body.encode()).digest()) for body in bodies]
        assert rules[rule] == " ".join(f"'sha256-{digest.decode()}'" for digest in hashes)
    assert rules["default-src"] == rules["form-action"] == rules["base-uri"] == "'none'"
    assert rules["img-src"] == "'self' file: data:"
    assert " style=" not in text
    addresses = [tag.get(name, "") for _, tag in Page(text).tags for name in ("href", "src")]
    assert not [one for one in addresses if re.match(r"\s*(https?:|//|javascript:)", one)]
    assert not re.search("@import|url[(]|https?:", text)


def test_the_same_sections_give_the_same_bytes(section: Section) -> None:
    assert render_page([section]) == render_page([section])


def test_a_page_of_tables_alone() -> None:
    section = Section("tables", "Tables of the paper", sheets=((make_sheet("one"), ()),))
    page = Page(render_page([section], title="Tables"))
    assert [tag["id"] for tag in page.all("section")] == ["tables"]
    assert "Photographs" not in page.text
    assert "How each row" not in page.text
    assert page.text.split()[0] == "Tables"


def test_a_page_inlined_names_no_file(section: Section, tmp_path: Path) -> None:
    text = render_page(inline.inline_sections([section], tmp_path / "out"))
    page = Page(text)
    addresses = [tag.get(name, "") for _, tag in page.tags for name in ("href", "src")]
    assert all(re.match(r"#|data:", address) for address in addresses if address)
    (table,) = [tag for tag in page.all("a") if tag.get("download") == "t.csv"]
    assert base64.b64decode(table["href"].partition("base64,")[2]) == b"tables/t.csv"
    shots = [tag["href"] for tag in page.all("a") if tag.get("class") == "shot"]
    files = [path.read_bytes() for path in (tmp_path / "out" / "images").rglob("*.jpg")]
    assert sorted(base64.b64decode(one.partition(",")[2]) for one in shots) == sorted(files)


def test_too_much_for_mail_or_for_a_browser_is_said(
    section: Section, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = render_page([section])
    assert inline.warn_of_weight(text) == ""
    monkeypatch.setattr(inline, "HEAVY", len(text.encode()) - 1)
    assert "too much for most mail" in inline.warn_of_weight(text)
    monkeypatch.setattr(inline, "HEAVIEST", 1000)
    with pytest.raises(UserError, match="without --inline"):
        inline.inline_sections([section], tmp_path / "out")


def test_photos_without_pictures_say_why(section: Section) -> None:
    broken = dataclasses.replace(section.entries[0], shots=(), trouble="it is <gone>")
    page = Page(render_page([dataclasses.replace(section, entries=(broken,), telling=())]))
    assert "No pictures: it is <gone>." in page.text


def leave_out(section: Section, missing: set[tuple[int, int]]) -> str:
    """The page's text where these pictures, as (photo, output), could not be read."""
    entries = []
    for number, entry in enumerate(section.entries):
        shots = tuple(
            dataclasses.replace(shot, full="", thumb="") if (number, place) in missing else shot
            for place, shot in enumerate(entry.shots)
        )
        entries.append(dataclasses.replace(entry, shots=shots))
    return Page(render_page([dataclasses.replace(section, entries=entries, telling=())])).text


def test_missing_outputs_are_said_once(section: Section) -> None:
    photos = len(section.entries)
    assert "could be read" not in leave_out(section, set())
    assert "could not be read" not in leave_out(section, set())
    some = leave_out(section, {(0, 1), (2, 1)} | {(number, 2) for number in range(photos)})
    assert some.count("damaged: blur (2 of 6), noise (all 6).") == 1
    every = leave_out(section, {(number, place) for number in range(photos) for place in (1, 2)})
    assert every.count("Not one output could be read") == 1


def test_photos_that_all_lack_pictures_are_said_once(section: Section) -> None:
    broken = [
        dataclasses.replace(entry, shots=(), trouble="it is gone") for entry in section.entries
    ]
    page = render_page([dataclasses.replace(section, entries=broken, telling=())])
    assert Page(page).text.count("No photo has pictures: it is gone.") == 1
    broken[0] = dataclasses.replace(broken[0], trouble="it is damaged")
    half = [*broken[:3], *section.entries[3:]]
    page = render_page([dataclasses.replace(section, entries=half, telling=())])
    assert Page(page).text.count("3 of 6 lack pictures; each says why.") == 1


def test_the_methods_of_lines_can_be_hidden_too(section: Section) -> None:
    cells = (Cell("1"), Cell("2"))
    lines = (
        Line("noise − far", cells, methods=("noise", "far")),
        Line("a setting", cells),
        Line("Input", cells, methods=("Input",)),
    )
    sheet = dataclasses.replace(make_sheet("s"), lines=lines)
    sections = [
        Section("first", "First", sheets=((sheet, ()),)),
        dataclasses.replace(section, sheets=((sheet, ()),)),
    ]
    assert list_methods(sections) == ["blur", "noise", "far", "Input"]  # with pictures first
    rows = [tag.get("data-methods") for tag in Page(render_page(sections)).all("tr")]
    assert rows[-3:] == ["1 2", None, "3"]


@pytest.mark.parametrize(
    ("column", "key"),
    [
        (Column("PSNR", "↑", group="Pascal VOC"), "psnr"),
        (Column("difference", group="LPIPS"), "lpips"),
        (Column("paper", note="SSIM as the paper prints it"), "ssim"),
        (Column("Photos"), ""),
        (Column("Seconds per photo", note="SSIMS and so on"), ""),
    ],
)
def test_the_metric_of_a_column(column: Column, key: str) -> None:
    assert find_metric(column) == key
    sheet = Sheet("t", "t", (column,), (), ())
    shown = list_metrics([Section("k", "k", sheets=((sheet, ()),))])
    assert [metric.key for metric in shown] == [key] * bool(key)


def test_an_ablations_columns_have_their_metrics(full_bench: Any) -> None:
    (measured,) = make_tables(compare_runs([full_bench.runs]))
    sheet = ablation_formats.to_sheet(AblationTable("t", "t", [], measured, []))
    expected = [key for key in ("psnr", "ssim", "lpips") for _ in range(2)]
    assert [find_metric(column) for column in sheet.columns] == [*expected, ""]


def test_shared_remarks() -> None:
    def make(title: str, *below: str) -> Sheet:
        return dataclasses.replace(make_sheet("x"), title=title, below=below)

    first = make("Ours (the paper's Table IV)", "a", "b", "own", "one", "all")
    second = make("Ours (the paper's Table V)", "b", "a", "two", "all", "more")
    third = make("Scores", "more", "three", "all")
    assert share_remarks([first, second, third]) == (Shared(("Table IV", "Table V"), ("a", "b")),)
    assert share_remarks([first]) == ()
    assert share_remarks([]) == ()
