from collections.abc import Callable

import numpy as np
import pytest
from scipy import ndimage

from romnet_bench.data.prokudin.damage import find_damage
from romnet_bench.data.prokudin.repair import repair

PHOTOS = ("astronaut", "coffee")
UNIT = 1.0


def disc(shape: tuple[int, ...], row: float, column: float, radius: float) -> np.ndarray:
    y, x = np.mgrid[: shape[0], : shape[1]]
    hard = ((y - row) ** 2 + (x - column) ** 2 <= radius**2).astype(np.float32)
    return ndimage.gaussian_filter(hard, 0.6)


def plant(channels: np.ndarray, seed: int, count: int = 16) -> tuple[np.ndarray, np.ndarray]:
    """Specks at places drawn at random, each in one exposure, and where they are."""
    random = np.random.default_rng(seed)
    damaged, places = channels.copy(), np.zeros(channels.shape, bool)
    height, width = channels.shape[1:]
    for _ in range(count):
        channel = random.integers(3)
        row, column = random.uniform(12, height - 12), random.uniform(12, width - 12)
        opaque = disc((height, width), row, column, random.uniform(1.2, 4))
        level = 0.02 if channels[channel, int(row), int(column)] > 0.5 else 0.98
        damaged[channel] += opaque * (level - damaged[channel])
        places[channel] |= opaque > 0.2
    return damaged, places


def test_photographs_without_damage(channels: Callable) -> None:
    for name in PHOTOS:
        found = find_damage(channels(name), UNIT)
        assert found.proven.mean() < 1e-3


def test_planted_damage_is_found_and_repaired(channels: Callable) -> None:
    wrong = right = planted = 0
    before, after = [], []
    for seed, name in enumerate(PHOTOS):
        clean = channels(name)
        damaged, places = plant(clean, seed)
        found = find_damage(damaged, UNIT)
        near = ndimage.maximum_filter(places, (1, 5, 5))
        alone = find_damage(clean, UNIT).proven
        right += int((found.proven & near).sum())
        wrong += int((found.proven & ~near & ~alone).sum())
        planted += int(places.sum())
        repaired, _ = repair(damaged, damaged, found.proven, found.proven | found.unproven, UNIT)
        seen = places & found.proven
        before.append(((damaged - clean)[seen] ** 2).mean())
        after.append(((repaired - clean)[seen] ** 2).mean())
    assert right / (right + wrong) > 0.95
    assert right / planted > 0.4  # what lies in texture stays unproven
    assert -10 * np.log10(np.mean(after)) > -10 * np.log10(np.mean(before)) + 12


def test_most_damage_on_a_smooth_ground_is_found() -> None:
    random = np.random.default_rng(0)
    y, x = np.mgrid[:200, :200] / 200
    smooth = np.stack([0.3 + 0.4 * x, 0.6 - 0.3 * y, 0.5 + 0.2 * x * y])
    channels = (smooth + random.normal(0, 0.008, smooth.shape)).astype(np.float32)
    damaged, places = plant(channels, 1, count=12)
    damage = find_damage(damaged, UNIT)
    found = damage.proven | damage.unproven  # large dark ones of the blue may be yellow things
    assert damage.proven.sum() > 0.5 * found.sum()
    pieces, count = ndimage.label(places.any(axis=0))
    hit = sum(found.any(axis=0)[pieces == piece].any() for piece in range(1, count + 1))
    assert hit == count


def test_a_colour_that_others_show_too_is_the_scenes() -> None:
    random = np.random.default_rng(0)
    channels = (0.4 + random.normal(0, 0.01, (3, 120, 120))).astype(np.float32)
    spot = disc((120, 120), 60, 60, 5)
    channels += np.array([0.03, 0.12, 0.3], np.float32)[:, None, None] * spot
    assert not find_damage(channels, UNIT).proven[:, 50:70, 50:70].any()


def test_a_thing_that_moved_is_the_scenes() -> None:
    random = np.random.default_rng(0)
    channels = (0.4 + random.normal(0, 0.01, (3, 120, 120))).astype(np.float32)
    for channel, column in enumerate((60, 60, 62)):  # it moved before the third exposure
        channels[channel] += 0.3 * disc((120, 120), 60, column, 2.5)
    assert not find_damage(channels, UNIT).proven.any()


@pytest.mark.parametrize(("channel", "proven"), [(0, False), (1, True), (2, False)])
def test_red_or_blue_on_dark_is_not_proven(channel: int, proven: bool) -> None:
    random = np.random.default_rng(0)
    channels = (0.12 + random.normal(0, 0.01, (3, 120, 120))).astype(np.float32)
    channels[channel] += 0.5 * disc((120, 120), 60, 60, 4)
    found = find_damage(channels, UNIT)
    assert found.proven[channel, 60, 60] == proven
    assert found.unproven[channel, 60, 60] != proven


def test_a_larger_dark_piece_of_the_blue_may_be_yellow() -> None:
    random = np.random.default_rng(0)
    clean = (0.7 + random.normal(0, 0.01, (3, 120, 120))).astype(np.float32)
    for radius, proven in ((1.5, True), (4, False)):
        channels = clean.copy()
        channels[2] -= 0.5 * disc((120, 120), 60, 60, radius)
        found = find_damage(channels, UNIT)
        assert found.proven[2, 60, 60] == proven
        assert found.unproven[2, 60, 60] != proven


def test_a_crack_that_the_others_could_not_show_is_not_proven() -> None:
    random = np.random.default_rng(0)
    channels = (random.normal(0, 0.008, (3, 120, 120))).astype(np.float32)
    channels += np.array([0.7, 0.1, 0.08], np.float32)[:, None, None]  # a red door
    channels[0] -= 0.3 * disc((120, 120), 60, 60, 3)
    found = find_damage(np.clip(channels, 0, 1), UNIT)
    assert not found.proven.any()
    assert found.unproven[0, 60, 60]


def test_burnt_out_exposures_prove_nothing() -> None:
    random = np.random.default_rng(0)
    channels = np.ones((3, 120, 120), np.float32)
    channels[0] = 0.6 + random.normal(0, 0.01, (120, 120))
    channels[0] -= 0.4 * disc((120, 120), 60, 60, 3)
    found = find_damage(channels, UNIT)
    assert not found.proven.any()
    assert found.unproven[0, 60, 60]


def test_a_larger_scan_gives_the_same_pieces(channels: Callable) -> None:
    clean = channels("chelsea")[:, 60:200, 60:200]
    damaged, _ = plant(clean, 4, count=6)
    small = find_damage(damaged, UNIT).proven.any(axis=0)
    large = np.stack([ndimage.zoom(each, 2, order=1) for each in damaged])
    big = find_damage(large, 2 * UNIT).proven.any(axis=0)
    big = ndimage.zoom(big.astype(np.float32), 0.5, order=1) > 0.5
    assert (small & ndimage.maximum_filter(big, 3)).sum() > 0.6 * small.sum()
