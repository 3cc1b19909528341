"""Simulated studies: people who rank by chance, around worths that are known."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from romnet_bench.study.answers import Answer, Answers
from romnet_bench.study.statistics.counting import Rankings

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


def draw_orders(
    worth: Floats,
    people: int,
    photos: int,
    generator: np.random.Generator,
    sd: tuple[float, float] = (0, 0),
) -> Ints:
    """people×photos×K: the methods, best first, of rankings that follow Plackett and Luce.

    Args:
        worth: K log worths.
        people: how many.
        photos: how many, all of which everybody ranks.
        generator: where all chance comes from.
        sd: the standard deviations of what a person, and of what a photo, adds to each worth.
    """
    k = len(worth)
    own = sd[0] * generator.normal(size=(people, 1, k))
    own = own + sd[1] * generator.normal(size=(1, photos, k))
    return np.argsort(-(worth + own + generator.gumbel(size=(people, photos, k))), axis=2)


def to_rankings(orders: Ints) -> Rankings:
    """Complete studies as arrays; methods are A, B, … in the order of the worths."""
    people, photos, k = orders.shape
    return Rankings(
        methods=tuple("ABCDEFGHIJ"[:k]),
        photos=tuple(f"p{photo:03}" for photo in range(photos)),
        places=np.argsort(orders.reshape(-1, k), axis=1),
        person=np.repeat(np.arange(people), photos),
        photo=np.tile(np.arange(photos), people),
        seconds=np.ones(people * photos),
    )


def simulate_answers(
    worths: dict[str, float],
    people: int,
    photos: int,
    seed: int,
    *,
    sd: tuple[float, float] = (0.5, 0.5),
    failed: dict[int, int] | None = None,
    checks: int = 5,
) -> Answers:
    """A whole study in which everybody ranks every photo, with attention checks.

    Args:
        worths: label → log worth.
        people: who answer; one more began and left.
        photos: how many.
        seed: of all chance.
        sd: see `draw_orders`.
        failed: person → how many checks were failed; 0 for others.
        checks: for each person.
    """
    generator = np.random.default_rng(seed)
    labels = tuple(worths)
    values = np.array(list(worths.values()))
    orders = draw_orders(values, people, photos, generator, sd)
    ids = tuple(f"photo-{photo:03}" for photo in range(photos))
    answers = []
    for person in range(people):
        for photo in range(photos):
            ranking = tuple(labels[index] for index in orders[person, photo])
            seconds = float(generator.gamma(4, 5))
            answers.append(Answer(person + 1, ids[photo], ranking, seconds))
        for check in range(checks):
            how = "failed" if check < (failed or {}).get(person + 1, 0) else "passed"
            answers.append(Answer(person + 1, f"spare-{check}", labels, 3.0, how))
    facts = {"photos per person": str(photos), "checks per person": str(checks), "seed": str(seed)}
    return Answers(labels, ids, people + 1, "Which one looks best?", tuple(answers), facts)


@pytest.fixture(scope="session")
def simulate_rankings() -> Callable[..., Rankings]:
    """(worth, people, photos, generator, sd) → Rankings."""
    return lambda *args: to_rankings(draw_orders(*args))


@pytest.fixture(scope="session")
def simulate_study() -> Callable[..., Answers]:
    """See `simulate_answers`."""
    return simulate_answers


@pytest.fixture(scope="session")
def make_answers() -> Callable[..., Answers]:
    """(person, photo, "BAC", check) … → a study of the methods A, B, C."""

    def make(*rows: tuple[int, str, str, str]) -> Answers:
        answers = tuple(
            Answer(n, photo, tuple(ranking), 2.0, how) for n, photo, ranking, how in rows
        )
        methods = tuple(sorted(rows[0][2])) if rows else ("A", "B", "C")
        photos = tuple(sorted({answer.photo for answer in answers if not answer.check}))
        people = len({answer.person for answer in answers})
        return Answers(methods, photos, people, "Study", answers, {})

    return make
