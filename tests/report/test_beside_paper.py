"""Tables I and II beside the paper: which rows, which cells, and what is said below."""

import csv
import io
import re
import zlib
from pathlib import Path

import markupsafe
import numpy as np
import pytest

from romnet_bench.bench import results
from romnet_bench.protocol import DEFAULT, METRICS
from romnet_bench.published.manifest import list_manifests
from romnet_bench.report import formats, paper_formats
from romnet_bench.report.html import to_html
from romnet_bench.report.latex import escape_latex, to_latex
from romnet_bench.report.markdown import escape_markdown, to_markdown
from romnet_bench.report.paper import BesidePaper, make_beside_paper
from romnet_bench.report.runs import compare_runs
from romnet_bench.report.sheet import Cell, Line, Sheet
from romnet_bench.report.tables import make_tables

DIV2K, PASCAL, OLD = (
    "DIV2K (w/o degradation)",
    "Pascal VOC (w/o degradation)",
    "Pascal VOC (w/ degradation)",
)
RECIPES = {DIV2K: "div2k", PASCAL: "pascal", OLD: "pascal-degraded", "RealOld": "realold"}
FACTS = {facts.name: facts for manifest in list_manifests() for facts in manifest.methods}

# What stands in the paper's Tables I and II, read by hand: "–" where a system cannot do the task.
PAPER = {
    "Pix2pix": ("pix2pix", {DIV2K: "21.12", PASCAL: "20.89", OLD: "20.37", "RealOld": "16.80"}),
    "DeOldify": (
        "deoldify-artistic",
        {DIV2K: "23.65", PASCAL: "23.96", OLD: "21.45", "RealOld": "17.14"},
    ),
    "He et al.": ("he", {DIV2K: "23.53", PASCAL: "23.85", OLD: "–", "RealOld": "16.72"}),
    "InstColorization": (
        "instcolorization",
        {DIV2K: "22.45", PASCAL: "23.95", OLD: "–", "RealOld": "16.86"},
    ),
    "Wan et al.": ("wan", {DIV2K: "–", PASCAL: "–", OLD: "18.01", "RealOld": "16.99"}),
    "ROMNet": ("romnet", {DIV2K: "23.95", PASCAL: "24.01", OLD: "22.22", "RealOld": "17.20"}),
}


class Runs:
    """A folder to which runs of made-up scores are added."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.made: dict[str, BesidePaper] | None = None

    def add(
        self,
        method: str,
        setting: str,
        *,
        level: float = 20,
        photos: int = 6,
        rows: int = 99,
        name: str = "",
        recipe: str | None = None,
        fingerprint: str = "",
        folder: str = "",
        label: str = "",
        **changes: object,
    ) -> Path:
        """Writes a run of one of our methods, as its manifest describes it, on a dataset."""
        recipe = RECIPES[setting] if recipe is None else recipe
        name = name or recipe or "old"
        facts = FACTS.get(method)
        self.made = None
        where = self.root / f"{name}{fingerprint}" / (folder or method)
        # No two differences are alike: for ties SciPy tries all signs, which takes a second.
        wobble = np.random.default_rng(zlib.crc32(f"{name}/{where.name}".encode())).normal(
            0, 0.2, (3, photos)
        )
        fields: dict[str, object] = {
            "made_by": "run",
            "dataset": {
                "name": name, "path": name, "split": "test", "recipe": recipe,
                "fingerprint": fingerprint or f"f-{name}", "photos": photos, "originals": photos,
            },
            "method": {
                "name": method,
                "label": label or (facts.label if facts else method),
                "restores": facts.restores if facts else True,
                "colorizes": facts.colorizes if facts else True,
                "needs_reference": False, "fingerprint": {}, "notes": [],
            },
            "protocol": {"name": DEFAULT.name, "hash": DEFAULT.hash},
            "references": {}, "device": "cpu", "command": "", "commit": "", "packages": {},
            "started": "s", "finished": "f", "unavailable": {}, "failed": {}, **changes,
        }  # fmt: skip
        notes = fields.pop("notes", None)
        if notes is not None:
            assert isinstance(fields["method"], dict)
            fields["method"]["notes"] = notes
        scores: list[dict[str, object]] = [
            {
                "id": f"p{index}",
                "psnr": level + index / 10 + wobble[0, index],
                "ssim": level / 40 + wobble[1, index] / 100,
                "lpips": (40 - level) / 100 + wobble[2, index] / 100,
                "seconds": 0.5,
                "reference_rank": 1,
                "original": f"p{index}",
                "note": "",
            }
            for index in range(min(rows, photos))
        ]
        results.write_run(where, results.RunRecord.model_validate(fields))
        results.write_scores(where, scores)
        return where

    def make(self) -> dict[str, BesidePaper]:
        """The tables of all runs so far."""
        if self.made is None:
            comparisons = compare_runs([self.root])
            self.made = {made.table.key: made for made in make_beside_paper(comparisons)}
        return self.made

    def sheet(self, key: str = "table1") -> Sheet:
        return paper_formats.to_sheet(self.make()[key])

    def rows(self, key: str = "table1") -> list[dict[str, str]]:
        return read_rows(paper_formats.to_csv(self.make()[key]))


def empty_lpips(run: Path) -> None:
    rows = results.read_scores(run).assign(lpips=np.nan).to_dict("records")
    results.write_scores(run, [{str(key): value for key, value in row.items()} for row in rows])


def read_rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    return Runs(tmp_path / "runs")


def line_of(sheet: Sheet, label: str) -> Line:
    (line,) = (line for line in sheet.lines if line.label == label)
    return line


def cell(sheet: Sheet, label: str, setting: str, metric: str = "PSNR") -> Cell:
    """One cell, by its headings."""
    (index,) = (
        index
        for index, column in enumerate(sheet.columns)
        if (column.group, column.label) == (setting, metric)
    )
    return line_of(sheet, label).cells[index]


def said(sheet: Sheet, *words: str) -> list[str]:
    """The sentences below with all of these words."""
    return [sentence for sentence in sheet.below if all(word in sentence for word in words)]


# ---------------------------------------------------------------------------------------------
# Who can do what


@pytest.fixture
def all_six(runs: Runs) -> Runs:
    """Each of the paper's systems run wherever the paper has a number for it."""
    for index, (method, printed) in enumerate(PAPER.values()):
        for setting, text in printed.items():
            if text != "–":
                runs.add(method, setting, level=20 + index)
    return runs


