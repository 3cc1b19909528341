"""Every method of the registry with random weights: any size, the same bytes, its manifest true.

The sides that networks work at are made smaller, as what is asked here does not depend on them.
"""

import dataclasses
import json
from collections.abc import Iterator

import numpy as np
import pytest

from romnet_bench.errors import UserError
from romnet_bench.images import Picture
from romnet_bench.methods.contract import (
    UNTRAINED,
    ContractError,
    Method,
    MethodOptions,
    check_outputs,
)
from romnet_bench.methods.registry import list_methods, load_method
from romnet_bench.published.manifest import find_method

OPTIONS = MethodOptions(untrained=True, color_side=64, render_factor=7)
SMALLER = {
    "ddcolor.method.SIDE": 64,
    "exemplar_video.method.AREA": 32 * 64,
    "he.inputs.SHORT_SIDE": 32,
    "he.inputs.LONG_SIDE": 64,
    "instcolorization.detector._SHORT": 32,
    "instcolorization.detector._LONG": 64,
    "instcolorization.detector.MOST": 2,  # boxes
    "wan.restoration.DETECTION_SIDE": 64,
}
LARGE = {
    "ddcolor-large",
    "deoldify-artistic",
    "deoldify-stable",
    "instcolorization",
    "wan-scratches",
}
"""These get two photos of the four."""
NO_NETWORK = {"input"}


@dataclasses.dataclass(frozen=True)
class Tried:
    name: str
    method: Method
    photos: list[Picture]
    references: list[Picture | None]
    outputs: list[Picture]
    """Each photo's, when it was given alone."""


def draw(seed: int, *shape: int) -> Picture:
    return np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8)


def make_photos(name: str) -> list[Picture]:
    """Noise, white, black, in odd sizes."""
    photos = [draw(0, 31, 57), np.full((1, 1), 255, np.uint8), np.zeros((2, 3), np.uint8)]
    return photos[:2] if name in LARGE else [*photos, draw(1, 64, 64)]


def load(name: str) -> Method:
    try:
        return load_method(name, OPTIONS)
    except ContractError:
        raise
    except UserError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="module", autouse=True)
def smaller() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for constant, value in SMALLER.items():
            patch.setattr(f"romnet_bench.methods.{constant}", value)
        yield


@pytest.fixture(scope="module", params=list_methods())
def tried(request: pytest.FixtureRequest, smaller: None, module_cache: None) -> Tried:
    method = load(request.param)
    photos = make_photos(request.param)
    references: list[Picture | None] = [None] * len(photos)
    if method.needs_reference:
        sizes = [(57, 31), (50, 71), (1, 1), (3, 80)]
        references = [draw(seed, *size, 3) for seed, size in enumerate(sizes[: len(photos)])]
    outputs = []
    for photo, reference in zip(photos, references, strict=True):
        found = method.restore([photo], [reference])
        check_outputs([photo], found)
        outputs += found
    return Tried(request.param, method, photos, references, outputs)


def require_same(found: list[Picture], expected: list[Picture]) -> None:
    for one, other in zip(found, expected, strict=True):
        assert one.shape == other.shape
        assert np.array_equal(one, other), f"{np.mean(one != other):.1%} of the values differ"


def test_photos_together_and_a_second_time(tried):
    """In another order besides: no photo leaves anything behind."""
    found = tried.method.restore(tried.photos[::-1], tried.references[::-1])
    check_outputs(tried.photos[::-1], found)
    require_same(found, tried.outputs[::-1])


def test_photos_stay_as_they_were(tried):
    require_same(tried.photos, make_photos(tried.name))


def test_a_fresh_instance_gives_the_same(tried):
    fresh = load(tried.name)
    assert fresh.fingerprint() == tried.method.fingerprint()
    require_same(fresh.restore(tried.photos[:1], tried.references[:1]), tried.outputs[:1])


def test_it_is_what_its_manifest_says(tried):
    _, facts = find_method(tried.name)
    for attribute in ("name", "label", "restores", "colorizes", "needs_reference"):
        assert getattr(tried.method, attribute) == getattr(facts, attribute), attribute


def test_random_weights_are_said(tried):
    assert (UNTRAINED in tried.method.notes) == (tried.name not in NO_NETWORK)
    fingerprint = tried.method.fingerprint()
    assert (UNTRAINED in fingerprint.values()) == (tried.name not in NO_NETWORK)
    assert json.loads(json.dumps(fingerprint)) == fingerprint
    assert all(isinstance(value, str) for value in fingerprint.values())


def test_those_that_colourise_give_colours(tried):
    colored = any(np.ptp(output, axis=-1).any() for output in tried.outputs)
    assert colored or not tried.method.colorizes
