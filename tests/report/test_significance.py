"""Which methods are better than which: pairs, Holm's correction, shared places, who takes part."""

import csv
import io
import itertools
import math
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from romnet_bench.bench.results import RunRecord
from romnet_bench.protocol import DEFAULT, METRICS
from romnet_bench.report.runs import Comparison, Run
from romnet_bench.report.significance import (
    Pair,
    compare_all,
    find_places,
    format_p,
    to_csv,
    to_sheet,
)
from romnet_bench.report.tables import Row, Table, make_tables

PSNR, SSIM, LPIPS = METRICS
Values = list[float | None]


def make_run(
    label: str,
    *,
    psnr: Values,
    lpips: Values | None = None,
    ids: list[str] | None = None,
    originals: list[str] | None = None,
    rank: str = "1",
    notes: tuple[str, ...] = (),
    protocol: str = DEFAULT.hash,
) -> Run:
    """A run with these values on the photos 0, 1, …; nothing stands on the disk."""
    count = len(psnr)
    names = ids or [f"{index:03}" for index in range(count)]
    scores = pd.DataFrame(
        {
            "psnr": np.array(psnr, dtype=float),
            "ssim": np.full(count, np.nan),
            "lpips": np.array([None] * count if lpips is None else lpips, dtype=float),
            "seconds": np.full(count, 0.5),
            "original": originals or names,
            "note": [""] * count,
        },
        index=pd.Index(names, name="id"),
    )
    record = RunRecord.model_validate(
        {
            "made_by": "run",
            "dataset": {
                "name": "d", "path": "d", "split": "test", "fingerprint": "f", "photos": count,
                "originals": count,
            },
            "method": {
                "name": label, "label": label, "restores": True, "colorizes": True,
                "needs_reference": False, "fingerprint": {}, "notes": list(notes),
            },
            "protocol": {"name": "p", "hash": protocol},
            "references": {"rank": rank},
            "device": "cpu", "command": "", "commit": "", "packages": {},
            "started": "s", "finished": "f", "unavailable": {}, "failed": {},
        }
    )  # fmt: skip
    return Run(Path(label), record, scores, label)


def compare(*runs: Run) -> list[Pair]:
    """Every pair in every metric; all may be compared."""
    return compare_all(list(runs), {metric.key: list(range(len(runs))) for metric in METRICS})


def in_psnr(pairs: list[Pair]) -> list[Pair]:
    return [pair for pair in pairs if pair.metric == PSNR]


def places_of(*runs: Run) -> dict[str, int]:
    """By PSNR."""
    found = find_places(in_psnr(compare(*runs)), means_of(*runs))
    return {label: own["psnr"] for label, own in found.items()}


def means_of(*runs: Run) -> dict[str, dict[str, float]]:
    return {
        run.label: {metric.key: float(run.scores[metric.key].mean()) for metric in METRICS}
        for run in runs
    }


def make_table(*runs: Run) -> Table:
    (table,) = make_tables([Comparison("d-test", "d", "test", "f", list(runs), [])])
    return table


def row_of(table: Table, label: str) -> Row:
    return next(row for row in table.rows if row.label == label)


def noise(seed: int, count: int, mean: float, spread: float = 1) -> Values:
    return list(np.random.default_rng(seed).normal(mean, spread, count))


# ---------------------------------------------------------------------------------------------
# Pairs


def test_first_and_second_may_be_swapped() -> None:
    a = make_run("a", psnr=noise(1, 15, 0.6), lpips=noise(2, 15, 0))
    b = make_run("b", psnr=noise(3, 15, 0.0), lpips=noise(4, 15, 3))
    forth, back = compare(a, b), compare(b, a)
    for one, other in zip(forth, back, strict=True):
        assert (one.first, one.second, one.metric) == (other.second, other.first, other.metric)
        if one.metric == SSIM:  # nobody measured it
            assert math.isnan(one.p)
            assert math.isnan(other.p)
            continue
        here, there = one.paired.interval, other.paired.interval
        assert here.mean == pytest.approx(-there.mean, rel=1e-12)
        assert (here.low, here.high) == pytest.approx((-there.high, -there.low), rel=1e-9)
        assert here.n == there.n == 15
        assert one.p == pytest.approx(other.p, rel=1e-12)
        assert one.paired.effect == pytest.approx(-other.paired.effect, rel=1e-12)
        assert (one.paired.higher, one.paired.lower) == (other.paired.lower, other.paired.higher)
        assert one.better == other.better
    assert {pair.better for pair in forth if pair.metric == LPIPS} == {"a"}


