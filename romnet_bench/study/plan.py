"""Who sees which photos, in which order, with the methods at which places: pure functions.

Everything is balanced for the people who come first, however many they are: seat 0, 1, 2, … each
continue where the one before ended.
"""

import dataclasses
import math

import numpy as np

VERSION = 1
"""Of these functions: a study that another version planned cannot go on with this one."""

_NEAR = 5  # trials between a photo's own trial and an attention check that shows it again


@dataclasses.dataclass(frozen=True)
class Design:
    """What a study's plan follows from; photos and methods are numbered from 0."""

    photos: int  # that are ranked
    methods: int
    per_person: int  # photos that one person ranks, at most all
    checks: int = 0  # attention checks that one person gets besides
    spares: int = 0  # photos that only checks show; with none, checks show the ranked photos
    seed: int = 0


@dataclasses.dataclass(frozen=True)
class Trial:
    """One screen: a photo, and the method at each place from left to right.

    In an attention check the output of the method `ruined` is replaced by a ruined copy, which
    whoever looks at the pictures ranks last. Its photo is one of the spares, where there are any.
    """

    photo: int
    places: tuple[int, ...]
    ruined: int | None = None


def plan_person(design: Design, seat: int) -> list[Trial]:
    """The trials of the person at `seat` (from 0), in order.

    Photos: the next `per_person` of all photos in a seeded circle, so after any number of people
    each photo was seen equally often, give or take one. Their order: a row of a Williams square
    (1949, doi:10.1071/CH9490149), in which every photo comes first, second, … equally often and
    has other photos before it for every person. Places: rows of another such square, so that each
    method stands at each place equally often, give or take one, for each person and over all; and
    for each photo, where all people rank all photos.

    Attention checks are spread over the list, one in each of as many parts of equal length.
    """
    photos = circle(design)
    methods = np.random.default_rng([design.seed, 1]).permutation(design.methods)
    first, count = seat * design.per_person, design.per_person
    square = _williams(design.methods)
    start = first + seat // (design.methods // math.gcd(count, design.methods))
    turn = _spread(first // design.photos, count)
    trials = []
    for step in _williams(count):
        index = (step + turn) % count
        places = tuple(int(methods[(place + start + index) % design.methods]) for place in square)
        trials.append(Trial(int(photos[(first + index) % design.photos]), places))
    return _with_checks(design, trials, np.random.default_rng([design.seed, 2, seat]))


def circle(design: Design) -> np.ndarray:
    """The photos in the order in which they are handed out, again and again."""
    return np.random.default_rng([design.seed, 0]).permutation(design.photos)


def _with_checks(
    design: Design, trials: list[Trial], generator: np.random.Generator
) -> list[Trial]:
    """`trials` with one attention check in each of `checks` parts, never before the first trial."""
    ends = np.linspace(0, len(trials), design.checks + 1).round().astype(int)
    ruined = generator.permutation(design.methods)
    left = list(range(design.spares or design.photos))
    result = list(trials)
    # From the back, so that what is put in moves nothing that is still to be placed.
    for number in reversed(range(design.checks)):
        before = int(generator.integers(ends[number], max(ends[number + 1], ends[number] + 1))) + 1
        near = {trial.photo for trial in trials[max(before - _NEAR, 0) : before + _NEAR]}
        far = [photo for photo in left if design.spares or photo not in near]
        photo = int(generator.choice(far or left))
        left.remove(photo)
        places = tuple(map(int, generator.permutation(design.methods)))
        check = Trial(photo, places, int(ruined[number % design.methods]))
        result.insert(before, check)
    return result


def _williams(size: int) -> list[int]:
    """0, 1, size − 1, 2, size − 2, …: the first row of a Williams square.

    Adding 1 (modulo size) gives the next row. For an even size each number follows each other one
    once in the whole square.
    """
    return [(step + 1) // 2 if step % 2 else (size - step // 2) % size for step in range(size)]


def _spread(lap: int, size: int) -> int:
    """The number of `range(size)` that comes at `lap`, all of them in turn and far apart.

    Van der Corput's order: the digits of the count in base two, mirrored.
    """
    bits = max((size - 1).bit_length(), 1)
    order = (int(f"{count:0{bits}b}"[::-1], 2) for count in range(2**bits))
    inside = [number for number in order if number < size]
    return inside[lap % size]
