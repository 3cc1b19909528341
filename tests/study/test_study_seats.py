"""Seats: taken in order while everybody goes on; whoever stops leaves no hole in the plan."""

import collections
from collections.abc import Collection

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from romnet_bench.study.plan import Design, plan_person
from romnet_bench.study.seats import OVERTAKEN, Seated, choose_seat

DESIGN = Design(photos=100, methods=6, per_person=20, checks=0)


def list_photos(design: Design, seat: int) -> list[int]:
    """What the plan itself shows at a seat, in order."""
    return [trial.photo for trial in plan_person(design, seat) if trial.ruined is None]


def hold_study(
    design: Design,
    answered: list[int],
    at_once: int,
    in_order: bool = False,
    left_out: Collection[int] = (),
) -> list[Seated]:
    """People join one after the other, so many of them being there at once.

    Args:
        design: of the study.
        answered: how many photos each person ranks before leaving, in the order of joining.
        at_once: a person answers everything just before so many others have joined.
        in_order: everybody takes the next seat, whatever the others do.
        left_out: the numbers of those who fail the attention checks.
    """
    people: list[Seated] = []
    for number in range(len(answered) + at_once):
        if number >= at_once:
            done = number - at_once
            ranked = list_photos(design, people[done].seat)[: answered[done]]
            people[done] = Seated(
                people[done].seat, len(ranked), tuple(ranked), left_out=done in left_out
            )
        if number < len(answered):
            seat = number if in_order else choose_seat(design, people)
            people.append(Seated(seat, 0, ()))
    assert len({one.seat for one in people}) == len(answered)
    return people


def count_rankings(design: Design, people: list[Seated]) -> np.ndarray:
    """How many rankings that count each photo has."""
    counts = collections.Counter(
        photo for one in people if not one.left_out for photo in one.ranked
    )
    return np.array([counts[photo] for photo in range(design.photos)])


def largest_gap(design: Design, people: list[Seated]) -> float:
    counts = count_rankings(design, people)
    return float(np.abs(counts - counts.mean()).max())


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("at_once", [1, 3, 6])
def test_silent_people_leave_no_holes(seed: int, at_once: int) -> None:
    silent = np.random.default_rng(seed).permutation(75) < 15
    people = hold_study(DESIGN, [0 if one else 20 for one in silent], at_once)
    assert count_rankings(DESIGN, people).mean() == 12
    assert largest_gap(DESIGN, people) <= 2


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("at_once", [1, 3, 6])
def test_people_who_are_left_out_leave_no_holes(seed: int, at_once: int) -> None:
    failing = np.random.default_rng(seed).permutation(75)[:15].tolist()
    people = hold_study(DESIGN, [20] * 75, at_once, left_out=failing)
    assert sum(one.left_out for one in people) == 15
    assert count_rankings(DESIGN, people).mean() == 12
    assert largest_gap(DESIGN, people) <= 2


def test_people_who_are_left_out_of_the_same_photos_leave_no_holes() -> None:
    failing = range(0, 75, 5)  # in every lap of five those at the same place
    assert largest_gap(DESIGN, hold_study(DESIGN, [20] * 75, 3, True, failing)) == 12
    assert largest_gap(DESIGN, hold_study(DESIGN, [20] * 75, 3, left_out=failing)) <= 2


def test_without_the_rule_they_do() -> None:
    # In every lap of five the people of the same photos stay silent.
    answered = [0 if number % 5 == 0 else 20 for number in range(75)]
    assert largest_gap(DESIGN, hold_study(DESIGN, answered, 3, in_order=True)) == 12
    assert largest_gap(DESIGN, hold_study(DESIGN, answered, 3)) <= 2


@pytest.mark.parametrize("seed", range(5))
def test_people_who_stop_in_the_middle_leave_no_holes(seed: int) -> None:
    generator = np.random.default_rng(seed)
    answered = [int(generator.integers(1, 20)) if one < 0.2 else 20 for one in generator.random(75)]
    assert largest_gap(DESIGN, hold_study(DESIGN, answered, 3)) <= 3


@given(
    photos=st.integers(1, 40),
    share=st.floats(0.01, 1),
    people=st.integers(1, 30),
    at_once=st.integers(1, 30),
)
def test_while_everybody_goes_on_seats_are_taken_in_order(
    photos: int, share: float, people: int, at_once: int
) -> None:
    design = Design(photos=photos, methods=3, per_person=max(int(photos * share), 1))
    held = hold_study(design, [design.per_person] * people, at_once)
    assert [one.seat for one in held] == list(range(people))


def test_somebody_who_was_overtaken_is_not_waited_for() -> None:
    design = Design(photos=4, methods=2, per_person=2)  # seats 0, 2, 4, … show the same photos

    def next_seat(finished_later: int) -> int:
        others = [
            Seated(seat, 2, tuple(list_photos(design, seat)))
            for seat in range(1, 1 + finished_later)
        ]
        return choose_seat(design, [Seated(0, 0, ()), *others])

    assert OVERTAKEN == 3
    assert next_seat(1) == 2  # each pair of photos is expected once
    assert next_seat(2) == 3  # the first pair is expected twice
    assert next_seat(3) == 4  # the first pair was ranked once, the second twice


def test_a_seat_that_was_left_is_given_again_where_photos_are_alike() -> None:
    design = Design(photos=2, methods=2, per_person=2)
    people = [Seated(seat, 2, (0, 1)) for seat in (0, 2, 3)]
    assert choose_seat(design, people) == 1
