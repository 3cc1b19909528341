"""Table III: as it is printed, the paper's beside ours, and as CSV."""

import math

from romnet_bench.bench.paired import ALPHA
from romnet_bench.bench.statistics import RESAMPLES
from romnet_bench.report.csv_text import to_csv_text
from romnet_bench.report.formats import EMPTY, format_number
from romnet_bench.report.sheet import Cell, Column, Line, Sheet, signed
from romnet_bench.study.beside_paper import PaperStudy, name_in_paper
from romnet_bench.study.statistics.outcome import Outcome
from romnet_bench.study.statistics.plackett_luce import PSEUDO
from romnet_bench.study.statistics.scores import PLACES

KEY = "table3"


def to_sheet(outcome: Outcome, paper: PaperStudy, title: str, remarks: list[str]) -> Sheet:
    """A line a method, the best first.

    Args:
        outcome: ours.
        paper: the paper's; its columns are left out where it has none of our methods.
        title: the caption.
        remarks: sentences for the foot, behind how the numbers came about.
    """
    methods = outcome.rankings.methods
    named = {label: name_in_paper(label, paper) for label in methods}
    columns = [Column("Score", "↑", note="Log worth of the Plackett–Luce model; the mean is 0.")]
    for top in range(1, len(methods)):
        group = f"Top {top}, %"
        if any(named.values()):
            columns += [Column("ours", "↑", group), Column("paper", "", group)]
        else:
            columns.append(Column(group, "↑"))
    lines = []
    for index, label in enumerate(methods):
        cells = [_score_cell(outcome, index)]
        for top in range(1, len(methods)):
            cells.append(_top_cell(outcome, index, top))
            if any(named.values()):
                cells.append(_paper_cell(outcome, index, top, paper.share(named[label], top)))
        lines.append(Line(label, tuple(cells)))
    below = [*_explain(outcome, beside=any(named.values())), *remarks]
    sentences = tuple(line.rstrip(".") + "." for line in below)
    return Sheet(KEY, title, tuple(columns), tuple(lines), sentences)


def to_csv(outcomes: dict[str, Outcome], paper: PaperStudy) -> str:
    """A row a method, in full precision; unknown: empty.

    Args:
        outcomes: whose rankings ("counted", "all") → what they say of the same methods.
        paper: the paper's.
    """
    counts = range(1, len(next(iter(outcomes.values())).rankings.methods))
    header = ["people", "method", "paper_method"]
    for name in ("score", "best"):
        header += [name, f"{name}_low", f"{name}_high"]
    header.append("place")
    for top in counts:
        header += [f"top{top}{part}" for part in ("", "_low", "_high", "_paper", "_difference")]
    header += ["rankings", "people_who_ranked", "photos"]
    rows: list[list[object]] = [[*header]]
    for whose, outcome in outcomes.items():
        rankings, scores, tops = outcome.rankings, outcome.scores, outcome.tops
        for index, label in enumerate(rankings.methods):
            published = name_in_paper(label, paper)
            fields: list[object] = [whose, label, published]
            for part in (scores.worth, scores.best):
                ends = (part.value[index], part.low[index], part.high[index])
                fields += map(format_number, ends)
            fields.append(scores.places[index] or "")
            for top in counts:
                own = [part[index, top - 1] for part in (tops.value, tops.low, tops.high)]
                printed = paper.share(published, top)
                fields += map(format_number, (*own, printed, own[0] - printed))
            rows.append([*fields, len(rankings.person), rankings.people, len(rankings.photos)])
    return to_csv_text(rows)


def format_range(low: float, high: float) -> str:
    """An interval in per cent; empty where there is none."""
    return "" if math.isnan(low) else f"[{low:.1f}, {high:.1f}]"


def _score_cell(outcome: Outcome, index: int) -> Cell:
    worth = outcome.scores.worth
    low, high = (signed(end[index], 2) for end in (worth.low, worth.high))
    return Cell(
        text=signed(worth.value[index], 2),
        value=float(worth.value[index]),
        small="" if math.isnan(worth.low[index]) else f"[{low}, {high}]",
        best=round(worth.value[index], 2) == round(worth.value.max(), 2),
        place=outcome.scores.places[index],
    )


def _top_cell(outcome: Outcome, index: int, top: int) -> Cell:
    tops = outcome.tops
    value, low, high = (part[:, top - 1] for part in (tops.value, tops.low, tops.high))
    return Cell(
        text=f"{value[index]:.1f}",
        value=float(value[index]),
        small=format_range(low[index], high[index]),
        best=round(value[index], 1) == round(value.max(), 1),
    )


def _paper_cell(outcome: Outcome, index: int, top: int, printed: float) -> Cell:
    if math.isnan(printed):
        return Cell(EMPTY)
    gap = float(outcome.tops.value[index, top - 1]) - printed
    return Cell(f"{printed:.1f}", printed, f"({signed(gap, 1)})")


def _explain(outcome: Outcome, beside: bool) -> list[str]:
    lines = [
        "Top k: the share of rankings that put a method among the first k; the shares of a column "
        "add up to k times 100 %, and chance gives each method the same",
        "Score: log worth in the Plackett–Luce model (maximum likelihood, with "
        f"{PSEUDO:g} imaginary wins of each method over each other one), mean 0; e to the "
        "difference of two scores is the odds that one is put above the other",
    ]
    if not math.isnan(outcome.scores.worth.low[0]):
        resamples = outcome.scores.resamples
        fewer = f" ({resamples:,} for the score)" if resamples < RESAMPLES else ""
        lines.append(
            f"Square brackets: 95 % intervals, {RESAMPLES:,} resamples{fewer} in which people and "
            "photos are both drawn (crossed bootstrap, widened for few people or photos as "
            "Student’s t is)"
        )
    if any(outcome.scores.places):
        lines.append(
            f"Raised: the place, {PLACES}. Significant: p < {ALPHA:g} by Student’s t with the "
            "spread of the same resamples, two-sided, with Holm’s correction over all pairs. "
            "Methods of different places need not differ significantly"
        )
    if beside:
        lines.append(
            "Paper: what its Table III prints, and in round brackets ours less the paper’s; "
            f"“{EMPTY}”: it has none"
        )
    return lines
