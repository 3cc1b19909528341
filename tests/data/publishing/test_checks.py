"""What is wrong with a dataset is found before it is given on."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from romnet_bench.data.publishing.checks import check_pictures, machine_path
from romnet_bench.data.publishing.publish import prepare_repository
from romnet_bench.data.records import SCHEMA
from romnet_bench.errors import UserError

REPO = "someone/noise"
SHARD = "data/train-00001-of-00003.parquet"


def change(dataset: Path, how: Callable[[list[dict[str, Any]]], None]) -> None:
    """Rewrites the second shard of train."""
    rows = pq.read_table(dataset / SHARD).to_pylist()
    how(rows)
    pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), dataset / SHARD)


def test_a_sound_dataset_passes(dataset: Path) -> None:
    assert prepare_repository(dataset, REPO).files
    assert check_pictures(dataset) == 12
    assert check_pictures(dataset, 5) == 5
    assert check_pictures(dataset, 500) == 12


def test_an_id_twice(dataset: Path) -> None:
    change(dataset, lambda rows: rows[2].update(id="train-0"))  # of the first shard
    with pytest.raises(UserError, match="the id train-0 occurs twice in train"):
        prepare_repository(dataset, REPO)


@pytest.mark.parametrize(
    "meta",
    [
        {"source": "/home/anna/photos/a.jpg"},
        {"source": "/data/photos/a.jpg"},
        {"deep": [{"note": "taken from C:\\Users\\anna\\a.jpg"}]},
        {"deep": {"file:///tmp/x.png": 1}},
        {"source": "see ~/photos"},
    ],
)
def test_a_path_of_this_machine_in_meta(dataset: Path, meta: dict[str, Any]) -> None:
    change(dataset, lambda rows: rows[0].update(meta=json.dumps(meta)))
    with pytest.raises(UserError, match="the meta of train-3 names a path of this machine"):
        prepare_repository(dataset, REPO)


def test_a_path_of_this_machine_in_a_report(dataset: Path) -> None:
    (dataset / "report.csv").write_text(f"id,file\n1,{dataset.resolve()}/a.jpg\n")
    with pytest.raises(UserError, match=r"report\.csv names a path of this machine"):
        prepare_repository(dataset, REPO)


@pytest.mark.parametrize(
    "text",
    [
        "https://www.loc.gov/home/item/2018679767/",
        "VOC2012/JPEGImages/2007_000027.jpg",
        "input/target and A/B",
        "either / or",
        "12:30 and 4:3",
        "skimage: astronaut.png",
    ],
)
def test_no_path_of_this_machine(text: str, tmp_path: Path) -> None:
    assert machine_path(text, tmp_path) is None


def test_the_home_folder_is_found_wherever_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/nethome7/anna")
    assert machine_path("file=/nethome7/anna/x.png", tmp_path) == "/nethome7/anna"


@pytest.mark.parametrize("column", ["input", "target", "mask"])
@pytest.mark.parametrize("damage", ["cut", "no picture", "empty", "size"])
def test_a_picture_that_is_not_right(dataset: Path, column: str, damage: str) -> None:
    from romnet_bench.images import encode_png

    def spoil(rows: list[dict[str, Any]]) -> None:
        [row] = [row for row in rows if row["id"] == "train-5"]
        content = row[column]["bytes"]
        spoilt = {
            "cut": content[: len(content) // 2],
            "no picture": b"<html>",
            "empty": b"",
            "size": encode_png(np.zeros((10, 10, 3) if column == "target" else (10, 10), np.uint8)),
        }[damage]
        row[column] = {"bytes": spoilt, "path": "x.png"}

    change(dataset, spoil)
    with pytest.raises(UserError, match=r"cannot be published: .*train-5"):
        prepare_repository(dataset, REPO)


def test_every_bad_picture_is_counted(dataset: Path) -> None:
    for path in dataset.glob("data/*.parquet"):
        rows = pq.read_table(path).to_pylist()
        for row in rows:
            row["input"]["bytes"] = b"x"
        pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), path)
    with pytest.raises(UserError, match=r"; and 7 more\.$"):
        check_pictures(dataset)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("num_examples: 9", "num_examples: 8", "tells of .*8.* and the shards hold .*9"),
        ("dtype: image", "dtype: string", "other columns"),
        ("license: cc0-1.0\n", "", "lacks"),
        ("tags:", "tags: [", "cannot be read"),
        ("By a generator of random numbers, seed 0.", "", "nothing under “How it was made”"),
        ("CC0 1.0\n", "\n", "nothing under “Licence”"),
        ("samples.jpg", "other.jpg", "no sample pictures"),
    ],
)
def test_a_card_that_is_not_complete(dataset: Path, old: str, new: str, sentence: str) -> None:
    card = (dataset / "README.md").read_text()
    assert old in card
    (dataset / "README.md").write_text(card.replace(old, new))
    with pytest.raises(UserError, match=sentence):
        prepare_repository(dataset, REPO)


def test_no_card(dataset: Path) -> None:
    (dataset / "README.md").unlink()
    with pytest.raises(UserError, match=r"README\.md cannot be read"):
        prepare_repository(dataset, REPO)


def test_a_shard_is_missing(dataset: Path) -> None:
    (dataset / SHARD).unlink()
    with pytest.raises(UserError, match="shards of train are missing"):
        prepare_repository(dataset, REPO)


def test_a_shard_is_damaged(dataset: Path) -> None:
    (dataset / SHARD).write_bytes((dataset / SHARD).read_bytes()[:1000])
    with pytest.raises(UserError, match="no shard of a dataset"):
        prepare_repository(dataset, REPO)


@given(st.text())
def test_any_text_can_be_looked_at(text: str) -> None:
    machine_path(text, Path("folder"))
