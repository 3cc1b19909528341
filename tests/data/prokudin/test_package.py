import csv
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from romnet_bench.cli.package_prokudin import prokudin
from romnet_bench.data.prokudin import package as package_module
from romnet_bench.data.prokudin.package import package_prokudin
from romnet_bench.data.records import PhotoSet
from romnet_bench.data.rights import read_rights
from romnet_bench.errors import UserError


@pytest.fixture(scope="module")
def plates(tmp_path_factory: pytest.TempPathFactory, make_scene: Callable) -> Path:
    """Two plates, one of three unlike scenes, and a file that is none."""
    folder = tmp_path_factory.mktemp("plates")
    for number, name in enumerate(("astronaut", "chelsea")):
        scan = make_scene(name, number, size=220, far=6.0).plate
        Image.fromarray(scan).save(folder / f"0000{number}v.png")
    unlike = [make_scene(name, 0, size=220).exposures["red"] for name in ("coffee", "astronaut")]
    scan = np.rint(np.concatenate([*unlike, unlike[0][:, ::-1]]) * 255).astype(np.uint8)
    Image.fromarray(scan).save(folder / "00002v.png")
    (folder / "00003v.jpg").write_text("no picture")
    return folder


@pytest.fixture(scope="module")
def packaged(plates: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("out") / "set"
    # Two plates in a shard, so that there are two shards.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(package_module, "PLATES", 2)
        found = package_prokudin(plates, out)
    assert found.pairs == 2
    assert [sentence.split(":")[0] for sentence in found.left_out] == ["00002v.png"]
    assert len(found.unreadable) == 1
    assert found.unreadable[0].startswith("00003v.jpg")
    return out


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }


def test_the_dataset_is_read_by_the_contract(packaged: Path) -> None:
    photos = PhotoSet(packaged, "test")
    assert photos.ids == ["00000v", "00001v"]
    for photo in photos:
        assert photo.target.shape == (*photo.input.shape, 3)
        assert photo.mask is not None
        assert photo.mask.shape == photo.input.shape
    assert read_rights(packaged).granted
    assert "no known restrictions" in (packaged / "README.md").read_text()


def test_the_table_has_a_line_for_each_plate(packaged: Path) -> None:
    with (packaged / "quality.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["id"] for row in rows] == ["00000v", "00001v", "00002v", "00003v"]
    assert rows[0]["input"] == "green"
    assert float(rows[0]["median"]) < 0.5
    assert rows[2]["left_out"]
    assert rows[3]["unreadable"]
    assert not rows[3]["median"]


def test_no_path_of_this_machine_is_kept(packaged: Path, plates: Path) -> None:
    for content in tree(packaged).values():
        assert str(plates).encode() not in content


def test_sheets_show_every_plate(packaged: Path) -> None:
    sheet = Image.open(packaged / "sheets" / "plates-001.jpg")
    assert sheet.width > 4 * 150
    assert sheet.height > 2 * 150
    assert (packaged / "sheets" / "plates-002.jpg").exists()


def test_a_stopped_command_goes_on_to_the_same_bytes(
    packaged: Path, plates: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(package_module, "PLATES", 2)
    out = tmp_path / "set"
    shutil.copytree(packaged, out)
    (out / "data" / "test-00001-of-00002.parquet").unlink()
    (out / "data" / ".test-00001-of-00002.parquet.12345678.part").write_bytes(b"half")
    (out / "README.md").unlink()
    package_prokudin(plates, out)
    assert tree(out) == tree(packaged)


def test_another_input_is_another_dataset(packaged: Path, plates: Path) -> None:
    with pytest.raises(UserError, match="other"):
        package_prokudin(plates, packaged, choice="red")


def test_workers_do_not_change_a_byte(
    packaged: Path, plates: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(package_module, "PLATES", 2)
    package_prokudin(plates, tmp_path / "set", workers=2)
    assert tree(tmp_path / "set") == tree(packaged)


def test_no_plate_at_all(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    with pytest.raises(UserError, match="pictures"):
        package_prokudin(tmp_path / "in", tmp_path / "out")
    Image.fromarray(np.zeros((90, 90), np.uint8)).save(tmp_path / "in" / "square.png")
    with pytest.raises(UserError, match="Not one plate"):
        package_prokudin(tmp_path / "in", tmp_path / "out")


def test_a_wrong_source_leaves_the_folder_to_the_right_one(
    packaged: Path, plates: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(package_module, "PLATES", 2)
    wrong, out = tmp_path / "wrong", tmp_path / "set"
    wrong.mkdir()
    shutil.copy(plates / "00002v.png", wrong)
    with pytest.raises(UserError, match="Not one plate"):
        package_prokudin(wrong, out)
    assert tree(out) == {}
    package_prokudin(plates, out)
    assert tree(out) == tree(packaged)
    with pytest.raises(UserError, match="other"):
        package_prokudin(wrong, out)
    assert tree(out) == tree(packaged)


def test_the_command_names_what_it_could_not_read(plates: Path, tmp_path: Path) -> None:
    source, out = tmp_path / "plates", tmp_path / "set"
    source.mkdir()
    for name in ("00001v.png", "00003v.jpg"):
        shutil.copy(plates / name, source)
    Image.fromarray(np.full((600, 200), 140, np.uint8)).save(source / "00004v.png")
    arguments = ["--source", str(source), "--out", str(out), "--no-sheets", "--workers", "1"]
    result = CliRunner().invoke(prokudin, [*arguments, "--input", "damaged"])
    assert result.exit_code == 3
    assert "1 pairs" in result.output
    assert "00003v.jpg" in result.output
    assert "00004v.png" in result.output
    assert not (out / "sheets").exists()


def test_a_real_plate(shared: Path, tmp_path: Path) -> None:
    source = tmp_path / "plates"
    source.mkdir()
    shutil.copy(shared / "data" / "prokudin-plates" / "00757v.jpg", source)
    found = package_prokudin(source, tmp_path / "set")
    assert found.pairs == 1
    row = found.rows[0]
    assert float(row["median"]) < 0.5
    assert float(row["loop"]) < 0.5
    assert float(row["after"]) > float(row["before"]) + 0.1
    assert float(row["damaged_red"]) > 0.002  # splashes that anybody sees
    assert row["item"] == "LC-DIG-prok-00757"
