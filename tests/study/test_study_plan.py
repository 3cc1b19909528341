"""The plan is balanced whoever comes, by counting every screen of every person."""

import collections
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from romnet_bench.study.plan import Design, Trial, plan_person


@st.composite
def designs(draw: st.DrawFn, all_photos: bool = False) -> Design:
    photos = draw(st.integers(1, 40))
    per_person = photos if all_photos else draw(st.integers(1, photos))
    checks = draw(st.integers(0, min(photos, 6)))
    spares = draw(st.sampled_from([0, checks, checks + 3]))
    methods, seed = draw(st.integers(2, 9)), draw(st.integers(0, 2**63 - 1))
    return Design(photos, methods, per_person, checks, spares, seed)


def plan(design: Design, people: int) -> list[list[Trial]]:
    return [plan_person(design, seat) for seat in range(people)]


def ranked(trials: list[Trial]) -> list[Trial]:
    return [trial for trial in trials if trial.ruined is None]


def count_places(design: Design, trials: list[Trial]) -> np.ndarray:
    """How often each method stood at each place."""
    counts = np.zeros((design.methods, design.methods), int)
    for trial in trials:
        counts[list(trial.places), np.arange(design.methods)] += 1
    return counts


PEOPLE = st.integers(1, 30)


@settings(max_examples=60, deadline=None)
@given(designs(), PEOPLE)
def test_each_person_ranks_as_many_different_photos(design: Design, people: int) -> None:
    for trials in plan(design, people):
        photos = [trial.photo for trial in ranked(trials)]
        assert len(photos) == len(set(photos)) == design.per_person
        assert all(sorted(trial.places) == list(range(design.methods)) for trial in trials)


@settings(max_examples=60, deadline=None)
@given(designs(), PEOPLE)
def test_each_photo_is_seen_equally_often(design: Design, people: int) -> None:
    seen = collections.Counter(
        trial.photo for trials in plan(design, people) for trial in ranked(trials)
    )
    counts = [seen[photo] for photo in range(design.photos)]
    assert max(counts) - min(counts) <= 1


@settings(max_examples=60, deadline=None)
@given(designs(), PEOPLE)
def test_each_method_stands_at_each_place_equally_often(design: Design, people: int) -> None:
    everything = []
    for trials in plan(design, people):
        assert np.ptp(count_places(design, ranked(trials))) <= 1
        everything += ranked(trials)
    assert np.ptp(count_places(design, everything)) <= 1


@settings(max_examples=40, deadline=None)
@given(designs(all_photos=True), PEOPLE)
def test_places_are_balanced_for_each_photo_where_all_people_see_all(
    design: Design, people: int
) -> None:
    by_photo = collections.defaultdict(list)
    for trials in plan(design, people):
        for trial in ranked(trials):
            by_photo[trial.photo].append(trial)
    for trials in by_photo.values():
        assert np.ptp(count_places(design, trials)) <= 1


@settings(max_examples=40, deadline=None)
@given(designs(all_photos=True), PEOPLE)
def test_each_photo_comes_at_each_time_equally_often(design: Design, people: int) -> None:
    times = np.zeros((design.photos, design.photos), int)
    for trials in plan(design, people):
        photos = [trial.photo for trial in ranked(trials)]
        times[photos, np.arange(design.photos)] += 1
    assert np.ptp(times) <= 1


@settings(max_examples=60, deadline=None)
@given(designs(), st.integers(0, 50))
def test_checks_are_spread_and_never_first(design: Design, seat: int) -> None:
    trials = plan_person(design, seat)
    checks = [trial for trial in trials if trial.ruined is not None]
    assert len(trials) == design.per_person + design.checks
    assert len(checks) == design.checks
    assert len({trial.photo for trial in checks}) == design.checks
    assert trials[0].ruined is None
    assert all(0 <= trial.photo < (design.spares or design.photos) for trial in checks)
    assert all(0 <= trial.ruined < design.methods for trial in checks)
    if design.checks <= design.per_person:  # one in each part, counted in ranked photos before it
        before = [
            len(ranked(trials[:index])) for index, trial in enumerate(trials) if trial in checks
        ]
        ends = np.linspace(0, design.per_person, design.checks + 1).round()
        for number, count in enumerate(before):
            assert ends[number] < count <= ends[number + 1]


@given(designs(), st.integers(0, 50))
@settings(max_examples=30, deadline=None)
def test_a_plan_is_the_same_every_time(design: Design, seat: int) -> None:
    assert plan_person(design, seat) == plan_person(design, seat)


def test_the_paper_s_study_is_balanced_exactly() -> None:
    design = Design(photos=100, methods=6, per_person=100, checks=5)
    people = plan(design, 15)
    everything = [trial for trials in people for trial in ranked(trials)]
    assert len(everything) == 1500
    assert set(collections.Counter(trial.photo for trial in everything).values()) == {15}
    assert np.all(count_places(design, everything) == 250)
    orders = [tuple(trial.photo for trial in ranked(trials)) for trials in people]
    assert len(set(orders)) == 15
    # No photo comes right behind the same other one for two people.
    pairs = collections.Counter(pair for order in orders for pair in itertools.pairwise(order))
    assert max(pairs.values()) == 1
    # Ruined outputs are of all methods, and a photo's check is not near its own trial.
    ruined = collections.Counter(
        t.ruined for trials in people for t in trials if t.ruined is not None
    )
    assert len(ruined) == 6
    for trials in people:
        for index, trial in enumerate(trials):
            if trial.ruined is not None:
                near = trials[max(index - 3, 0) : index + 4]
                assert sum(other.photo == trial.photo for other in near) == 1


def test_neighbours_on_the_screen_are_balanced_for_an_even_number_of_methods() -> None:
    design = Design(photos=36, methods=6, per_person=36)
    neighbours = collections.Counter(
        pair for trial in plan_person(design, 0) for pair in itertools.pairwise(trial.places)
    )
    assert len(neighbours) == 30
    assert set(neighbours.values()) == {6}


@pytest.mark.parametrize("seat", [0, 7])
def test_another_seed_gives_another_plan(seat: int) -> None:
    plans = {str(plan_person(Design(20, 4, 20, 2, seed=seed), seat)) for seed in range(4)}
    assert len(plans) == 4
