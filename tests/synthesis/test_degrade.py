"""Degrading: the same bytes always, independent steps, honest masks and records."""

import concurrent.futures
import hashlib
import json
import multiprocessing
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from romnet_bench.images import Picture
from romnet_bench.synthesis.degrade import degrade, random_stream
from romnet_bench.synthesis.recipe import Recipe, Structured, list_recipes, load_recipe
from romnet_bench.synthesis.steps import Step

KINDS = [step.kind for step in load_recipe("old-photos").degradations]


def scene(height: int = 96, width: int = 128) -> Picture:
    """A grey picture with smooth parts, edges and texture."""
    y, x = np.mgrid[:height, :width]
    grey = 90 + 60 * np.sin(x / 9) + 40 * (y > height / 2) + 20 * np.cos(x * y / 50)
    return np.clip(grey, 0, 255).astype(np.uint8)


def with_steps(steps: Sequence[Step], seed: int = 0) -> Recipe:
    content = load_recipe("clean").model_dump()
    return Recipe.model_validate({**content, "seed": seed, "degradations": steps})


def always(*kinds: str) -> Recipe:
    """The steps of old-photos of these kinds, each certain to happen."""
    steps = load_recipe("old-photos").degradations
    return with_steps(
        [step.model_copy(update={"probability": 1.0}) for step in steps if step.kind in kinds]
    )


def digest(recipe: Recipe, identity: str) -> str:
    result = degrade(scene(), identity, recipe)
    content = result.picture.tobytes() + result.mask.tobytes() + json.dumps(result.steps).encode()
    return hashlib.sha256(content).hexdigest()


def test_a_random_stream_depends_on_each_of_its_three_keys() -> None:
    def numbers(seed: int, identity: str, purpose: str) -> list[int]:
        return random_stream(seed, identity, purpose).integers(0, 2**32, 8).tolist()

    assert numbers(0, "a", "blur") == numbers(0, "a", "blur")
    streams = [numbers(0, "a", "b"), numbers(1, "a", "b"), numbers(0, "x", "b")]
    streams += [numbers(0, "a", "x"), numbers(0, "ab", ""), numbers(0, "", "ab")]
    assert len({tuple(stream) for stream in streams}) == len(streams)


def test_the_stream_never_changes_from_one_release_to_the_next() -> None:
    # PCG64 and SeedSequence are stable by numpy's compatibility policy; this pins our use.
    entropy = hashlib.sha256(b'[0, "photo", "0:blur"]').digest()
    sequence = np.random.SeedSequence(int.from_bytes(entropy, "big"))
    expected = np.random.Generator(np.random.PCG64(sequence)).integers(0, 2**32, 4)
    drawn = random_stream(0, "photo", "0:blur").integers(0, 2**32, 4)
    assert np.array_equal(drawn, expected)


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_gives_the_same_bytes_twice_and_others_for_another_id(kind: str) -> None:
    recipe = always(kind)
    assert digest(recipe, "a") == digest(recipe, "a")
    assert len({digest(recipe, identity) for identity in "abcd"}) == 4


def test_another_process_gives_the_same_bytes() -> None:
    # A spawned process has another hash seed and another global random state.
    recipe = always(*KINDS)
    context = multiprocessing.get_context("spawn")
    with concurrent.futures.ProcessPoolExecutor(1, mp_context=context) as pool:
        assert pool.submit(digest, recipe, "a").result() == digest(recipe, "a")


def test_one_step_does_not_shift_the_others() -> None:
    steps = load_recipe("old-photos").degradations
    certain = [step.model_copy(update={"probability": 1.0}) for step in steps]
    every = degrade(scene(), "a", with_steps(certain)).steps
    for index in range(len(certain)):
        fewer = list(certain)
        fewer[index] = steps[index].model_copy(update={"probability": 0.0})
        left = degrade(scene(), "a", with_steps(fewer)).steps
        assert left == every[:index] + every[index + 1 :]


def test_seed_zero_is_a_seed() -> None:
    recipe = always("grain")
    other = recipe.model_copy(update={"seed": 1})
    assert digest(recipe, "a") != digest(other, "a")


def test_no_degradation_changes_nothing() -> None:
    for recipe in (load_recipe("clean"), with_steps([])):
        result = degrade(scene(), "a", recipe)
        assert np.array_equal(result.picture, scene())
        assert not result.mask.any()
        assert result.steps == []


