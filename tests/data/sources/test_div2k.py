"""DIV2K as people have it: folders and zip files in its real layout, built small."""

import dataclasses
import zipfile
from pathlib import Path

import numpy as np
import pytest

from romnet_bench.data.build import build_dataset
from romnet_bench.data.records import PhotoSet
from romnet_bench.data.sources import div2k
from romnet_bench.data.sources.div2k import PARTS, list_div2k
from romnet_bench.download import Remote
from romnet_bench.errors import UserError
from romnet_bench.images import encode_png
from romnet_bench.synthesis.recipe import load_recipe

TINY = tuple(
    dataclasses.replace(part, photos=count) for part, count in zip(PARTS, (5, 2), strict=True)
)
NUMBERS = {"DIV2K_train_HR": range(1, 6), "DIV2K_valid_HR": range(801, 803)}


def picture(number: int) -> bytes:
    rows, columns = np.mgrid[:150, :200] / 15
    waves = [np.sin(rows * phase + columns + number) for phase in (1, 2, 3)]
    return encode_png(np.uint8(128 + 100 * np.stack(waves, -1)))


def write_folders(base: Path, nested: bool = False) -> Path:
    for name, numbers in NUMBERS.items():
        folder = base / name / name if nested else base / name
        folder.mkdir(parents=True)
        for number in numbers:
            (folder / f"{number:04d}.png").write_bytes(picture(number))
    return base


def write_zips(base: Path) -> Path:
    base.mkdir(parents=True, exist_ok=True)
    for name, numbers in NUMBERS.items():
        with zipfile.ZipFile(base / f"{name}.zip", "w") as file:
            file.writestr(f"{name}/", b"")
            for number in numbers:
                file.writestr(f"{name}/{number:04d}.png", picture(number))
    return base


def listed(place: Path | None, cache: Path, fetch: bool = False) -> list[tuple[str, ...]]:
    photos = list_div2k(place, "research only", cache, fetch, TINY)
    return [(photo.id, str(photo.split), photo.origin) for photo in photos]


def test_every_way_to_have_it_gives_the_same(tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    flat = listed(write_folders(tmp_path / "flat"), cache)
    assert flat[0] == ("0001", "train", "DIV2K/DIV2K_train_HR/0001.png")
    assert flat[-1] == ("0802", "validation", "DIV2K/DIV2K_valid_HR/0802.png")
    assert len(flat) == 7
    assert not cache.exists()
    assert listed(write_folders(tmp_path / "nested", nested=True), cache) == flat
    assert listed(write_zips(tmp_path / "zips"), cache) == flat


def test_what_is_missing_alone_is_fetched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    zips, fetched = write_zips(tmp_path / "server"), []

    def download(remote: Remote, folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / remote.name).write_bytes((zips / remote.name).read_bytes())
        fetched.append(remote.name)
        return folder / remote.name

    monkeypatch.setattr(div2k, "download", download)
    cache = tmp_path / "cache"
    with pytest.raises(UserError, match=r"DIV2K_train_HR is not here.*--download \(3\.5 GB\)"):
        listed(None, cache)
    assert len(listed(None, cache, fetch=True)) == 7
    assert fetched == ["DIV2K_train_HR.zip", "DIV2K_valid_HR.zip"]
    assert len(listed(None, cache)) == 7  # without asking again

    half = write_folders(tmp_path / "half")
    for path in (half / "DIV2K_valid_HR").iterdir():
        path.unlink()
    (half / "DIV2K_valid_HR").rmdir()
    with pytest.raises(UserError, match=r"DIV2K_valid_HR is not here"):
        listed(half, tmp_path / "other")
    assert len(listed(half, tmp_path / "other", fetch=True)) == 7
    assert fetched[2:] == ["DIV2K_valid_HR.zip"]


def test_a_part_of_it_is_not_taken_for_the_whole(tmp_path: Path) -> None:
    base = write_folders(tmp_path / "flat")
    (base / "DIV2K_train_HR" / "0003.png").unlink()
    with pytest.raises(
        UserError, match="holds 4 PNG files where DIV2K has 5: unpack DIV2K_train"
    ) as it:
        listed(base, tmp_path)
    assert f"--recipe clean --source {base / 'DIV2K_train_HR'}." in str(it.value)
    with pytest.raises(UserError, match="is no folder: give --source the folder that holds"):
        listed(base / "DIV2K_train_HR.zip", tmp_path)


def test_its_own_splits_are_kept(tmp_path: Path) -> None:
    photos = list_div2k(write_folders(tmp_path / "flat"), "research", tmp_path, False, TINY)
    recipe = load_recipe("div2k")
    built = build_dataset(recipe, photos, tmp_path / "out")
    assert built.pairs == {"train": 5, "validation": 2}
    assert PhotoSet(tmp_path / "out", "validation").ids == ["0801", "0802"]
    assert not built.skipped
