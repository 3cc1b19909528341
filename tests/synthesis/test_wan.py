"""The steps of Wan et al.: kernels, noises and orders, beside independent references."""

import collections
import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy import ndimage, stats

from romnet_bench.synthesis.degrade import degrade
from romnet_bench.synthesis.optics import KernelBlur, Resolution, blur_by_kernel, lose_resolution
from romnet_bench.synthesis.pixel_noise import Noise, add_noise
from romnet_bench.synthesis.recipe import Recipe, load_recipe
from romnet_bench.synthesis.steps import FloatPicture


def picture(height: int, width: int, seed: int = 0) -> FloatPicture:
    return np.random.default_rng(seed).random((height, width), dtype=np.float32)


def noise(**changes: object) -> Noise:
    content = {"probability": 1, "types": ["gaussian"], "sigma": [20, 20], "share": [0.01, 0.01]}
    return Noise.model_validate(content | changes)


@settings(deadline=None, max_examples=40)
@given(
    st.integers(1, 40),
    st.integers(1, 40),
    st.sampled_from([1, 3, 5, 7, 9, 15]),
    st.floats(0.1, 10),
    st.integers(0, 99),
)
def test_a_kernel_blurs_as_a_full_convolution_does(
    height: int, width: int, taps: int, sigma: float, seed: int
) -> None:
    clear = picture(height, width, seed)
    step = KernelBlur(probability=1, taps=(taps,), sigma=(sigma, sigma))
    outcome = blur_by_kernel(clear, np.random.default_rng(0), step)
    assert outcome.drawn["taps"] == taps
    distance = np.arange(taps) - taps // 2
    row = np.exp(-0.5 * (distance / outcome.drawn["sigma"]) ** 2)
    kernel = np.outer(row, row) / row.sum() ** 2
    expected = ndimage.convolve(clear.astype(np.float64), kernel, mode="reflect")
    assert outcome.picture.dtype == np.float32
    assert np.abs(outcome.picture - expected).max() < 2e-6
    assert outcome.opacity is None


@pytest.mark.parametrize("mean", [0.3, 0.6])
def test_gaussian_noise_is_normal_and_of_the_asked_strength(mean: float) -> None:
    flat = np.full((400, 400), mean, np.float32)
    outcome = add_noise(flat, np.random.default_rng(1), noise())
    added = (outcome.picture - mean).ravel() * 255 / 20
    assert abs(added.mean()) < 0.02
    assert abs(added.std() - 1) < 0.01
    # 160,000 numbers of a true normal distribution lie within this of it, 999 times of 1,000.
    assert stats.kstest(added, "norm").statistic < 1.95 / 400
    across = np.corrcoef(outcome.picture[:, 1:].ravel(), outcome.picture[:, :-1].ravel())[0, 1]
    assert abs(across) < 0.02


def test_speckle_grows_with_the_light_and_leaves_black_alone() -> None:
    steps = np.repeat(np.float32([0, 0.2, 0.4]), 300)[None].repeat(300, axis=0)
    outcome = add_noise(steps, np.random.default_rng(2), noise(types=["speckle"]))
    added = (outcome.picture - steps).reshape(300, 3, 300).std(axis=(0, 2)) * 255
    assert added == pytest.approx([0, 4, 8], rel=0.02)


def test_salt_and_pepper_change_the_asked_share_and_nothing_else() -> None:
    grey = 0.25 + 0.5 * picture(500, 500)
    step = noise(types=["salt_and_pepper"], share=[0.02, 0.02], salt=[0.3, 0.3])
    outcome = add_noise(grey, np.random.default_rng(3), step)
    changed = outcome.picture != grey
    assert changed.mean() == pytest.approx(0.02, rel=0.05)
    assert set(np.unique(outcome.picture[changed])) == {0, 1}
    assert outcome.picture[changed].mean() == pytest.approx(0.3, abs=0.03)
    assert grey.min() > 0  # the picture that was handed in is untouched
    assert grey.max() < 1


def test_the_noises_are_equally_likely() -> None:
    step = noise(types=["gaussian", "speckle", "salt_and_pepper"])
    rng = np.random.default_rng(4)
    counts = collections.Counter(
        add_noise(picture(2, 2), rng, step).drawn["type"] for _ in range(600)
    )
    assert all(150 < counts[name] < 250 for name in step.types)


def test_sides_lose_resolution_apart_or_together() -> None:
    columns = np.tile(np.float32([0, 1]), 64)[None].repeat(128, axis=0)
    apart = Resolution(probability=1, scale=(0.5, 1), back=("bilinear",), apart=True)
    shares = []
    for seed in range(30):
        drawn = lose_resolution(columns, np.random.default_rng(seed), apart).drawn["scale"]
        assert isinstance(drawn, list)
        shares.append(drawn)
    assert abs(np.corrcoef(np.transpose(shares))[0, 1]) < 0.5
    together = apart.model_copy(update={"apart": False})
    assert isinstance(
        lose_resolution(columns, np.random.default_rng(0), together).drawn["scale"], float
    )


def test_apart_makes_each_side_as_small_as_it_says() -> None:
    clear = picture(60, 80)
    step = Resolution(probability=1, scale=(0.5, 1), back=("nearest",), apart=True)
    outcome = lose_resolution(clear, np.random.default_rng(5), step)
    down, across = outcome.drawn["scale"]  # type: ignore[misc]
    small = Image.fromarray(clear).resize(
        (round(80 * across), round(60 * down)), Image.Resampling.BICUBIC
    )
    expected = small.resize((80, 60), Image.Resampling.NEAREST)
    assert np.array_equal(outcome.picture, np.clip(np.asarray(expected), 0, 1))


def wan(probability: float | None = None) -> Recipe:
    recipe = load_recipe("wan")
    if probability is None:
        return recipe
    steps = [step.model_copy(update={"probability": probability}) for step in recipe.degradations]
    return recipe.model_copy(update={"degradations": steps})


def test_wan_s_numbers() -> None:
    recipe = wan()
    assert recipe.order == "random"
    assert [step.probability for step in recipe.degradations] == [0.7] * 4
    assert (recipe.size.side, recipe.min_side) == (256, 256)


def test_every_order_comes_and_depends_on_the_id_alone() -> None:
    grey = np.full((16, 16), 99, np.uint8)
    orders = [
        tuple(str(step["kind"]) for step in degrade(grey, str(number), wan(1)).steps)
        for number in range(400)
    ]
    counts = collections.Counter(orders)
    kinds = [step.kind for step in wan().degradations]
    assert set(counts) == set(itertools.permutations(kinds))
    assert max(counts.values()) < 40  # of about 17
    again = degrade(grey, "7", wan(1)).steps
    assert tuple(str(step["kind"]) for step in again) == orders[7]


def test_each_step_happens_to_seven_of_ten_and_leaves_no_mask() -> None:
    grey = np.full((16, 16), 99, np.uint8)
    results = [degrade(grey, str(number), wan()) for number in range(600)]
    counts = collections.Counter(step["kind"] for result in results for step in result.steps)
    assert all(0.62 < count / 600 < 0.78 for count in counts.values())
    assert not any(result.mask.any() for result in results)
    assert results[0].mask.shape == grey.shape


def test_the_order_as_written_is_still_the_default() -> None:
    recipe = load_recipe("old-photos")
    assert recipe.order == "as_written"
