"""`study report` from the answers to the files: every cell, every remark, hostile labels."""

import csv
import dataclasses
import html
import io
import json
import math
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex
from PIL import Image

from romnet_bench.bench.paired import ALPHA
from romnet_bench.bench.statistics import Interval
from romnet_bench.errors import UserError
from romnet_bench.files import resource
from romnet_bench.report.figures.looks import assign_looks
from romnet_bench.report.figures.style import Look, look
from romnet_bench.report.html import to_html
from romnet_bench.report.latex import to_latex
from romnet_bench.report.markdown import to_markdown
from romnet_bench.study import pair_table, share_table
from romnet_bench.study.answers import Answers, write_csv
from romnet_bench.study.beside_paper import read_paper_study
from romnet_bench.study.figures import describe_scores, draw_places, draw_scores
from romnet_bench.study.report import list_remarks, prepare_study_part, write_study_report
from romnet_bench.study.statistics.counting import rank_counted
from romnet_bench.study.statistics.outcome import Outcome, measure_outcome
from romnet_bench.study.statistics.resampling import Bounded
from romnet_bench.study.statistics.scores import PLACES
from romnet_bench.study.summary import (
    agreements_to_csv,
    describe_agreement,
    summarise,
    to_json,
    to_page,
)

WORTHS = {
    "Pix2pix": -1.5,
    "DeOldify, stable": 0.0,
    "He et al.": -0.5,
    "InstColorization": 0.0,
    "Wan et al.": 0.3,
    "ROMNet": 1.7,
}
HOSTILE = "50% off_all & #1 {x} $y^2~z\\ <b>|`a` [*](u) \"q\" 'r' -- –\n\x00end"
Simulate = Callable[..., Answers]
MakeAnswers = Callable[..., Answers]


@pytest.fixture(scope="module")
def study(request: pytest.FixtureRequest) -> Answers:
    """12 people, 20 photos, six methods; person 3 failed four of five checks, person 5 one."""
    simulate = request.getfixturevalue("simulate_study")
    answers: Answers = simulate(WORTHS, 12, 20, seed=5, failed={3: 4, 5: 1})
    return answers