@pytest.mark.parametrize("everywhere", [False, True], ids=["run where able", "run everywhere"])
def test_a_dash_exactly_where_the_paper_has_one(all_six: Runs, everywhere: bool) -> None:
    """All six systems on all four datasets; run in vain where a system is not able, or not run."""
    if everywhere:
        for method, printed in PAPER.values():
            for setting, text in printed.items():
                if text == "–":
                    all_six.add(method, setting, level=39)
    made = all_six.make()
    one, two = (paper_formats.to_sheet(made[key]) for key in ("table1", "table2"))
    found = {
        (name, setting): cell(two if setting == "RealOld" else one, FACTS[method].label, setting)
        for name, (method, printed) in PAPER.items()
        for setting in printed
    }
    for (name, setting), shown in found.items():
        paper = PAPER[name][1][setting]
        if paper == "–":
            assert (shown.text, shown.small, shown.best, shown.place) == ("–", "", False, 0)
        else:
            assert re.fullmatch(r"2\d\.\d\d", shown.text)
            assert shown.small.startswith(f"{paper} (")
    rows = [row for each in made.values() for row in read_rows(paper_formats.to_csv(each))]
    assert len(rows) == 6 * 4 * 3
    for row in rows:
        dash = PAPER[row["paper_method"]][1][row["dataset"]] == "–"
        assert row["cannot"] == str(dash)
        assert (row["mean"] == "") == (row["paper"] == "") == (row["difference"] == "") == dash
    # What cannot be done is no rival to what can: level 39 would win.
    assert cell(one, "ROMNet", DIV2K).best
    assert cell(one, "ROMNet", OLD).best


def test_lines_stand_in_the_papers_order(all_six: Runs) -> None:
    for made in all_six.make().values():
        assert [line.published for line in made.lines] == list(PAPER)


def test_deoldify_is_shown_on_degraded_photos(runs: Runs) -> None:
    """It only colourises, but the paper measured it there; others of its kind are not shown."""
    runs.add("deoldify-artistic", OLD, level=21)
    runs.add("ddcolor", OLD, level=30)
    sheet = runs.sheet()
    shown = cell(sheet, "DeOldify, artistic", OLD)
    mean = float(next(row["mean"] for row in runs.rows() if row["mean"]))
    assert shown.text == f"{mean:.2f}"
    assert shown.small == f"21.45 ({mean - 21.45:+.2f})".replace("-", "−")
    assert cell(sheet, "DDColor (not in the paper)", OLD).text == "–"
    assert said(sheet, "DeOldify, artistic", "does not restore damage")


