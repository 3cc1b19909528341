"""Building a dataset: the same bytes however it is done, whatever happens on the way."""

import dataclasses
import hashlib
import json
import os
import signal
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import yaml

from romnet_bench.bench.loop import require_distinct_names
from romnet_bench.color import lightness_grey
from romnet_bench.data import build
from romnet_bench.data.build import Built, build_dataset, fit
from romnet_bench.data.records import PhotoSet, list_splits
from romnet_bench.data.rights import read_rights
from romnet_bench.data.sources.folder import list_folder
from romnet_bench.data.sources.installed import list_sample
from romnet_bench.data.sources.photo import SourcePhoto
from romnet_bench.errors import UserError
from romnet_bench.files import locked, slug
from romnet_bench.images import encode_png, limit_side, read_rgb, resize
from romnet_bench.synthesis.recipe import Recipe, Size, load_recipe
from romnet_bench.synthesis.textures import open_textures

RECIPE: dict[str, Any] = {
    "name": "test",
    "description": "For tests.",
    "source": "sample",
    "licence": "CC0",
    "citation": "None",
    "size": {"policy": "limit", "side": 96},
    "min_side": 32,
    "splits": {"train": 0.5, "validation": 0.25, "test": 0.25},
    "shard_size": 2,
    # Two of the sample's: one that changes every pixel, one with a mask.
    "degradations": [
        step.model_dump(mode="json") | {"probability": 0.7}
        for step in load_recipe("sample").degradations
        if step.kind in ("grain", "scratches")
    ],
}


def recipe(**changes: object) -> Recipe:
    return Recipe.model_validate(RECIPE | changes)


def write_photos(folder: Path, count: int, height: int = 60, width: int = 80) -> Path:
    """Generated colour photographs, photo-00.png and so on."""
    folder.mkdir(parents=True, exist_ok=True)
    rows, columns = np.mgrid[:height, :width] / 12
    for number in range(count):
        a, b, c = np.random.default_rng(number).uniform(0.5, 2, (3, 3))
        waves = np.sin(rows[..., None] * a + columns[..., None] * b + c)
        (folder / f"photo-{number:02d}.png").write_bytes(encode_png(np.uint8(128 + 100 * waves)))
    return folder


def content(folder: Path) -> dict[str, str]:
    """Every file that counts, hidden half-written ones included, with its hash."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> list[SourcePhoto]:
    return list_folder(write_photos(tmp_path_factory.mktemp("photos"), 9), "CC0")


@pytest.fixture(scope="module")
def built(photos: list[SourcePhoto], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What one worker builds, without interruption, into a folder named `mine`."""
    out = tmp_path_factory.mktemp("one") / "mine"
    assert build_dataset(recipe(), photos, out) == Built(
        {"validation": 2, "test": 2, "train": 5}, []
    )
    return out


@pytest.mark.parametrize("workers", [2, 3])
def test_number_of_workers_changes_no_byte(
    photos: list[SourcePhoto], built: Path, tmp_path: Path, workers: int
) -> None:
    build_dataset(recipe(), photos, tmp_path / "mine", workers=workers)
    assert content(tmp_path / "mine") == content(built)
    beside = {"README.md", "build.json", "ids.csv", "rights.json", "samples.jpg"}
    assert {name for name in content(built) if "/" not in name} == beside
    assert len(content(built)) == len(beside) + 1 + 1 + 3  # shards of two


def test_order_of_the_photos_changes_no_byte(
    photos: list[SourcePhoto], built: Path, tmp_path: Path
) -> None:
    build_dataset(recipe(), photos[::-1], tmp_path / "mine")
    assert content(tmp_path / "mine") == content(built)


