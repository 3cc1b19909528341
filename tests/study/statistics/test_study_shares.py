"""Top-k shares, pairs and the crossed bootstrap: by hand, by loops, by simulation."""

import csv
import dataclasses
import functools
import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from romnet_bench.bench.paired import holm
from romnet_bench.files import resource
from romnet_bench.study.answers import Answers
from romnet_bench.study.beside_paper import name_in_paper, read_paper_study
from romnet_bench.study.statistics import top_shares
from romnet_bench.study.statistics.counting import Rankings, list_people, rank_all, rank_counted
from romnet_bench.study.statistics.pairs import compare_methods
from romnet_bench.study.statistics.resampling import bound, count_samples, crossed_sums, p_values
from romnet_bench.study.statistics.top_shares import share_tops

MakeAnswers = Callable[..., Answers]
FOUR = (
    (1, "p", "ABC", ""),
    (1, "q", "BAC", ""),
    (2, "p", "ACB", ""),
    (2, "q", "CAB", ""),
)


def generator() -> np.random.Generator:
    return np.random.default_rng(0)


@st.composite
def studies(draw: st.DrawFn) -> Rankings:
    """Any few people, any of a few photos each, two to five methods."""
    k = draw(st.integers(2, 5))
    cells = draw(st.sets(st.tuples(st.integers(0, 3), st.integers(0, 4)), min_size=1, max_size=12))
    people = sorted({person for person, _ in cells})
    photos = sorted({photo for _, photo in cells})
    places = [draw(st.permutations(range(k))) for _ in cells]
    return Rankings(
        methods=tuple("ABCDE"[:k]),
        photos=tuple(map(str, photos)),
        places=np.array(places),
        person=np.array([people.index(person) for person, _ in sorted(cells)]),
        photo=np.array([photos.index(photo) for _, photo in sorted(cells)]),
        seconds=np.ones(len(cells)),
    )


def test_shares_by_hand(make_answers: MakeAnswers) -> None:
    tops = share_tops(rank_all(make_answers(*FOUR)), generator())
    assert tops.value.tolist() == [[50, 100], [25, 50], [25, 50]]


@settings(max_examples=40, deadline=None)
@given(studies())
def test_shares_add_up_and_never_fall(rankings: Rankings) -> None:
    tops = share_tops(rankings, generator()).value
    k = len(rankings.methods)
    assert tops.sum(axis=0) == pytest.approx(100 * np.arange(1, k))
    full = np.hstack([np.zeros((k, 1)), tops, np.full((k, 1), 100)])
    assert (np.diff(full, axis=1) >= -1e-9).all()


