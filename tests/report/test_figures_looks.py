"""A method looks the same in every figure of a report."""

import dataclasses
import itertools
from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_rgba

from romnet_bench.report.figures.costs import measure_costs
from romnet_bench.report.figures.distributions import draw_distributions
from romnet_bench.report.figures.looks import assign_looks, base_label, looks_of
from romnet_bench.report.figures.quality_speed import draw_quality_speed
from romnet_bench.report.figures.rank_curves import find_rank_curves, keep_first_ranks
from romnet_bench.report.figures.sensitivity import draw_sensitivity
from romnet_bench.report.figures.style import NEUTRAL, Style
from romnet_bench.report.runs import Comparison, compare_runs

pytestmark = pytest.mark.filterwarnings("error")


def add_ranks(bench: Any, photos: Any, label: str = "Blur") -> None:
    for rank in (1, 2):
        name = "blur" if rank == 1 else "blur-rank-02"
        bench.add_run(
            photos,
            "blur",
            folder=f"{photos.name}/{name}",
            method__name=name,
            method__label=label if rank == 1 else f"{label}, reference of rank {rank}",
            references={"choice": "ranked", "rank": str(rank)},
        )


@pytest.fixture
def two_datasets(bench: Any) -> list[Comparison]:
    """Noise stands second in the first, and first (after the input) in the second."""
    one, other = bench.add_dataset("a"), bench.add_dataset("b")
    add_ranks(bench, one)
    bench.add_run(one, "noise")
    bench.add_run(other, "grey", method__label="Input")
    bench.add_run(other, "noise")
    return compare_runs([bench.runs])


def test_looks_follow_the_place_among_all(two_datasets: list[Comparison]) -> None:
    looks = looks_of(two_datasets)
    assert looks["Input"] == NEUTRAL
    assert looks["Blur"] == looks["Blur, reference of rank 2"]
    assert looks["noise"] not in (NEUTRAL, looks["Blur"])
    assert looks_of(two_datasets[1:])["noise"] != looks["noise"]  # alone it would look otherwise


def test_fourteen_methods_differ() -> None:
    names = [f"Method {index}" for index in range(14)]
    looks = assign_looks(["Input", *names], {"Input"})
    assert len({(one.colour, one.marker) for one in looks.values()}) == 15
    assert assign_looks(names)["Method 3"] == looks["Method 3"]  # the input takes no place
    drawn = [looks[name] for name in names]
    assert all(one.colour != other.colour for one, other in itertools.pairwise(drawn))


def test_every_figure_shows_the_same(two_datasets: list[Comparison]) -> None:
    looks = looks_of(two_datasets)
    generator = np.random.default_rng(0)
    for comparison in map(keep_first_ranks, two_datasets):
        figure = draw_distributions(comparison, generator, looks=looks)
        for run, box in zip(comparison.runs, figure.axes[0].patches, strict=True):
            assert to_rgba(box.get_edgecolor()) == to_rgba(looks[run.label].colour)
            assert (box.get_hatch() or "") == looks[run.label].hatch
        speed = draw_quality_speed(measure_costs(comparison), looks=looks)
        assert speed is not None
        points = [container.lines[0] for container in speed.axes[0].containers]
        assert [(point.get_marker(), to_rgba(point.get_color())) for point in points] == [
            (looks[run.label].marker, to_rgba(looks[run.label].colour))
            for run in comparison.runs
            if not run.is_floor
        ]
    curves = [dataclasses.replace(one, label="noise") for one in find_rank_curves(two_datasets[0])]
    line = draw_sensitivity(curves, looks=looks).axes[0].containers[0].lines[0]
    assert line.get_marker() == looks["noise"].marker
    assert to_rgba(line.get_color()) == to_rgba(looks["noise"].colour)


def test_curves_look_like_their_method(two_datasets: list[Comparison]) -> None:
    (curve,) = find_rank_curves(two_datasets[0])
    assert curve.label == "Blur"
    assert curve.label in looks_of(two_datasets)
    assert base_label("Blur, reference of rank 10 (other)") == "Blur (other)"


def test_looks_have_the_styles_palette() -> None:
    looks = assign_looks(["a", "b"], style=Style(palette=("#ff0000", "#00ff00")))
    assert looks["b"].colour == (0, 1, 0)