def test_seed_changes_the_pictures(photos: list[SourcePhoto], built: Path, tmp_path: Path) -> None:
    build_dataset(recipe(seed=1), photos, tmp_path, split="test")
    build_dataset(recipe(seed=0), photos, tmp_path / "zero", split="test")
    one, zero = PhotoSet(tmp_path, "test"), PhotoSet(tmp_path / "zero", "test")
    assert one.ids == zero.ids
    assert any(not np.array_equal(a.input, b.input) for a, b in zip(one, zero, strict=True))
    before = {p.id: p for split in list_splits(built) for p in PhotoSet(built, split)}
    for photo in zero:  # (seed, id) alone decide, not the split or the shard
        assert np.array_equal(photo.input, before[photo.id].input)


def test_what_a_pair_holds(photos: list[SourcePhoto], built: Path) -> None:
    seen = set()
    damaged = 0
    for split in list_splits(built):
        for photo in PhotoSet(built, split):
            source = next(source for source in photos if source.id == photo.id)
            assert np.array_equal(photo.target, read_rgb(source.path))
            assert photo.input.shape == photo.target.shape[:2]
            assert photo.mask is None or photo.mask.shape == photo.input.shape
            kinds = [step["kind"] for step in photo.meta["degradations"]]
            if not kinds:
                assert np.array_equal(photo.input, lightness_grey(photo.target))
            if "scratches" in kinds:
                assert photo.mask is not None
                assert photo.mask.any()
                damaged += 1
            assert photo.meta["source"] == source.origin
            assert photo.meta["source_size"] == [80, 60]
            assert photo.meta["recipe"] == "test"
            assert photo.id not in seen
            seen.add(photo.id)
    assert seen == {photo.id for photo in photos}
    assert damaged >= 3


