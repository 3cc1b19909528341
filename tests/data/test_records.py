import dataclasses
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from romnet_bench.data.records import (
    Photo,
    PhotoSet,
    encode_photo,
    list_splits,
    shard_path,
    write_shard,
)
from romnet_bench.errors import UserError

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def masked_photos(tiny_photos: list[Photo]) -> list[Photo]:
    """The tiny photos, the first with a mask and a longer story."""
    first = tiny_photos[0]
    mask = np.uint8(255 * (first.input > 128))
    meta = {"licence": "CC0", "steps": [{"name": "scratch", "width": 1.5}], "title": "Élan – 写真"}
    return [dataclasses.replace(first, mask=mask, meta=meta), *tiny_photos[1:]]


def equal(one: Photo, other: Photo) -> bool:
    same_mask = (one.mask is None) == (other.mask is None) and (
        one.mask is None or np.array_equal(one.mask, other.mask)
    )
    return (
        one.id == other.id
        and np.array_equal(one.input, other.input)
        and np.array_equal(one.target, other.target)
        and same_mask
        and one.meta == other.meta
    )


def write(folder: Path, shards: list[list[Photo]], split: str = "test") -> Path:
    for index, photos in enumerate(shards):
        path = shard_path(folder, split, index, len(shards))
        path.parent.mkdir(parents=True, exist_ok=True)
        write_shard(path, map(encode_photo, photos))
    return folder


def test_round_trip_over_shards(tmp_path, masked_photos):
    write(tmp_path, [masked_photos[:3], masked_photos[3:]])
    photos = PhotoSet(tmp_path, "test")
    assert len(photos) == 4
    assert photos.ids == [photo.id for photo in masked_photos]
    assert all(equal(one, other) for one, other in zip(photos, masked_photos, strict=True))
    assert equal(photos["photo-3"], masked_photos[3])
    assert "photo-3" in photos
    assert "photo-4" not in photos


def test_load_dataset_gives_equal_pixels(tmp_path, masked_photos, monkeypatch):
    """What the Hub's own library reads, without code of ours, to the last pixel."""
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    folder = write(tmp_path / "set", [masked_photos[:1], masked_photos[1:]])
    write(tmp_path / "set", [masked_photos[:1]], split="train")
    loaded = datasets.load_dataset(str(folder), cache_dir=str(tmp_path / "cache"))
    assert {split: len(rows) for split, rows in loaded.items()} == {"train": 1, "test": 4}
    for row, photo in zip(loaded["test"], masked_photos, strict=True):
        assert row["id"] == photo.id
        assert (row["input"].mode, row["target"].mode) == ("L", "RGB")
        assert np.array_equal(np.asarray(row["input"]), photo.input)
        assert np.array_equal(np.asarray(row["target"]), photo.target)
        if photo.mask is None:
            assert row["mask"] is None
        else:
            assert np.array_equal(np.asarray(row["mask"]), photo.mask)


def test_what_the_hub_s_library_writes_is_read_back(tmp_path, masked_photos):
    """A dataset that went through `datasets` and back: many photos in one row group."""
    import datasets

    folder = write(tmp_path / "set", [masked_photos])
    loaded = datasets.load_dataset(str(folder), split="test", cache_dir=str(tmp_path / "cache"))
    path = shard_path(tmp_path / "again", "test", 0, 1)
    path.parent.mkdir(parents=True)
    loaded.to_parquet(str(path))
    photos = PhotoSet(tmp_path / "again", "test")
    assert all(equal(one, other) for one, other in zip(photos, masked_photos, strict=True))


def test_equal_photos_give_equal_bytes(tmp_path, masked_photos):
    one, other = (write(tmp_path / name, [masked_photos]) for name in ("a", "b"))
    paths = [shard_path(folder, "test", 0, 1) for folder in (one, other)]
    assert paths[0].read_bytes() == paths[1].read_bytes()
    assert PhotoSet(one, "test").fingerprint == PhotoSet(other, "test").fingerprint


def test_fingerprint_changes_with_one_pixel(tmp_path, masked_photos):
    one = PhotoSet(write(tmp_path / "a", [masked_photos]), "test").fingerprint
    masked_photos[2].target[0, 0, 0] ^= 1
    assert PhotoSet(write(tmp_path / "b", [masked_photos]), "test").fingerprint != one


