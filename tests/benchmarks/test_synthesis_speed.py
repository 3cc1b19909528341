"""How many pictures of 512×512 a core degrades each second."""

import itertools

import numpy as np
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from romnet_bench.images import Picture
from romnet_bench.synthesis.degrade import degrade
from romnet_bench.synthesis.noise import cloud
from romnet_bench.synthesis.recipe import Recipe, load_recipe


def photo() -> Picture:
    field = cloud((512, 512), np.random.default_rng(0), 80, 6)
    return np.clip(128 + 60 * field, 0, 255).astype(np.uint8)


def measure(benchmark: BenchmarkFixture, recipe: Recipe, rounds: int) -> None:
    grey, numbers = photo(), itertools.count()
    degrade(grey, "warm-up", recipe)
    benchmark.pedantic(lambda: degrade(grey, str(next(numbers)), recipe), rounds=rounds)
    benchmark.extra_info["pictures_per_second"] = 1 / benchmark.stats.stats.mean


@pytest.mark.parametrize("name", ["paper", "old-photos"])
def test_recipe(benchmark: BenchmarkFixture, name: str) -> None:
    measure(benchmark, load_recipe(name), rounds=60)


@pytest.mark.parametrize("kind", [step.kind for step in load_recipe("old-photos").degradations])
def test_degradation(benchmark: BenchmarkFixture, kind: str) -> None:
    recipe = load_recipe("old-photos")
    steps = [step for step in recipe.degradations if step.kind == kind]
    certain = [step.model_copy(update={"probability": 1.0}) for step in steps]
    measure(benchmark, recipe.model_copy(update={"degradations": certain}), rounds=20)
