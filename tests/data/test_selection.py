"""Splits in which no photo stands twice, and photographs that are too small left out before."""

import struct
import tracemalloc
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from romnet_bench.data.build import fit
from romnet_bench.data.selection import choose_photos, is_large_enough, split_photos
from romnet_bench.data.sources.folder import list_folder
from romnet_bench.data.sources.installed import list_sample
from romnet_bench.data.sources.photo import SourcePhoto
from romnet_bench.errors import UserError
from romnet_bench.images import encode_png
from romnet_bench.synthesis.recipe import Recipe, Size, load_recipe


def test_sample_splits_are_fixed_and_the_stereo_pair_stays_together() -> None:
    splits = split_photos(list_sample(), {"train": 4, "validation": 1, "test": 2}, seed=5)
    ids = {name: [photo.id for photo in photos] for name, photos in splits.items()}
    assert {name: len(chosen) for name, chosen in ids.items()} == {
        "train": 4,
        "validation": 1,
        "test": 2,
    }
    assert len({identity for chosen in ids.values() for identity in chosen}) == 7
    assert {"motorcycle_left", "motorcycle_right"} <= set(ids["train"])


def photos_of(count: int) -> list[SourcePhoto]:
    return [SourcePhoto(f"p{i:03d}", Path(f"{i}.jpg"), f"{i}.jpg", "CC0") for i in range(count)]


def ids_of(splits: dict[str, list[SourcePhoto]]) -> dict[str, list[str]]:
    return {name: [photo.id for photo in photos] for name, photos in splits.items()}


counts = st.dictionaries(st.sampled_from(["train", "validation", "test"]), st.integers(0, 20))


@given(st.integers(1, 60), counts, st.integers(0, 2**40), st.randoms(use_true_random=False))
def test_counts_are_kept_and_no_photo_stands_twice(
    available: int, wanted: dict[str, int], seed: int, random: object
) -> None:
    photos = photos_of(available)
    if sum(wanted.values()) > available:
        with pytest.raises(UserError, match=f"{sum(wanted.values())} photos .* has {available}:"):
            split_photos(photos, dict(wanted), seed)
        return
    splits = split_photos(photos, dict(wanted), seed)
    assert {name: len(chosen) for name, chosen in splits.items()} == {
        name: count for name, count in wanted.items() if count
    }
    chosen = [identity for ids in ids_of(splits).values() for identity in ids]
    assert len(chosen) == len(set(chosen))
    shuffled = list(photos)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert split_photos(shuffled, dict(wanted), seed) == splits


@st.composite
def share_tables(draw: st.DrawFn) -> dict[str, float]:
    """Shares of hundredths, together 1 or less."""
    cuts = sorted(draw(st.lists(st.integers(0, 100), min_size=1, max_size=4)))
    parts = [high - low for low, high in zip([0, *cuts], cuts, strict=False)]
    if draw(st.booleans()):
        parts.append(100 - cuts[-1])
    return {f"s{chr(97 + i)}": part / 100 for i, part in enumerate(parts)}


@given(st.integers(1, 200), share_tables(), st.integers(0, 9))
def test_shares_come_out_as_asked(available: int, shares: dict[str, float], seed: int) -> None:
    splits = split_photos(photos_of(available), dict(shares), seed)
    ids = ids_of(splits)
    chosen = [identity for group in ids.values() for identity in group]
    assert len(chosen) == len(set(chosen))
    assert all(group == sorted(group) for group in ids.values())
    asked = {name: share for name, share in shares.items() if share > 0}
    assert set(ids) <= set(asked)
    if abs(sum(asked.values()) - 1) < 1e-9:
        assert len(chosen) == available
    if available >= 100:  # every share of one hundredth is a photo or more: no corner cases
        for name, share in asked.items():
            assert abs(len(ids[name]) - share * available) <= len(asked) / 2 + 1
    if available >= len(asked) and abs(sum(asked.values()) - 1) < 1e-9:
        smallest = min(asked, key=lambda name: asked[name])
        assert len(ids[smallest]) >= 1


@pytest.mark.parametrize(
    ("available", "expected"),
    [(10, (8, 1, 1)), (50, (46, 2, 2)), (3, (1, 1, 1)), (1000, (900, 50, 50))],
)
def test_shares_of_one_together_lose_no_photo(available: int, expected: tuple[int, ...]) -> None:
    splits = split_photos(
        photos_of(available), {"train": 0.9, "validation": 0.05, "test": 0.05}, seed=0
    )
    assert tuple(len(splits[name]) for name in ("train", "validation", "test")) == expected


def test_counts_first_then_shares_of_the_rest() -> None:
    splits = split_photos(photos_of(30), {"test": 10, "train": 0.75, "validation": 0.25}, seed=0)
    assert {name: len(chosen) for name, chosen in splits.items()} == {
        "test": 10,
        "train": 15,
        "validation": 5,
    }


def test_the_seed_decides_and_seed_0_is_a_seed() -> None:
    splits = [ids_of(split_photos(photos_of(40), {"train": 0.5}, seed)) for seed in (0, 0, 1)]
    assert splits[0] == splits[1]
    assert splits[0] != splits[2]


