"""How many pictures a core degrades each second, and how much more two of them do."""

import concurrent.futures
import io
import itertools
import multiprocessing
import os
import time

import numpy as np
import pytest
from PIL import Image
from pytest_benchmark.fixture import BenchmarkFixture
from scipy import ndimage

from romnet_bench.images import Picture
from romnet_bench.synthesis.degrade import degrade
from romnet_bench.synthesis.noise import cloud
from romnet_bench.synthesis.recipe import Recipe, load_recipe


def photo(side: int = 512) -> Picture:
    field = cloud((side, side), np.random.default_rng(0), 80, 6)
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


# Beside Wan et al.'s degradation, at the 256×256 that they train on


def wan_in_colour(colour: Picture, rng: np.random.Generator) -> Picture:
    """The same steps as the recipe wan, as they are usually written: in colour, step by step.

    Float64 noise for every pixel and channel, and a rounded uint8 picture between any two steps.
    Their own blur is OpenCV's, which is faster than this one.
    """
    for step in rng.permutation(4):
        if rng.random() >= 0.7:
            continue
        if step == 0:
            kernel = np.exp(-0.5 * (np.arange(-3, 4) / rng.uniform(1, 5)) ** 2)
            kernel = kernel[3 - (half := int(rng.integers(1, 4))) : 4 + half]
            kernel /= kernel.sum()
            blurred = colour.astype(np.float64)
            for axis in (0, 1):
                blurred = ndimage.correlate1d(blurred, kernel, axis)
            colour = np.clip(blurred, 0, 255).astype(np.uint8)
        elif step == 1:
            scaled = colour / 255
            kind = rng.integers(3)
            if kind == 2:
                flipped = rng.random(scaled.shape) < rng.uniform(0, 0.01)
                salted = rng.random(scaled.shape) < rng.uniform(0.3, 0.8)
                scaled[flipped] = salted[flipped]
            else:
                noise = rng.normal(0, rng.uniform(5, 50) / 255, scaled.shape)
                scaled += noise * scaled if kind == 1 else noise
            colour = np.clip(scaled * 255, 0, 255).astype(np.uint8)
        elif step == 2:
            height, width = colour.shape[:2]
            small = tuple(int(rng.integers(side // 2, side + 1)) for side in (width, height))
            back = (Image.Resampling.NEAREST, Image.Resampling.BILINEAR)[int(rng.integers(2))]
            image = Image.fromarray(colour).resize(small, Image.Resampling.BICUBIC)
            colour = np.asarray(image.resize((width, height), back))
        else:
            buffer = io.BytesIO()
            quality = int(rng.integers(40, 101))
            Image.fromarray(colour).save(buffer, format="JPEG", quality=quality)
            colour = np.asarray(Image.open(buffer).convert("RGB"))
    return colour


def test_wan_beside_the_usual_way(benchmark: BenchmarkFixture) -> None:
    """By the processor's own clock and in turns: others' work on the machine slows both."""
    recipe, grey, rng = load_recipe("wan"), photo(256), np.random.default_rng(0)
    colour = np.stack([grey, grey[::-1], grey[:, ::-1]], axis=-1)
    seconds = {"ours": 0.0, "usual": 0.0}
    rounds, batch = 20, 25
    for number in range(rounds + 1):
        start = time.process_time()
        for index in range(batch):
            degrade(grey, f"{number}/{index}", recipe)
        middle = time.process_time()
        for _ in range(batch):
            wan_in_colour(colour, rng)
        if number:  # the first is for warming up
            seconds["ours"] += middle - start
            seconds["usual"] += time.process_time() - middle
    for name, total in seconds.items():
        benchmark.extra_info[f"{name}_per_second"] = rounds * batch / total
    benchmark.extra_info["ratio"] = seconds["usual"] / seconds["ours"]
    numbers = itertools.count()
    benchmark.pedantic(lambda: degrade(grey, str(next(numbers)), recipe), rounds=100)


def degrade_many(first: int, count: int) -> int:
    recipe, grey = load_recipe("wan"), photo(256)
    for number in range(first, first + count):
        degrade(grey, str(number), recipe)
    return count


@pytest.mark.skipif((os.cpu_count() or 1) < 2, reason="needs two cores")
def test_two_cores_beside_one(benchmark: BenchmarkFixture) -> None:
    """Means something only while nothing else runs on the machine."""
    context = multiprocessing.get_context("spawn")
    each, seconds = 2000, {}
    with concurrent.futures.ProcessPoolExecutor(2, mp_context=context) as pool:
        list(pool.map(degrade_many, (0, 50), (50, 50)))  # both have imported everything
        for workers in (1, 2):
            start = time.perf_counter()
            jobs = [pool.submit(degrade_many, n * each, each) for n in range(workers)]
            done = sum(job.result() for job in jobs)
            seconds[workers] = (time.perf_counter() - start) / done
    benchmark.extra_info["times_more"] = seconds[1] / seconds[2]
    benchmark.pedantic(degrade_many, (0, 10), rounds=3)