def test_holm_counts_all_pairs_of_one_metric_and_no_other() -> None:
    runs = [
        make_run(
            f"m{index}",
            psnr=noise(index, 11, 0.5 * index),
            # Only the first three: their LPIPS pairs are three, their PSNR pairs are among six.
            lpips=noise(10 + index, 11, -0.8 * index),
        )
        for index in range(4)
    ]
    pairs = compare_all(runs, {"psnr": [0, 1, 2, 3], "lpips": [0, 1, 2]})
    for metric, count in ((PSNR, 6), (SSIM, 0), (LPIPS, 3)):
        own = [pair for pair in pairs if pair.metric == metric]
        assert len(own) == count
        raw = [
            float(
                stats.wilcoxon(
                    runs[i].scores[metric.key], runs[j].scores[metric.key], zero_method="pratt"
                ).pvalue
            )
            for i, j in itertools.combinations(range(4 if metric == PSNR else 3), 2)
        ][:count]
        assert [pair.paired.p for pair in own] == pytest.approx(raw, rel=1e-12)
        # The k-th smallest of m times m − k, and never less than a smaller one's.
        for pair, p in zip(own, raw, strict=True):
            adjusted = max(
                min(1.0, (count - sum(other < mine for other in raw)) * mine)
                for mine in raw
                if mine <= p
            )
            assert pair.p == pytest.approx(adjusted, rel=1e-12)


def test_correction_takes_significance_away() -> None:
    """Six photos and one pair: p = 0.031; with a third method there are three pairs."""
    a = make_run("a", psnr=[1.0, 2, 3, 4, 5, 6])
    b = make_run("b", psnr=[0.0] * 6)
    c = make_run("c", psnr=[-0.5, 0.5, -0.6, 0.6, -0.7, 0.7])
    (alone,) = in_psnr(compare(a, b))
    assert alone.p == alone.paired.p == pytest.approx(2 / 2**6)
    assert alone.better == "a"
    assert places_of(a, b) == {"a": 1, "b": 2}
    of_three = in_psnr(compare(a, b, c))[0]
    assert of_three.paired.p == pytest.approx(2 / 2**6)
    assert of_three.p == pytest.approx(3 * 2 / 2**6)
    assert of_three.better == ""
    assert places_of(a, b, c) == {"a": 1, "b": 1, "c": 1}


def test_conflict_of_mean_and_ranks_makes_nobody_better() -> None:
    """A tiny gain on most photos and a disaster on a few: what is better is a matter of taste."""
    gains: Values = [0.1 + index / 1000 for index in range(28)]
    a = make_run("a", psnr=[*gains, -40, -40])
    b = make_run("b", psnr=[0.0] * 30)
    (pair,) = in_psnr(compare(a, b))
    assert pair.p < 0.01
    assert pair.paired.interval.mean < 0 < pair.paired.effect
    assert not pair.significant
    assert pair.better == ""
    assert places_of(a, b) == {"a": 1, "b": 1}
    (line,) = to_sheet("k", "t", [pair]).lines
    assert not any(cell.best for cell in line.cells)


