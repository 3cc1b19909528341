"""Which place of the plan the next person gets, so that people who stop leave no holes.

No times are kept of people, so somebody who stopped looks like somebody who has just begun. What
tells them apart is the others: whoever was overtaken is not waited for.
"""

import dataclasses
import math
from collections.abc import Sequence

import numpy as np

from romnet_bench.study.plan import Design, circle

OVERTAKEN = 3
"""So many people who joined later have answered everything: then nothing more is expected."""


@dataclasses.dataclass(frozen=True)
class Seated:
    """Somebody who takes part."""

    seat: int
    answers: int  # attention checks too
    ranked: tuple[int, ...]  # the photos, by their numbers in the plan
    left_out: bool = False  # for failed attention checks, so that no ranking counts


def choose_seat(design: Design, people: Sequence[Seated]) -> int:
    """The free seat whose photos have the fewest rankings that count, kept or to be expected.

    Of seats that are alike the first; so while everybody goes on, seats are taken in their order.

    Args:
        design: of the study.
        people: in the order in which they joined.
    """
    order = circle(design)
    place = np.argsort(order)  # of each photo in the circle
    rankings = np.zeros(design.photos, dtype=int)
    for one, waited_for in zip(people, _are_waited_for(design, people), strict=True):
        if one.left_out:
            continue
        if waited_for:
            rankings[_window(design, one.seat)] += 1
        else:
            rankings[place[list(one.ranked)]] += 1
    taken = {one.seat for one in people}
    lap = design.photos // math.gcd(design.photos, design.per_person)  # then photos repeat
    free = [seat for seat in range(max(taken, default=-1) + 1 + lap) if seat not in taken]
    return min(free, key=lambda seat: (int(rankings[_window(design, seat)].sum()), seat))


def _are_waited_for(design: Design, people: Sequence[Seated]) -> list[bool]:
    """For each person, in order, whether what is missing may still come."""
    trials = design.per_person + design.checks
    waited_for, finished_later = [], 0
    for one in reversed(people):
        is_finished = one.answers >= trials
        waited_for.append(is_finished or finished_later < OVERTAKEN)
        finished_later += is_finished
    return waited_for[::-1]


def _window(design: Design, seat: int) -> np.ndarray:
    """Where in the circle the photos of a seat stand."""
    return (seat * design.per_person + np.arange(design.per_person)) % design.photos