@pytest.mark.parametrize("setting", [DIV2K, PASCAL])
@pytest.mark.parametrize("method", ["romnet-grey", "wan", "wan-scratches"])
def test_grey_output_is_a_dash_on_clean_photos(runs: Runs, setting: str, method: str) -> None:
    runs.add("romnet", setting)
    runs.add(method, setting, level=35)
    runs.add(method, OLD, level=15)
    sheet = runs.sheet()
    for metric in METRICS:
        label = FACTS[method].label
        label += " (not in the paper)" if method == "romnet-grey" else ""
        shown = cell(sheet, label, setting, metric.label)
        assert (shown.text, shown.best, shown.place) == ("–", False, 0)
        assert cell(sheet, label, OLD, metric.label).text not in ("–", "")


def test_what_a_method_cannot_do_does_not_depend_on_a_run_in_vain(runs: Runs) -> None:
    """Its other runs tell what it does: blank would mean that it could be measured."""
    for method in ("romnet-grey", "wan", "pix2pix"):
        runs.add(method, OLD)
    runs.add("ddcolor", PASCAL)
    sheet = runs.sheet()
    assert cell(sheet, "ROMNet, lightness only (not in the paper)", DIV2K).text == "–"
    assert cell(sheet, "Wan et al.", DIV2K).text == "–"
    assert cell(sheet, "DDColor (not in the paper)", OLD).text == "–"
    assert cell(sheet, "DDColor (not in the paper)", DIV2K).text == ""
    assert cell(sheet, "Pix2pix", DIV2K).text == ""


def test_the_grey_input_is_shown_everywhere_and_is_not_the_papers(runs: Runs) -> None:
    for setting in (DIV2K, OLD, "RealOld"):
        runs.add("input", setting)
    for key, setting in (("table1", DIV2K), ("table1", OLD), ("table2", "RealOld")):
        shown = cell(runs.sheet(key), "Input (not in the paper)", setting)
        assert shown.text not in ("–", "")
        assert shown.small == ""
        assert said(runs.sheet(key), setting, "Input", "what every method must beat")


def test_methods_that_are_not_in_the_paper_come_last_and_say_so(runs: Runs) -> None:
    for method in ("aaa", "ddcolor", "romnet", "input", "he"):
        runs.add(method, DIV2K)
    lines = runs.make()["table1"].lines
    names = [line.published for line in lines]
    assert names == [*PAPER, "", "", ""]
    labels = [line.label for line in runs.sheet().lines]
    others = {"aaa (not in the paper)", "DDColor (not in the paper)", "Input (not in the paper)"}
    assert set(labels[-3:]) == others
    assert not any("not in the paper" in label for label in labels[:-3])
    assert all(cell(runs.sheet(), label, DIV2K).small == "" for label in others)


def test_rows_of_the_paper_that_we_lack_have_its_numbers_alone(runs: Runs) -> None:
    runs.add("romnet", DIV2K)
    sheet = runs.sheet()
    for name, (_, printed) in PAPER.items():
        for setting, text in printed.items():
            if (name, setting) == ("ROMNet", DIV2K) or setting == "RealOld":
                continue
            shown = cell(sheet, name, setting)
            wanted = ("–", "") if text == "–" else ("", text)
            assert (shown.text, shown.small) == wanted
            assert np.isnan(shown.value)
            assert not line_of(sheet, name).warned
    for row in runs.rows():
        ours = (row["paper_method"], row["dataset"]) == ("ROMNet", DIV2K)
        assert (row["mean"] != "") == (row["difference"] != "") == (row["n"] != "0") == ours
    assert said(sheet, f"{PASCAL}: not measured by us.")
    assert said(sheet, f"{OLD}: not measured by us.")


def test_the_papers_number_does_not_look_like_ours_in_any_form(runs: Runs) -> None:
    """Where we have none, the paper's is small or marked wherever it stands."""
    runs.add("romnet", DIV2K)
    sheet = runs.sheet()
    (markdown,) = (line for line in to_markdown(sheet).splitlines() if line.startswith("| Pix2pix"))
    assert not re.search(r"\| 21\.12 \|", markdown)
    assert "<td> <small>21.12</small></td>" in to_html(sheet)
    latex = to_latex(sheet).splitlines()
    (index,) = (index for index, line in enumerate(latex) if line.strip().startswith("Pix2pix"))
    assert "21.12" not in latex[index]
    assert r"{\scriptsize 21.12}" in latex[index + 1]


