"""`romnet-bench weights`: what it prints, which status it ends with, and what it leaves."""

import json
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from safetensors.torch import save_file

from romnet_bench import weights
from romnet_bench.cli.weights import weights as command
from romnet_bench.published.backbones import BACKBONES
from romnet_bench.published.inventory import list_items, select_items
from romnet_bench.published.manifest import Manifest

Declare = Callable[..., Manifest]
Tensors = Callable[..., bytes]


@pytest.fixture(autouse=True)
def narrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paths in the output are relative to the test's folder."""
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def served(server: Any, declare: Declare, tensors: Tensors) -> Any:
    """A server with the weights of two systems, one with two methods."""
    urls = {name: server.serve(name, tensors(seed)) for seed, name in enumerate("abc")}
    weights = [
        {"file": "a.pth", "urls": [urls["a"]], "methods": ["one", "one-more"]},
        {"file": "b.pth", "urls": [urls["b"]], "methods": ["one-more"]},
    ]
    declare("one", weights, methods=("one", "one-more"))
    declare("two", [{"file": "deep/c.pth", "urls": [urls["c"]], "licence": "CC0"}])
    declare("none", [])
    return server


def call(*words: object) -> Result:
    return CliRunner().invoke(command, list(map(str, words)))


def well(*words: object) -> str:
    done = call(*words)
    assert done.exit_code == 0, (done.output, done.exception)
    return done.stdout


def test_list(served: Any, declare: Declare, tensors: Tensors, cache: Path) -> None:
    declare("two", [{"file": "deep/c.pth", "licence": "CC0", "bytes": 120_000_000}])
    well("fetch", "one")
    lines = well("list").splitlines()
    assert lines[:5] == [
        "one",
        "  ready      0 MB  MIT           cache/weights/one/a.pth (one, one-more)",
        "  missing       ?  MIT           b.pth (one-more)",
        "two",
        "  missing  120 MB  CC0           deep/c.pth (two)",
    ]
    assert lines[5] == BACKBONES
    assert lines[-1] == "Fetch what is missing:  romnet-bench weights fetch NAME"
    (cache / "one" / "a.pth").write_bytes(tensors(7))
    lines = well("list", "one").splitlines()
    assert lines[1].startswith("  changed")
    assert lines[3].startswith(str(cache / "one" / "a.pth"))
    assert "is not the one/a.pth that was first used on" in lines[3]
    assert len(lines) == 4
    assert well("list", "none") == ""


def test_list_for_programs(served: Any, tmp_path: Path) -> None:
    well("fetch", "two", "--out", "stick")
    [entry] = json.loads(well("list", "two", "--json", "--weights", "stick"))
    assert entry["state"] == "ready"
    assert Path(entry["path"]) == Path("stick/two/deep/c.pth")
    assert (entry["system"], entry["file"], entry["licence"]) == ("two", "deep/c.pth", "CC0")
    assert {each["state"] for each in json.loads(well("list", "--json"))} == {"missing"}


def test_names_are_of_methods_systems_and_backbones(served: Any) -> None:
    def files(*names: str) -> list[str]:
        return [item.entry.file for item in select_items(names)]

    assert files("one") == ["a.pth"]  # the method, not the system of its name
    assert files("one-more") == ["a.pth", "b.pth"]
    assert files("two", "one", "two") == ["deep/c.pth", "a.pth"]
    assert files("none") == []
    assert files("alexnet") == ["alexnet-owt-7be5be79.pth"]
    assert files(BACKBONES) == [source.file_names[-1] for source in weights.SOURCES.values()]
    assert len(list_items()) == 3 + len(weights.SOURCES)


def test_fetch_names_every_failure_and_keeps_what_came(served: Any, cache: Path) -> None:
    del served.files["a"]
    done = call("fetch", "one", "one-more", "two")
    assert done.exit_code == 3
    assert done.stdout.splitlines() == [
        "one/b.pth: cache/weights/one/b.pth",
        "two/deep/c.pth: cache/weights/two/deep/c.pth",
    ]
    told = done.stderr.splitlines()
    assert told[-2] == "Left out 1:"
    assert told[-1].startswith(
        f"  {served.url('a')} answers 404 Not Found: fetch a.pth another way"
    )
    asked = len(served.asked)
    assert call("fetch", "one-more", "two").exit_code == 3
    assert len(served.asked) == asked + 1


@pytest.mark.parametrize("words", [["fetch"], ["fetch", "one", "--all"], ["verify", "--accept"]])
def test_names_are_needed(served: Any, words: list[str]) -> None:
    done = call(*words)
    assert done.exit_code == 1
    assert str(done.exception).startswith("Give the NAMES of")
    assert not served.asked


