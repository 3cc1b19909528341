"""The SHA-256 of weights: recorded at first use, checked ever after, wherever they lie."""

import hashlib
import json
import multiprocessing
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from romnet_bench.errors import WeightsError
from romnet_bench.published import ledger
from romnet_bench.published.manifest import Manifest, WeightFile
from romnet_bench.published.places import find_file, require_file


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def system(declare: Callable[..., Manifest]) -> Manifest:
    published = [{"file": "a.pth"}, {"file": "b.pth", "sha256": sha256(b"published")[:8]}]
    return declare("mine", published, methods=("mine-one", "mine-two"))


def written(path: Path, content: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_first_use_is_recorded_and_the_same_file_is_good_anywhere(
    system: Manifest, tmp_path: Path, cache: Path
) -> None:
    entry = system.weight_file("a.pth")
    assert not ledger.is_known("mine", entry)
    for folder in ("one", "two"):
        path = written(tmp_path / folder / "a.pth", b"first")
        assert ledger.check("mine", entry, path) == sha256(b"first")
    [known] = json.loads((cache / "known.json").read_text())["mine/a.pth"]
    assert known == {
        "sha256": sha256(b"first"),
        "bytes": 5,
        "origin": str(tmp_path / "one" / "a.pth"),
        "when": known["when"],
    }
    assert len(known["when"].split("-")) == 3


def test_a_changed_file_is_refused_until_it_is_accepted(
    system: Manifest, tmp_path: Path, cache: Path
) -> None:
    entry = system.weight_file("a.pth")
    first = written(cache / "mine" / "a.pth", b"first")
    ledger.check("mine", entry, first)
    second = written(tmp_path / "other" / "mine" / "a.pth", b"second")
    with pytest.raises(ledger.ChangedError) as refused:
        ledger.check("mine", entry, second)
    said = str(refused.value)
    assert said.startswith(f"{second} is not the mine/a.pth that was first used on 20")
    assert f"begins {sha256(b'second')[:12]}, not {sha256(b'first')[:12]}" in said
    assert "run `romnet-bench weights fetch mine-one`" in said
    command = "`romnet-bench weights verify mine-one --accept --weights"
    assert f"{command} {tmp_path / 'other'}`." in said
    assert ledger.accept("mine", entry, second) == sha256(b"second")
    for path in (first, second):  # the one does not unseat the other
        ledger.check("mine", entry, path)
    first.write_bytes(b"third")
    with pytest.raises(ledger.ChangedError, match="verify mine-one --accept`"):
        ledger.check("mine", entry, first)


def test_what_was_published_cannot_be_accepted_away(system: Manifest, tmp_path: Path) -> None:
    entry = system.weight_file("b.pth")
    path = written(tmp_path / "b.pth", b"other")
    for use in (ledger.check, ledger.accept):
        with pytest.raises(ledger.ChangedError, match=r"b\.pth that was published") as refused:
            use("mine", entry, path)
        assert "--accept" not in str(refused.value)
    assert not ledger.is_known("mine", entry)
    path.write_bytes(b"published")
    assert ledger.check("mine", entry, path) == sha256(b"published")


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b'{"mine/a.pth": 3}', b'{"mine/a.pth": [{}]}']
)
def test_a_damaged_ledger_is_not_taken_for_an_empty_one(
    system: Manifest, tmp_path: Path, cache: Path, content: bytes
) -> None:
    written(cache / "known.json", content)
    path = written(tmp_path / "a.pth", b"first")
    with pytest.raises(WeightsError, match=r"known\.json, .* is damaged: mend or remove it"):
        ledger.check("mine", system.weight_file("a.pth"), path)
    assert (cache / "known.json").read_bytes() == content


def test_a_cache_that_takes_no_files_costs_the_record_and_not_the_run(
    system: Manifest, tmp_path: Path, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cache.parent.mkdir(parents=True)
    cache.touch()  # no folder can be made there
    path = written(tmp_path / "a.pth", b"first")
    entry = system.weight_file("a.pth")
    assert ledger.check("mine", entry, path) == sha256(b"first")
    assert "The SHA-256 of mine/a.pth is not recorded" in capsys.readouterr().err


def record(number: int, folder: Path) -> None:
    """In a process of its own: slow between reading and writing."""
    read = ledger.read_ledger

    def read_slowly() -> dict[str, list[ledger.Known]]:
        known = read()
        time.sleep(0.05)
        return known

    ledger.read_ledger = read_slowly
    entry = WeightFile(file=f"{number}.pth", methods=(), licence="MIT", urls=())
    ledger.check("mine", entry, written(folder / f"{number}.pth", b"%d" % number))


def test_processes_that_record_at_once_lose_nothing(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    workers = [context.Process(target=record, args=(n, tmp_path)) for n in range(5)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(ledger.read_ledger()) == 5


# Places


def test_the_order_of_places(
    system: Manifest, tmp_path: Path, cache: Path, no_weights: Path, monkeypatch: Any
) -> None:
    assert find_file("mine", "a.pth") is None
    named, given = tmp_path / "named", tmp_path / "given"
    monkeypatch.setenv("ROMNET_BENCH_WEIGHTS", str(named))
    given.mkdir()
    places = [
        no_weights / "a.pth",
        cache / "mine" / "a.pth",
        named / "a.pth",
        named / "mine" / "a.pth",
        given / "a.pth",
        given / "mine" / "a.pth",
    ]
    for place in places:
        written(place, b"")
        assert find_file("mine", "a.pth", given) == place


def test_missing_weights_say_what_to_do(
    system: Manifest, declare: Callable[..., Manifest], tmp_path: Path, cache: Path
) -> None:
    with pytest.raises(WeightsError, match="nowhere is no folder: give --weights a folder"):
        require_file("mine", "a.pth", tmp_path / "nowhere")
    with pytest.raises(WeightsError, match=r"missing: put them there as .*/weights/mine/a\.pth\.$"):
        require_file("mine", "a.pth", download=True)
    declare("mine", [{"file": "a.pth", "urls": ["https://example.org/a.pth"]}])
    with pytest.raises(WeightsError, match="missing: run `romnet-bench weights fetch mine`, or"):
        require_file("mine", "a.pth")