def test_lower_lpips_is_better() -> None:
    low = make_run("low", psnr=[1.0] * 9, lpips=noise(1, 9, 0.1, 0.01))
    high = make_run("high", psnr=[1.0] * 9, lpips=noise(2, 9, 0.3, 0.01))
    for runs in ((low, high), (high, low)):
        pairs = compare(*runs)
        (pair,) = (pair for pair in pairs if pair.metric == LPIPS)
        assert pair.better == "low"
        assert (pair.paired.interval.mean < 0) == (pair.first == "low")
        places = find_places(pairs, means_of(*runs))
        assert (places["low"]["lpips"], places["high"]["lpips"]) == (1, 2)
        assert (places["low"]["psnr"], places["high"]["psnr"]) == (1, 1)


def test_one_photo_says_nothing() -> None:
    a, b = make_run("a", psnr=[30.0]), make_run("b", psnr=[10.0])
    (pair,) = in_psnr(compare(a, b))
    interval = pair.paired.interval
    assert (interval.mean, interval.low, interval.high, interval.n) == (20, 20, 20, 1)
    assert (pair.p, pair.paired.effect, pair.better) == (1, 1, "")
    assert find_places([pair], means_of(a, b)) == {"a": {"psnr": 1}, "b": {"psnr": 1}}


def test_without_common_photos_all_is_unknown() -> None:
    a = make_run("a", psnr=[30.0, 31], ids=["x", "y"])
    b = make_run("b", psnr=[10.0, 11], ids=["v", "w"])
    (pair,) = in_psnr(compare(a, b))
    assert pair.paired.interval.n == 0
    assert math.isnan(pair.p)
    assert math.isnan(pair.paired.interval.mean)
    assert (pair.paired.higher, pair.paired.lower, pair.better) == (0, 0, "")
    assert find_places([pair], means_of(a, b)) == {"a": {"psnr": 1}, "b": {"psnr": 1}}
    (row,) = csv.DictReader(io.StringIO(to_csv([pair])))
    unknown = ("difference", "low", "high", "p", "p_holm", "effect", "better")
    assert [row[key] for key in unknown] == [""] * 7
    assert row["photos"] == "0"
    (line,) = to_sheet("k", "t", [pair]).lines
    assert [cell.text for cell in line.cells] == ["–", "–"]


def test_a_pair_without_a_p_is_not_counted_by_holm() -> None:
    a = make_run("a", psnr=[1.0, 2, 3, 4, 5, 6])
    b = make_run("b", psnr=[0.0] * 6)
    c = make_run("c", psnr=[9.0, 9], ids=["x", "y"])
    ab, ac, bc = in_psnr(compare(a, b, c))
    assert ab.p == pytest.approx(2 / 2**6)
    assert math.isnan(ac.p)
    assert math.isnan(bc.p)


def test_photos_that_only_one_scored_do_not_count() -> None:
    a = make_run("a", psnr=[1.0, 2, 3, None, 99, math.inf], ids=list("abcdef"))
    b = make_run("b", psnr=[0.0, 0, 0, 0, 0, None], ids=list("cbazfd"))
    (pair,) = in_psnr(compare(a, b))
    assert pair.paired.interval.n == 3  # a, b and c; d and f lack a number, e and z a partner
    assert pair.paired.interval.mean == pytest.approx(2)
    assert pair.paired.higher == 3


def test_variants_count_once_for_each_original() -> None:
    """Twelve photos of three originals are three observations to the test."""
    originals = [f"o{index % 3}" for index in range(12)]
    a = make_run("a", psnr=noise(1, 12, 5), originals=originals)
    b = make_run("b", psnr=noise(2, 12, 0), originals=originals)
    (pair,) = in_psnr(compare(a, b))
    assert pair.paired.interval.n == 12
    assert pair.paired.p == pytest.approx(2 / 2**3)
    assert pair.better == ""
    (alone,) = in_psnr(compare(make_run("a", psnr=noise(1, 12, 5)), make_run("b", psnr=[0.0] * 12)))
    assert alone.paired.p == pytest.approx(2 / 2**12)


def test_nobody_to_compare_with() -> None:
    assert compare(make_run("a", psnr=[1.0, 2])) == []
    assert compare_all([], {}) == []
    assert find_places([], {}) == {}
    assert list(csv.DictReader(io.StringIO(to_csv([])))) == []