@pytest.fixture(scope="module")
def report(study: Answers, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of its report."""
    folder = tmp_path_factory.mktemp("study")
    source = folder / "answers.csv"
    source.write_text(write_csv(study), encoding="utf-8")
    page = write_study_report(str(source), folder / "out")
    assert page == folder / "out" / "summary.md"
    return folder / "out"


def read_rows(path: Path) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline="")))


def all_remarks(answers: Answers) -> list[str]:
    return list_remarks(answers, measure_outcome(rank_counted(answers)))


def test_all_files_are_there(report: Path) -> None:
    names = {
        f"{stem}.{form}" for stem in ("table3", "pairs") for form in ("csv", "md", "tex", "html")
    }
    names |= {f"{stem}.{form}" for stem in ("places", "scores") for form in ("svg", "pdf", "png")}
    names |= {"agreement.csv", "summary.md", "summary.json", ".lock"}
    assert {path.name for path in report.iterdir()} == names


def test_every_share_is_that_of_a_count(report: Path, study: Answers) -> None:
    frame = pd.DataFrame(
        [
            (answer.person, label, place)
            for answer in study.answers
            if not answer.check
            for place, label in enumerate(answer.ranking, 1)
        ],
        columns=["person", "label", "place"],
    )
    paper = pd.read_csv(resource("reports", "paper", "table3.csv"))
    printed = paper.set_index(["method", "metric"])["value"]
    rows = read_rows(report / "table3.csv")
    assert [row["people"] for row in rows] == ["counted"] * 6 + ["all"] * 6
    for whose, part in (("counted", frame[frame.person != 3]), ("all", frame)):
        own = [row for row in rows if row["people"] == whose]
        assert {row["method"] for row in own} == set(WORTHS)
        for row in own:
            places = part[part.label == row["method"]].place
            assert int(row["rankings"]) == len(places)
            assert int(row["people_who_ranked"]) == part.person.nunique()
            assert row["paper_method"] == row["method"].partition(",")[0]
            for top in range(1, 6):
                share = 100 * (places <= top).mean()
                assert float(row[f"top{top}"]) == pytest.approx(share)
                assert float(row[f"top{top}_low"]) <= share <= float(row[f"top{top}_high"])
                theirs = printed[row["paper_method"], f"top{top}"]
                assert float(row[f"top{top}_paper"]) == theirs
                assert float(row[f"top{top}_difference"]) == pytest.approx(share - theirs)
        scores = [float(row["score"]) for row in own]
        assert scores == sorted(scores, reverse=True)
        assert sum(scores) == pytest.approx(0, abs=1e-9)
        assert sum(float(row["best"]) for row in own) == pytest.approx(100)


def test_markdown_is_the_csv_in_short(report: Path) -> None:
    lines = (report / "table3.md").read_text(encoding="utf-8").splitlines()
    table = [line.strip("| ").split(" | ") for line in lines if line.startswith("| ")]
    assert table[0][:4] == ["Method", "Score ↑", "Top 1, % ours ↑", "Top 1, % paper"]
    rows = [row for row in read_rows(report / "table3.csv") if row["people"] == "counted"]
    assert [cells[0] for cells in table[2:]] == [row["method"] for row in rows]
    for row, cells in zip(rows, table[2:], strict=True):
        plain = [cell.replace("**", "") for cell in cells]
        score, low, high = (float(row[f"score{end}"]) for end in ("", "_low", "_high"))
        expected = f"{score:+.2f}<sup>{row['place']}</sup> [{low:+.2f}, {high:+.2f}]"
        assert plain[1] == expected.replace("-", "−")
        for top in range(1, 6):
            share, low, high = (float(row[f"top{top}{end}"]) for end in ("", "_low", "_high"))
            assert plain[2 * top] == f"{share:.1f} [{low:.1f}, {high:.1f}]"
            gap = f"{float(row[f'top{top}_difference']):+.1f}".replace("-", "−")
            assert plain[2 * top + 1] == f"{row[f'top{top}_paper']} ({gap})"
    for column in (1, 2, 4, 6, 8, 10):
        bold = [float(re.findall(r"[−\d.]+", cells[column])[0].replace("−", "-"))
                for cells in table[2:] if cells[column].startswith("**")]  # fmt: skip
        assert bold == [max(float(re.findall(r"[−\d.]+", cells[column])[0].replace("−", "-"))
                            for cells in table[2:])]  # fmt: skip
    assert table[2][0] == "ROMNet"
    text = "\n".join(lines)
    assert (
        "Left out: people who failed more than one in five of the attention checks that they had, "
        "and at least two of them (1 of 12 people); the CSV has the table with that person too."
        in text
    )
    assert "Square brackets: 95 % intervals, 10,000 resamples in which people" in text
    assert "add up to 99.9, 202.8, 302.7, 402.5, 502.3" in text


def test_the_page_says_who_ranked(report: Path) -> None:
    text = (report / "summary.md").read_text(encoding="utf-8")
    assert text.startswith("# Which one looks best?\n\nHighest score: ROMNet, put first in ")
    assert (
        "13 began, 12 answered, 12 finished, 1 left out for failed attention checks; 11 count"
        in text
    )
    assert "220 rankings, 20 a person (median 20), of 20 photos" in text
    assert "Kendall’s W 0." in text
    for name in re.findall(r"\]\(([^)]+)\)", text):
        with Image.open(report / name) as picture:
            assert picture.width > 1000


def test_json_holds_the_same(report: Path, study: Answers) -> None:
    def refuse(word: str) -> None:
        raise AssertionError(word)

    text = (report / "summary.json").read_text(encoding="utf-8")
    found = json.loads(text, parse_constant=refuse)
    assert found["people"] == {
        "began": 13, "answered": 12, "finished": 12, "left_out": 1, "counted": 11
    }  # fmt: skip
    times = [a.seconds for a in study.answers if not a.check and a.person != 3]
    assert found["median_seconds"] == pytest.approx(np.median(times))
    assert found["rankings_per_person"] == [20] * 11
    rows = read_rows(report / "table3.csv")[:6]
    for row, method in zip(rows, found["methods"], strict=True):
        assert method["method"] == row["method"]
        assert method["score"]["low"] == float(row["score_low"])
        assert [top["value"] for top in method["top_percent"]] == [
            float(row[f"top{top}"]) for top in range(1, 6)
        ]
    pairs = read_rows(report / "pairs.csv")
    assert [pair["above"] for pair in found["pairs"]] == [float(row["above"]) for row in pairs]
    assert len(pairs) == 15
    agreement = read_rows(report / "agreement.csv")
    assert found["kendalls_w"]["mean"] == pytest.approx(
        np.mean([float(row["kendalls_w"]) for row in agreement])
    )
    assert {row["people"] for row in agreement} == {"11"}


def test_a_second_report_is_the_same(study: Answers, report: Path) -> None:
    outcome = measure_outcome(rank_counted(study))
    first = (report / "summary.json").read_text(encoding="utf-8")
    assert to_json(study, outcome, list_remarks(study, outcome)) == first


def test_an_empty_study_is_refused(simulate_study: Simulate, tmp_path: Path) -> None:
    whole = simulate_study(WORTHS, 2, 2, seed=0, failed={1: 2, 2: 5})
    nobody = dataclasses.replace(whole, answers=(), people=0)
    only_checks = tuple(answer for answer in whole.answers if answer.check)
    alone = dataclasses.replace(whole, answers=only_checks)
    for number, (answers, words) in enumerate(
        (
            (nobody, "Nobody has ranked"),
            (alone, "Nobody has ranked"),
            (whole, "one in five of the attention checks that they had, and at least two of them"),
        )
    ):
        source = tmp_path / f"{number}.csv"
        source.write_text(write_csv(answers), encoding="utf-8")
        with pytest.raises(UserError, match=words):
            write_study_report(str(source), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_file_in_the_place_of_the_folder(study: Answers, tmp_path: Path) -> None:
    source, out = tmp_path / "answers.csv", tmp_path / "out"
    source.write_text(write_csv(study), encoding="utf-8")
    out.touch()
    with pytest.raises(UserError, match="is a file"):
        write_study_report(str(source), out)


def test_how_places_come_about_is_said_where_they_stand(simulate_study: Simulate) -> None:
    answers = simulate_study({"A": 0.6, "B": 0.0, "C": -0.6}, 8, 8, seed=4, checks=0)
    outcome = measure_outcome(rank_counted(answers))
    assert outcome.rankings.methods == ("A", "B", "C")
    assert outcome.scores.places == [1, 1, 3]
    # C is worse than A, with which the place begins; that it is not worse than B does not matter.
    assert outcome.scores.p[0, 2] < ALPHA < min(outcome.scores.p[0, 1], outcome.scores.p[1, 2])
    rule = (
        "from the highest score down; a new one (1 + how many stand before it) begins with the "
        "method that is significantly worse than the first of the one before"
    )
    assert rule == PLACES
    below = " ".join(share_table.to_sheet(outcome, read_paper_study(), "T", []).below)
    assert f"Raised: the place, {rule}. Significant: p < 0.05 by Student’s t" in below
    assert "Methods of different places need not differ significantly." in below
    note = draw_scores(outcome).get_supxlabel()
    assert " ".join(note.split()) == f"In brackets: the place, {rule}."


def test_one_person_counts_in_the_singular(make_answers: MakeAnswers) -> None:
    answers = make_answers((1, "p", "ABC", ""), (1, "q", "BAC", ""))
    page = to_page(answers, measure_outcome(rank_counted(answers)), [], [])
    assert "1 answered, 0 left out for failed attention checks; 1 counts\n" in page


@pytest.mark.filterwarnings("error")
def test_one_answer_has_no_intervals(make_answers: MakeAnswers) -> None:
    answers = make_answers((1, "p", "BAC", ""))
    outcome = measure_outcome(rank_counted(answers))
    sheet = share_table.to_sheet(outcome, read_paper_study(), "T", list_remarks(answers, outcome))
    assert [line.label for line in sheet.lines] == ["B", "A", "C"]
    assert [cell.text for cell in sheet.lines[1].cells[1:]] == ["0.0", "100.0"]
    assert {cell.small for line in sheet.lines for cell in line.cells} == {""}
    assert {cell.place for line in sheet.lines for cell in line.cells} == {0}
    words = " ".join(sheet.below)
    assert "One ranking: how far other people" in words
    assert "Every ranking puts “B” > “A” > “C”" in words
    assert "No method of this study stands in the paper’s Table III." in words
    assert "Square brackets" not in words
    (row, *_) = csv.DictReader(
        io.StringIO(share_table.to_csv({"counted": outcome}, read_paper_study()))
    )
    assert (row["top1"], row["top1_low"], row["top1_paper"], row["place"]) == ("100.0", "", "", "")
    found = json.loads(to_json(answers, outcome, []))
    assert found["methods"][0]["score"]["low"] is None
    assert found["kendalls_w"]["mean"] is None
    assert found["people"]["finished"] is None
    assert describe_agreement(outcome).startswith("No photo was ranked by two people")
    draw_scores(outcome).draw_without_rendering()


def test_remarks_on_few_and_unequal(make_answers: MakeAnswers) -> None:
    rows = [(person, "p", "ABC" if person % 2 else "BCA", "") for person in range(1, 5)]
    rows += [(1, "q", "CBA", ""), (1, "r", "ABC", "")]
    answers = dataclasses.replace(
        make_answers(*rows), photos=("p", "q", "r", "s"), facts={"photos per person": "3"}
    )
    words = " ".join(all_remarks(answers))
    assert "3 people did not finish (or not yet); what was ranked counts." in words
    assert "Only 4 people: what others would prefer" in words
    assert "Only 3 photos: what holds of others is little known." in words
    assert "1 photo of the study’s 4 was ranked by nobody." in words
    assert "Photos were ranked unequally often, 1 to 4 times" in words
    assert "There were no attention checks" in words
    assert "No places: they need 6 people and 6 photos." in words
    assert "Every ranking puts" not in words
    alone = make_answers(*((1, f"p{i}", "ABC" if i % 2 else "BCA", "") for i in range(12)))
    words = " ".join(all_remarks(alone))
    assert "One person ranked" in words
    assert "did not finish" not in words
    assert "photos: what holds" not in words
    one_photo = make_answers(*((i, "p", "ABC" if i % 2 else "BCA", "") for i in range(1, 13)))
    words = " ".join(all_remarks(one_photo))
    assert "One photo was ranked" in words
    assert "people: what others" not in words
    assert "Only" not in words


def test_agreement_about_one_photo_has_no_interval(make_answers: MakeAnswers) -> None:
    rows = [(1, "p", "ABC", ""), (2, "p", "CBA", ""), (3, "p", "BAC", ""), (4, "p", "BCA", "")]
    words = describe_agreement(measure_outcome(rank_counted(make_answers(*rows, FOURTH))))
    assert words.startswith("Kendall’s W 0.19, of the one photo that at least two people ranked")
    assert "−0.08 in the mean; 0 by chance." in words
    assert "[" not in words
    assert "rackets" not in words


FOURTH = (1, "q", "ABC", "")  # alone: no agreement is known of it


@pytest.mark.parametrize(("size", "printed"), [(0.0, "0.00"), (0.004, "0.00"), (0.006, "−0.01")])
def test_nothing_is_less_than_nothing(
    size: float, printed: str, hostile: tuple[Answers, Outcome]
) -> None:
    _, outcome = hostile
    rho = Interval(-size, -size, -size, 2)
    worth = Bounded(np.full(3, -size), np.full(3, -size), np.full(3, -size))
    scores = dataclasses.replace(outcome.scores, worth=worth)
    small = dataclasses.replace(outcome, rho=rho, scores=scores)
    assert f" {printed} [{printed}, {printed}] in the mean" in describe_agreement(small)
    described = describe_scores(small)
    (cell, *_) = share_table.to_sheet(small, read_paper_study(), "T", []).lines[0].cells
    with_sign = printed.replace("0.00", "+0.00")
    assert (cell.text, cell.small) == (with_sign, f"[{with_sign}, {with_sign}]")
    assert ("−" in described) == ("−" in printed)


def test_chance_is_of_photos_that_unequally_many_ranked(make_answers: MakeAnswers) -> None:
    rows = [(person, "p", "ABC", "") for person in range(1, 6)]
    rows += [(person, "q", "ABC", "") for person in (1, 2)]
    rows += [(1, "r", "ABC", "")]
    words = describe_agreement(measure_outcome(rank_counted(make_answers(*rows))))
    assert "the mean over 2 photos that at least two" in words
    assert "0.35 is what chance gives" in words  # (1/5 + 1/2) / 2, not 1 / 3.5


def test_who_leads_in_one_sentence(study: Answers, make_answers: MakeAnswers) -> None:
    outcome = measure_outcome(rank_counted(study))
    tops = [part[0, 0] for part in (outcome.tops.value, outcome.tops.low, outcome.tops.high)]
    begin = "Highest score: ROMNet, put first in {:.1f} % [{:.1f}, {:.1f}] of the rankings".format(
        *tops
    )
    assert summarise(outcome) == f"{begin}; all others are significantly behind."
    names = outcome.rankings.methods
    for close, words in (
        ([1, 3], f"not significantly behind: {names[1]} and {names[3]}"),
        ([1, 2, 3, 4], f"not significantly behind: {names[1]}, {names[2]} and 2 more"),
        ([1, 2, 3, 4, 5], "no other is significantly behind"),
    ):
        p = outcome.scores.p.copy()
        p[0, close] = 0.05
        scores = dataclasses.replace(outcome.scores, p=p)
        assert summarise(dataclasses.replace(outcome, scores=scores)) == f"{begin}; {words}."
    alone = measure_outcome(rank_counted(make_answers((1, "p", "BAC", ""))))
    assert summarise(alone) == (
        "Highest score: B, put first in 100.0 % of the rankings; too few people or photos to "
        "tell who is behind."
    )


def test_fewer_resamples_of_the_scores_are_named(hostile: tuple[Answers, Outcome]) -> None:
    _, outcome = hostile
    fewer = dataclasses.replace(outcome.scores, resamples=4321)
    sheet = share_table.to_sheet(
        dataclasses.replace(outcome, scores=fewer), read_paper_study(), "T", []
    )
    words = " ".join(sheet.below)
    assert "95 % intervals, 10,000 resamples (4,321 for the score) in which people and" in words


def test_every_csv_is_read_back_whatever_the_labels(make_answers: MakeAnswers) -> None:
    labels = {"A": "a\rb", "B": 'b,"', "C": "c\n"}
    answers = make_answers((1, "p\rq", "ABC", ""), (2, "p\rq", "BAC", ""))
    answers = dataclasses.replace(
        answers,
        methods=tuple(labels.values()),
        answers=tuple(
            dataclasses.replace(one, ranking=tuple(labels[name] for name in one.ranking))
            for one in answers.answers
        ),
    )
    outcome = measure_outcome(rank_counted(answers))
    texts = (
        share_table.to_csv({"counted": outcome}, read_paper_study()),
        pair_table.to_csv(outcome.pairs),
        agreements_to_csv(outcome.agreements),
    )
    shares, pairs, agreements = (
        list(csv.DictReader(io.StringIO(text, newline=""))) for text in texts
    )
    assert {row["method"] for row in shares} == set(labels.values())
    assert {row["first"] for row in pairs} | {row["second"] for row in pairs} == set(
        labels.values()
    )
    assert [row["photo"] for row in agreements] == ["p\rq"]


def test_the_part_of_a_report_shows_what_the_folder_does(
    study: Answers, report: Path, tmp_path: Path
) -> None:
    source = tmp_path / "answers.csv"
    source.write_text(write_csv(study), encoding="utf-8")
    section = prepare_study_part(str(source))(tmp_path, {})
    assert section.summary == summarise(measure_outcome(rank_counted(study)))
    assert [plot.picture for plot in section.plots] == [
        "figures/study-places.svg",
        "figures/study-scores.svg",
    ]
    for name in ("places", "scores"):
        drawn = (tmp_path / "figures" / f"study-{name}.svg").read_bytes()
        assert drawn == (report / f"{name}.svg").read_bytes()
    assert section.plots[0].caption.startswith("Kendall’s W ")
    page = (report / "summary.md").read_text(encoding="utf-8")
    assert all(plot.alt in page.replace("\\", "") for plot in section.plots)
    assert [sheet.key for sheet, _ in section.sheets] == ["table3", "table3-pairs"]


def test_remarks_on_another_choice_of_methods(simulate_study: Simulate) -> None:
    answers = simulate_study({"ROMNet": 1.0, "Input": -1.0}, 10, 10, seed=0)
    outcome = measure_outcome(rank_counted(answers))
    words = " ".join(list_remarks(answers, outcome))
    assert "not here: Pix2pix, DeOldify, He et al., InstColorization, Wan et al." in words
    assert (
        "ranked 6 methods, these 2: chance gives a top 1 of 16.7 % there and 50.0 % here" in words
    )
    sheet = share_table.to_sheet(outcome, read_paper_study(), "T", [])
    assert [line.cells[2].text for line in sheet.lines] == ["50.6", "–"]
    assert math.isnan(sheet.lines[1].cells[2].value)


@pytest.fixture(scope="module")
def hostile(request: pytest.FixtureRequest) -> tuple[Answers, Outcome]:
    """A study of methods, photos and a title that mean harm."""
    simulate = request.getfixturevalue("simulate_study")
    labels = {HOSTILE: 1.0, "<script>alert(1)</script>": 0.0, "C" * 300: -1.0}
    answers: Answers = simulate(labels, 3, 3, seed=0)
    answers = dataclasses.replace(answers, title=HOSTILE, facts={"<i>": HOSTILE})
    return answers, measure_outcome(rank_counted(answers))


def test_hostile_labels(hostile: tuple[Answers, Outcome], tmp_path: Path) -> None:
    answers, outcome = hostile
    remarks = list_remarks(answers, outcome)
    sheet = share_table.to_sheet(outcome, read_paper_study(), "T", remarks)
    sheets = [sheet, pair_table.to_sheet(outcome.pairs)]
    page = to_page(answers, outcome, sheets, [("f.png", HOSTILE)])
    assert "<script" not in page
    assert "<b>" not in page
    assert "<i>" not in page
    assert re.findall(r"(?<!\\)\]\(.*", page) == ["](f.png)"]  # others are escaped: no links
    for line in page.splitlines():
        if line.startswith("| ") and "---" not in line:
            assert len(re.findall(r"(?<!\\)\|", line)) == 5
    for one in sheets:
        assert "<script" not in to_html(one)
        assert html.escape("<script>alert(1)</script>") in to_html(one)
        assert to_markdown(one).count("\n") < 40
    rows = list(
        csv.DictReader(io.StringIO(share_table.to_csv({"counted": outcome}, read_paper_study())))
    )
    assert {row["method"] for row in rows} == set(answers.methods)
    found: dict[str, Any] = json.loads(to_json(answers, outcome, remarks))
    assert found["title"] == HOSTILE
    if shutil.which("pdflatex") is None:
        return
    text = (
        r"\documentclass{article}\usepackage[T1]{fontenc}\usepackage{textcomp,booktabs,graphicx}"
        rf"\begin{{document}}{''.join(map(to_latex, sheets))}\end{{document}}"
    )
    (tmp_path / "t.tex").write_text(text, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "t.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]


@pytest.mark.filterwarnings("error")
def test_figures_hold_the_numbers(hostile: tuple[Answers, Outcome], tmp_path: Path) -> None:
    _, outcome = hostile
    figure = draw_places(outcome)
    figure.draw_without_rendering()
    (panel,) = figure.axes
    bars = [[bar.get_width() for bar in container.patches] for container in panel.containers]  # type: ignore[attr-defined]
    tops = outcome.tops.value
    expected = np.diff(np.hstack([np.zeros((3, 1)), tops, np.full((3, 1), 100)]), axis=1)
    assert np.transpose(bars) == pytest.approx(expected)
    # From dark to light, so that grey print shows the order too.
    shades = [np.mean(container.patches[0].get_facecolor()[:3]) for container in panel.containers]  # type: ignore[attr-defined]
    assert np.diff(shades).min() > 0.1
    figure = draw_scores(outcome)
    figure.draw_without_rendering()
    for axes, drawn in zip(figure.axes, (outcome.scores.worth, outcome.scores.best), strict=True):
        marks = [line for line in axes.lines if line.get_marker() not in ("|", "None", "")]
        assert [line.get_xdata()[0] for line in marks] == pytest.approx(drawn.value)  # type: ignore[index]
        assert len({line.get_marker() for line in marks}) == 3
        ends = [bar.get_segments()[0][:, 0] for bar in axes.collections]  # type: ignore[attr-defined]
        assert np.array(ends) == pytest.approx(np.stack([drawn.low, drawn.high], axis=1))


def list_marks(outcome: Outcome, looks: dict[str, Look] | None) -> list[tuple[Any, Any]]:
    """The colour and marker of each method in the panel of the scores, from top to bottom."""
    lines = draw_scores(outcome, looks=looks).axes[0].lines
    marks = [line for line in lines if line.get_marker() not in ("|", "None", "")]
    return [(line.get_color(), line.get_marker()) for line in marks]


def test_methods_look_as_they_do_in_the_rest_of_the_report(
    study: Answers, hostile: tuple[Answers, Outcome], tmp_path: Path
) -> None:
    _, outcome = hostile
    first, second, third = outcome.rankings.methods
    given = {third: look(0), "elsewhere": look(1), first: look(4), second: look(2)}
    wanted = [(look(number).colour, look(number).marker) for number in (4, 2, 0)]
    assert list_marks(outcome, given) == wanted
    assert list_marks(outcome, None) == [(look(n).colour, look(n).marker) for n in range(3)]
    # The part of a report takes them too, and methods that the report lacks look like no other.
    source = tmp_path / "answers.csv"
    source.write_text(write_csv(study), encoding="utf-8")
    prepare_study_part(str(source))(tmp_path, assign_looks(["Elsewhere", "He et al."]))
    svg = (tmp_path / "figures" / "study-scores.svg").read_text(encoding="utf-8")
    place = measure_outcome(rank_counted(study)).rankings.methods.index("He et al.")
    others = iter(range(2, 7))
    numbers = [1 if index == place else next(others) for index in range(6)]
    drawn = [svg.find(f"fill: {to_hex(look(number).colour)}") for number in numbers]
    assert place > 1
    assert -1 not in drawn
    assert drawn == sorted(drawn)
    assert to_hex(look(0).colour) not in svg


def test_svg_says_what_it_shows(report: Path) -> None:
    svg = (report / "scores.svg").read_text(encoding="utf-8")
    assert "<!-- ROMNet (1) -->" in svg
    assert "<!-- Wan et al. (" in svg
    assert "Date" not in svg