# ---------------------------------------------------------------------------------------------
# Which photos


def test_of_two_sets_of_one_recipe_the_one_with_more_runs_is_the_group(runs: Runs) -> None:
    runs.add("pix2pix", DIV2K, fingerprint="few", level=39)
    runs.add("romnet", DIV2K, fingerprint="few", level=38)
    for level, method in enumerate(("romnet", "deoldify-artistic", "he")):
        runs.add(method, DIV2K, fingerprint="many", level=20 + level)
    made = runs.make()["table1"]
    assert made.measured[0] is not None
    assert made.measured[0].fingerprint == "many"
    sheet = runs.sheet()
    alone = cell(sheet, "Pix2pix", DIV2K)
    assert alone.text.startswith("39")
    assert (alone.best, alone.place) == (False, 0)
    assert line_of(sheet, "Pix2pix").warned
    assert said(sheet, DIV2K, "Pix2pix", "measured on other photos (fingerprint few)")
    # Of both sets, the group's number stands.
    assert cell(sheet, "ROMNet", DIV2K).text.startswith("20")
    assert not line_of(sheet, "ROMNet").warned
    assert cell(sheet, "He et al.", DIV2K).best
    (row, *_) = (row for row in runs.rows() if row["label"] == "Pix2pix")
    assert row["fingerprint"] == "few"
    assert (row["best"], row["place"]) == ("False", "")
    assert "other photos" in row["warnings"]
    assert {row["fingerprint"] for row in runs.rows() if row["label"] == "ROMNet"} == {"many", ""}


def test_a_copy_of_the_photos_is_not_called_other_photos(runs: Runs) -> None:
    """One fingerprint under two names, such as of a folder that was renamed between two runs."""
    runs.add("romnet", DIV2K, name="old", fingerprint="same")
    runs.add("he", DIV2K, name="new", fingerprint="same")
    sheet = runs.sheet()
    assert cell(sheet, "He et al.", DIV2K).text.startswith("20")
    assert cell(sheet, "ROMNet", DIV2K).text.startswith("20")
    assert not said(sheet, "measured on other photos (fingerprint same)")


def test_all_is_said_of_a_method_on_other_photos(runs: Runs) -> None:
    for method in ("romnet", "pix2pix"):
        runs.add(method, OLD, fingerprint="many")
    where = runs.add("deoldify-artistic", OLD, fingerprint="few", rows=4, notes=["<b>"],
                     unavailable={"lpips": "no AlexNet weights"})  # fmt: skip
    empty_lpips(where)
    sheet = runs.sheet()
    for sentence in ("measured on other photos (fingerprint few)", "<b>", "scored on 4 of 6 photos",
                     "does not restore damage", "no AlexNet weights"):  # fmt: skip
        assert said(sheet, OLD, "DeOldify, artistic", sentence), sentence


def test_runs_of_one_label_never_share_one(runs: Runs) -> None:
    """Places are found by label."""
    for folder, label in (("a", "ROMNet"), ("b", "ROMNet"), ("c", "ROMNet (b)")):
        runs.add("romnet", "RealOld", folder=folder, label=label)
    (comparison,) = compare_runs([runs.root])
    assert len({run.label for run in comparison.runs}) == 3


def test_runs_that_take_no_part_do_not_choose_the_group(runs: Runs) -> None:
    """Fig. 6's ranks of one method, and systems that cannot do the task, are no majority."""
    for rank in ("1", "2", "3", "4", "5"):
        runs.add("romnet", DIV2K, fingerprint="ranks", folder=f"rank-{rank}", label=f"rank {rank}",
                 references={"rank": rank})  # fmt: skip
    for method in ("wan", "romnet-grey"):
        runs.add(method, DIV2K, fingerprint="ranks")
    for method in ("romnet", "he"):
        runs.add(method, DIV2K, fingerprint="methods")
    (group, *_) = runs.make()["table1"].measured
    assert group is not None
    assert group.fingerprint == "methods"


