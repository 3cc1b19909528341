"""Quality against speed: numbers, front, devices, and names that do not cover one another."""

import dataclasses
import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.text import Annotation

from romnet_bench.bench.statistics import Interval
from romnet_bench.methods.contract import UNTRAINED
from romnet_bench.protocol import METRICS
from romnet_bench.report.figures.costs import Cost, find_front, measure_costs
from romnet_bench.report.figures.placing import place_labels
from romnet_bench.report.figures.quality_speed import describe_quality_speed, draw_quality_speed
from romnet_bench.report.figures.style import SOFT, Style, save_figure
from romnet_bench.report.runs import Comparison, compare_runs

pytestmark = pytest.mark.filterwarnings("error")


def cost(number: int, seconds: float, psnr: float, device: str = "cpu", **more: Any) -> Cost:
    unknown = Interval(np.nan, np.nan, np.nan, 0)
    metrics = {metric.key: unknown for metric in METRICS}
    metrics["psnr"] = Interval(psnr, psnr - 0.5, psnr + 0.5, 9)
    fields = {"label": f"Method {number}", "is_floor": False, **more}
    time = Interval(seconds, 0.9 * seconds, 1.1 * seconds, 9)
    return Cost(device=device, seconds=time, metrics=metrics, **fields)


def timed(bench: Any) -> Comparison:
    """Three runs, the grey one at no cost."""
    photos = bench.add_dataset()
    for name, seconds in (("grey", 0.0), ("blur", 0.2), ("noise", 3.0)):
        folder = bench.add_run(photos, name)
        spread = np.linspace(0.5, 1.5, len(photos))
        bench.change_scores(folder, seconds=list(seconds * spread))
    (comparison,) = compare_runs([bench.runs])
    return comparison


def test_points_are_the_means(bench: Any, tmp_path: Path) -> None:
    comparison = timed(bench)
    costs = measure_costs(comparison)
    figure = draw_quality_speed(costs)
    assert figure is not None
    for panel, key in zip(figure.axes, ("psnr", "ssim"), strict=False):
        points = [container.lines[0].get_xydata()[0] for container in panel.containers]
        expected = [
            pd.read_parquet(run.folder / "scores.parquet")[["seconds", key]].mean()
            for run in comparison.runs
            if run.label != "grey"
        ]
        assert np.allclose(points, expected)
        floor = pd.read_parquet(bench.runs / "drawn" / "grey" / "scores.parquet")[key].mean()
        assert any(np.allclose(line.get_ydata(), floor) for line in panel.lines)
        assert {"blur", "noise", "grey"} <= {text.get_text() for text in panel.texts}
        assert panel.get_xscale() == "log"
    assert [text.get_text() for text in figure.axes[2].texts] == ["not measured"]
    one, *_ = save_figure(figure, tmp_path / "a", formats=("svg",))
    again = draw_quality_speed(measure_costs(comparison))
    assert again is not None
    two, *_ = save_figure(again, tmp_path / "b", formats=("svg",))
    assert one.read_bytes() == two.read_bytes()
    assert "<!-- noise -->" in one.read_text(encoding="utf-8")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 6), st.integers(1, 6)), min_size=1, max_size=9))
def test_the_front_is_what_nothing_beats_in_both(points: list[tuple[int, int]]) -> None:
    costs = [cost(index, time, psnr) for index, (time, psnr) in enumerate(points)]
    front = {(one.seconds.mean, one.metrics["psnr"].mean) for one in find_front(costs, METRICS[0])}
    beaten = {
        (time, psnr)
        for time, psnr in points
        for other, better in points
        if (other <= time and better >= psnr) and (other, better) != (time, psnr)
    }
    assert front == set(points) - beaten


def test_the_front_of_a_metric_that_is_to_be_low() -> None:
    lpips = METRICS[2]
    costs = [
        dataclasses.replace(cost(index, time, 1), metrics={"lpips": Interval(value, 0, 1, 3)})
        for index, (time, value) in enumerate([(1.0, 0.5), (2.0, 0.4), (3.0, 0.45)])
    ]
    assert [one.label for one in find_front(costs, lpips)] == ["Method 0", "Method 1"]


def test_the_front_is_filled_and_the_rest_open() -> None:
    figure = draw_quality_speed([cost(0, 1, 20), cost(1, 2, 19), cost(2, 3, 25)])
    assert figure is not None
    faces = [container.lines[0].get_markerfacecolor() for container in figure.axes[0].containers]
    assert [face == "white" for face in faces] == [False, True, False]
    assert len({c.lines[0].get_marker() for c in figure.axes[0].containers}) == 3


def test_other_devices_have_panels_of_their_own() -> None:
    costs = [cost(0, 1, 20), cost(1, 0.01, 19, device="cuda:0 $x$"), cost(2, 3, 25)]
    figure = draw_quality_speed(costs)
    assert figure is not None
    assert len(figure.axes) == 6
    assert [len(panel.containers) for panel in figure.axes] == [2, 0, 0, 1, 0, 0]
    assert figure.axes[0].get_xlabel() == "Seconds per photo, CPU"
    assert figure.axes[3].get_xlabel() == r"Seconds per photo, cuda:0 \$x\$"
    text = describe_quality_speed(costs)
    assert "on cpu Method 0 (1 s, 20.00), Method 2 (3 s, 25.00)" in text
    assert "on cuda:0 $x$ Method 1 (0.01 s, 19.00)" in text


