"""Packaging RealOld from small layouts made here, with everything that can be wrong with one."""

import csv
import hashlib
import json
import multiprocessing
import re
import shutil
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from scipy import ndimage

from romnet_bench.cli.package import package
from romnet_bench.color import lightness_grey
from romnet_bench.data.cards import escape_markdown
from romnet_bench.data.publishing.publish import prepare_repository
from romnet_bench.data.realold import checks, material, shards
from romnet_bench.data.realold.checks import PairFacts
from romnet_bench.data.realold.package import Packaged, package_realold
from romnet_bench.data.realold.pairs import Pair
from romnet_bench.data.records import PhotoSet, list_splits
from romnet_bench.data.rights import read_rights
from romnet_bench.errors import UserError
from romnet_bench.images import Picture, encode_png, resize, to_rgb
from romnet_bench.references.choice import RankedReferences
from romnet_bench.references.features import load_features

HEIGHT, WIDTH = 144, 120


def colours(seed: int, height: int = HEIGHT, width: int = WIDTH) -> Picture:
    """A target: blobs of several sizes, coarse ones in colour."""
    random = np.random.default_rng(seed)
    total = np.zeros((height, width, 3))
    for sigma, share in ((1.5, 20), (5, 30), (16, 40)):
        layer = ndimage.gaussian_filter(random.normal(size=(height, width, 3)), (sigma, sigma, 0))
        grey = layer.mean(2, keepdims=True)
        layer = grey if sigma < 16 else layer
        total += share * layer / layer.std()
    return np.uint8(np.clip(128 + total, 0, 255))


def aged(target: Picture, seed: int) -> Picture:
    """The old photo of a target: faded, grainy, scratched."""
    random = np.random.default_rng(seed)
    grey = 60 + 0.6 * lightness_grey(target) + random.normal(0, 4, target.shape[:2])
    grey[:, random.integers(10, target.shape[1] - 10)] = 250
    return np.uint8(np.clip(grey, 0, 255))


def save(folder: Path, name: str, picture: Picture) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(encode_png(picture))


def lay_pairs(folder: Path, count: int, first: int = 1) -> Path:
    for number in range(first, first + count):
        target = colours(number)
        save(folder, f"{number}t.png", target)
        save(folder, f"{number}o.png", aged(target, number))
    return folder


def content(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }


def rows(made: Packaged) -> dict[str, dict[str, str]]:
    with made.report.with_suffix(".csv").open(encoding="utf-8", newline="") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def mail(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three pairs without a fault."""
    return lay_pairs(tmp_path_factory.mktemp("mail"), 3)


def test_sound_pairs_keep_every_pixel(mail: Path, tmp_path: Path) -> None:
    made = package_realold(mail, tmp_path / "realold")
    assert (made.pairs, made.references, made.flagged, made.left_out) == (3, 0, [], [])
    assert made.sheets == []
    photos = PhotoSet(tmp_path / "realold", "test")
    assert photos.ids == ["1", "2", "3"]
    for photo in photos:
        target = colours(int(photo.id))
        assert np.array_equal(photo.target, target)
        assert np.array_equal(photo.input, aged(target, int(photo.id)))
        assert photo.mask is None
        assert photo.meta["files"] == {"input": f"{photo.id}o.png", "target": f"{photo.id}t.png"}
        assert photo.meta["source_size"] == [WIDTH, HEIGHT]
        assert photo.meta["target_resized"] is False
        assert photo.meta["input_tone"]["kind"] == "grey"
        shift = photo.meta["alignment"]["shift"]
        assert abs(shift["x"]) < 0.1
        assert abs(shift["y"]) < 0.1
        assert shift["confidence"] > 0.5
        assert photo.meta["flags"] == photo.meta["duplicates"] == []
    assert [row["verdict"] for row in rows(made).values()] == ["ok"] * 3
    card = (tmp_path / "realold/README.md").read_text(encoding="utf-8")
    assert "ROMNet: Renovate the Old" in card
    assert str(tmp_path) not in card + made.report.read_text(encoding="utf-8")


def lay_faults(folder: Path) -> Path:
    """Pairs 1 and 2 are sound; every other id has one fault."""
    lay_pairs(folder, 22)
    target = {number: colours(number) for number in range(1, 23)}
    old = {number: aged(target[number], number) for number in target}
    sepia = np.stack([old[3], 0.92 * old[3], 0.75 * old[3]], axis=-1).astype(np.uint8)
    save(folder, "3o.png", sepia)
    save(folder, "4o.png", to_rgb(old[4]))
    moved = ndimage.shift(target[5].astype(float), (1.7, -2.4, 0), order=3, mode="nearest")
    save(folder, "5t.png", np.uint8(np.clip(np.rint(moved), 0, 255)))
    save(folder, "6t.png", resize(target[6], HEIGHT // 2, WIDTH // 2))
    save(folder, "7o.png", resize(old[7], HEIGHT * 3 // 4, WIDTH * 3 // 4))
    save(folder, "8t.png", target[8][:, 12:])
    save(folder, "9o.png", target[9])
    save(folder, "9t.png", old[9])
    save(folder, "10t.png", target[21])
    (folder / "11t.png").unlink()
    (folder / "12o.png").unlink()
    shutil.copy(folder / "13o.png", folder / "13o.PNG.png")
    shutil.copy(folder / "13o.png", folder / "13-o.png")
    (folder / "14t.png").write_bytes(encode_png(target[14])[:900])
    (folder / "15o.png").write_bytes(b"no picture")
    save(folder, "16t.png", to_rgb(lightness_grey(target[16])))
    save(folder, "17o.png", target[18])  # colourful, and of another photo
    save(folder, "18o.png", target[18] // 2 + 60)
    shutil.copy(folder / "19o.png", folder / "20o.png")
    shutil.copy(folder / "19t.png", folder / "20t.png")
    save(folder, "22o.png", np.rot90(old[22]))
    return folder


def test_every_fault_is_found_and_the_rest_is_packaged(tmp_path: Path) -> None:
    source = lay_faults(tmp_path / "mail")
    made = package_realold(source, tmp_path / "out")
    table = rows(made)
    verdicts = {identity: (row["verdict"], row["reasons"]) for identity, row in table.items()}
    photos = PhotoSet(tmp_path / "out", "test")
    kept = ["1", "2", "3", "4", "5", "6", "7", "18", "19", "20", "21"]
    assert photos.ids == kept
    assert made.pairs == len(kept)
    for identity in ("1", "2", "3", "4", "7", "21"):
        assert verdicts[identity] == ("ok", "")
    for identity, words in {
        "5": "shifted by 2.9 px (-2.4, +1.7)",
        "6": "enlarged 2.0 times",
        "18": "the input has colours",
        "19": "a file in common with 20",
        "20": "a file in common with 19",
    }.items():
        assert verdicts[identity][0] == "flagged"
        assert words in verdicts[identity][1]
        assert any(line.startswith(f"{identity}: ") and words in line for line in made.flagged)
    for identity, words in {
        "8": "shapes differ by 11.1%",
        "9": "swapped",
        "10": "not show the same picture; it has a file in common with 21",
        "16": "the target has no colour",
        "17": "not show the same picture",
        "22": "shapes differ",
    }.items():
        assert verdicts[identity][0] == "left out"
        assert words in verdicts[identity][1]
        assert any(line.startswith(f"{identity}: ") for line in made.left_out)
    said = "\n".join(made.left_out)
    assert "11o.png: there is no target" in said
    assert "12t.png: there is no old photo" in said
    assert "13-o.png, 13o.png, 13t.png: more than two files" in said
    assert "13o.PNG.png: neither" in said
    assert "14t.png: damaged or cut short" in said
    assert "15o.png: not a picture" in said
    assert len(made.left_out) == 6 + 6
    report = made.report.read_text(encoding="utf-8")
    assert all(escape_markdown(re.split("[:,]", line)[0]) in report for line in made.left_out)
    assert len(made.sheets) == 2  # eleven pairs to look at, eight a sheet
    assert all(sheet.stat().st_size > 5000 for sheet in made.sheets)
    # They show what was left out, which is not given on.
    published = prepare_repository(tmp_path / "out", "me/realold", rights="The owners, by mail")
    assert {"report.md", "report.csv", "samples.jpg"} <= set(published.files)
    sheets = {sheet.relative_to(tmp_path / "out").as_posix() for sheet in made.sheets}
    assert sheets <= set(published.left_out)
    assert not any("flagged" in name for name in published.files)
    # What was measured and done stands in meta.
    shift = photos["5"].meta["alignment"]["shift"]
    assert (shift["x"], shift["y"]) == pytest.approx((-2.4, 1.7), abs=0.1)
    assert np.array_equal(photos["5"].target[20:-20], _read(source / "5t.png")[20:-20])
    assert photos["3"].meta["input_tone"]["kind"] == "tinted"
    assert np.array_equal(photos["3"].input, lightness_grey(_read(source / "3o.png")))
    assert np.array_equal(photos["4"].input, aged(colours(4), 4))  # grey saved as RGB
    assert photos["6"].meta["target_resized"] is True
    assert photos["6"].target.shape == (HEIGHT, WIDTH, 3)
    assert photos["7"].input.shape == (HEIGHT * 3 // 4, WIDTH * 3 // 4)
    assert np.array_equal(photos["7"].target, resize(colours(7), *photos["7"].input.shape))
    assert photos["20"].meta["duplicates"] == ["19"]


def _read(path: Path) -> Picture:
    from romnet_bench.images import read_picture

    return read_picture(path)


def test_references_that_tell_a_target_are_left_out(mail: Path, tmp_path: Path) -> None:
    portraits = tmp_path / "portraits"
    for number in range(50, 55):
        save(portraits, f"{number}.png", colours(number, 100, 90))
    save(portraits, "leak.png", resize(colours(2), 90, 70))
    save(portraits, "mirrored.png", np.ascontiguousarray(colours(1)[:, ::-1]))
    save(portraits, "negative/copy of 50.png", colours(50, 100, 90))
    save(portraits, "old.png", lightness_grey(colours(60)))
    (portraits / "broken.png").write_bytes(b"no")
    made = package_realold(mail, tmp_path / "out", references=portraits)
    assert (made.pairs, made.references) == (3, 5)
    said = "\n".join(made.left_out)
    assert "reference leak.png: it shows the same as the pair 2" in said
    assert "reference mirrored.png: it shows the same as the pair 1" in said
    assert "reference negative/copy of 50.png: it shows the same as reference 50.png" in said
    assert "reference old.png: it has no colours" in said
    assert "reference broken.png: not a picture" in said
    assert list_splits(tmp_path / "out") == ["references", "test"]
    references = PhotoSet(tmp_path / "out", "references")
    assert references.ids == [f"reference-{number}" for number in range(50, 55)]
    portrait = references["reference-52"]
    assert np.array_equal(portrait.target, colours(52, 100, 90))
    assert np.array_equal(portrait.input, lightness_grey(portrait.target))
    pair = PhotoSet(tmp_path / "out", "test")["2"]
    chooser = RankedReferences(references, load_features("filters"))
    assert chooser.choose(pair).id in references.ids


def test_references_and_output_below_the_source(mail: Path, tmp_path: Path) -> None:
    source = shutil.copytree(mail, tmp_path / "mail")
    save(source / "refs", "a_t.png", colours(70))
    for _ in range(2):
        made = package_realold(source, source / "out", references=source / "refs")
        assert (made.pairs, made.references, made.left_out) == (3, 1, [])


@pytest.mark.parametrize("layout", ["letters", "folders", "apart"])
def test_layouts_give_the_same_pixels(mail: Path, tmp_path: Path, layout: str) -> None:
    source, targets = tmp_path / "mail", None
    for number in ("1", "2", "3"):
        old, target = (mail / f"{number}{half}.png" for half in "ot")
        if layout == "letters":
            pairs = {old: f"deep/er/{number}_O.PNG", target: f"{number}T.PNG"}
        elif layout == "folders":
            pairs = {old: f"Inputs/{number}.png", target: f"gt/{number}.png"}
        else:
            targets = tmp_path / "experts"
            pairs = {old: f"{number}.png", target: f"../experts/{number}t.png"}
        for path, name in pairs.items():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, source / name)
    made = package_realold(source, tmp_path / "out", targets=targets)
    assert (made.pairs, made.left_out) == (3, [])
    for photo in PhotoSet(tmp_path / "out", "test"):
        assert np.array_equal(photo.target, colours(int(photo.id)))


def test_an_archive_is_taken_and_leaves_no_copy(mail: Path, tmp_path: Path) -> None:
    package_realold(mail, tmp_path / "folder/realold")
    archive = Path(shutil.make_archive(str(tmp_path / "mail"), "zip", mail))
    made = package_realold(archive, tmp_path / "zip/realold")
    assert made.left_out == []
    assert content(tmp_path / "zip/realold") == content(tmp_path / "folder/realold")


@pytest.mark.parametrize("evil", ["../1o.png", "/tmp/1o.png", "link"])
def test_a_hostile_archive_is_refused(mail: Path, tmp_path: Path, evil: str) -> None:
    with zipfile.ZipFile(tmp_path / "mail.zip", "w") as archive:
        for path in sorted(mail.iterdir()):
            archive.write(path, path.name)
        if evil == "link":
            entry = zipfile.ZipInfo("9o.png")
            entry.external_attr = 0o120777 << 16
            archive.writestr(entry, "/etc/passwd")
        else:
            archive.writestr(evil, b"x")
    with pytest.raises(UserError, match=r"mail\.zip"):
        package_realold(tmp_path / "mail.zip", tmp_path / "out")
    assert not list(tmp_path.rglob("*.parquet"))
    assert not (tmp_path / "1o.png").exists()


def test_rights_are_asked_once_and_answered_later(mail: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    asked = package_realold(mail, out)
    assert read_rights(out) == asked.rights
    assert not asked.rights.granted
    assert asked.rights.statement.startswith("Who holds the rights")
    before = content(out / "data")
    with pytest.raises(UserError, match="--rights is empty"):
        package_realold(mail, out, rights=" ")
    answer = "J. Li permitted the museum by mail of 2026-11-02 <b>[x](y)</b>"
    for rights in (answer, None):  # an answer given once stays
        made = package_realold(mail, out, rights=rights)
        assert made.rights.granted
        assert made.rights.statement == answer
        card = (out / "README.md").read_text(encoding="utf-8")
        assert "J. Li permitted the museum" in card
        assert "<b>[x]" not in card
    assert content(out / "data") == before


def test_nothing_to_package_is_one_sentence(mail: Path, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="holds no pictures named"):
        package_realold(tmp_path / "empty", tmp_path / "a")
    with pytest.raises(UserError, match="no folder and no archive"):
        package_realold(tmp_path / "nowhere", tmp_path / "b")
    save(tmp_path / "grey", "1o.png", aged(colours(1), 1))
    save(tmp_path / "grey", "1t.png", lightness_grey(colours(1)))
    with pytest.raises(
        UserError, match=r"Not one pair .* could be packaged\. 1: the target has no"
    ):
        package_realold(tmp_path / "grey", tmp_path / "c")
    package_realold(mail, tmp_path / "d")
    other = lay_pairs(tmp_path / "other", 2, first=30)
    with pytest.raises(UserError, match="of another recipe, photos or version"):
        package_realold(other, tmp_path / "d")


def test_a_wrong_source_leaves_the_folder_to_the_right_one(mail: Path, tmp_path: Path) -> None:
    out, wrong = tmp_path / "out/realold", tmp_path / "wrong"
    save(wrong, "1o.png", aged(colours(1), 1))
    save(wrong, "1t.png", lightness_grey(colours(1)))
    (tmp_path / "empty").mkdir()
    for source in (wrong, tmp_path / "empty"):
        with pytest.raises(UserError, match="Not one pair"):
            package_realold(source, out)
        assert not (out / "build.json").exists()
        assert not list(out.rglob("*.parquet"))
    assert (out / material.JOURNAL).read_bytes().count(b"\n") == 1  # nothing is measured twice
    assert package_realold(mail, out).pairs == 3
    package_realold(mail, tmp_path / "straight/realold")
    for whole in (out, tmp_path / "straight/realold"):
        (whole / material.JOURNAL).unlink()
    assert content(out) == content(tmp_path / "straight/realold")
    with pytest.raises(UserError, match="of another recipe, photos or version"):
        package_realold(wrong, out)  # and takes nothing from a dataset that stands
    assert content(out) == content(tmp_path / "straight/realold")


def test_hostile_names_reach_no_table_and_no_page_as_code(tmp_path: Path) -> None:
    target = colours(1)
    for name in ("=HYPERLINK(1)o.png", "<img src=x>|o.png"):
        save(tmp_path / "mail", name, aged(target, 1))
        save(tmp_path / "mail", name.replace("o.png", "t.png"), target)
    save(tmp_path / "mail", "a\nb|c<script>o.png", aged(target, 1))
    made = package_realold(tmp_path / "mail", tmp_path / "out")
    assert made.pairs == 2
    for row in rows(made).values():
        assert not row["input_file"].startswith("=")
    page = made.report.read_text(encoding="utf-8")
    assert "<script>" not in page.replace("\\<", "")
    assert "<img" not in page.replace("\\<", "")
    assert not any("\n" in sentence for sentence in made.left_out)


def test_killed_again_and_again_it_ends_with_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, portraits = tmp_path / "mail", tmp_path / "refs"
    for number in range(shards.SHARD + 4):  # two shards of pairs, two of portraits
        target = colours(number, 66, 64)
        save(source, f"{number}t.png", target)
        save(source, f"{number}o.png", aged(target, number))
        save(portraits, f"{number}.png", colours(number + 500, 66, 64))
    (source / "4t.png").write_bytes(b"no")
    whole, out = tmp_path / "whole/realold", tmp_path / "killed/realold"
    package_realold(source, whole, references=portraits)
    assert len(list((whole / "data").iterdir())) == 4
    journal, written = out / material.JOURNAL, out / "data"
    stages: list[Callable[[], bool]] = [
        lambda: journal.exists() and journal.read_bytes().count(b"\n") >= 3,
        lambda: journal.exists() and journal.read_bytes().count(b"\n") >= 50,
        lambda: any(written.glob(".test-00000*.part")),
        lambda: any(written.glob("test-00000*.parquet")),
        lambda: any(written.glob("references-00000*.parquet")),
        (out / "report.csv").exists,
    ]
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([package_realold.__module__])
    for reached in stages:
        process = context.Process(
            target=package_realold, args=(source, out), kwargs={"references": portraits}
        )
        process.start()
        deadline = time.monotonic() + 60
        while not reached():
            assert process.is_alive() or reached()
            assert time.monotonic() < deadline
            time.sleep(0.001)
        process.kill()
        process.join()
    # What a power cut leaves: a line cut short, a file half-written.
    with journal.open("a", encoding="utf-8") as file:
        file.write('["half')
    (written / ".test-00001-of-00002.parquet.12345678.part").write_bytes(b"half")
    measured: list[str] = []

    def measure(pair: Pair) -> PairFacts:
        measured.append(pair.id)
        return checks.measure_pair(pair)

    monkeypatch.setattr(material, "measure_pair", measure)
    made = package_realold(source, out, references=portraits)
    assert measured == ["4"]  # only what could not be measured is tried again
    assert (made.pairs, made.references) == (shards.SHARD + 3, shards.SHARD + 4)
    assert content(out) == content(whole)


def test_the_command_says_what_it_did(mail: Path, tmp_path: Path) -> None:
    runner = CliRunner()
    arguments = ["realold", "--source", str(mail), "--out", str(tmp_path / "out")]
    fine = runner.invoke(package, arguments)
    assert fine.exit_code == 0
    assert "3 test pairs." in fine.stdout
    assert "answer with --rights" in fine.stdout
    source = shutil.copytree(mail, tmp_path / "mail")
    save(source, "9o.png", aged(colours(9), 9))
    partly = runner.invoke(
        package, ["realold", "--source", str(source), "--out", str(source / "o")]
    )
    assert partly.exit_code == 3
    assert "Left out 1:\n  9o.png: there is no target" in partly.stderr
    assert json.loads((source / "o/rights.json").read_text(encoding="utf-8"))["granted"] is False