@pytest.mark.parametrize(
    ("p", "shown"),
    [(0.0, "<0.001"), (0.00099, "<0.001"), (0.001, "0.001"), (0.0496, "0.050"), (1.0, "1.000"),
     (math.nan, "–")],
)  # fmt: skip
def test_p_as_printed(p: float, shown: str) -> None:
    assert format_p(p) == shown


# ---------------------------------------------------------------------------------------------
# Places


def test_ties_share_a_place_and_the_next_is_left_out() -> None:
    base = np.random.default_rng(5).normal(0, 3, 24)
    jitter = np.random.default_rng(6).normal(0, 0.1, (4, 24))
    a, b, c, d = (
        make_run(label, psnr=list(base + level + wobble))
        for label, level, wobble in zip("abcd", (9, 9, 5, 1), jitter, strict=True)
    )
    assert places_of(a, b, c, d) == {"a": 1, "b": 1, "c": 3, "d": 4}
    assert places_of(d, c, b, a) == {"a": 1, "b": 1, "c": 3, "d": 4}
    same = [make_run(label, psnr=list(base)) for label in "xyz"]
    assert places_of(*same) == {"x": 1, "y": 1, "z": 1}


def test_places_follow_the_means_though_not_every_pair_differs() -> None:
    """The last is worse than the first, and not significantly than the noisy one between them."""
    base = np.random.default_rng(5).normal(0, 3, 24)
    wobble = np.random.default_rng(6).normal(0, 3, 24)
    noisy = base - 0.6 + wobble - wobble.mean()
    runs = [
        make_run("first", psnr=list(base)),
        make_run("noisy", psnr=list(noisy)),
        make_run("last", psnr=list(base - 1 + np.random.default_rng(7).normal(0, 0.1, 24))),
    ]
    means = means_of(*runs)
    assert means["first"]["psnr"] > means["noisy"]["psnr"] > means["last"]["psnr"]
    better = {frozenset((pair.first, pair.second)): pair.better for pair in in_psnr(compare(*runs))}
    assert better[frozenset(("first", "last"))] == "first"
    assert better[frozenset(("noisy", "last"))] == better[frozenset(("first", "noisy"))] == ""
    assert places_of(*runs) == {"first": 1, "noisy": 1, "last": 3}


@settings(max_examples=8, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    photos=st.integers(20, 26),
    others=st.integers(1, 3),
    gain=st.floats(0.01, 5),
    at=st.integers(0, 3),
)
def test_better_by_a_constant_is_alone_at_the_top(
    seed: int, photos: int, others: int, gain: float, at: int
) -> None:
    """In both directions of a metric, whatever the photos and wherever it stands."""
    values = np.random.default_rng(seed).normal(25, 4, (others, photos))
    rivals = [
        make_run(f"m{index}", psnr=list(own), lpips=list(own)) for index, own in enumerate(values)
    ]
    top = make_run("top", psnr=list(values.max(0) + gain), lpips=list(values.min(0) - gain))
    runs = [*rivals[:at], top, *rivals[at:]]
    places = find_places(compare(*runs), means_of(*runs))
    for metric in ("psnr", "lpips"):
        assert places["top"][metric] == 1
        assert all(places[run.label][metric] > 1 for run in rivals)


@settings(max_examples=8, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    photos=st.integers(1, 14),
    count=st.integers(2, 4),
    order=st.randoms(use_true_random=False),
)
def test_places_do_not_depend_on_the_order_of_runs(
    seed: int, photos: int, count: int, order: object
) -> None:
    generator = np.random.default_rng(seed)
    runs = [
        make_run(f"m{index}", psnr=list(generator.normal(index, 1.5, photos)))
        for index in range(count)
    ]
    mixed = list(runs)
    order.shuffle(mixed)  # type: ignore[attr-defined]
    places = places_of(*runs)
    assert places == places_of(*mixed)
    assert min(places.values()) >= 1
    assert max(places.values()) <= count