def test_what_may_not_be_compared_does_not_compete() -> None:
    barred = frozenset({"psnr"})
    best = cost(0, 0.1, 40, label="Random", incomparable=barred)
    costs = [best, cost(1, 1, 20), cost(2, 2, 19), cost(3, 3, 25)]
    assert [one.label for one in find_front(costs, METRICS[0])] == ["Method 1", "Method 3"]
    figure = draw_quality_speed(costs)
    assert figure is not None
    panel = figure.axes[0]
    random, *others = (container.lines[0] for container in panel.containers)
    assert random.get_markerfacecolor() == "white"
    assert to_rgba(random.get_color()) == to_rgba(SOFT)
    assert SOFT not in {point.get_color() for point in others}
    assert {text.get_text() for text in panel.texts} >= {"Random‡", "Method 1", "Method 2"}
    assert "‡: not comparable, see the table." in figure.get_supxlabel()
    assert panel.lines[0].get_xdata().tolist() == [1, 3]  # the dotted line
    text = describe_quality_speed(costs)
    assert "on cpu Method 1 (1 s, 20.00), Method 3 (3 s, 25.00)" in text
    assert "Not comparable: Random." in text


def test_costs_know_what_may_be_compared(bench: Any) -> None:
    photos = bench.add_dataset()
    lpips = [0.1] * len(photos)
    for index, sha in enumerate(("a" * 64, "a" * 64, "b" * 64)):
        folder = bench.add_run(photos, "blur", folder=f"drawn/w{index}", weights={"lpips": sha})
        bench.change_scores(folder, lpips=lpips)
    notes = {"method__notes": [UNTRAINED]}
    bench.add_run(photos, "noise", folder="drawn/random", **notes)
    bench.add_run(photos, "noise", folder="drawn/part", ids=photos.ids[:2])
    bench.add_run(photos, "noise", folder="drawn/mine", protocol={"name": "mine", "hash": "0"})
    (comparison,) = compare_runs([bench.runs])
    found = {
        run.folder.name: set(one.incomparable)
        for run, one in zip(comparison.runs, measure_costs(comparison), strict=True)
    }
    both = {"psnr", "ssim"}
    assert found == {
        "w0": set(), "w1": set(), "w2": {"lpips"}, "random": both, "part": both, "mine": both,
    }  # fmt: skip


def test_one_photo_has_no_intervals(bench: Any) -> None:
    photos = bench.add_dataset(ids=("p0",))
    bench.add_run(photos, "blur")
    bench.add_run(photos, "noise")
    (comparison,) = compare_runs([bench.runs])
    figure = draw_quality_speed(measure_costs(comparison))
    assert figure is not None
    figure.draw_without_rendering()
    for container in figure.axes[0].containers:
        ends = [segment for bars in container.lines[2] for segment in bars.get_segments()]
        assert ends
        assert not any(end.size for end in ends)
    assert "intervals" not in figure.get_supxlabel()
    assert "Filled" in figure.get_supxlabel()


def test_nothing_without_seconds() -> None:
    assert draw_quality_speed([]) is None
    assert draw_quality_speed([cost(0, np.nan, 20)]) is None
    assert draw_quality_speed([cost(0, 1, 20, is_floor=True)]) is None


def test_methods_without_seconds_are_named() -> None:
    figure = draw_quality_speed([cost(0, 1, 20), cost(1, np.nan, 25), cost(2, 2, 21)])
    assert figure is not None
    assert "No seconds are known of Method 1." in figure.get_supxlabel().replace("\n", " ")
    assert len(figure.axes[0].containers) == 2


def names_in(figure: Figure) -> list[Annotation]:
    return [text for text in figure.axes[0].texts if text.get_text()]


@pytest.mark.parametrize("count", [3, 14])
def test_names_do_not_cover_one_another(count: int) -> None:
    generator = np.random.default_rng(count)
    times = 10 ** generator.uniform(-1, 1.5, count)
    scores = generator.normal(20, 3, count)
    costs = [
        cost(index, time, psnr, label=f"A method of {index} words")
        for index, (time, psnr) in enumerate(zip(times, scores, strict=True))
    ]
    figure = draw_quality_speed(costs)
    assert figure is not None
    boxes = [text.get_window_extent() for text in names_in(figure)]
    assert len(boxes) == count
    assert not any(one.overlaps(other) for one, other in itertools.combinations(boxes, 2))
    inside = figure.axes[0].bbox
    assert all(inside.contains(*box.min) and inside.contains(*box.max) for box in boxes)


def test_names_of_points_in_one_place() -> None:
    figure = Figure(figsize=(5, 4))
    panel = figure.add_axes((0.1, 0.1, 0.8, 0.8))
    place_labels(panel, [(f"name {index}", 0.5, 0.5) for index in range(8)], 8, [])
    boxes = [text.get_window_extent() for text in names_in(figure)]
    assert not any(one.overlaps(other) for one, other in itertools.combinations(boxes, 2))


def test_hostile_names() -> None:
    labels = ["$\\frac{1}{0}$\n" * 30, "שיטה", "x" * 200, "漢字"]
    costs = [cost(index, 1, 20, label=label) for index, label in enumerate(labels)]
    figure = draw_quality_speed(costs, Style(width=3.5, size=7))
    assert figure is not None
    figure.draw_without_rendering()


@pytest.mark.parametrize("seconds", [0.03, 0.21, 0.9, 3.0, 7.4, 33.0, 980.0])
def test_the_axis_has_numbers_and_holds_the_intervals(seconds: float) -> None:
    for costs in ([cost(0, seconds, 20)], [cost(0, seconds, 20), cost(1, 1.2 * seconds, 21)]):
        figure = draw_quality_speed(costs)
        assert figure is not None
        figure.draw_without_rendering()
        panel = figure.axes[0]
        low, high = panel.get_xlim()
        assert sum(low <= tick <= high for tick in panel.get_xticks()) >= 2
        assert low < min(one.seconds.low for one in costs)
        assert high > max(one.seconds.high for one in costs)
