"""The list of a build gives the same dataset to another person, or says why it cannot."""

from pathlib import Path

import numpy as np
import pytest

from romnet_bench.data.build import build_dataset
from romnet_bench.data.id_list import content_hash, listed_photos
from romnet_bench.data.records import PhotoSet
from romnet_bench.data.sources.folder import list_folder
from romnet_bench.errors import UserError
from romnet_bench.images import encode_png
from romnet_bench.synthesis.recipe import Recipe, load_recipe


def write_photos(folder: Path, numbers: range) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        picture = np.random.default_rng(number).integers(0, 256, (40, 40, 3), dtype=np.uint8)
        (folder / f"p{number:02d}.png").write_bytes(encode_png(picture))
    return folder


def recipe(**changes: object) -> Recipe:
    splits = {"train": 6, "test": 3}
    update = {"min_side": 32, "splits": splits, **changes}
    return load_recipe("clean").model_copy(update=update)


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    photos = list_folder(write_photos(tmp_path / "theirs", range(20)), "CC0")
    build_dataset(recipe(), photos, tmp_path / "built" / "mine")
    return tmp_path / "built" / "mine"


def test_another_person_gets_the_same_from_more_photographs(theirs: Path, tmp_path: Path) -> None:
    more = list_folder(write_photos(tmp_path / "more", range(60)), "CC0")
    ids = theirs / "ids.csv"
    # Another seed would choose others: the list decides, and its splits, not the recipe's.
    other = recipe(seed=5, splits={"train": 1.0})
    build_dataset(other, more, tmp_path / "again", ids=ids)
    for split in ("train", "test"):
        mine, again = PhotoSet(theirs, split), PhotoSet(tmp_path / "again", split)
        assert mine.ids == again.ids
    assert (tmp_path / "again" / "ids.csv").read_bytes() == ids.read_bytes()


def test_same_recipe_and_list_give_the_same_bytes(theirs: Path, tmp_path: Path) -> None:
    more = list_folder(write_photos(tmp_path / "more", range(60)), "CC0")
    again = tmp_path / "more-built" / "mine"
    build_dataset(recipe(), more, again, ids=theirs / "ids.csv")
    names = {path.relative_to(theirs) for path in theirs.rglob("*") if path.is_file()}
    assert Path("data/train-00000-of-00001.parquet") in names
    for name in names - {Path(".lock")}:
        assert (again / name).read_bytes() == (theirs / name).read_bytes(), name


def test_the_list_is_readable(theirs: Path, tmp_path: Path) -> None:
    lines = (theirs / "ids.csv").read_text().splitlines()
    assert lines[0] == "split,id,sha256"
    assert len(lines) == 1 + 9
    split, identity, sha256 = lines[1].split(",")
    assert split == "test"
    assert sha256 == content_hash(tmp_path / "theirs" / f"{identity}.png")


def test_a_photograph_that_is_not_there(theirs: Path, tmp_path: Path) -> None:
    few = list_folder(write_photos(tmp_path / "few", range(3)), "CC0")
    with pytest.raises(UserError, match=r"names \d photographs that the source does not have, su"):
        build_dataset(recipe(), few, tmp_path / "out", ids=theirs / "ids.csv")
    assert not (tmp_path / "out").exists()


def test_a_photograph_of_that_name_but_another(theirs: Path, tmp_path: Path) -> None:
    others = write_photos(tmp_path / "others", range(20))
    identity = PhotoSet(theirs, "test").ids[0]
    (others / f"{identity}.png").write_bytes(encode_png(np.zeros((40, 40, 3), np.uint8)))
    with pytest.raises(UserError, match=rf"{identity}\.png is not the photograph that .* means"):
        listed_photos(list_folder(others, "CC0"), theirs / "ids.csv")


def test_a_list_without_sums_is_a_list_too(tmp_path: Path) -> None:
    photos = list_folder(write_photos(tmp_path / "p", range(3)), "CC0")
    (tmp_path / "ids.csv").write_text("split,id,sha256\ntest,p02,\ntrain,p00,\n")
    chosen = listed_photos(photos, tmp_path / "ids.csv").splits
    assert {name: [photo.id for photo in each] for name, each in chosen.items()} == {
        "test": ["p02"],
        "train": ["p00"],
    }


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"split,id,sha256\n",
        b"id\np00\n",
        b"split,id,sha256\ntest,p00\n",
        b"split,id,sha256\n../x,p00,\n",
        b"split,id,sha256\nTest,p00,\n",
        b"split,id,sha256\ntest,,\n",
        b"split,id,sha256\ntest,p00,\ntrain,p00,\n",
        b'split,id,sha256\ntest,"p00,\n',
        b"\xff\xfe\x00",
        b"split,id,sha256\ntest,p\x000,\n",
    ],
)
def test_what_is_no_list_is_one_sentence(tmp_path: Path, content: bytes) -> None:
    photos = list_folder(write_photos(tmp_path / "p", range(1)), "CC0")
    (tmp_path / "ids.csv").write_bytes(content)
    with pytest.raises(UserError) as caught:
        listed_photos(photos, tmp_path / "ids.csv")
    assert "\n" not in str(caught.value)
    with pytest.raises(UserError, match="cannot be read as a list of ids"):
        listed_photos(photos, tmp_path / "nothing.csv")