def test_a_photo_set_travels_to_another_process(tmp_path, masked_photos):
    import pickle

    photos = PhotoSet(write(tmp_path, [masked_photos]), "test")
    assert equal(photos["photo-1"], masked_photos[1])
    there = pickle.loads(pickle.dumps(photos))
    assert equal(there["photo-2"], masked_photos[2])


def test_splits(tmp_path, masked_photos):
    write(tmp_path, [masked_photos[:1]], split="train")
    write(tmp_path, [masked_photos[1:]])
    assert list_splits(tmp_path) == ["test", "train"]
    with pytest.raises(UserError, match="no dataset with a split named val: it has test, train"):
        PhotoSet(tmp_path, "val")
    with pytest.raises(UserError, match="build-synthetic"):
        PhotoSet(tmp_path / "gone", "test")


def test_missing_shard_is_an_error(tmp_path, masked_photos):
    write(tmp_path, [masked_photos[:2], masked_photos[2:]])
    shard_path(tmp_path, "test", 0, 2).unlink()
    with pytest.raises(UserError, match="shards of test are missing"):
        PhotoSet(tmp_path, "test")


def test_an_id_that_occurs_twice_is_named(tmp_path, masked_photos):
    write(tmp_path, [masked_photos, masked_photos[1:2]])
    with pytest.raises(UserError, match="the id photo-1 occurs twice"):
        PhotoSet(tmp_path, "test")


@pytest.mark.parametrize("keep", [0, 4, 200])
def test_damaged_shard_is_one_sentence(tmp_path, masked_photos, keep):
    path = shard_path(write(tmp_path, [masked_photos]), "test", 0, 1)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(UserError, match="is no shard of a dataset"):
        PhotoSet(tmp_path, "test")


def test_a_parquet_file_of_something_else_is_one_sentence(tmp_path):
    path = shard_path(tmp_path, "test", 0, 1)
    path.parent.mkdir(parents=True)
    pq.write_table(pa.table({"a": [1]}), path)
    with pytest.raises(UserError, match="is no shard of a dataset"):
        PhotoSet(tmp_path, "test")


def test_a_damaged_picture_names_its_photo(tmp_path, masked_photos):
    rows = [encode_photo(photo) for photo in masked_photos[:1]]
    rows[0]["target"]["bytes"] = rows[0]["target"]["bytes"][:60]
    path = shard_path(tmp_path, "test", 0, 1)
    path.parent.mkdir(parents=True)
    write_shard(path, rows)
    with pytest.raises(UserError, match=r"photo-0 \(target\)"):
        PhotoSet(tmp_path, "test")["photo-0"]


def test_our_folder_never_hides_hugging_face_s_library():
    """`datasets/` at the root is data: without `__init__.py`, the installed package wins."""
    assert not list((ROOT / "datasets").rglob("*.py"))
    code = "import datasets, sys; sys.exit(not hasattr(datasets, 'load_dataset'))"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False)
    assert done.returncode == 0


@pytest.mark.parametrize("split", ["/x", "*", "../test", "", "t[a-z]st"])
def test_a_split_that_is_no_name_is_one_sentence(tmp_path, masked_photos, split):
    write(tmp_path, [masked_photos])
    with pytest.raises(UserError, match="no dataset with a split named"):
        PhotoSet(tmp_path, split)


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("meta", "[1]", r"test-00000.*the meta of photo-0 is no JSON object"),
        ("meta", '"text"', r"the meta of photo-0 is no JSON object"),
        ("input", None, r"photo-0 \(input\): the dataset holds no picture"),
        ("target", None, r"photo-0 \(target\): the dataset holds no picture"),
        ("target", {"bytes": None, "path": "x.png"}, r"photo-0 \(target\): the dataset holds no"),
    ],
)
def test_a_row_that_lacks_something_is_named(tmp_path, masked_photos, column, value, message):
    rows = [encode_photo(photo) for photo in masked_photos[:1]]
    rows[0][column] = value
    path = shard_path(tmp_path, "test", 0, 1)
    path.parent.mkdir(parents=True)
    write_shard(path, rows)
    with pytest.raises(UserError, match=message):
        PhotoSet(tmp_path, "test")["photo-0"]


def test_photos_are_hashed_only_when_asked(tmp_path, masked_photos, monkeypatch):
    read = []
    monkeypatch.setattr("romnet_bench.data.records._shard_digest", lambda p: read.append(p) or b"")
    photos = PhotoSet(write(tmp_path, [masked_photos]), "test")
    assert photos["photo-0"].id == "photo-0"
    assert not read
    assert photos.fingerprint == photos.fingerprint
    assert len(read) == 1
