"""Folders with hostile names, the sample, and splits in which no photo stands twice."""

import os
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from romnet_bench.data.sources import (
    SourcePhoto,
    list_folder,
    list_sample,
    list_source,
    split_photos,
)
from romnet_bench.errors import UserError
from romnet_bench.files import slug
from romnet_bench.images import read_rgb

HOSTILE = [
    b"two words.jpg",
    b"a.jpg",
    b"a.png",
    b"A.tif",
    b"sub/folder/a.jpg",
    b"sub-folder-a.jpg",
    "写真.jpg".encode(),
    "фото.jpg".encode(),
    b"new\nline.jpg",
    b"dots ..in... it.jpg",
    b"-rf.jpg",
    b"--out=x.jpg",
    b"$(reboot);'\".jpg",
    b"x" * 250 + b".jpg",
    b"x" * 249 + b"y.jpg",
    b"no utf-8 \xff\xfe.jpg",
    b" .jpg",
    b"CON .bmp",
]


def touch(folder: Path, names: list[bytes]) -> Path:
    for name in names:
        path = os.path.join(os.fsencode(folder), name)  # noqa: PTH118
        os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120
        with open(path, "wb"):  # noqa: PTH123
            pass
    return folder


def test_hostile_names_give_distinct_safe_ids(tmp_path: Path) -> None:
    photos = list_folder(touch(tmp_path, HOSTILE), "CC0")
    assert len(photos) == len(HOSTILE)
    ids = [photo.id for photo in photos]
    assert ids == sorted(ids)
    assert len({identity.casefold() for identity in ids}) == len(ids)
    for photo in photos:
        assert re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,119}", photo.id)
        assert slug(photo.id) == photo.id  # a file name as it is
        assert photo.path.is_file()
        assert photo.origin.isprintable()
        photo.origin.encode()
        assert str(tmp_path) not in photo.origin
        assert photo.licence == "CC0"
    origins = {photo.origin for photo in photos}
    assert {"new\\nline.jpg", "sub/folder/a.jpg", "no utf-8 \\udcff\\udcfe.jpg"} <= origins


def test_an_id_is_the_names_own_unless_two_fall_together(tmp_path: Path) -> None:
    touch(tmp_path, [b"a.jpg", b"a.png", b"b.jpg", b"c/d.jpg"])
    ids = {photo.origin: photo.id for photo in list_folder(tmp_path, "CC0")}
    assert ids["b.jpg"] == "b"
    assert ids["c/d.jpg"] == "c-d"
    assert re.fullmatch("a-[0-9a-f]{8}", ids["a.jpg"])
    assert re.fullmatch("a-[0-9a-f]{8}", ids["a.png"])


def test_long_names_that_fall_together_stay_apart_and_short(tmp_path: Path) -> None:
    touch(tmp_path, [b"x" * 120 + b".jpg", b"x" * 120 + b".png", "京都.jpg".encode(), b"a b.jpg"])
    (tmp_path / "sub").mkdir()
    touch(tmp_path, ["東京.jpg".encode(), b"sub/" + b"x" * 120 + b".jpg"])
    ids = [photo.id for photo in list_folder(tmp_path, "CC0")]
    assert len({slug(identity) for identity in ids}) == 6
    assert all(len(identity) <= 120 for identity in ids)
    assert any(re.fullmatch("a-b-[0-9a-f]{8}", identity) for identity in ids)


def test_ids_do_not_depend_on_where_the_folder_is(tmp_path: Path) -> None:
    here, there = touch(tmp_path / "1", HOSTILE), touch(tmp_path / "2" / "3", HOSTILE[::-1])
    assert [p.id for p in list_folder(here, "")] == [p.id for p in list_folder(there, "")]


def test_a_name_made_to_take_anothers_id_is_refused(tmp_path: Path) -> None:
    touch(tmp_path, [b"a.jpg", b"a.png"])
    taken = list_folder(tmp_path, "CC0")[0].id
    touch(tmp_path, [f"{taken}.jpg".encode()])
    with pytest.raises(UserError, match="would get one id: rename one of them"):
        list_folder(tmp_path, "CC0")


def test_no_folder_and_no_pictures(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nowhere is no folder"):
        list_source(str(tmp_path / "nowhere"), "CC0")
    with pytest.raises(UserError, match="holds no pictures"):
        list_source(str(tmp_path), "CC0")
    touch(tmp_path, [b"notes.txt"])
    with pytest.raises(UserError, match="holds no pictures"):
        list_source(str(tmp_path), "CC0")
    with pytest.raises(UserError, match="is no folder"):
        list_source(str(tmp_path / "notes.txt"), "CC0")


def test_sample_has_seven_colour_photos() -> None:
    photos = list_source("sample", "not used")
    assert photos == list_sample()
    assert len(photos) == len({photo.id for photo in photos}) == 7
    for photo in photos:
        picture = read_rgb(photo.path)
        assert min(picture.shape[:2]) >= 128
        assert (picture[..., 0] != picture[..., 2]).mean() > 0.3
        assert photo.licence.startswith(("CC0-1.0 (", "public domain ("))
        assert "/" not in photo.origin


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
