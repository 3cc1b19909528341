"""`study report`: from people's answers to tables, figures and a page."""

import dataclasses
import functools
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from romnet_bench.errors import UserError
from romnet_bench.files import locked, require_writable, write_text
from romnet_bench.report.sheet import Sheet
from romnet_bench.report.write import write_sheet
from romnet_bench.study import pair_table, share_table
from romnet_bench.study.answers import Answers, read_answers
from romnet_bench.study.beside_paper import read_paper_study
from romnet_bench.study.provenance import remark_on_outputs
from romnet_bench.study.remarks import (
    remark_on_paper,
    remark_on_people,
    remark_on_photos,
    remark_on_scores,
)
from romnet_bench.study.statistics.counting import LEFT_OUT, rank_all, rank_counted
from romnet_bench.study.statistics.outcome import Outcome, measure_outcome
from romnet_bench.study.summary import (
    agreements_to_csv,
    describe_agreement,
    summarise,
    to_json,
    to_page,
)

if TYPE_CHECKING:  # the page and its figures are heavy
    from matplotlib.figure import Figure

    from romnet_bench.report.figures.style import Look
    from romnet_bench.report.page.section import Section

TITLE = "Ranking study (as the paper's Table III)"


@dataclasses.dataclass(frozen=True, eq=False)
class Drawn:
    """A figure of the report: what it is called, what it shows in words, how to read it."""

    stem: str
    figure: "Figure"
    title: str
    alt: str
    caption: str = ""


def write_study_report(source: str, out: Path) -> Path:
    """Writes what a study found into a folder.

    `table3` and `pairs` (CSV, Markdown, LaTeX, HTML), `agreement.csv`, the figures `places` and
    `scores` (SVG, PDF, PNG), `summary.json`, and `summary.md`, which holds the tables and figures.
    Files of an earlier report there are replaced, each as a whole.

    Args:
        source: a study's SQLite file, its database's SQLAlchemy URL, or its exported CSV.
        out: the folder.

    Returns:
        `summary.md`.

    Raises:
        UserError: there is no study, nobody whose answers count has ranked a photo yet, or the
            folder cannot be written to.
    """
    answers = read_answers(source)
    _require_rankings(answers, source)
    require_writable(out)
    with locked(out):
        return _write(answers, out)


def prepare_study_part(source: str) -> Callable[[Path, Mapping[str, "Look"]], "Section"]:
    """Reads a study; what is returned writes its part of a report, Table III.

    It takes the report's folder, and the looks of the report's methods, which those of the study
    have too.

    Raises:
        UserError: as `write_study_report`.
    """
    answers = read_answers(source)
    _require_rankings(answers, source)
    return functools.partial(_write_part, answers)


def list_remarks(answers: Answers, outcome: Outcome) -> list[str]:
    """Everything to be said below the table, a sentence each."""
    lines = [
        *remark_on_people(answers, outcome.rankings),
        *remark_on_photos(answers, outcome.rankings),
        *remark_on_scores(outcome),
        *remark_on_outputs(answers),
        *remark_on_paper(outcome.rankings.methods, read_paper_study()),
    ]
    return [f"{line}." for line in lines]


def _write(answers: Answers, out: Path) -> Path:
    from romnet_bench.report.figures.style import save_figure

    outcomes = _measure(answers)
    outcome = outcomes["counted"]
    tables = _make_tables(answers, outcomes)
    for sheet, numbers in tables:
        write_sheet(sheet, numbers, out)
    write_text(out / "agreement.csv", agreements_to_csv(outcome.agreements))
    figures = []
    for drawn in _draw_figures(outcome):
        save_figure(drawn.figure, out / drawn.stem)
        figures.append((f"{drawn.stem}.png", drawn.alt))
    remarks = list_remarks(answers, outcome)
    write_text(out / "summary.json", to_json(answers, outcome, remarks))
    page = out / "summary.md"  # last: it names the others
    write_text(page, to_page(answers, outcome, [sheet for sheet, _ in tables], figures))
    return page


def _write_part(answers: Answers, out: Path, looks: Mapping[str, "Look"]) -> "Section":
    from romnet_bench.report.figures.looks import extend_looks
    from romnet_bench.report.page.section import Section
    from romnet_bench.report.parts import write_figure, write_table

    outcomes = _measure(answers)
    outcome = outcomes["counted"]
    plots = [
        write_figure(
            out,
            f"study-{drawn.stem}",
            drawn.figure,
            title=drawn.title,
            alt=drawn.alt,
            caption=drawn.caption,
        )
        for drawn in _draw_figures(outcome, extend_looks(looks, outcome.rankings.methods))
    ]
    tables = [
        write_table(dataclasses.replace(sheet, key=key), numbers, out)
        for key, (sheet, numbers) in zip(
            ("table3", "table3-pairs"), _make_tables(answers, outcomes), strict=True
        )
    ]
    return Section(
        key="study",
        dataset="Ranking study",
        split=answers.title,
        summary=summarise(outcome),
        sheets=tuple(tables),
        plots=tuple(plots),
    )


def _draw_figures(outcome: Outcome, looks: Mapping[str, "Look"] | None = None) -> list[Drawn]:
    from romnet_bench.study.figures import (
        describe_places,
        describe_scores,
        draw_places,
        draw_scores,
    )

    return [
        Drawn(
            "places",
            draw_places(outcome),
            title="Places that people gave",
            alt=describe_places(outcome),
            caption=describe_agreement(outcome),
        ),
        Drawn(
            "scores",
            draw_scores(outcome, looks=looks),
            title="Scores of the ranking study",
            alt=describe_scores(outcome),
        ),
    ]


def _measure(answers: Answers) -> dict[str, Outcome]:
    """Of the rankings that count; and of all, where some do not."""
    counted, everybody = rank_counted(answers), rank_all(answers)
    outcomes = {"counted": measure_outcome(counted)}
    if len(everybody.person) > len(counted.person):
        outcomes["all"] = measure_outcome(everybody)
    return outcomes


def _make_tables(answers: Answers, outcomes: dict[str, Outcome]) -> list[tuple[Sheet, str]]:
    """Table III and the pairs: as printed, and as CSV."""
    outcome, paper = outcomes["counted"], read_paper_study()
    remarks = list_remarks(answers, outcome)
    return [
        (
            share_table.to_sheet(outcome, paper, TITLE, remarks),
            share_table.to_csv(outcomes, paper),
        ),
        (pair_table.to_sheet(outcome.pairs), pair_table.to_csv(outcome.pairs)),
    ]


def _require_rankings(answers: Answers, source: str) -> None:
    if len(answers.methods) < 2:
        raise UserError(f"{source} ranks {len(answers.methods)} methods: a study needs two.")
    if not len(rank_all(answers).person):
        raise UserError(f"Nobody has ranked a photo in {source} yet: report it once somebody has.")
    if not len(rank_counted(answers).person):
        raise UserError(
            f"All people who ranked a photo in {source} {LEFT_OUT}, so nothing counts: look at the "
            "answers with `study export`."
        )
