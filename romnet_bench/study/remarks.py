"""What a reader must know before believing a study's numbers, a sentence each."""

import re
import statistics

import numpy as np

from romnet_bench.study.answers import Answers
from romnet_bench.study.beside_paper import PaperStudy, name_in_paper
from romnet_bench.study.statistics.counting import LEFT_OUT, Person, Rankings, list_people
from romnet_bench.study.statistics.outcome import Outcome
from romnet_bench.study.statistics.plackett_luce import PSEUDO
from romnet_bench.study.statistics.scores import FEWEST

FEW = 10
"""Fewer people, or photos, are remarked upon."""


def remark_on_people(answers: Answers, rankings: Rankings) -> list[str]:
    """Who is left out, who did not finish, and how few they are."""
    people = list_people(answers)
    left_out = sum(person.left_out for person in people)
    if any(person.passed + person.failed for person in people):
        also = f"; the CSV has the table with {_them(left_out)} too" if left_out else ""
        lines = [
            f"Left out: people who {LEFT_OUT} ({left_out} of "
            f"{_count(len(people), 'person', 'people')}){also}"
        ]
    else:
        lines = ["There were no attention checks: the rankings of all people count"]
    unfinished = [
        person for person in people if not person.left_out and _finished(answers, person) is False
    ]
    if unfinished:
        lines.append(
            f"{_count(len(unfinished), 'person', 'people')} did not finish (or not yet); what was "
            "ranked counts"
        )
    if len(rankings.person) == 1:
        lines.append(
            "One ranking: how far other people, or other photos, differ is not known, so there "
            "are no intervals"
        )
    elif rankings.people == 1:
        lines.append(
            "One person ranked: the intervals say how far the photos differ, and nothing of what "
            "another person would prefer"
        )
    elif rankings.people < FEW:
        lines.append(
            f"Only {rankings.people} people: what others would prefer is little known, however "
            "many photos were ranked"
        )
    return lines


def remark_on_photos(answers: Answers, rankings: Rankings) -> list[str]:
    """Whether photos are few, were ranked unequally often, or by nobody."""
    lines = []
    ranked = len(rankings.photos)
    if ranked == 1 and rankings.people > 1:
        lines.append(
            "One photo was ranked: the intervals say how far people differ, and nothing of what "
            "they would prefer of another photo"
        )
    elif 1 < ranked < FEW:
        lines.append(f"Only {ranked} photos: what holds of others is little known")
    if missing := len(set(answers.photos) - set(rankings.photos)):
        lines.append(
            f"{_count(missing, 'photo', 'photos')} of the study’s {len(answers.photos)} "
            f"{'was' if missing == 1 else 'were'} ranked by nobody"
        )
    times = [int((rankings.photo == index).sum()) for index in range(ranked)]
    if max(times) > min(times) + 1:
        lines.append(
            f"Photos were ranked unequally often, {min(times)} to {max(times)} times: every "
            "ranking weighs the same, so those that were ranked often weigh more"
        )
    return lines


def remark_on_scores(outcome: Outcome) -> list[str]:
    """Where the scores rest on more than the answers, and why there are no places."""
    lines = []
    names = outcome.rankings.methods
    if len(outcome.scores.groups) > 1:
        order = " > ".join(
            ", ".join(f"“{names[index]}”" for index in group) for group in outcome.scores.groups
        )
        lines.append(
            f"Every ranking puts {order}: the answers alone set no bound to these scores; the "
            f"imaginary comparisons ({PSEUDO:g} wins of each method over each other one) do"
        )
    if np.isin(outcome.tops.value, (0, 100)).any() and len(outcome.rankings.person) > 1:
        lines.append(
            "Shares of 0 % and 100 % have intervals without width: resamples cannot show what "
            "nobody did"
        )
    if not any(outcome.scores.places):
        lines.append(f"No places: they need {FEWEST} people and {FEWEST} photos")
    return lines


def remark_on_paper(methods: tuple[str, ...], paper: PaperStudy) -> list[str]:
    """Why the paper's shares are not ours to compare with, and what is odd about them."""
    names = {name_in_paper(label, paper) for label in methods} - {""}
    if not names:
        return ["No method of this study stands in the paper’s Table III"]
    lines = [
        f"The paper asked 15 people about 100 photos of {paper.photos} and outputs of its own "
        "networks: of other photos, by other people, shares need not agree"
    ]
    missing = [name for name in paper.shares if name not in names]
    if missing:
        lines.append(f"Ranked by the paper’s people and not here: {', '.join(missing)}")
    if len(methods) != len(paper.shares):
        lines.append(
            f"The paper’s people ranked {len(paper.shares)} methods, these {len(methods)}: chance "
            f"gives a top 1 of {100 / len(paper.shares):.1f} % there and "
            f"{100 / len(methods):.1f} % here, so the levels are not comparable"
        )
    if not paper.adds_up:
        sums = ", ".join(f"{total:.1f}" for total in paper.sums)
        due = ", ".join(str(100 * top) for top in range(1, len(paper.sums) + 1))
        lines.append(
            f"The paper’s columns add up to {sums}, where complete rankings give {due}: more "
            "than rounding explains"
        )
    return lines


def count_finished(answers: Answers) -> int | None:
    """How many people ranked all their photos; None where the study does not say how many."""
    done = [_finished(answers, person) for person in list_people(answers)]
    if _planned(answers) is None:
        return None
    return sum(one is True for one in done)


def describe_answers(rankings: Rankings) -> str:
    """How many answers people gave, and how long one took."""
    counts = sorted(int((rankings.person == person).sum()) for person in range(rankings.people))
    spread = str(counts[0]) if counts[0] == counts[-1] else f"{counts[0]} to {counts[-1]}"
    return (
        f"{_count(len(rankings.person), 'ranking', 'rankings')}, {spread} a person (median "
        f"{statistics.median(counts):g}), of {_count(len(rankings.photos), 'photo', 'photos')}; "
        f"one took {statistics.median(rankings.seconds):.1f} s (median)"
    )


def _planned(answers: Answers) -> int | None:
    said = answers.facts.get("photos per person", "")
    return int(said) if re.fullmatch(r"[0-9]{1,9}", said) else None


def _finished(answers: Answers, person: Person) -> bool | None:
    planned = _planned(answers)
    return None if planned is None else person.rankings >= planned


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def _them(number: int) -> str:
    return "that person" if number == 1 else "them"