# ---------------------------------------------------------------------------------------------
# Who takes part

GOOD = noise(1, 12, 9, 0.1)
FAIR = noise(2, 12, 5, 0.1)
POOR = noise(3, 12, 1, 0.1)


@pytest.mark.parametrize(
    ("oddity", "said"),
    [
        ({"notes": ("random weights",)}, True),
        ({"rank": "5"}, False),
        ({"rank": "10"}, False),
        ({"protocol": "deadbeef"}, True),
        ({"ids": [f"{index:03}" for index in range(1, 12)]}, True),
    ],
    ids=["random weights", "rank 5", "rank 10", "another protocol", "a part of the photos"],
)
def test_an_odd_run_takes_no_part(oddity: dict[str, object], said: bool) -> None:
    """It is not in a pair, has no place, is never best; and the others' places stay as they are."""
    count = len(oddity["ids"]) if "ids" in oddity else 12  # type: ignore[arg-type]
    odd = make_run("odd", psnr=GOOD[:count], **oddity)  # type: ignore[arg-type]
    if "ids" in oddity:  # its split has all of them
        data = odd.record.dataset.model_copy(update={"photos": 12})
        odd = Run(odd.folder, odd.record.model_copy(update={"dataset": data}), odd.scores, "odd")
    fair, poor = make_run("fair", psnr=FAIR), make_run("poor", psnr=POOR)
    without = make_table(fair, poor)
    for runs in ((odd, fair, poor), (fair, poor, odd)):
        table = make_table(*runs)
        assert {label for pair in table.pairs for label in (pair.first, pair.second)} == {
            "fair",
            "poor",
        }
        row = row_of(table, "odd")
        assert row.places == {}
        assert row.best == frozenset()
        assert bool(row.warnings) == said
        assert row.intervals["psnr"].mean > 8
        assert row_of(table, "fair").best == {"psnr"}
        assert [pair.p for pair in table.pairs] == [pair.p for pair in without.pairs]
        assert row_of(table, "fair").places == row_of(without, "fair").places == {"psnr": 1}
        assert row_of(table, "poor").places == {"psnr": 2}


@pytest.mark.parametrize("rank", ["", "0", "1", "by hand"])
def test_the_best_reference_and_one_given_by_hand_take_part(rank: str) -> None:
    table = make_table(make_run("a", psnr=GOOD, rank=rank), make_run("b", psnr=FAIR))
    assert row_of(table, "a").places == {"psnr": 1}
    assert row_of(table, "b").places == {"psnr": 2}


def test_each_metric_has_rivals_of_its_own() -> None:
    """One that lacks LPIPS of one photo still has a place by PSNR."""
    some: Values = [None, *noise(7, 11, 0.1, 0.01)]
    a = make_run("a", psnr=GOOD, lpips=some)
    b = make_run("b", psnr=FAIR, lpips=noise(8, 12, 0.2, 0.01))
    c = make_run("c", psnr=POOR, lpips=noise(9, 12, 0.3, 0.01))
    table = make_table(a, b, c)
    assert row_of(table, "a").places == {"psnr": 1}
    assert row_of(table, "b").places == {"psnr": 2, "lpips": 1}
    assert row_of(table, "c").places == {"psnr": 3, "lpips": 2}
    assert row_of(table, "b").best == {"lpips"}
    assert row_of(table, "a").best == {"psnr"}


def test_best_is_told_from_the_numbers_as_printed() -> None:
    """Nobody sees why of two equal numbers one is bold."""
    a = make_run("a", psnr=GOOD)
    b = make_run("b", psnr=[value + 1e-6 for value in GOOD if value is not None])
    c = make_run("c", psnr=[value - 0.01 for value in GOOD if value is not None])
    table = make_table(a, b, c)
    assert [row.label for row in table.rows if row.best == {"psnr"}] == ["a", "b"]
    # The places do not round: b is better on every photo.
    assert [row.places["psnr"] for row in table.rows] == [2, 1, 3]