def test_load_dataset_reads_it_without_code(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a process of its own, since `datasets` reads where its cache is when it is imported."""
    script = """
import hashlib, json, sys
import numpy as np
from datasets import load_dataset
found = {}
for split, rows in load_dataset(sys.argv[1]).items():
    for row in rows:
        pictures = [row[name] for name in ("input", "target", "mask")]
        found[row["id"]] = [split, json.loads(row["meta"])["source"]] + [
            picture and [picture.mode, hashlib.sha256(np.asarray(picture).tobytes()).hexdigest()]
            for picture in pictures
        ]
print(json.dumps(found))
"""
    for name in ("HF_HOME", "HF_DATASETS_CACHE"):
        monkeypatch.setenv(name, str(tmp_path / "cache"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    done = subprocess.run(
        [sys.executable, "-c", script, str(built)], capture_output=True, text=True, check=True
    )
    expected = {}
    for split in ("train", "validation", "test"):
        for photo in PhotoSet(built, split):
            pictures = zip(["L", "RGB", "L"], (photo.input, photo.target, photo.mask), strict=True)
            expected[photo.id] = [split, photo.meta["source"]] + [
                None if x is None else [mode, hashlib.sha256(x.tobytes()).hexdigest()]
                for mode, x in pictures
            ]
    assert json.loads(done.stdout) == expected
    assert any(row[4] for row in expected.values())


# Stopped and gone on with


def build_command(source: Path, recipe_file: Path, out: Path, workers: int) -> list[str]:
    words = ["build-synthetic", "--source", source, "--recipe", recipe_file, "--out", out]
    return [
        sys.executable, "-m", "romnet_bench", *map(str, words), "--workers", str(workers)
    ]  # fmt: skip


@pytest.mark.parametrize("workers", [1, 2])
def test_killed_build_goes_on_at_the_first_missing_shard(tmp_path: Path, workers: int) -> None:
    source = write_photos(tmp_path / "photos", 14, height=240, width=320)
    changes = {"size": {"policy": "keep"}, "shard_size": 1}
    recipe_file = tmp_path / "recipe.yaml"
    recipe_file.write_text(yaml.safe_dump(RECIPE | changes, sort_keys=False))
    out = tmp_path / "killed" / "mine"
    process = subprocess.Popen(
        build_command(source, recipe_file, out, workers), start_new_session=True
    )
    while len(list(out.glob("data/*.parquet"))) < 3:
        assert process.poll() is None, "the build ended before it could be killed"
        time.sleep(0.002)
    os.killpg(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    left = {path: path.stat().st_mtime_ns for path in out.glob("data/*.parquet")}
    assert 3 <= len(left) < 14
    (out / "data" / ".train-00005-of-00007.parquet.0a1b2c3d.part").write_bytes(b"half")
    (out / ".README.md.0a1b2c3d.part").write_bytes(b"half")

    photos = list_folder(source, "CC0")
    resumed = build_dataset(recipe(**changes), photos, out, workers=workers)
    assert sum(resumed.pairs.values()) == 14
    assert {path: path.stat().st_mtime_ns for path in left} == left
    build_dataset(recipe(**changes), photos, tmp_path / "whole" / "mine")
    assert content(out) == content(tmp_path / "whole" / "mine")


def test_full_disk_half_way_loses_nothing(
    photos: list[SourcePhoto], built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_shard = build.write_shard
    calls = iter(range(9))

    def full(path: Path, *arguments: Any) -> None:
        write_shard(path, *arguments)
        if next(calls) == 2:
            raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(build, "write_shard", full)
    with pytest.raises(OSError, match="No space"):
        build_dataset(recipe(), photos, tmp_path / "mine")
    assert len(list(tmp_path.rglob("*.parquet"))) == 2
    assert not list(tmp_path.rglob("*.part"))
    monkeypatch.undo()
    build_dataset(recipe(), photos, tmp_path / "mine")
    assert content(tmp_path / "mine") == content(built)


def test_finished_build_is_left_alone(photos: list[SourcePhoto], built: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in built.glob("data/*")}
    again = build_dataset(recipe(), photos, built, workers=2)
    assert again.pairs == {"train": 5, "validation": 2, "test": 2}
    assert {path: path.stat().st_mtime_ns for path in built.glob("data/*")} == before


# Refused


def test_another_recipe_seed_or_photos_are_refused(photos: list[SourcePhoto], built: Path) -> None:
    before = content(built)
    others = [
        (recipe(seed=1), photos),
        (recipe(name="other"), photos),
        (recipe(degradations=[]), photos),
        (recipe(), photos[1:]),
    ]
    for other, sources in others:
        with pytest.raises(UserError, match="holds a dataset of another recipe, photos or version"):
            build_dataset(other, sources, built)
    assert content(built) == before


def test_a_photo_that_changed_is_refused(tmp_path: Path) -> None:
    source = write_photos(tmp_path / "photos", 3)
    build_dataset(recipe(), list_folder(source, "CC0"), tmp_path / "out")
    (source / "photo-01.png").write_bytes((source / "photo-02.png").read_bytes())
    with pytest.raises(UserError, match="photos or version: choose another --out"):
        build_dataset(recipe(), list_folder(source, "CC0"), tmp_path / "out")


def test_a_marker_that_is_no_text_is_refused(photos: list[SourcePhoto], tmp_path: Path) -> None:
    (tmp_path / "build.json").write_bytes(b"\xff\xfe")
    with pytest.raises(UserError, match="choose another --out"):
        build_dataset(recipe(), photos, tmp_path)


def test_a_dataset_from_elsewhere_is_refused(photos: list[SourcePhoto], tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "train-00000-of-00001.parquet").write_bytes(b"precious")
    with pytest.raises(UserError, match="was not made here: choose another --out"):
        build_dataset(recipe(), photos, tmp_path)
    assert (tmp_path / "data" / "train-00000-of-00001.parquet").read_bytes() == b"precious"


def test_damaged_shard_is_named(photos: list[SourcePhoto], tmp_path: Path) -> None:
    build_dataset(recipe(), photos, tmp_path)
    shard = tmp_path / "data" / "test-00000-of-00001.parquet"
    whole = content(tmp_path)
    shard.write_bytes(shard.read_bytes()[:1000])
    with pytest.raises(UserError, match=r"test-00000-of-00001\.parquet is damaged: delete it"):
        build_dataset(recipe(), photos, tmp_path)
    shard.unlink()
    build_dataset(recipe(), photos, tmp_path)
    assert content(tmp_path) == whole


def test_two_builds_at_once_are_refused(photos: list[SourcePhoto], tmp_path: Path) -> None:
    with locked(tmp_path), pytest.raises(UserError, match="Another romnet-bench is writing"):
        build_dataset(recipe(), photos, tmp_path)


@pytest.mark.parametrize("split", ["../evil", "Train", "a b", "", "test1"])
def test_a_split_that_is_no_name_is_refused(
    photos: list[SourcePhoto], tmp_path: Path, split: str
) -> None:
    with pytest.raises(UserError, match="small letters"):
        build_dataset(recipe(), photos, tmp_path / "out", split=split)
    assert not any(tmp_path.iterdir())


# Photos that cannot be used


@pytest.mark.parametrize("workers", [1, 2])
def test_bad_photos_are_left_out_and_listed(tmp_path: Path, workers: int) -> None:
    source = write_photos(tmp_path / "photos", 4)
    (source / "letter.jpg").write_text("Dear grandmother,")
    whole = (source / "photo-00.png").read_bytes()
    (source / "cut.png").write_bytes(whole[: len(whole) // 2])
    (source / "small.png").write_bytes(encode_png(np.zeros((31, 200, 3), np.uint8)))
    done = build_dataset(
        recipe(), list_folder(source, "CC0"), tmp_path / "out", split="test", workers=workers
    )
    assert done.pairs == {"test": 4}
    assert [sentence.split(":")[0] for sentence in done.skipped] == [
        "cut.png",
        "letter.jpg",
        "small.png",
    ]
    assert "200×31 is smaller than the 32 px asked for" in done.skipped[2]
    assert str(tmp_path) not in " ".join(done.skipped)
    assert PhotoSet(tmp_path / "out", "test").ids == [f"photo-{i:02d}" for i in range(4)]
    # Known on a second look too, when nothing is read again.
    assert build_dataset(recipe(), list_folder(source, "CC0"), tmp_path / "out", split="test") == (
        done
    )


def test_a_panorama_that_becomes_too_thin_is_left_out(tmp_path: Path) -> None:
    source = write_photos(tmp_path / "photos", 1)
    (source / "panorama.png").write_bytes(encode_png(np.zeros((40, 400, 3), np.uint8)))
    done = build_dataset(recipe(), list_folder(source, "CC0"), tmp_path / "out", split="test")
    assert done.pairs == {"test": 1}
    assert done.skipped == [
        "panorama.png: 400×40 becomes 96×10, which is smaller than the 32 px asked for."
    ]


def test_memory_holds_few_photos_of_a_shard(tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (160, 160, 3), dtype=np.uint8)
    size = len(encode_png(noise))
    changes = {"size": {"policy": "keep"}, "degradations": [], "shard_size": 64}
    peaks = []
    for count in (4, 40):
        source = tmp_path / str(count)
        source.mkdir()
        for number in range(count):
            (source / f"{number}.png").write_bytes(encode_png(noise + np.uint8(number)))
        photos = list_folder(source, "CC0")
        tracemalloc.start()
        before = pa.total_allocated_bytes()
        build_dataset(recipe(**changes), photos, tmp_path / f"out-{count}", split="test")
        peaks.append(tracemalloc.get_traced_memory()[1] + pa.total_allocated_bytes() - before)
        tracemalloc.stop()
    assert peaks[1] - peaks[0] < 8 * size


def test_not_one_usable_photo_is_an_error(tmp_path: Path) -> None:
    source = tmp_path / "photos"
    source.mkdir()
    for name in "abcde":
        (source / f"{name}.jpg").touch()
    with pytest.raises(UserError, match=r"used: [a-e]\.jpg: [^.]+\);.+\)\.$"):
        build_dataset(recipe(), list_folder(source, "CC0"), tmp_path / "out")
    assert not (tmp_path / "out" / "README.md").exists()


def test_a_folder_in_which_nothing_came_out_takes_other_photos(
    photos: list[SourcePhoto], built: Path, tmp_path: Path
) -> None:
    source, out = tmp_path / "photos", tmp_path / "mine"
    source.mkdir()
    for name in "abcde":
        (source / f"{name}.jpg").write_text("a letter")
    for _ in range(2):
        with pytest.raises(UserError, match="Not one photo could be used"):
            build_dataset(recipe(), list_folder(source, "CC0"), out)
        assert set(content(out)) <= {"ids.csv"}
    build_dataset(recipe(), photos, out)
    assert content(out) == content(built)


def test_a_split_of_which_nothing_came_out_is_not_there(tmp_path: Path) -> None:
    source = list_folder(write_photos(tmp_path / "photos", 4), "CC0")
    (tmp_path / "letter.jpg").write_text("Dear grandmother,")
    letter = SourcePhoto("letter", tmp_path / "letter.jpg", "letter.jpg", "CC0", "test")
    chosen = [*(dataclasses.replace(photo, split="train") for photo in source), letter]
    first = build_dataset(recipe(), chosen, tmp_path / "out")
    assert first.pairs == {"train": 4}
    assert [sentence.split(":")[0] for sentence in first.skipped] == ["letter.jpg"]
    assert list_splits(tmp_path / "out") == ["train"]
    card = (tmp_path / "out" / "README.md").read_text()
    assert 'split="train"' in card
    assert "- name: test" not in card
    assert "data/test-" not in card
    assert "| test |" not in card
    before = content(tmp_path / "out")
    assert build_dataset(recipe(), chosen, tmp_path / "out", workers=2) == first
    assert content(tmp_path / "out") == before


def test_the_command_on_the_card_gives_the_same_bytes(tmp_path: Path) -> None:
    photos = list_folder(write_photos(tmp_path / "photos", 4), "CC0")
    build_dataset(recipe(), photos, tmp_path / "one" / "mine", split="test")
    ids = tmp_path / "one" / "mine" / "ids.csv"
    card = ids.with_name("README.md").read_text()
    assert "--source PHOTOGRAPHS --ids ids.csv --out FOLDER\n" in card
    build_dataset(recipe(), photos, tmp_path / "two" / "mine", ids=ids)
    assert content(tmp_path / "two") == content(tmp_path / "one")


def test_hostile_names_build_and_load(tmp_path: Path) -> None:
    source = tmp_path / "photos"
    source.mkdir()
    names = [b"new\nline.png", b"no utf-8 \xff.png", "写真.png".encode(), b"x" * 251 + b".png"]
    picture = encode_png(np.full((40, 40, 3), 90, np.uint8))
    for name in names:
        (source / os.fsdecode(name)).write_bytes(picture)
    (source / "b\xe4d\n.png").write_bytes(b"no picture")
    done = build_dataset(recipe(), list_folder(source, "CC0"), tmp_path / "out", split="test")
    assert done.pairs == {"test": 4}
    assert len(done.skipped) == 1
    assert done.skipped[0].startswith("bäd\\n.png: not a picture")
    require_distinct_names(PhotoSet(tmp_path / "out", "test").ids)
    sources = {photo.meta["source"] for photo in PhotoSet(tmp_path / "out", "test")}
    assert {"new\\nline.png", "no utf-8 \\udcff.png", "写真.png"} < sources


# What may be done with it


def test_rights_follow_the_photographs(photos: list[SourcePhoto], tmp_path: Path) -> None:
    build_dataset(recipe(), photos, tmp_path / "folder")
    rights = read_rights(tmp_path / "folder")
    assert not rights.granted
    assert rights.statement.endswith("?")
    assert "CC0" in rights.statement
    free = [dataclasses.replace(photo, free=True) for photo in photos]
    build_dataset(recipe(), free, tmp_path / "free")
    assert read_rights(tmp_path / "free").granted
    some = [*free[:-1], photos[-1]]
    build_dataset(recipe(), some, tmp_path / "some")
    assert not read_rights(tmp_path / "some").granted


def test_scans_of_unknown_owners_are_asked_about(photos: list[SourcePhoto], tmp_path: Path) -> None:
    write_photos(tmp_path / "paper", 1)
    free = [dataclasses.replace(photo, free=True) for photo in photos]
    scans = open_textures(tmp_path / "paper")
    build_dataset(recipe(), free, tmp_path / "out", textures=scans)
    rights = read_rights(tmp_path / "out")
    assert not rights.granted
    assert "scans" in rights.statement


# Sizes, variants, the sample


def test_size_policies() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (50, 90, 3), dtype=np.uint8)
    assert fit(picture, Size(policy="keep", side=16)) is picture
    assert np.array_equal(fit(picture, Size(policy="limit", side=45)), limit_side(picture, 45))
    square = fit(picture, Size(policy="square", side=20))
    assert np.array_equal(square, resize(picture[:, 20:70], 20, 20))
    assert fit(picture[:20, :20], Size(policy="square", side=64)).shape == (64, 64, 3)


def test_variants_share_their_original_and_stay_in_one_split(
    photos: list[SourcePhoto], tmp_path: Path
) -> None:
    done = build_dataset(recipe(variants=3, shard_size=4), photos, tmp_path)
    assert done.pairs == {"validation": 6, "test": 6, "train": 15}
    where: dict[str, set[str]] = {}
    for split in list_splits(tmp_path):
        pairs = PhotoSet(tmp_path, split)
        for identity, original in pairs.originals.items():
            assert identity.startswith(f"{original}-0")
            where.setdefault(original, set()).add(split)
        first, second, third = (pairs[identity] for identity in pairs.ids[:3])
        assert np.array_equal(first.target, second.target)
        inputs = [photo.input.tobytes() for photo in (first, second, third)]
        assert len(set(inputs)) > 1
    assert len(where) == 9
    assert all(len(splits) == 1 for splits in where.values())
    assert all(slug(identity) == identity for identity in where)


def test_variants_of_the_longest_ids_keep_apart(photos: list[SourcePhoto], tmp_path: Path) -> None:
    long = [
        dataclasses.replace(photo, id=f"{'x' * 119}{number}")
        for number, photo in enumerate(photos[:2])
    ]
    build_dataset(recipe(variants=2), long, tmp_path, split="test")
    pairs = PhotoSet(tmp_path, "test")
    assert len(pairs) == 4
    assert all(slug(identity) == identity for identity in pairs.ids)
    assert set(pairs.originals.values()) == {photo.id for photo in long}


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample with two variants a photo, so that it is quick."""
    out = tmp_path_factory.mktemp("sample") / "sample"
    shipped = load_recipe("sample")
    build_dataset(shipped.model_copy(update={"variants": 2}), list_sample(), out)
    return out


def test_sample(sample: Path) -> None:
    splits = {name: PhotoSet(sample, name) for name in ("train", "validation", "test")}
    assert {name: len(pairs) for name, pairs in splits.items()} == {
        "train": 8,
        "validation": 2,
        "test": 4,
    }
    originals = {name: set(pairs.originals.values()) for name, pairs in splits.items()}
    assert len(originals["train"] | originals["validation"] | originals["test"]) == 7
    assert not originals["train"] & (originals["test"] | originals["validation"])
    assert read_rights(sample).granted
    assert "CC0-1.0 (SpaceX)" in read_rights(sample).statement
    pairs = [pair for chosen in splits.values() for pair in chosen]
    assert max(max(pair.input.shape) for pair in pairs) == 256
    assert sum(pair.mask is not None and bool(pair.mask.any()) for pair in pairs) >= 7
