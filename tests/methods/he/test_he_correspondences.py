"""Matching, error maps and voting against plain loops and known answers."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional

from romnet_bench.methods.he.correspondences import match
from romnet_bench.methods.he.similarity import compare, distances, vote


def pyramid(height: int, width: int, seed: int = 0, channels: int = 12) -> list[Tensor]:
    """Five maps, each the mean of 2×2 of the one before: fine to coarse."""
    noise = np.random.default_rng(seed).normal(size=(1, channels, height, width))
    maps = [torch.from_numpy(noise.astype(np.float32))]
    while len(maps) < 5:
        maps.append(functional.avg_pool2d(maps[-1], 2))
    return maps


def places(height: int, width: int) -> Tensor:
    return torch.from_numpy(np.stack(np.indices((height, width))))


def test_a_photo_is_matched_with_itself() -> None:
    maps = pyramid(64, 80)
    assert torch.equal(match(maps, maps), places(64, 80))


def test_a_moved_photo_is_found() -> None:
    """The reference is the photo moved by one place of the coarsest level, and cut."""
    whole = pyramid(96, 96)
    cut = [x[..., 16 // 2**k :, 16 // 2**k :] for k, x in enumerate(whole)]
    found = match(cut, whole)
    assert (found == places(80, 80) + 16).float().mean() > 0.95
    back = match(whole, cut)[:, 24:-8, 24:-8]
    assert (back == places(96, 96)[:, 24:-8, 24:-8] - 16).float().mean() > 0.95


@settings(max_examples=15, deadline=None)
@given(
    sizes=st.tuples(*[st.integers(16, 50)] * 4),
    seed=st.integers(0, 5),
)
def test_matches_lie_inside(sizes: tuple[int, int, int, int], seed: int) -> None:
    """Whatever the sizes, odd ones too: a place of the reference for every pixel."""
    mine, theirs = pyramid(*sizes[:2], seed), pyramid(*sizes[2:], seed + 1)
    rows, columns = match(mine, theirs)
    assert rows.shape == sizes[:2]
    assert rows.min() >= 0
    assert columns.min() >= 0
    assert rows.max() < sizes[2]
    assert columns.max() < sizes[3]


@pytest.mark.parametrize("scale", [1, 2, 8])
def test_distances_are_those_of_plain_loops(scale: int) -> None:
    generator = np.random.default_rng(3)
    mine = generator.random((4, 24 // scale, 40 // scale), np.float32)
    theirs = generator.random((4, 32 // scale, 16 // scale), np.float32)
    field = np.stack([generator.integers(0, 32, (24, 40)), generator.integers(0, 16, (24, 40))])
    found = distances(*(torch.from_numpy(x) for x in (field, mine, theirs)), scale)

    def feature(x: np.ndarray, row: int, column: int) -> np.ndarray:
        """Bilinear at row/scale + 1/2, held inside."""
        shift = 0.5 if scale > 1 else 0.0
        value = np.zeros(len(x))
        y = min(row / scale + shift, x.shape[1] - 1)
        z = min(column / scale + shift, x.shape[2] - 1)
        for i in range(x.shape[1]):
            for j in range(x.shape[2]):
                value += max(1 - abs(y - i), 0) * max(1 - abs(z - j), 0) * x[:, i, j]
        return value

    for row in range(0, 24, 5):
        for column in range(0, 40, 3):
            a, b = feature(mine, row, column), feature(theirs, *field[:, row, column])
            cosine = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
            assert found[row, column] == pytest.approx(1 - cosine, abs=1e-5)


def test_votes_are_those_of_plain_loops() -> None:
    generator = np.random.default_rng(4)
    colors = generator.integers(0, 256, (9, 8, 3), np.uint8)
    field = np.stack([generator.integers(0, 9, (7, 11)), generator.integers(0, 8, (7, 11))])
    found = vote(colors, torch.from_numpy(field))
    for row in range(7):
        for column in range(11):
            said = []
            for y in (row - 1, row, row + 1):
                for x in (column - 1, column, column + 1):
                    if 0 <= y < 7 and 0 <= x < 11:
                        place = field[:, y, x] + [row - y, column - x]
                        if (place >= 0).all() and (place < [9, 8]).all():
                            said.append(colors[tuple(place)].astype(int))
            assert (found[row, column] == np.sum(said, axis=0) // len(said)).all()


def test_a_photo_compared_with_itself_has_no_errors() -> None:
    maps = pyramid(32, 48)
    colors = np.random.default_rng(5).integers(0, 256, (32, 48, 3), np.uint8)
    field = places(32, 48)
    found = compare(field, field, maps, maps, colors)
    assert np.array_equal(found.warped, colors)
    assert all(error.max() == 0 for error in (*found.there, *found.back))


def test_errors_are_listed_from_coarse_to_fine() -> None:
    """Only the coarsest maps differ, and the way back is seen at the matched place."""
    mine, theirs = pyramid(32, 32), pyramid(32, 32)
    theirs[-1] = -theirs[-1]
    there = places(32, 32).flip(1).contiguous()
    back = places(32, 32)
    found = compare(there, back, mine, theirs, np.zeros((32, 32, 3), np.uint8))
    assert len(found.there) == len(found.back) == 5
    assert found.back[0].min() == 255  # cosine −1, cut at a distance of 1
    assert all(error.max() == 0 for error in found.back[1:])
    assert all(error.mean() > 50 for error in found.there)
