"""What can be built, and what is there."""

import json
import os
import re
import shlex
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from romnet_bench.cli.datasets import datasets
from romnet_bench.data.build import build_dataset
from romnet_bench.data.catalog import find_datasets, list_buildable
from romnet_bench.data.records import shard_path
from romnet_bench.data.rights import Rights, write_rights
from romnet_bench.data.sources.listing import list_source
from romnet_bench.files import resource
from romnet_bench.synthesis.recipe import list_recipes, load_recipe


def test_every_shipped_folder_says_what_it_is() -> None:
    known = list_buildable()
    assert set(known) == {path.name for path in resource("datasets").iterdir() if path.is_dir()}
    assert set(list_recipes()) <= set(known)
    for name, about in known.items():
        assert "\n" not in about.summary + about.licence + about.needs + about.command
        assert len(about.summary) <= 90
        words = shlex.split(about.command)
        assert words[0] == "romnet-bench"
        if words[1] == "build-synthetic":
            assert ("--recipe" in words and words[words.index("--recipe") + 1] == name) or (
                name == "old-photos" and "--recipe" not in words  # the default
            )
        else:
            assert words[1:3] == ["package", name]


def test_what_is_needed_is_what_the_recipe_needs() -> None:
    known = list_buildable()
    for name in list_recipes():
        source = load_recipe(name).source
        assert ("--download" in known[name].command) == (source in ("pascal", "div2k"))


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("there") / "a" / "sample"
    recipe = load_recipe("sample").model_copy(update={"variants": 1})
    build_dataset(recipe, list_source("sample", recipe.licence), folder)
    return folder


def test_what_is_there(built: Path) -> None:
    [found] = find_datasets([built.parent.parent])
    assert found.folder == built
    assert found.pairs == {"train": 4, "validation": 1, "test": 2}
    assert found.recipe == "sample"
    assert found.size == sum(path.stat().st_size for path in built.glob("data/*.parquet"))
    assert not found.problem
    write_rights(built, Rights(False, "May it?"))
    assert not find_datasets([built])[0].may_be_published
    write_rights(built, Rights(True, "CC0"))
    assert find_datasets([built])[0].may_be_published


def test_found_once_and_not_too_deep(built: Path, tmp_path: Path) -> None:
    assert len(find_datasets([built, built.parent, built.parent.parent])) == 1
    for depth in (3, 4):
        place = tmp_path.joinpath(*"abcd"[:depth]) / "data"
        place.mkdir(parents=True, exist_ok=True)
        shutil.copy(shard_path(built, "test", 0, 1), place)
    assert [each.folder for each in find_datasets([tmp_path])] == [tmp_path / "a/b/c"]
    assert find_datasets([tmp_path / "nowhere"]) == []


def test_what_is_not_whole_is_listed_with_its_problem(built: Path, tmp_path: Path) -> None:
    for name in ("cut", "missing", "rights"):
        shutil.copytree(built, tmp_path / name)
    shard = shard_path(tmp_path / "cut", "test", 0, 1)
    shard.write_bytes(shard.read_bytes()[:500])
    shard = shard_path(tmp_path / "missing", "test", 0, 1)
    shard.rename(shard.with_name("test-00000-of-00002.parquet"))
    (tmp_path / "rights" / "rights.json").write_text("yes")
    problems = {each.folder.name: each.problem for each in find_datasets([tmp_path])}
    assert "no shard of a dataset" in problems["cut"]
    assert "shards of test are missing" in problems["missing"]
    assert "rights.json" in problems["rights"]


def test_the_command(built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    odd = tmp_path / "data" / "odd [red]\nname"
    shutil.copytree(built, odd)
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(datasets, [])
    assert done.exit_code == 0
    assert "\nsample: 84 small pairs" in done.output
    assert re.search(r"data/odd \[red\]\\nname +\d\.\d MB +sample .* 4 train, 1 val", done.output)
    done = CliRunner().invoke(datasets, ["--json", str(built)])
    read = json.loads(done.output)
    assert set(read["buildable"]) == set(list_buildable())
    assert read["present"][0]["pairs"] == {"train": 4, "validation": 1, "test": 2}
    assert read["present"][0]["folder"] == os.fspath(built)
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    assert "below data: nothing yet" in CliRunner().invoke(datasets, []).output