def test_worse_references_on_purpose_are_left_out(runs: Runs) -> None:
    runs.add("romnet", DIV2K, level=20)
    for rank in ("2", "10"):
        runs.add("romnet", DIV2K, folder=f"romnet-rank-{rank}", level=30,
                 references={"rank": rank})  # fmt: skip
    runs.add("romnet", PASCAL, level=21)
    made = runs.make()["table1"]
    (line,) = (line for line in made.lines if line.method == "romnet")  # one line for one method
    assert line.published == "ROMNet"
    assert line.label == "ROMNet"
    assert line.places[0].row is not None
    assert line.places[0].row.intervals["psnr"].mean < 25
    assert line.places[1].row is not None


@pytest.mark.parametrize("recipe", ["", "pascal-old", "DIV2K"])
def test_a_name_alone_makes_no_dataset_of_the_papers(runs: Runs, recipe: str) -> None:
    runs.add("romnet", DIV2K, name="div2k", recipe=recipe)
    assert runs.make() == {}
    runs.add("he", PASCAL)
    sheet = runs.sheet()
    assert said(sheet, f"{DIV2K}: not measured by us.")
    assert cell(sheet, "ROMNet", DIV2K).text == ""


def test_the_recipe_counts_whatever_the_folder_is_called(runs: Runs) -> None:
    runs.add("romnet", DIV2K, name="my photos", recipe="div2k")
    sheet = runs.sheet()
    assert cell(sheet, "ROMNet", DIV2K).text != ""
    assert said(sheet, DIV2K, "photos: my photos, test, fingerprint f-my photos.")


def test_an_older_run_without_a_recipe_does_not_hide_the_others(runs: Runs) -> None:
    """The same photos, byte by byte (one fingerprint), of which one record does not say it."""
    runs.add("romnet", DIV2K, name="div2k")
    runs.add("he", DIV2K, name="div2k", recipe="")
    assert "table1" in runs.make()
    assert cell(runs.sheet(), "ROMNet", DIV2K).text != ""


def test_no_table_where_none_of_the_papers_datasets_was_run(runs: Runs) -> None:
    runs.add("romnet", DIV2K, name="kodak", recipe="kodak")
    assert runs.make() == {}
    (table,) = make_tables(compare_runs([runs.root]))
    plain = formats.to_sheet(table)
    assert plain.title == "kodak (test)"
    assert [line.label for line in plain.lines] == ["ROMNet"]


def test_a_dataset_outside_the_paper_gets_its_plain_table_by_itself(runs: Runs) -> None:
    for method in ("romnet", "he"):
        runs.add(method, "RealOld", level=20 + len(method))
        runs.add(method, DIV2K, name="kodak", recipe="kodak", level=30 + len(method))
    tables = {table.dataset: table for table in make_tables(compare_runs([runs.root]))}
    assert set(tables) == {"kodak", "realold"}
    kodak = formats.to_sheet(tables["kodak"])
    assert {line.label for line in kodak.lines} == {"ROMNet", "He et al."}
    assert {line.cells[0].best for line in kodak.lines} == {True, False}
    assert set(runs.make()) == {"table2"}


def test_each_table_is_made_for_its_own_datasets(runs: Runs) -> None:
    runs.add("romnet", "RealOld")
    assert set(runs.make()) == {"table2"}
    runs.add("romnet", OLD)
    assert set(runs.make()) == {"table1", "table2"}


def test_without_runs_there_is_no_table() -> None:
    assert make_beside_paper([]) == []


# ---------------------------------------------------------------------------------------------
# Warnings, and what is said below


ODDITIES: dict[str, tuple[dict[str, object], str, str]] = {
    "protocol": (
        {"protocol": {"name": "luma-ssim", "hash": "deadbeef"}},
        "InstColorization",
        "measured under another protocol, luma-ssim (deadbeef)",
    ),
    "random": (
        {"notes": ["random weights"]},
        "InstColorization (random weights)",
        "random weights",
    ),
    "part": ({"rows": 3}, "InstColorization", "scored on 3 of 6 photos"),
    "unfinished": ({"finished": ""}, "InstColorization", "cut short or is still going on"),
    "failed": ({"failed": {"<p9>": "a & b"}}, "InstColorization", "failed on <p9> (a & b)"),
    "note": ({"notes": ["trained for a day"]}, "InstColorization", "trained for a day"),
}


