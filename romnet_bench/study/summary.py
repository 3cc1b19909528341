"""A study on one page, and the same for programs."""

import dataclasses
import json
import math
import statistics
from typing import Any

from romnet_bench.bench.paired import ALPHA
from romnet_bench.bench.statistics import Interval
from romnet_bench.report.csv_text import to_csv_text
from romnet_bench.report.formats import format_number
from romnet_bench.report.markdown import escape_markdown, to_markdown
from romnet_bench.report.sheet import Sheet, join_words, signed
from romnet_bench.study.answers import Answers
from romnet_bench.study.remarks import count_finished, describe_answers
from romnet_bench.study.statistics.agreement import Agreement
from romnet_bench.study.statistics.counting import list_people
from romnet_bench.study.statistics.outcome import Outcome
from romnet_bench.study.statistics.resampling import Bounded

SCHEMA_VERSION = 1


def to_page(
    answers: Answers, outcome: Outcome, sheets: list[Sheet], figures: list[tuple[str, str]]
) -> str:
    """Markdown: who leads, who ranked, the tables, how far people agree, and the figures.

    Args:
        answers: the study.
        outcome: what its counted rankings say.
        sheets: the tables.
        figures: file and alternative text of each.
    """
    parts = [f"# {escape_markdown(answers.title) or 'Ranking study'}"]
    parts.append(escape_markdown(summarise(outcome)))
    parts.append("\n".join(f"- {escape_markdown(line)}" for line in _list_facts(answers, outcome)))
    parts += [to_markdown(sheet).rstrip() for sheet in sheets]
    parts.append(f"### How far people agree\n\n{escape_markdown(describe_agreement(outcome))}")
    parts += [f"![{escape_markdown(words)}]({file})" for file, words in figures]
    return "\n\n".join(parts) + "\n"


def to_json(answers: Answers, outcome: Outcome, remarks: list[str]) -> str:
    """All numbers of the counted rankings; what is unknown is null."""
    rankings, scores = outcome.rankings, outcome.scores
    people = list_people(answers)
    seconds = [float(value) for value in rankings.seconds]
    methods = [
        {
            "method": label,
            "score": _bounds(scores.worth, index),
            "best_percent": _bounds(scores.best, index),
            "place": scores.places[index] or None,
            "top_percent": [
                _bounds(outcome.tops, (index, top)) for top in range(len(rankings.methods) - 1)
            ],
        }
        for index, label in enumerate(rankings.methods)
    ]
    content = {
        "schema_version": SCHEMA_VERSION,
        "title": answers.title,
        "study": answers.facts,
        "people": {
            "began": answers.people,
            "answered": len(people),
            "finished": count_finished(answers),
            "left_out": sum(person.left_out for person in people),
            "counted": rankings.people,
        },
        "rankings": len(rankings.person),
        "photos": len(rankings.photos),
        "photos_in_study": len(answers.photos),
        "rankings_per_person": [one.rankings for one in people if not one.left_out],
        "median_seconds": statistics.median(seconds),
        "resamples": scores.resamples,
        "methods": methods,
        "pairs": [dataclasses.asdict(pair) for pair in outcome.pairs],
        "kendalls_w": dataclasses.asdict(outcome.w),
        "rank_correlation": dataclasses.asdict(outcome.rho),
        "remarks": remarks,
    }
    return json.dumps(_known(content), ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def agreements_to_csv(agreements: list[Agreement]) -> str:
    """A row a photo: how many people ranked it, W, the mean rank correlation, Friedman's p."""
    rows: list[list[object]] = [["photo", "people", "kendalls_w", "rank_correlation", "friedman_p"]]
    rows += [
        [one.photo, one.people, *map(format_number, (one.w, one.rho, one.p))] for one in agreements
    ]
    return to_csv_text(rows)


def summarise(outcome: Outcome) -> str:
    """Who leads by score, how often it was put first, and who is not significantly behind it."""
    names, scores, tops = outcome.rankings.methods, outcome.scores, outcome.tops
    share = f"{tops.value[0, 0]:.1f} %"
    if not math.isnan(tops.low[0, 0]):
        share += f" [{tops.low[0, 0]:.1f}, {tops.high[0, 0]:.1f}]"
    sentence = f"Highest score: {names[0]}, put first in {share} of the rankings"
    rivals = [name for name, p in zip(names[1:], scores.p[0, 1:], strict=True) if p >= ALPHA]
    if not any(scores.places):
        sentence += "; too few people or photos to tell who is behind"
    elif len(rivals) == len(names) - 1:
        sentence += "; no other is significantly behind"
    elif rivals:
        sentence += f"; not significantly behind: {join_words(rivals)}"
    else:
        sentence += "; all others are significantly behind"
    return f"{sentence}."


def describe_agreement(outcome: Outcome) -> str:
    """Kendall's W in words that need no textbook."""
    w, rho = outcome.w, outcome.rho
    if w.n == 0:
        return "No photo was ranked by two people: whether people agree is not known."
    people = [one.people for one in outcome.agreements if one.people > 1]
    chance = statistics.fmean(1 / number for number in people)
    over = "of the one photo" if w.n == 1 else f"the mean over {w.n} photos"
    brackets = "" if w.n == 1 else " Brackets: 95 % intervals over photos (bootstrap)."
    return (
        f"Kendall’s W {_format(w)}, {over} that at least two people ranked: 0 would be no common "
        f"order, 1 the same order by everybody, and {chance:.2f} is what chance gives with so many "
        f"people. The rank correlation of two people about a photo is {_format(rho)} in the mean; "
        f"0 by chance.{brackets}"
    )


def _list_facts(answers: Answers, outcome: Outcome) -> list[str]:
    people = list_people(answers)
    finished = count_finished(answers)
    left_out = sum(person.left_out for person in people)
    said = "" if finished is None else f", {finished} finished"
    counted = outcome.rankings.people
    lines = [
        f"People: {answers.people} began, {len(people)} answered{said}, {left_out} left out for "
        f"failed attention checks; {counted} {'counts' if counted == 1 else 'count'}",
        f"Counted: {describe_answers(outcome.rankings)}",
    ]
    lines += [f"{name}: {value}" for name, value in sorted(answers.facts.items())]
    return lines


def _format(interval: Interval) -> str:
    """A mean over photos with its interval; a single photo has none."""
    ends = (interval.mean, interval.low, interval.high)
    mean, low, high = (signed(end, 2).removeprefix("+") for end in ends)
    return mean if interval.n == 1 else f"{mean} [{low}, {high}]"


def _bounds(bounded: Bounded, index: int | tuple[int, int]) -> dict[str, float]:
    ends = (bounded.value[index], bounded.low[index], bounded.high[index])
    return dict(zip(("value", "low", "high"), map(float, ends), strict=True))


def _known(content: Any) -> Any:
    """`content` with None for every NaN, which JSON does not have."""
    if isinstance(content, dict):
        return {key: _known(value) for key, value in content.items()}
    if isinstance(content, list):
        return [_known(value) for value in content]
    return None if isinstance(content, float) and math.isnan(content) else content