def test_probabilities_are_kept() -> None:
    steps = load_recipe("old-photos").degradations
    small = scene(16, 16)
    blur = next(step for step in steps if step.kind == "blur")
    never = with_steps([step.model_copy(update={"probability": 0.0}) for step in steps])
    rarely = with_steps([blur.model_copy(update={"probability": 0.3})])
    assert not any(degrade(small, str(n), never).steps for n in range(50))
    happened = sum(len(degrade(small, str(n), rarely).steps) for n in range(600))
    # 600 draws at 0.3: the standard deviation is 11.
    assert 180 - 45 < happened < 180 + 45


@settings(max_examples=15, deadline=None)
@given(
    height=st.integers(16, 70),
    width=st.integers(16, 70),
    level=st.sampled_from([0, 1, 128, 254, 255]),
    identity=st.text(max_size=8),
)
def test_every_kind_takes_every_size(height: int, width: int, level: int, identity: str) -> None:
    grey = np.full((height, width), level, np.uint8)
    for kind in KINDS:
        result = degrade(grey, identity, always(kind))
        assert result.picture.shape == result.mask.shape == (height, width)
        assert result.picture.dtype == result.mask.dtype == np.uint8
        assert [step["kind"] for step in result.steps] == [kind]


def test_a_large_and_long_photo_works() -> None:
    result = degrade(scene(1100, 300), "a", always(*KINDS))
    assert result.picture.shape == (1100, 300)


def test_the_input_is_left_alone() -> None:
    grey = scene()
    degrade(grey, "a", always(*KINDS))
    assert np.array_equal(grey, scene())


@pytest.mark.parametrize("kind", KINDS)
def test_the_mask_shows_structured_damage_and_nothing_else(kind: str) -> None:
    recipe = always(kind)
    structured = isinstance(recipe.degradations[0], Structured)
    for identity in "abcdef":
        result = degrade(scene(), identity, recipe)
        change = np.abs(result.picture.astype(int) - scene())
        if not structured:
            assert not result.mask.any()
            continue
        assert result.mask.any()
        # Where the mask is 0 the opacity is below 1/510, so a change is below one half level,
        # and rounding the result moves it by one half at most.
        assert change[result.mask == 0].max(initial=0) <= 1
        # An opacity of α moves a pixel by α × 255 at most.
        assert (change <= result.mask.astype(int) + 1).all()
        # And the mask is no mere frame of ones: most of what it marks did change.
        marked = result.mask > 64
        assert not marked.any() or (change[marked] > 0).mean() > 0.9


@pytest.mark.parametrize(
    "name", [name for name in list_recipes() if load_recipe(name).degradations]
)
def test_drawn_parameters_lie_in_their_ranges(name: str) -> None:
    recipe = load_recipe(name)
    steps = [step.model_copy(update={"probability": 1.0}) for step in recipe.degradations]
    certain = recipe.model_copy(update={"degradations": steps})
    checked = 0
    for identity in range(6):
        drawn_steps = degrade(scene(48, 64), str(identity), certain).steps
        assert json.loads(json.dumps(drawn_steps)) == drawn_steps
        assert len(drawn_steps) == len(steps)
        by_kind = {step.kind: step for step in steps}
        for drawn in drawn_steps:
            step = by_kind[str(drawn["kind"])]
            for key, value in drawn.items():
                span = getattr(step, key, None)
                if isinstance(value, float | int) and isinstance(span, tuple):
                    if len(span) != 2:  # a choice, such as that of a kernel's taps
                        assert value in span
                        continue
                    # Chips are drawn for each place of each main crack, and summed.
                    if key != "flakes":
                        assert span[0] <= value <= span[1], (step.kind, key)
                    checked += 1
    assert checked >= 6 * len(steps) / 2


def test_a_typical_old_photo_has_four_to_six_degradations() -> None:
    recipe = load_recipe("old-photos")
    counts = [len(degrade(scene(16, 16), str(n), recipe).steps) for n in range(150)]
    assert 4 <= np.median(counts) <= 6
    assert np.mean(np.isin(counts, range(3, 8))) > 0.8


def test_what_is_seen_does_not_depend_on_the_size() -> None:
    """Twice the pixels, the same damage: the covered share stays about the same."""
    recipe = always("cracks", "folds", "scratches")
    covered = [
        np.mean([degrade(scene(side, side), str(n), recipe).mask.mean() for n in range(6)])
        for side in (128, 256)
    ]
    assert 0.7 < covered[0] / covered[1] < 1.4