@pytest.mark.parametrize("oddity", ODDITIES)
@pytest.mark.parametrize("setting", [PASCAL, "RealOld"])
def test_an_odd_run_is_warned_of(runs: Runs, setting: str, oddity: str) -> None:
    changes, label, sentence = ODDITIES[oddity]
    runs.add("romnet", setting, level=20)
    runs.add("he", setting, level=19)
    runs.add("instcolorization", setting, level=32, **changes)  # type: ignore[arg-type]
    key = "table2" if setting == "RealOld" else "table1"
    sheet = runs.sheet(key)
    assert [line.label for line in sheet.lines if line.warned] == [label]
    assert said(sheet, f"{setting}: {label}: ", sentence)
    shown = cell(sheet, label, setting)
    paper = PAPER["InstColorization"][1][setting]
    assert shown.text.startswith("3")
    assert re.fullmatch(rf"{re.escape(paper)} \(\+1?\d\.\d\d\)", shown.small)
    if oddity in ("protocol", "random", "part"):
        assert (shown.best, shown.place) == (False, 0)
        assert cell(sheet, "ROMNet", setting).best
    for text in (to_markdown(sheet), to_html(sheet), to_latex(sheet)):
        assert len(re.findall(r"†|\\textdagger", text)) == 1


def test_nothing_is_warned_of_without_a_reason(all_six: Runs) -> None:
    for made in all_six.make().values():
        sheet = paper_formats.to_sheet(made)
        assert not any(line.warned for line in sheet.lines)
        assert not said(sheet, "other protocol")
        assert "†" not in to_markdown(sheet)


def test_only_one_of_our_methods_with_the_papers_name_is_not_best(runs: Runs) -> None:
    """One row alone has nobody to be better than; the paper's numbers are no rivals."""
    runs.add("romnet", "RealOld", level=39)
    shown = cell(runs.sheet("table2"), "ROMNet", "RealOld")
    assert (shown.best, shown.place) == (False, 0)


PAPER_PHOTOS = {DIV2K: "100", PASCAL: "1,000", OLD: "1,000", "RealOld": "200"}


def test_protocol_fingerprint_and_the_limits_of_comparing_are_stated(all_six: Runs) -> None:
    made = all_six.make()
    for key, settings in (("table1", (DIV2K, PASCAL, OLD)), ("table2", ("RealOld",))):
        sheet = paper_formats.to_sheet(made[key])
        for setting in settings:
            recipe = RECIPES[setting]
            assert said(sheet, f"{setting}: 6 photos, the paper {PAPER_PHOTOS[setting]}. Protocol "
                               f"{DEFAULT.name} ({DEFAULT.hash}); photos: "
                               f"{recipe}, test, fingerprint f-{recipe}.")  # fmt: skip
        assert said(sheet, "its numbers and ours differ for more reasons than one")
        assert said(sheet, "95 % interval")
        assert said(sheet, "Holm")
        assert len(set(sheet.below)) == len(sheet.below)
        assert all(sentence.endswith(".") for sentence in sheet.below)


def test_every_sentence_below_stands_in_every_form(runs: Runs) -> None:
    for number, (changes, *_) in enumerate(ODDITIES.values()):
        runs.add("he", DIV2K, folder=f"he-{number}", label=f"He_{number} <i> & 100%", **changes)  # type: ignore[arg-type]
    runs.add("romnet", DIV2K)
    runs.add("wan", OLD)
    runs.add("pix2pix", DIV2K, fingerprint="elsewhere", notes=["$1 | `x`"])
    sheet = runs.sheet()
    assert len(sheet.below) > 12
    written = {
        "Markdown": (to_markdown(sheet), escape_markdown),
        "LaTeX": (to_latex(sheet), escape_latex),
        "HTML": (to_html(sheet), lambda sentence: str(markupsafe.escape(sentence))),
    }
    for form, (text, escape) in written.items():
        after = text[text.rindex("Wan et al.", 0, text.index(escape(sheet.below[0]))) :]
        for sentence in sheet.below:
            assert escape(sentence) in after, (form, sentence)


def test_why_a_number_is_missing_is_said_and_not_taken_for_inability(runs: Runs) -> None:
    """“–” means that the method cannot; one without LPIPS weights can."""
    empty_lpips(runs.add("romnet", DIV2K, unavailable={"lpips": "no AlexNet weights"}))
    runs.add("he", DIV2K)
    sheet = runs.sheet()
    assert said(sheet, DIV2K, "LPIPS of ROMNet is empty", "no AlexNet weights")
    assert cell(sheet, "ROMNet", DIV2K, "LPIPS").text != "–"
    assert cell(sheet, "ROMNet", DIV2K, "PSNR").text not in ("–", "")
    assert cell(sheet, "ROMNet", DIV2K, "LPIPS").small == "0.120"
