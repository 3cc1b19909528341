"""Folders of pictures for other code: the same pixels, in the places where it looks."""

import dataclasses
import json
import multiprocessing
import re
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from romnet_bench.data import export
from romnet_bench.data.export import export_dataset
from romnet_bench.data.layouts import LAYOUTS
from romnet_bench.data.records import (
    SCHEMA,
    Photo,
    PhotoSet,
    encode_photo,
    shard_path,
    write_shard,
)
from romnet_bench.errors import UserError


def put(folder: Path, split: str, photos: list[Photo]) -> None:
    path = shard_path(folder, split, 0, 1)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_shard(path, map(encode_photo, photos))


@pytest.fixture
def dataset(tmp_path: Path, tiny_photos: list[Photo]) -> Path:
    """Two photos train, one with a mask; one validates; one tests, with an odd id; a reference."""
    folder = tmp_path / "set"
    mask = np.zeros(tiny_photos[0].input.shape, np.uint8)
    mask[3:9] = 255
    put(folder, "train", [dataclasses.replace(tiny_photos[0], mask=mask), tiny_photos[1]])
    put(folder, "validation", [tiny_photos[2]])
    put(folder, "test", [dataclasses.replace(tiny_photos[3], id="../a b/ü?")])
    put(folder, "references", [dataclasses.replace(tiny_photos[3], id="portrait")])
    return folder


def pixels(path: Path) -> np.ndarray:
    return np.asarray(Image.open(path))


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".lock"
    }


