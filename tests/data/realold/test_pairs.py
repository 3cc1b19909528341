"""Halves find each other by name, in whatever layout; what does not is named."""

import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from romnet_bench.data.realold.pairs import Found, find_pairs
from romnet_bench.files import slug


def lay(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return root


def named(found: Found) -> list[tuple[str, str, str]]:
    return [(pair.id, pair.input_name, pair.target_name) for pair in found.pairs]


def sentences(found: Found) -> list[str]:
    return [f"{each.name}: {each.reason}" for each in found.unpaired]


def test_one_folder_with_mixed_suffixes_and_cases(tmp_path: Path) -> None:
    lay(tmp_path, "2o.JPG", "2t.png", "10O.jpeg", "10T.bmp", "1_o.tif", "1_t.WEBP", "a-o.png")
    lay(tmp_path, "a-T.jpg")
    found = find_pairs(tmp_path)
    assert named(found) == [
        ("1", "1_o.tif", "1_t.WEBP"),
        ("2", "2o.JPG", "2t.png"),
        ("10", "10O.jpeg", "10T.bmp"),
        ("a", "a-o.png", "a-T.jpg"),
    ]
    assert found.unpaired == []


@pytest.mark.parametrize(
    ("inputs", "targets"), [("17o.png", "17t.png"), ("17.png", "17.jpg"), ("17o.png", "17.png")]
)
def test_two_folders_with_the_letter_or_without(tmp_path: Path, inputs: str, targets: str) -> None:
    lay(tmp_path, f"Inputs/{inputs}", f"Targets/{targets}", f"Inputs/x/8{inputs}")
    lay(tmp_path, f"Targets/x/8{targets}")
    assert [pair.id for pair in find_pairs(tmp_path).pairs] == ["17", "817"]
    apart = find_pairs(tmp_path / "Inputs", tmp_path / "Targets")
    assert [(p.id, p.input.name, p.target.name) for p in apart.pairs] == [
        ("17", inputs, targets),
        ("817", f"8{inputs}", f"8{targets}"),
    ]
    assert apart.unpaired == []


def test_a_name_that_ends_in_o_or_t_by_chance(tmp_path: Path) -> None:
    lay(tmp_path, "inputs/kyoto.jpg", "targets/kyoto.jpg", "inputs/cat.jpg", "targets/cat.jpg")
    lay(tmp_path, "inputs/bo.jpg", "targets/bo.jpg", "inputs/bt.jpg", "targets/bt.jpg")
    found = find_pairs(tmp_path)
    assert [pair.id for pair in found.pairs] == ["bo", "bt", "cat", "kyoto"]
    assert all(pair.input.name == pair.target.name for pair in found.pairs)
    assert found.unpaired == []


def test_targets_below_the_folder_of_the_inputs(tmp_path: Path) -> None:
    lay(tmp_path, "1.png", "2o.png", "experts/1.png", "experts/2t.png")
    found = find_pairs(tmp_path, tmp_path / "experts")
    assert [pair.id for pair in found.pairs] == ["1", "2"]
    assert found.unpaired == []


def test_subfolders_keep_equal_names_apart(tmp_path: Path) -> None:
    lay(tmp_path, "a/1o.png", "a/1t.png", "b/1o.png", "b/1t.png", "c/2o.png", "d/2t.png")
    found = find_pairs(tmp_path)
    pairs = {(pair.input_name, pair.target_name) for pair in found.pairs}
    assert pairs == {("a/1o.png", "a/1t.png"), ("b/1o.png", "b/1t.png"), ("c/2o.png", "d/2t.png")}
    assert len({pair.id for pair in found.pairs}) == 3


def test_hidden_and_system_files_and_other_folders_are_passed_over(tmp_path: Path) -> None:
    lay(tmp_path, "1o.png", "1t.png", "Thumbs.db", ".DS_Store", "._2o.png", "__MACOSX/2o.png")
    lay(tmp_path, ".trash/3o.png", "readme.txt", "data/flagged-01.jpg", "refs/portrait.jpg")
    found = find_pairs(tmp_path, None, [tmp_path / "data", tmp_path / "refs"])
    assert [pair.id for pair in found.pairs] == ["1"]
    assert found.unpaired == []


def test_what_has_no_other_half_is_named(tmp_path: Path) -> None:
    lay(tmp_path, "1o.png", "2t.png", "3o.jpg", "3t.psd", "4o.jpg", "4o.png", "4t.png")
    lay(tmp_path, "5o.png", "5t.png", "portraits/x.jpg", "portraits/y.jpg", "inputs/cat.jpg")
    found = find_pairs(tmp_path)
    assert [pair.id for pair in found.pairs] == ["5"]
    said = sentences(found)
    assert len(said) == 6
    assert said[0].startswith("1o.png: there is no target with the same id (1)")
    assert said[1].startswith("2t.png: there is no old photo with the same id (2)")
    assert said[2].startswith("3o.jpg: there is no target")
    assert "3t.psd is of a kind that cannot be read" in said[2]
    assert said[3].startswith("4o.jpg, 4o.png, 4t.png: more than two files of one name")
    assert said[4].startswith("inputs/cat.jpg: there is no target")
    assert said[5].startswith("portraits/x.jpg and 1 more in that folder: neither")


def test_ids_differ_on_disks_that_take_upper_for_lower_case(tmp_path: Path) -> None:
    lay(tmp_path, "Ao.png", "At.png", "ao.png", "at.png")
    if len(list(tmp_path.iterdir())) < 4:
        pytest.skip("this disk does not tell A from a")
    found = find_pairs(tmp_path)
    assert {(pair.input_name, pair.target_name) for pair in found.pairs} == {
        ("Ao.png", "At.png"),
        ("ao.png", "at.png"),
    }
    assert len({pair.id.casefold() for pair in found.pairs}) == 2


def test_halves_that_differ_in_case_or_accents_alone(tmp_path: Path) -> None:
    lay(tmp_path, "Uncle Joo.png", "uncle jot.png", "Zoe\u0301o.png", "Zo\u00e9t.png")
    found = find_pairs(tmp_path)
    assert len(found.pairs) == 2
    assert found.unpaired == []


def test_hostile_names_become_plain_ids(tmp_path: Path) -> None:
    names = ("a\nbo.png", "a\nbt.png", "..o.png", "=cmd|'o.png", "=cmd|'t.png", "<b>o.png")
    lay(tmp_path, *names, "<b>t.png")
    found = find_pairs(tmp_path)
    assert len(found.pairs) == 3
    for pair in found.pairs:
        assert slug(pair.id) == pair.id
        assert "\n" not in pair.input_name
        assert pair.input.is_file()
        assert pair.target.is_file()
    assert not any("\n" in sentence for sentence in sentences(found))


@settings(max_examples=30, deadline=None)
@given(
    ids=st.lists(st.text("abot019_-", min_size=1, max_size=4), min_size=1, max_size=8, unique=True),
    seed=st.integers(0, 99),
)
def test_every_file_is_in_one_pair_or_one_sentence(
    tmp_path_factory: pytest.TempPathFactory, ids: list[str], seed: int
) -> None:
    root = tmp_path_factory.mktemp("laid")
    chance = random.Random(seed)
    names = {f"x{i}{half}.png" for i in ids for half in "ot" if chance.random() < 0.8}
    lay(root, *names)
    found = find_pairs(root)
    paired = [name for pair in found.pairs for name in (pair.input_name, pair.target_name)]
    told = [name for each in found.unpaired for name in each.name.split(", ")]
    assert sorted([*paired, *told]) == sorted(names)
    for pair in found.pairs:
        assert pair.input.stem.endswith("o")
        assert pair.target.stem.endswith("t")
        assert pair.input.stem[:-1].rstrip("-_ .") == pair.target.stem[:-1].rstrip("-_ .")
    assert len({pair.id.casefold() for pair in found.pairs}) == len(found.pairs)
