"""Pascal VOC 2012 as people have it: folders and archives in its real layout, built small."""

import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
import yaml
from click.testing import CliRunner, Result
from PIL import Image

from romnet_bench.cli import cli
from romnet_bench.data.build import build_dataset
from romnet_bench.data.records import PhotoSet
from romnet_bench.data.rights import read_rights
from romnet_bench.data.sources import pascal
from romnet_bench.data.sources.pascal import list_pascal
from romnet_bench.data.sources.photo import SourcePhoto
from romnet_bench.download import Remote
from romnet_bench.errors import UserError
from romnet_bench.synthesis.recipe import load_recipe

IDS = [f"2007_{number:06d}" for number in range(14)]
SMALL = {"2007_000003", "2007_000008"}


def jpeg(number: int, size: tuple[int, int]) -> bytes:
    rows, columns = np.mgrid[: size[1], : size[0]] / 20
    waves = [np.sin(rows * (1 + number % 3) + columns + phase) for phase in (number, 2, 4)]
    buffer = io.BytesIO()
    Image.fromarray(np.uint8(128 + 100 * np.stack(waves, -1))).save(buffer, "JPEG")
    return buffer.getvalue()


def files() -> dict[str, bytes]:
    """What the archive holds, photographs and the rest."""
    photos = {
        f"VOCdevkit/VOC2012/JPEGImages/{identity}.jpg": jpeg(
            number, (500, 200) if identity in SMALL else (320, 300)
        )
        for number, identity in enumerate(IDS)
    }
    mask = io.BytesIO()
    Image.new("P", (320, 300)).save(mask, "PNG")
    return photos | {
        "VOCdevkit/VOC2012/Annotations/2007_000000.xml": b"<annotation/>",
        "VOCdevkit/VOC2012/ImageSets/Main/train.txt": b"2007_000000\n",
        "VOCdevkit/VOC2012/SegmentationClass/2007_000000.png": mask.getvalue(),
        "VOCdevkit/VOC2012/SegmentationObject/2007_000001.png": mask.getvalue(),
    }


@pytest.fixture(scope="module")
def devkit(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("pascal")
    for name, content in files().items():
        (base / name).parent.mkdir(parents=True, exist_ok=True)
        (base / name).write_bytes(content)
    return base / "VOCdevkit"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("archive") / "VOCtrainval_11-May-2012.tar"
    with tarfile.open(path, "w") as file:
        for name, content in files().items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            file.addfile(member, io.BytesIO(content))
    return path


def facts(photos: list[SourcePhoto]) -> list[tuple[str, str, bytes]]:
    return [(photo.id, photo.origin, photo.path.read_bytes()) for photo in photos]


def test_every_way_to_have_it_gives_the_same(devkit: Path, archive: Path, tmp_path: Path) -> None:
    places = [devkit, devkit / "VOC2012", devkit.parent, archive]
    listed = [list_pascal(place, "Flickr", tmp_path, fetch=False) for place in places]
    assert [photo.id for photo in listed[0]] == IDS
    assert listed[0][0].origin == "VOC2012/JPEGImages/2007_000000.jpg"
    assert all(facts(photos) == facts(listed[0]) for photos in listed)
    # Of the archive, nothing but photographs is unpacked.
    names = {path.name for path in tmp_path.rglob("*") if path.is_file()} - {".lock"}
    assert names == {f"{identity}.jpg" for identity in IDS}


def test_what_is_fetched_is_checked_and_kept(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetched = []

    def download(remote: Remote, folder: Path) -> Path:
        folder.mkdir(parents=True)
        (folder / remote.name).write_bytes(archive.read_bytes())
        fetched.append(remote)
        return folder / remote.name

    monkeypatch.setattr(pascal, "download", download)
    with pytest.raises(UserError, match=r"not here: give --source VOCDEVKIT.*\(2\.0 GB\)"):
        list_pascal(None, "Flickr", tmp_path, fetch=False)
    photos = list_pascal(None, "Flickr", tmp_path, fetch=True)
    assert [photo.id for photo in photos] == IDS
    assert fetched == [pascal.ARCHIVE]


def test_other_places_are_refused(devkit: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"holds no JPEGImages of Pascal VOC 2012: give the VOCd"):
        list_pascal(devkit / "VOC2012" / "Annotations", "Flickr", tmp_path, fetch=False)
    with pytest.raises(UserError, match="nowhere is neither a folder nor an archive"):
        list_pascal(tmp_path / "nowhere", "Flickr", tmp_path, fetch=False)
    (tmp_path / "other.tar").write_bytes(b"no archive")
    with pytest.raises(UserError, match="is damaged, cut short or no archive"):
        list_pascal(tmp_path / "other.tar", "Flickr", tmp_path, fetch=False)


def test_the_papers_two_settings_hold_the_same_photographs(devkit: Path, tmp_path: Path) -> None:
    photos = list_pascal(devkit, "Flickr", tmp_path, fetch=False)
    pairs = {}
    for name in ("pascal", "pascal-degraded"):
        recipe = load_recipe(name).model_copy(update={"splits": {"train": 8, "test": 3}})
        built = build_dataset(recipe, photos, tmp_path / name)
        assert built.pairs == {"train": 8, "test": 3}
        assert built.too_small == len(SMALL)
        assert not built.skipped
        assert not read_rights(tmp_path / name).granted
        assert "Flickr" in read_rights(tmp_path / name).statement
        pairs[name] = {split: PhotoSet(tmp_path / name, split) for split in built.pairs}
    for split in ("train", "test"):
        clean, degraded = pairs["pascal"][split], pairs["pascal-degraded"][split]
        assert clean.ids == degraded.ids
        assert not set(clean.ids) & SMALL
        for one, other in zip(clean, degraded, strict=True):
            assert np.array_equal(one.target, other.target)
            assert one.mask is None or not one.mask.any()
    lists = [(tmp_path / name / "ids.csv").read_bytes() for name in pairs]
    assert lists[0] == lists[1]


def run(*words: object) -> Result:
    return CliRunner().invoke(cli, ["build-synthetic", *map(str, words)], catch_exceptions=False)


def test_the_command_line(devkit: Path, tmp_path: Path) -> None:
    content = load_recipe("pascal").model_dump(mode="json") | {"splits": {"train": 8, "test": 3}}
    recipe = tmp_path / "small.yaml"
    recipe.write_text(yaml.safe_dump(content, sort_keys=False))
    common = ["--recipe", recipe, "--source", devkit, "--workers", 1, "--cache", tmp_path]
    done = run(*common, "--out", tmp_path / "mine")
    assert done.exit_code == 0, done.output
    assert "8 train, 3 test pairs by the recipe pascal." in done.stdout
    assert "2 photos were too small to be chosen from." in done.stdout
    listed = run(*common, "--out", tmp_path / "yours", "--ids", tmp_path / "mine" / "ids.csv")
    assert listed.exit_code == 0, listed.output
    mine, yours = (PhotoSet(tmp_path / name, "test").fingerprint for name in ("mine", "yours"))
    assert mine == yours
    with pytest.raises(UserError, match=r"Pascal photographs are not here: give --source VOCDEV"):
        run("--recipe", recipe, "--out", tmp_path / "out", "--cache", tmp_path)
    assert not (tmp_path / "out").exists()
