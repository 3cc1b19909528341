"""Copies are found, other pictures are not taken for copies."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data

from romnet_bench.color import lightness_grey
from romnet_bench.data.duplicates import (
    ALIKE,
    SIDE,
    agreement,
    find_alike,
    find_alike_between,
    thumbnail,
)
from romnet_bench.images import (
    Picture,
    decode_picture,
    limit_side,
    list_pictures,
    read_rgb,
    resize,
    to_rgb,
)


def blobs(seed: int, height: int = 120, width: int = 96) -> Picture:
    random = np.random.default_rng(seed)
    coarse, middle = (random.integers(0, 256, (n, n), dtype=np.uint8) for n in (5, 20))
    mixed = 0.6 * resize(coarse, height, width) + 0.4 * resize(middle, height, width)
    return np.uint8(mixed)


def jpeg(grey: Picture, quality: int) -> Picture:
    buffer = io.BytesIO()
    Image.fromarray(grey).save(buffer, format="JPEG", quality=quality)
    return decode_picture(buffer.getvalue(), "copy")


def trimmed(grey: Picture, share: float) -> Picture:
    height, width = grey.shape
    top, left = round(height * share / 2), round(width * share / 2)
    return grey[top : height - top, left : width - left]


COPIES = {
    "itself": lambda grey: grey,
    "jpeg": lambda grey: jpeg(grey, 20),
    "smaller": lambda grey: resize(grey, grey.shape[0] // 3, grey.shape[1] // 3),
    "darker": lambda grey: np.uint8(255 * (grey / 255) ** 1.8),
    "trimmed": lambda grey: trimmed(grey, 0.07),
}


@pytest.mark.parametrize("name", list(COPIES))
@pytest.mark.parametrize("mirrored", [False, True])
def test_copies_are_found(name: str, mirrored: bool) -> None:
    greys = [blobs(seed) for seed in range(6)]
    copy = COPIES[name](greys[2])
    if mirrored:
        copy = copy[:, ::-1]
    found = find_alike(np.stack([thumbnail(np.ascontiguousarray(g)) for g in (*greys, copy)]))
    assert [(each.first, each.second, each.mirrored) for each in found] == [(2, 6, mirrored)]
    if name == "itself" and not mirrored:
        assert found[0].agreement == 1


def test_all_pairs_are_those_of_one_by_one() -> None:
    greys = [blobs(seed // 2) for seed in range(16)]
    small = np.stack([thumbnail(jpeg(grey, 30 + n)) for n, grey in enumerate(greys)])
    found = {(each.first, each.second): each.agreement for each in find_alike(small)}
    expected = {
        (i, j): agreement(small[i], small[j])
        for i in range(16)
        for j in range(i + 1, 16)
        if agreement(small[i], small[j]) >= ALIKE
    }
    assert found == pytest.approx(expected, abs=2e-3)
    assert list(found) == [(2 * n, 2 * n + 1) for n in range(8)]


def test_few_and_flat_pictures() -> None:
    flat = np.full((SIDE, SIDE), 9, np.uint8)
    assert find_alike(np.zeros((0, SIDE, SIDE), np.uint8)) == []
    assert find_alike(flat[None]) == []
    # Two empty pictures are no evidence that one is a copy.
    assert find_alike(np.stack([flat, flat, thumbnail(blobs(0))])) == []
    assert agreement(flat, flat) == 0


def test_no_two_of_100_faces_are_taken_for_one() -> None:
    """One composition, hardly any detail: the hardest that reference portraits could be."""
    faces = data.lfw_subset()[:100]
    assert find_alike(np.stack([resize(face, SIDE, SIDE) for face in faces])) == []


def test_no_two_of_139_photographs_are_taken_for_one(shared: Path) -> None:
    files = [
        *(shared / "data/coco-cc-by").glob("*.jp*g"),
        *(shared / "data/kodak24").glob("*.webp"),
    ]
    photos = [limit_side(read_rgb(path), 256) for path in sorted(files)]
    assert len(photos) > 100
    greys = [lightness_grey(photo) for photo in photos]
    copies = [thumbnail(lightness_grey(to_rgb(jpeg(grey, 25)))) for grey in greys[::10]]
    small = np.stack([*map(thumbnail, greys), *copies])
    found = [(each.first, each.second) for each in find_alike(small)]
    assert found == [(10 * n, len(greys) + n) for n in range(len(copies))]


def test_between_two_sets_as_within_one(shared: Path) -> None:
    """The pairs that the search within one set finds, as a table."""
    greys = [lightness_grey(read_rgb(path)) for path in list_pictures(shared / "data/kodak24")[:6]]
    altered = [greys[4][:, ::-1].copy(), np.uint8(40 + greys[1] * 0.7), greys[5][20:-20, 30:-30]]
    ones, others = (
        np.stack([thumbnail(np.ascontiguousarray(grey)) for grey in some])
        for some in (greys, altered)
    )
    within = {(pair.first, pair.second - 6) for pair in find_alike(np.concatenate([ones, others]))}
    table = find_alike_between(ones, others)
    assert {(int(one), int(other)) for one, other in np.argwhere(table)} == within
    assert within == {(4, 0), (1, 1), (5, 2)}