def test_the_papers_columns_do_not_add_up() -> None:
    sums: dict[str, float] = {}
    with resource("reports", "paper", "table3.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            sums[row["metric"]] = sums.get(row["metric"], 0) + float(row["value"])
    paper = read_paper_study()
    assert paper.sums == pytest.approx(list(sums.values()))
    # Six shares of one decimal are off by 0.3 at most; these are from top 2 on by 2.3 and more.
    off = [total - 100 * top for top, total in enumerate(paper.sums, 1)]
    assert off == pytest.approx([-0.1, 2.8, 2.7, 2.5, 2.3])
    assert not paper.adds_up
    honest = dataclasses.replace(
        paper, shares={"a": (33.3, 66.7), "b": (33.3, 66.6), "c": (33.3, 66.7)}
    )
    assert honest.adds_up


def test_names_in_the_paper() -> None:
    paper = read_paper_study()
    names = {
        "ROMNet": "ROMNet",
        "romnet": "ROMNet",
        "DeOldify, stable": "DeOldify",
        "Wan et al., scratches": "Wan et al.",
        "ROMNet, lightness only": "",
        "Pix2pix, colour only": "",
        "Input": "",
    }
    assert {label: name_in_paper(label, paper) for label in names} == names
    assert paper.share("ROMNet", 5) == 94.4
    assert math.isnan(paper.share("ROMNet", 6))
    assert math.isnan(paper.share("", 1))


def test_checks_never_count_and_who_fails_them_is_left_out(make_answers: MakeAnswers) -> None:
    def person(number: int, passed: int, failed: int) -> list[tuple[int, str, str, str]]:
        marks = ["passed"] * passed + ["failed"] * failed
        return [
            (number, "p", "ABC", ""),
            *((number, f"check-{index}", "CBA", how) for index, how in enumerate(marks)),
        ]

    wanted = {
        1: (4, 1, False),
        2: (3, 2, True),
        3: (1, 2, True),
        4: (0, 0, False),
        5: (8, 2, False),
        6: (7, 2, True),
        7: (0, 1, False),  # a single slip, however few checks there were
        8: (3, 1, False),
    }
    rows = [row for number, (good, bad, _) in wanted.items() for row in person(number, good, bad)]
    answers = make_answers(*rows)
    assert {one.number: one.left_out for one in list_people(answers)} == {
        number: out for number, (*_, out) in wanted.items()
    }
    assert len(rank_all(answers).person) == 8
    counted = rank_counted(answers)
    assert (counted.people, counted.person.tolist()) == (5, [0, 1, 2, 3, 4])
    assert share_tops(counted, generator()).value[0].tolist() == [100, 100]


def test_order_of_answers_and_methods_changes_nothing(
    simulate_study: Callable[..., Answers],
) -> None:
    answers = simulate_study({"A": 1.0, "B": 0.0, "C": -1.0}, 5, 8, seed=3)
    shuffled = list(answers.answers)
    np.random.default_rng(1).shuffle(shuffled)  # type: ignore[arg-type]
    other = dataclasses.replace(answers, answers=tuple(shuffled), methods=("C", "A", "B"))
    first = share_tops(rank_counted(answers), generator())
    second = share_tops(rank_counted(other), generator())
    for part in ("value", "low", "high"):
        assert getattr(second, part)[[1, 2, 0]] == pytest.approx(getattr(first, part), abs=1e-9)


@settings(max_examples=30, deadline=None)
@given(studies())
def test_crossed_sums_are_those_of_loops(rankings: Rankings) -> None:
    n, people, photos = len(rankings.person), rankings.people, len(rankings.photos)
    features = np.random.default_rng(1).normal(size=(n, 2))
    drawn = crossed_sums(rankings, features, generator(), resamples=7)
    same = generator()
    times = same.multinomial(people, [1 / people] * people, 7)
    seen = same.multinomial(photos, [1 / photos] * photos, 7)
    expected = []
    for b in range(7):
        bag = [
            i
            for i in range(n)
            for _ in range(times[b, rankings.person[i]] * seen[b, rankings.photo[i]])
        ]
        if bag:
            expected.append([len(bag), *features[bag].sum(axis=0)])
    assert drawn == pytest.approx(np.array(expected).reshape(-1, 3))


def test_resamples_do_not_depend_on_the_features(
    simulate_rankings: Callable[..., Rankings],
) -> None:
    rankings = simulate_rankings(np.zeros(3), 4, 5, generator())
    one = crossed_sums(rankings, np.ones((20, 1)), generator(), 50)
    two = crossed_sums(rankings, np.random.default_rng(1).normal(size=(20, 9)), generator(), 50)
    assert np.array_equal(one[:, 0], two[:, 0])
    assert np.array_equal(one[:, 0], one[:, 1])


def test_tests_and_intervals_of_few_people_are_students() -> None:
    values = np.array([0.3, 1.9, -0.4, 1.1, 0.8])
    rankings = Rankings(
        ("A", "B"), ("p",), np.tile([0, 1], (5, 1)), np.arange(5), np.zeros(5, np.int64), np.ones(5)
    )
    assert count_samples(rankings) == 5
    sums = crossed_sums(rankings, values[:, None], generator(), 100_000)
    means = sums[:, 1:] / sums[:, :1]
    mean = values.mean(keepdims=True)
    classic = stats.ttest_1samp(values, 0)
    assert p_values(mean, means, 5) == pytest.approx(classic.pvalue, rel=0.03)
    # Where the resamples are normal the interval is the classic one.
    spread = values.std() / math.sqrt(5)
    normal = mean + spread * stats.norm.ppf((np.arange(200_000) + 0.5) / 200_000)[:, None]
    interval = bound(mean, normal, 5)
    ends = classic.confidence_interval()
    assert [interval.low[0], interval.high[0]] == pytest.approx([ends.low, ends.high], abs=2e-3)


def test_p_values_where_nothing_varies() -> None:
    value, still = np.array([0.0, 2.0]), np.tile([0.0, 2.0], (10, 1))
    assert p_values(value, still, 8).tolist() == [1, 0]
    assert p_values(value, still, 1).tolist() == [1, 1]


def test_a_single_answer_has_no_interval(make_answers: MakeAnswers) -> None:
    rankings = rank_all(make_answers((1, "p", "BAC", "")))
    tops = share_tops(rankings, generator())
    assert tops.value.tolist() == [[0, 100], [100, 100], [0, 0]]
    assert np.isnan(tops.low).all()
    assert np.isnan(tops.high).all()


def test_one_person_varies_over_photos_alone(make_answers: MakeAnswers) -> None:
    rows = [(1, f"p{i}", "ABC" if i < 3 else "BAC", "") for i in range(12)]
    tops = share_tops(rank_all(make_answers(*rows)), generator())
    assert tops.value[0, 0] == 25
    draws = generator().binomial(12, 0.25, 10_000) / 0.12
    tail = stats.norm.sf(stats.t.isf(0.025, 11) * math.sqrt(12 / 11))
    assert tops.low[0, 0] == pytest.approx(np.quantile(draws, tail), abs=100 / 12)
    assert tops.high[0, 0] == pytest.approx(np.quantile(draws, 1 - tail), abs=100 / 12)
    assert tops.low[2].tolist() == [0, 0]  # C is always last: it never varies


@pytest.mark.parametrize(("people", "photos"), [(15, 20), (5, 25)])
def test_intervals_hold_the_true_shares(
    people: int,
    photos: int,
    simulate_rankings: Callable[..., Rankings],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fewer = functools.partial(crossed_sums, resamples=600)
    monkeypatch.setattr(top_shares, "crossed_sums", fewer)
    worth, random = np.array([0.9, 0.2, -1.1]), np.random.default_rng(7)
    world = simulate_rankings(worth, 400, 400, random, (1.0, 0.5))
    truth = 100 * top_shares.count_tops(world).mean(axis=0)
    held = []
    for _ in range(70):
        tops = share_tops(simulate_rankings(worth, people, photos, random, (1.0, 0.5)), random)
        held.append((tops.low <= truth) & (truth <= tops.high))
    assert 0.92 <= np.mean(held) <= 0.995


def test_pairs_by_hand(make_answers: MakeAnswers) -> None:
    pairs = compare_methods(rank_all(make_answers(*FOUR)), generator())
    found = [(p.first, p.second, p.above, p.for_first, p.for_second, p.p) for p in pairs]
    assert found == [
        ("A", "B", 75, 1, 0, 1),
        ("A", "C", 75, 1, 0, 1),
        ("B", "C", 50, 1, 1, 1),
    ]


def test_pairs_are_those_of_loops(simulate_rankings: Callable[..., Rankings]) -> None:
    rankings = simulate_rankings(np.array([1.5, 0.5, 0, -1]), 9, 6, generator(), (0.5, 0.5))
    pairs = compare_methods(rankings, generator())
    raw = []
    for pair, (i, j) in zip(pairs, itertools.combinations(range(4), 2), strict=True):
        leads = rankings.places[:, i] < rankings.places[:, j]
        assert pair.above == pytest.approx(100 * leads.mean())
        assert pair.low <= pair.above <= pair.high
        shares = [leads[rankings.person == person].mean() for person in range(9)]
        wins, losses = sum(s > 0.5 for s in shares), sum(s < 0.5 for s in shares)
        assert (pair.for_first, pair.for_second) == (wins, losses)
        # The exact sign test, by counting heads.
        flips = [math.comb(wins + losses, heads) for heads in range(wins + losses + 1)]
        rare = sum(flip for flip in flips if flip <= flips[wins])
        raw.append(rare / 2 ** (wins + losses))
    assert [pair.p for pair in pairs] == pytest.approx(holm(raw))