def lines(folder: Path, split: str) -> list[dict[str, object]]:
    text = (folder / f"metadata-{split}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def test_folders(dataset: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    exported = export_dataset(dataset, "folders", out)
    assert exported.pairs == {"references": 1, "test": 1, "train": 2, "validation": 1}
    assert exported.skipped == []
    for photo in PhotoSet(dataset, "train"):
        np.testing.assert_array_equal(pixels(out / f"train/input/{photo.id}.png"), photo.input)
        np.testing.assert_array_equal(pixels(out / f"train/target/{photo.id}.png"), photo.target)
        mask = out / f"train/mask/{photo.id}.png"
        assert mask.exists() == (photo.mask is not None)
        if photo.mask is not None:
            np.testing.assert_array_equal(pixels(mask), photo.mask)
    assert lines(out, "train")[0] == {
        "id": "photo-0",
        "files": [f"train/{column}/photo-0.png" for column in ("input", "target", "mask")],
        "meta": {"source": "generated"},
    }


def test_pix2pix_reads_its_pairs(dataset: Path, tmp_path: Path) -> None:
    """As `AlignedDataset.__getitem__` does: open as RGB, cut in the middle, A left and B right."""
    out = tmp_path / "out"
    export_dataset(dataset, "pix2pix", out, ("train", "validation", "test"))
    assert {path.name for path in out.iterdir() if path.is_dir()} == {"train", "val", "test"}
    for split, phase in (("train", "train"), ("validation", "val"), ("test", "test")):
        for photo, line in zip(PhotoSet(dataset, split), lines(out, split), strict=True):
            [place] = line["files"]
            assert Path(place).parent.name == phase
            pair = Image.open(out / place).convert("RGB")
            width, height = pair.size
            half = int(width / 2)
            left = np.asarray(pair.crop((0, 0, half, height)))
            right = np.asarray(pair.crop((half, 0, width, height)))
            np.testing.assert_array_equal(left, np.stack([photo.input] * 3, axis=-1))
            np.testing.assert_array_equal(right, photo.target)


def test_pikfix_pairs_by_their_last_letter(dataset: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export_dataset(dataset, "pikfix", out)
    names = {path.name for path in (out / "train").iterdir()}
    assert names == {"photo-0o.png", "photo-0t.png", "photo-1o.png", "photo-1t.png"}
    for photo in PhotoSet(dataset, "train"):
        old, true = (Image.open(out / f"train/{photo.id}{half}.png") for half in "ot")
        assert (old.mode, true.mode) == ("L", "RGB")
        np.testing.assert_array_equal(np.asarray(old), photo.input)
        np.testing.assert_array_equal(np.asarray(true), photo.target)
    portrait = PhotoSet(dataset, "references")["portrait"].target
    assert {path.name for path in (out / "references").iterdir()} == {"portrait.png"}
    np.testing.assert_array_equal(pixels(out / "references/portrait.png"), portrait)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_odd_ids_are_safe_names(dataset: Path, tmp_path: Path, layout: str) -> None:
    before = files(tmp_path)
    out = tmp_path / "deep" / "out"
    export_dataset(dataset, layout, out, ("test",))
    assert {name: raw for name, raw in files(tmp_path).items() if "deep" not in name} == before
    [line] = lines(out, "test")
    assert line["id"] == "../a b/ü?"
    for place in line["files"]:
        assert re.fullmatch(r"[a-z]+(/[a-z]+)?/[A-Za-z0-9._-]+\.png", place)
        assert (out / place).is_file()


def test_ids_that_differ_in_case_alone(tmp_path: Path, tiny_photos: list[Photo]) -> None:
    photos = [
        dataclasses.replace(photo, id=identity)
        for photo, identity in zip(tiny_photos, ("A", "a", "b", "é"), strict=True)
    ]
    put(tmp_path / "set", "test", photos)
    export_dataset(tmp_path / "set", "folders", tmp_path / "out")
    names = [path.name.casefold() for path in (tmp_path / "out/test/input").iterdir()]
    assert len(set(names)) == 4
    assert "b.png" in names


def test_a_second_call_writes_nothing(dataset: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export_dataset(dataset, "folders", out)
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*.png")}
    content = files(out)
    (out / "train/input/photo-1.png").unlink()
    export_dataset(dataset, "folders", out)
    assert files(out) == content
    changed = {path.name for path, when in before.items() if path.stat().st_mtime_ns != when}
    assert changed == {"photo-1.png"}


def _slow_export(dataset: Path, out: Path) -> None:
    track = export.track

    def slowly(items: list[str], what: str, total: int) -> Iterator[str]:
        for item in track(items, what, total):
            yield item
            time.sleep(0.05)

    export.track = slowly
    export_dataset(dataset, "folders", out)


def test_a_killed_export_goes_on(dataset: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    process = multiprocessing.get_context("fork").Process(target=_slow_export, args=(dataset, out))
    process.start()
    while not list(out.glob("test/input/*.png")):
        time.sleep(0.002)
    assert process.pid is not None
    process.kill()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert not (out / "metadata-validation.jsonl").exists()
    (out / "test" / ".x.png.abc.part").write_bytes(b"half")
    export_dataset(dataset, "folders", out)
    export_dataset(dataset, "folders", tmp_path / "whole")
    assert files(out) == files(tmp_path / "whole")


def test_what_is_there_is_never_written_over(dataset: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / "train").mkdir(parents=True)
    (out / "train" / "mine.txt").write_text("mine")
    with pytest.raises(UserError, match="holds something else than this export"):
        export_dataset(dataset, "folders", out)
    assert files(out) == {"train/mine.txt": b"mine"}
    export_dataset(dataset, "folders", tmp_path / "other")
    with pytest.raises(UserError, match="holds something else than this export"):
        export_dataset(dataset, "pix2pix", tmp_path / "other")
    with pytest.raises(UserError, match="holds something else than this export"):
        export_dataset(dataset, "folders", tmp_path / "other", ("train",))


def test_a_bad_picture_is_left_out_by_name(dataset: Path, tmp_path: Path) -> None:
    path = shard_path(dataset, "train", 0, 1)
    rows = pq.read_table(path).to_pylist()
    rows[0]["target"]["bytes"] = rows[0]["target"]["bytes"][:100]
    pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), path)
    exported = export_dataset(dataset, "folders", tmp_path / "out")
    assert exported.pairs["train"] == 1
    assert len(exported.skipped) == 1
    assert "photo-0" in exported.skipped[0]
    assert [line["id"] for line in lines(tmp_path / "out", "train")] == ["photo-1"]
    rows[1]["input"]["bytes"] = b""
    pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), path)
    with pytest.raises(UserError, match="Not one pair"):
        export_dataset(dataset, "folders", tmp_path / "none", ("train",))


def test_no_such_split(dataset: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no dataset with a split named valid"):
        export_dataset(dataset, "folders", tmp_path / "out", ("valid",))
    assert not (tmp_path / "out").exists()
    with pytest.raises(UserError, match="holds no dataset"):
        export_dataset(tmp_path / "nowhere", "folders", tmp_path / "out")


def test_realold_s_command_reads_the_pikfix_layout(dataset: Path, tmp_path: Path) -> None:
    """What is exported in the form in which RealOld is sent, packages to the same pixels."""
    from romnet_bench.data.realold.package import package_realold

    sent = tmp_path / "sent"
    export_dataset(dataset, "pikfix", sent)
    package_realold(sent / "train", tmp_path / "back")
    before, after = PhotoSet(dataset, "train"), PhotoSet(tmp_path / "back", "test")
    assert after.ids == before.ids
    for identity in before.ids:
        np.testing.assert_array_equal(after[identity].input, before[identity].input)
        np.testing.assert_array_equal(after[identity].target, before[identity].target)
