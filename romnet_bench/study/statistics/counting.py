"""Which people's rankings count, as arrays."""

import dataclasses
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from romnet_bench.study.answers import Answer, Answers

CHECKS_A_FAILURE = 5
"""One attention check of so many may be failed."""

FEWEST_FAILURES = 2
"""Nobody is left out for fewer: a single slip happens to everybody."""

LEFT_OUT = (
    "failed more than one in five of the attention checks that they had, and at least two of them"
)
"""The same in words: who is left out."""

Places = npt.NDArray[np.int64]


@dataclasses.dataclass(frozen=True)
class Person:
    """What one person did: rankings given, attention checks passed and failed."""

    number: int
    rankings: int
    passed: int
    failed: int

    @property
    def left_out(self) -> bool:
        """Whether no ranking counts."""
        return is_left_out(self.passed, self.failed)


@dataclasses.dataclass(frozen=True, eq=False)
class Rankings:
    """Complete rankings, sorted by person and photo.

    Attributes:
        methods: labels of the K methods.
        photos: the photos that were ranked, which `photo` counts from 0.
        places: n×K; the place that a ranking gives each method, 0 the best.
        person: n; who gave it, counted from 0 without gaps.
        photo: n; of what.
        seconds: n; how long it took.
    """

    methods: tuple[str, ...]
    photos: tuple[str, ...]
    places: Places
    person: Places
    photo: Places
    seconds: npt.NDArray[np.float64]

    @property
    def people(self) -> int:
        """How many people they are of."""
        return len(np.unique(self.person))


def is_left_out(passed: int, failed: int) -> bool:
    """Whether somebody's rankings do not count: more than one in five checks failed, at least two.

    Args:
        passed: how many of the attention checks that the person had.
        failed: how many of them.
    """
    too_many = CHECKS_A_FAILURE * failed > passed + failed
    return too_many and failed >= FEWEST_FAILURES


def list_people(answers: Answers) -> list[Person]:
    """Everybody who gave an answer, by number."""
    checks: dict[int, list[str]] = {}
    for answer in answers.answers:
        checks.setdefault(answer.person, []).append(answer.check)
    return [
        Person(number, marks.count(""), marks.count("passed"), marks.count("failed"))
        for number, marks in sorted(checks.items())
    ]


def rank_all(answers: Answers) -> Rankings:
    """Every ranking but the attention checks, whoever gave it."""
    return _to_arrays(answers.methods, answers.answers)


def rank_counted(answers: Answers) -> Rankings:
    """The rankings of all people but those left out."""
    out = {person.number for person in list_people(answers) if person.left_out}
    return _to_arrays(
        answers.methods, (answer for answer in answers.answers if answer.person not in out)
    )


def _to_arrays(methods: tuple[str, ...], answers: Iterable[Answer]) -> Rankings:
    real = sorted(
        (answer for answer in answers if not answer.check),
        key=lambda answer: (answer.person, answer.photo),
    )
    photos, photo = np.unique([answer.photo for answer in real], return_inverse=True)
    _, person = np.unique([answer.person for answer in real], return_inverse=True)
    places = np.array(
        [[answer.ranking.index(method) for method in methods] for answer in real], np.int64
    )
    return Rankings(
        methods=methods,
        photos=tuple(map(str, photos)),
        places=places.reshape(len(real), len(methods)),
        person=person.astype(np.int64),
        photo=photo.astype(np.int64),
        seconds=np.array([answer.seconds for answer in real], np.float64),
    )