@pytest.mark.parametrize("verb", ["list", "fetch", "verify"])
def test_unknown_names(served: Any, verb: str) -> None:
    done = call(verb, "one", "three")
    assert done.exit_code == 1
    assert str(done.exception).startswith(
        "There are no weights of three: choose from none, one, one-more, two, backbones, alexnet, "
    )
    assert not served.asked


def test_nothing_to_fetch(served: Any) -> None:
    assert well("fetch", "none") == "There is nothing to fetch for none.\n"


class Harmful:
    """Unpickled, this would write a file."""

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.touch, (Path("harm"),)


def test_verify(served: Any, tensors: Tensors, cache: Path, tmp_path: Path) -> None:
    lines = well("verify").splitlines()
    assert lines[:3] == ["missing  one/a.pth", "missing  one/b.pth", "missing  two/deep/c.pth"]
    assert all(line.startswith("missing  ") for line in lines)
    well("fetch", "one-more", "two")
    assert well("verify", "one", "two").splitlines() == [
        "good     one/a.pth: cache/weights/one/a.pth",
        "good     two/deep/c.pth: cache/weights/two/deep/c.pth",
    ]
    (cache / "one" / "a.pth").write_bytes(tensors(7))
    (cache / "one" / "b.pth").write_bytes(tensors(1)[:-100])
    (cache / "two" / "deep" / "c.pth").write_bytes(pickle.dumps({"w": Harmful()}, protocol=2))
    done = call("verify", "one-more", "two")
    assert done.exit_code == 3
    changed, cut, harmful = done.stdout.splitlines()
    assert changed.startswith("changed  one/a.pth: ")
    assert "verify one --accept`." in changed
    assert cut.startswith("bad      one/b.pth: ")
    assert "holds no weights that can be read" in cut
    assert cut.endswith("): remove it and run `romnet-bench weights fetch one-more`.")
    assert harmful.startswith("bad      two/deep/c.pth: ")
    assert "a pickle that would run" in harmful
    assert not (tmp_path / "harm").exists()


def test_accept_takes_what_changed_but_never_what_cannot_be_read(
    served: Any, tensors: Tensors, cache: Path
) -> None:
    well("fetch", "one-more")
    (cache / "one" / "a.pth").write_bytes(tensors(7))
    (cache / "one" / "b.pth").write_bytes(b"nothing")
    done = call("verify", "one-more", "--accept")
    assert done.exit_code == 3
    assert [line.split()[0] for line in done.stdout.splitlines()] == ["good", "bad"]
    assert well("verify", "one").startswith("good")
    known = json.loads((cache / "known.json").read_text())
    assert [len(known[key]) for key in ("one/a.pth", "one/b.pth")] == [2, 1]


def test_verify_records_what_a_person_put_there(tensors: Tensors, declare: Declare) -> None:
    declare("one", [{"file": "a.pth"}])
    folder = Path("theirs")
    folder.mkdir()
    (folder / "a.pth").write_bytes(tensors())
    assert well("verify", "one", "--weights", folder) == "good     one/a.pth: theirs/a.pth\n"
    (folder / "a.pth").write_bytes(tensors(1))
    done = call("verify", "one", "--weights", folder)
    assert done.exit_code == 3
    assert "`romnet-bench weights verify one --accept --weights theirs`." in done.stdout
    assert well("verify", "one", "--weights", folder, "--accept").startswith("good")


def test_backbones_under_other_names_are_held_against_themselves(
    served: Any, tensors: Tensors
) -> None:
    """A cut-down file of features has no published checksum; torchvision's own name has."""
    import torch

    folder = Path("theirs")
    folder.mkdir()
    features = folder / "alexnet-features.safetensors"
    save_file({"features.0.weight": torch.ones(3)}, features)
    assert "good" in well("verify", "alexnet", "--weights", folder)
    save_file({"features.0.weight": torch.zeros(3)}, features)
    assert call("verify", "alexnet", "--weights", folder).exit_code == 3
    features.unlink()
    (folder / "alexnet-owt-7be5be79.pth").write_bytes(tensors())
    done = call("verify", "alexnet", "--weights", folder, "--accept")
    assert done.exit_code == 3
    assert "that was published (its SHA-256 begins" in done.stdout


def test_help_is_light_and_has_examples() -> None:
    script = "import sys, romnet_bench.cli.weights; print(*{m.split('.')[0] for m in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env=dict(os.environ),
    )
    assert not {"torch", "pydantic", "numpy", "yaml", "PIL"} & set(done.stdout.split())
    for words in ([], ["list"], ["fetch"], ["verify"]):
        assert "\n  Example" in well(*words, "--help")
