"""Each system's manifest: complete, true to the paper's tables, and of one mind with the README."""

import ast
import csv
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from romnet_bench.errors import UserError
from romnet_bench.methods.listing import Listed, describe_systems
from romnet_bench.methods.registry import list_methods
from romnet_bench.published.manifest import (
    Manifest,
    find_method,
    list_manifests,
    list_systems,
    read_manifest,
)

ROOT = Path(__file__).resolve().parents[2]

IN_THE_PAPER = {
    "pix2pix": "Pix2pix",
    "deoldify": "DeOldify",
    "he": "He",
    "instcolorization": "InstColorization",
    "wan": "Wan",
    "romnet": "ROMNet",
}
"""A system's folder → how the rows of Tables I to III begin, in any case."""


def test_every_method_of_ours_stands_in_one_manifest_and_every_name_there_can_be_run():
    named = [facts.name for manifest in list_manifests() for facts in manifest.methods]
    assert len(named) == len(set(named))
    ours = {
        name for name, entry in list_methods().items() if entry.value.startswith("romnet_bench")
    }
    assert set(named) == ours


@pytest.mark.parametrize("system", list_systems())
def test_each_has_a_readme_that_names_its_methods_and_files(system):
    manifest = read_manifest(system)
    assert manifest.name == system
    text = (ROOT / "baselines" / system / "README.md").read_text(encoding="utf-8")
    for facts in manifest.methods:
        assert f"--method {facts.name}" in text, facts.name
    for entry in manifest.weights:
        assert entry.file.rpartition("/")[2] in text, entry.file
        assert entry.urls, entry.file
        assert entry.methods
        assert set(entry.methods) <= {facts.name for facts in manifest.methods}


def test_methods_import_nothing_but_ours_and_the_declared_libraries():
    """No fastai, no detectron2, no Caffe: what upstream needs, ours does without."""
    allowed = {
        "romnet_bench",
        "torch",
        "torchvision",
        "numpy",
        "scipy",
        "skimage",
        "PIL",
        "pydantic",
    }
    allowed |= {"safetensors", *sys.stdlib_module_names}
    for path in (ROOT / "romnet_bench" / "methods").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                assert node.level == 0, path
                names = [node.module or ""]
            assert {name.partition(".")[0] for name in names} <= allowed, path


def paper_rows(table: int) -> Iterator[str]:
    with (ROOT / "reports" / "paper" / f"table{table}.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            yield row["method"].casefold()


def test_used_by_the_paper_in_says_what_its_tables_say():
    for manifest in list_manifests():
        begins = IN_THE_PAPER.get(manifest.name)
        tables = tuple(
            name
            for name, number in (("I", 1), ("II", 2), ("III", 3))
            if begins and any(row.startswith(begins.casefold()) for row in paper_rows(number))
        )
        claimed = tuple(
            name for name in manifest.used_by_the_paper_in if name in ("I", "II", "III")
        )
        assert claimed == tables, manifest.name


def test_an_unknown_system_lists_the_known_ones():
    with pytest.raises(UserError, match=r"no system wann: choose one of .*wan"):
        read_manifest("wann")
    with pytest.raises(UserError, match="no system"):
        read_manifest("../../etc")


def test_a_method_is_found_by_its_name():
    found = find_method("wan-scratches")
    assert found is not None
    assert (found[0].name, found[1].name) == ("wan", "wan-scratches")
    assert find_method("nonsense") is None


@pytest.mark.parametrize(
    "file", ["../x.pth", "/x.pth", "a/../x.pth", "a//x.pth", ".hidden", "C:x", "a\\b", ""]
)
def test_names_of_files_that_lead_elsewhere_are_refused(file):
    plain = read_manifest("wan").model_dump()
    plain["weights"] = [{**plain["weights"][0], "file": file}]
    with pytest.raises(ValidationError, match="file"):
        Manifest.model_validate(plain)


def listed(folder: Path | None = None) -> dict[str, Listed]:
    return {method.name: method for system in describe_systems(folder) for method in system.methods}


def test_the_list_says_what_is_missing_and_what_is_there(tmp_path, no_weights, monkeypatch):
    monkeypatch.setenv("ROMNET_BENCH_CACHE", str(tmp_path / "cache"))
    methods = listed()
    assert methods["input"].does == "changes nothing"
    assert methods["wan"].command == "romnet-bench weights fetch wan"
    assert methods["wan"].missing == methods["wan"].files != ()
    assert methods["pix2pix"].command == "romnet-bench train --method pix2pix"
    assert methods["he"].does == "colourises, from a reference"
    file = read_manifest("he").weights[0].file
    (tmp_path / "he").mkdir()
    (tmp_path / "he" / file).touch()
    assert file not in listed(tmp_path)["he"].missing


def test_what_is_left_out_is_said():
    limits = {system.name: " ".join(system.limits) for system in describe_systems()}
    assert "face" in limits["wan"]
