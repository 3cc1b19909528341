"""Folders with hostile names."""

import os
import re
from pathlib import Path

import pytest

from romnet_bench.data.sources.folder import list_folder
from romnet_bench.errors import UserError
from romnet_bench.files import slug

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
        list_folder(tmp_path / "nowhere", "CC0")
    with pytest.raises(UserError, match="holds no pictures"):
        list_folder(tmp_path, "CC0")
    touch(tmp_path, [b"notes.txt"])
    with pytest.raises(UserError, match="holds no pictures"):
        list_folder(tmp_path, "CC0")
    with pytest.raises(UserError, match="is no folder"):
        list_folder(tmp_path / "notes.txt", "CC0")