def test_a_photo_that_names_its_split_keeps_it_beside_free_ones() -> None:
    photos = photos_of(6)
    named = [
        SourcePhoto(f"q{i}", Path("q.jpg"), "q.jpg", "CC0", split)
        for i, split in enumerate(["train", "extra", "train"])
    ]
    splits = ids_of(split_photos([*named[::-1], *photos], {"train": 0.5, "test": 0.5}, seed=0))
    assert splits["extra"] == ["q1"]
    assert {"q0", "q2"} <= set(splits["train"])
    assert splits["train"] == sorted(splits["train"])
    assert len(splits["train"]) == 5
    assert len(splits["test"]) == 3


# Numbers of photographs: the too small ones are left out before


def recipe(**changes: Any) -> Recipe:
    return load_recipe("clean").model_copy(
        update={"splits": {"train": 5, "test": 2}, "min_side": 40, **changes}
    )


def write_pictures(folder: Path, sizes: list[tuple[int, int]]) -> list[SourcePhoto]:
    for number, (height, width) in enumerate(sizes):
        picture = np.full((height, width, 3), number, np.uint8)
        (folder / f"{number:02d}.png").write_bytes(encode_png(picture))
    return list_folder(folder, "CC0")


def test_the_numbers_are_kept_though_some_are_too_small(tmp_path: Path) -> None:
    photos = write_pictures(tmp_path, [(50, 60)] * 7 + [(39, 200), (200, 39)] * 5)
    chosen = choose_photos(photos, recipe())
    assert {name: len(each) for name, each in chosen.splits.items()} == {"train": 5, "test": 2}
    assert chosen.too_small == 10
    assert chosen.unreadable == ()
    picked = {photo.id for each in chosen.splits.values() for photo in each}
    assert picked == {f"{number:02d}" for number in range(7)}


def test_what_is_too_small_does_not_change_who_else_is_chosen(tmp_path: Path) -> None:
    photos = write_pictures(tmp_path, [(50, 60)] * 20 + [(30, 30)] * 20)
    alone = choose_photos(photos[:20], recipe())
    assert choose_photos(photos[::-1], recipe()).splits == alone.splits


def test_too_few_are_left(tmp_path: Path) -> None:
    photos = write_pictures(tmp_path, [(50, 60)] * 6 + [(30, 30)])
    with pytest.raises(UserError, match="ask for 7 photos and the source has 6") as caught:
        choose_photos(photos, recipe())
    assert "has 6 (and 1 that are too small): put all of them into one" in str(caught.value)
    assert sum(map(len, choose_photos(photos, recipe(), "test").splits.values())) == 7


def test_no_picture_is_named_and_not_chosen(tmp_path: Path) -> None:
    write_pictures(tmp_path, [(50, 60)] * 7)
    (tmp_path / "letter.jpg").write_text("Dear grandmother,")
    (tmp_path / "empty.png").touch()
    (tmp_path / "cut.png").write_bytes((tmp_path / "00.png").read_bytes()[:20])
    chosen = choose_photos(list_folder(tmp_path, "CC0"), recipe())
    assert [sentence.split(":")[0] for sentence in chosen.unreadable] == [
        "cut.png",
        "empty.png",
        "letter.jpg",
    ]
    assert chosen.too_small == 0
    assert sum(map(len, chosen.splits.values())) == 7


def test_only_the_header_is_read(tmp_path: Path) -> None:
    """A PNG that says it has ninety million pixels, and ends there: its size is known at once."""
    header = b"IHDR" + struct.pack(">IIBBBBB", 10_000, 9_000, 8, 2, 0, 0, 0)
    checked = header + struct.pack(">I", zlib.crc32(header))
    start = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + checked
    (tmp_path / "huge.png").write_bytes(start + struct.pack(">I", 270_000_000) + b"IDAT")
    photos = list_folder(tmp_path, "CC0")
    tracemalloc.start()
    chosen = choose_photos(photos, recipe(splits={"test": 1}))
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()
    assert [photo.id for photo in chosen.splits["test"]] == ["huge"]


def test_shares_take_all_and_look_at_nothing(tmp_path: Path) -> None:
    photos = [SourcePhoto(f"p{i}", tmp_path / "nothing", "nothing", "CC0") for i in range(10)]
    chosen = choose_photos(photos, recipe(splits={"train": 0.5, "test": 0.5}))
    assert sum(map(len, chosen.splits.values())) == 10


def test_one_split_takes_all_whatever_the_recipe_says(tmp_path: Path) -> None:
    photos = write_pictures(tmp_path, [(50, 60), (9, 9)])
    chosen = choose_photos(photos, recipe(), split="test")
    assert [photo.id for photo in chosen.splits["test"]] == ["00", "01"]


sides = st.integers(1, 300)


@settings(deadline=None)
@given(sides, sides, st.sampled_from(["keep", "limit", "square"]), st.integers(16, 200))
def test_the_size_that_is_foretold_is_the_size_that_comes_out(
    height: int, width: int, policy: Any, side: int
) -> None:
    size = Size(policy=policy, side=side)
    sized = fit(np.zeros((height, width), np.uint8), size)
    smallest = min(height, width, *sized.shape[:2])
    for min_side in (max(smallest, 16), max(smallest + 1, 16)):
        asked = recipe(size=size, min_side=min_side)
        assert is_large_enough((height, width), asked) == (smallest >= min_side)
