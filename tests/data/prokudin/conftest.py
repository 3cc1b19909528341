"""Plates made from colour photographs, so that the truth is known."""

import dataclasses
import functools
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
import skimage.data
from scipy import ndimage

from romnet_bench.data.prokudin.affine import Affine

Fields = npt.NDArray[np.float32]


@dataclasses.dataclass(frozen=True)
class Scene:
    """A photograph as three exposures that each have their own frame."""

    exposures: dict[str, Fields]
    true: dict[str, Affine]  # from the green exposure's frame to each
    plate: npt.NDArray[np.uint8]


@functools.cache
def photo(name: str, side: int = 480) -> Fields:
    """A colour photograph that scikit-image installs, H×W×3 in 0…1, `side` pixels high."""
    picture = getattr(skimage.data, name)()[..., :3].astype(np.float32) / 255
    zoom = side / picture.shape[0]
    smooth = ndimage.gaussian_filter(picture, (0.5 / zoom, 0.5 / zoom, 0))
    return np.clip(ndimage.zoom(smooth, (zoom, zoom, 1), order=3), 0, 1).astype(np.float32)


def similarity(turn: float, scale: float, shift: tuple[float, float], size: int) -> Affine:
    """Turned by degrees and scaled about the middle of size×size, then shifted."""
    angle = np.radians(turn)
    matrix = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    centre = np.full(2, (size - 1) / 2)
    return Affine(matrix, centre + shift - matrix @ centre)


def expose(
    picture: Fields,
    size: int,
    maps: dict[str, Affine],
    tones: dict[str, float],
    noise: np.random.Generator,
) -> Scene:
    """Three exposures size×size of the photo's middle: blue, green, red below each other.

    Each is the photo's channel under its own map and tone curve, with film grain, in a dark frame.
    """
    middle = (np.array(picture.shape[1::-1]) - 1) / 2 - (size - 1) / 2
    y, x = np.mgrid[:size, :size].astype(np.float64)
    points = np.stack([x.ravel(), y.ravel()], axis=1)
    exposures = {}
    for channel, name in enumerate(("red", "green", "blue")):
        at = maps[name].inverse()(points) + middle
        level = ndimage.map_coordinates(picture[..., channel], at.T[::-1], order=3, mode="mirror")
        level = np.clip(level.reshape(size, size), 0, 1) ** tones[name]
        level += noise.normal(0, 0.008, level.shape)
        frame = np.zeros((size, size), bool)
        frame[6:-6, 8:-8] = True
        exposures[name] = np.where(frame, np.clip(level, 0.02, 0.98), 0.01).astype(np.float32)
    stacked = np.concatenate([exposures[name] for name in ("blue", "green", "red")])
    return Scene(exposures, maps, np.rint(stacked * 255).astype(np.uint8))


@pytest.fixture(scope="session")
def make_scene() -> Callable[..., Scene]:
    """A scene from a photo's name: `make_scene("astronaut", seed=0)`."""

    def make(name: str, seed: int, size: int = 300, far: float = 12.0) -> Scene:
        return exposed(photo(name), seed, size, far)

    return make


@pytest.fixture(scope="session")
def make_exposures() -> Callable[..., Scene]:
    """A scene from a picture, H×W×3 uint8."""

    def make(picture: npt.NDArray[np.uint8], seed: int) -> Scene:
        return exposed(picture.astype(np.float32) / 255, seed)

    return make


def exposed(picture: Fields, seed: int, size: int = 300, far: float = 12.0) -> Scene:
    """Exposures under maps and tone curves that are drawn: turned to 1°, scaled to 1 %."""
    random = np.random.default_rng(seed)
    maps = {
        channel: similarity(
            random.uniform(-1, 1),
            1 + random.uniform(-0.01, 0.01),
            tuple(random.uniform(-far, far, 2)),
            size,
        )
        for channel in ("red", "blue")
    }
    maps["green"] = similarity(0, 1, (0, 0), size)
    tones = {channel: random.uniform(0.7, 1.4) for channel in maps}
    return expose(picture, size, maps, tones, random)


@pytest.fixture(scope="session")
def channels() -> Callable[[str], Fields]:
    """Perfectly aligned channels of a photo, 3×300×300, with grain."""

    @functools.cache
    def make(name: str) -> Fields:
        random = np.random.default_rng(1)
        maps = {channel: similarity(0, 1, (0, 0), 300) for channel in ("red", "green", "blue")}
        scene = expose(photo(name), 300, maps, dict.fromkeys(maps, 1.0), random)
        stack = np.stack([scene.exposures[channel] for channel in ("red", "green", "blue")])
        return np.ascontiguousarray(stack[:, 10:-10, 10:-10])

    return make
