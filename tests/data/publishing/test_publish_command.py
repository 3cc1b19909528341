"""`publish` and `export` as a person types them."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from romnet_bench.cli.common import PARTLY
from romnet_bench.cli.publish import export, publish
from romnet_bench.data.records import SCHEMA
from romnet_bench.errors import UserError

REPO = "someone/noise"


def test_dry_run(hub: Any, dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Needs no token, asks the Hub nothing, and says what would go and what stays."""
    monkeypatch.delenv("HF_TOKEN")
    (dataset / "build.json").write_text("{}")
    out = tmp_path / "tree"
    done = CliRunner().invoke(
        publish, [str(dataset), "--repo", REPO, "--dry-run", "--out", str(out), "--check", "2"]
    )
    assert done.exit_code == 0, done.output
    size = (dataset / "data/test-00000-of-00001.parquet").stat().st_size
    assert f"{size:,}  data/test-00000-of-00001.parquet" in done.output
    assert "7 files" in done.output
    assert "Nothing was uploaded." in done.output
    assert "Stays here: build.json" in done.output
    assert len([path for path in out.rglob("*") if path.is_file()]) == 7
    assert hub.requests == []


@pytest.mark.parametrize("words", [["--dry-run"], ["--out", "tree"]])
def test_dry_run_and_out_go_together(dataset: Path, words: list[str]) -> None:
    done = CliRunner().invoke(publish, [str(dataset), "--repo", REPO, *words])
    assert done.exit_code == 2
    assert "--dry-run and --out go together" in done.output


@pytest.mark.parametrize("name", ["", "tree", "sheets/tree", "../linked/tree"])
def test_a_dry_run_writes_nothing_into_the_dataset(
    dataset: Path, tmp_path: Path, name: str
) -> None:
    (tmp_path / "linked").symlink_to(dataset)
    before = sorted(dataset.rglob("*"))
    words = [str(dataset), "--repo", REPO, "--dry-run", "--out", str(dataset / name)]
    done = CliRunner().invoke(publish, words)
    assert isinstance(done.exception, UserError)
    assert "choose an --out outside it" in str(done.exception)
    assert sorted(dataset.rglob("*")) == before


def test_a_name_without_owner(hub: Any, dataset: Path) -> None:
    done = CliRunner().invoke(publish, [str(dataset), "--repo", "noise"])
    assert isinstance(done.exception, UserError)
    assert "give the owner too, such as my-name/noise" in str(done.exception)
    assert hub.requests == []


def test_there_is_no_option_for_a_token() -> None:
    """What is typed is seen in the list of processes and kept in the shell's history."""
    assert not any("token" in option.name for option in publish.params if option.name)


def test_export_names_what_is_left_out(dataset: Path, tmp_path: Path) -> None:
    path = dataset / "data/test-00000-of-00001.parquet"
    rows = pq.read_table(path).to_pylist()
    rows[1]["input"]["bytes"] = b"x"
    pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), path)
    words = [str(dataset), "--layout", "pikfix", "--out", str(tmp_path / "out"), "--split", "test"]
    done = CliRunner().invoke(export, words)
    assert done.exit_code == PARTLY
    assert "2 test pairs" in done.output
    assert "Left out 1:" in done.output
    assert rows[1]["id"] in done.output
