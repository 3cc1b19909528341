"""Whole measurements: in processes of their own, failing, stopped."""

import csv
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from romnet_bench.cli import cli
from romnet_bench.data.records import Photo, encode_photo, shard_path, write_shard
from romnet_bench.errors import UserError
from romnet_bench.speed import measure as speed
from romnet_bench.speed import processes
from romnet_bench.speed.cases import Case
from romnet_bench.speed.child import Measured, measure

PHOTO = Case(work="photo", preset="tiny", size=64, color_side=64, device="cpu", rounds=1)


def read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


@pytest.fixture
def training_split(tmp_path: Path, tiny_photos: list[Photo]) -> Path:
    path = shard_path(tmp_path / "data", "train", 0, 1)
    path.parent.mkdir(parents=True)
    write_shard(path, map(encode_photo, tiny_photos))
    return tmp_path / "data"


@pytest.fixture
def in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where only the numbers matter: a new process takes seconds to import torch."""
    monkeypatch.setattr(speed, "run_case", measure)


@pytest.mark.usefixtures("in_this_process")
def test_end_to_end(tmp_path: Path, training_split: Path) -> None:
    out = tmp_path / "new" / "speed.csv"
    words = "bench --preset tiny --size 64 --measure training --measure photo --rounds 1"
    words += f" --batch 2 --device cpu --data {training_split} --out {out}"
    done = CliRunner().invoke(cli, words.split())
    assert done.exit_code == 0, done.output
    rows = {row["work"]: row for row in read(out)}
    assert list(rows) == [
        "ceiling: matrix product",
        "ceiling: 3×3 convolution",
        "data loading alone",
        "training step",
        "photo, colours at 64",
    ]
    assert not any(row["error"] for row in rows.values()), done.output
    assert all(float(row["seconds"]) > 0 for row in rows.values())
    training, loading = rows["training step"], rows["data loading alone"]
    for row in (training, rows["photo, colours at 64"]):
        assert 0 < float(row["share_of_matrix"]) < 1
    pictures = [float(row["pictures_per_second"]) for row in (loading, training)]
    assert float(training["loading_ratio"]) == pytest.approx(pictures[0] / pictures[1])
    assert float(training["flops"]) * 2 / float(training["seconds"]) == pytest.approx(
        float(training["flops_per_second"])
    )
    assert "training step" in done.output
    page = out.with_suffix(".md").read_text(encoding="utf-8")
    assert "Processor" in page
    assert "| photo, colours at 64 | tiny | 64 | fp32 eager |" in page


def test_a_case_runs_in_a_process_of_its_own() -> None:
    measured = processes.run_case(PHOTO.model_copy(update={"threads": 1}))
    assert measured.error == ""
    assert len(measured.seconds) == 1
    assert measured.threads == 1
    assert measured.flops is not None
    assert measured.peak_memory is not None
    assert measured.start_memory is not None
    assert measured.peak_memory > measured.start_memory > 1e8
    # Python and torch; this process, with what its tests have held, is larger.
    assert measured.peak_memory < 2e9


@pytest.mark.usefixtures("in_this_process")
def test_a_case_that_fails_is_a_row(tmp_path: Path) -> None:
    """A patch of 8 pixels leaves nothing at ×1/32; `plan_cases` would refuse it."""
    too_small = Case(work="training", preset="tiny", size=8, batch=1, device="cpu", rounds=1)
    rows = list(speed.measure_speed([too_small, PHOTO], tmp_path / "speed", {}))
    assert rows[0].error
    assert rows[0].seconds is None
    assert rows[1].seconds is not None
    assert [bool(row["error"]) for row in read(tmp_path / "speed.csv")] == [True, False]


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("kill -KILL $$", "out of memory (the system ended the process)"),
        ("kill -SEGV $$", "the process ended by SIGSEGV"),
        ("echo noise >&2; echo why >&2; exit 1", "why"),
        ("exit 4", "the process ended with status 4"),
    ],
)
def test_a_process_that_dies_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, words: str
) -> None:
    program = tmp_path / "python"
    program.write_text(f"#!/bin/sh\ncat >/dev/null\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    monkeypatch.setattr(processes.sys, "executable", str(program))
    assert processes.run_case(PHOTO) == Measured(error=words)


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_no_process_outlives_the_one_that_waits(tmp_path: Path, how: signal.Signals) -> None:
    """The case's process writes its id, and would then sleep for longer than the test takes."""
    note = tmp_path / "id"
    fake = tmp_path / "fake.py"
    fake.write_text(
        "import os, sys, time, pathlib\n"
        "from romnet_bench.speed.leash import die_with\n"
        "die_with(int(sys.argv[-1]))\n"
        f"pathlib.Path({str(note)!r}).write_text(str(os.getpid()))\n"
        "time.sleep(100)\n"
    )
    program = tmp_path / "python"
    program.write_text(f'#!/bin/sh\nexec {sys.executable} {fake} "$@"\n', encoding="utf-8")
    program.chmod(0o755)
    script = (
        "import signal, sys\n"
        "from romnet_bench.speed import processes\n"
        "from romnet_bench.speed.cases import Case\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
        f"sys.executable = {str(program)!r}\n"
        "processes.run_case(Case(work='matrix', device='cpu'))\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stderr=subprocess.DEVNULL)
    wait_until(lambda: note.exists() and note.read_text() != "")
    child = int(note.read_text())
    parent.send_signal(how)
    parent.wait(20)
    wait_until(lambda: not Path(f"/proc/{child}").exists())


def wait_until(true: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_ctrl_c_keeps_and_shows_what_was_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[Case] = []

    def run_case(case: Case) -> Measured:
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(case)
        return Measured(seconds=[0.125], flops=10**9, peak_memory=10**9, threads=1)

    monkeypatch.setattr(speed, "run_case", run_case)
    out = tmp_path / "speed"
    words = ["bench", "--preset", "tiny", "--size", "64", "--device", "cpu", "--out", str(out)]
    result = CliRunner().invoke(cli, words)
    assert result.exit_code == 1  # click's own answer to Ctrl-C; `main` makes it 130
    assert [row["seconds"] for row in read(tmp_path / "speed.csv")] == ["0.125", "0.125"]
    assert "ceiling: 3×3 convolution" in result.output
    assert "0.125" in (tmp_path / "speed.md").read_text(encoding="utf-8")


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "speed.md").touch()
    with pytest.raises(UserError, match=r"speed\.md exists already"):
        next(speed.measure_speed([PHOTO], tmp_path / "speed.csv", {}))


@pytest.mark.usefixtures("in_this_process", "no_weights")
def test_methods_run_with_random_weights_and_nothing_else_is_measured(tmp_path: Path) -> None:
    out = tmp_path / "speed.csv"
    words = f"bench --method romnet --method input --size 40 --rounds 1 --device cpu --out {out}"
    done = CliRunner().invoke(cli, words.split())
    assert done.exit_code == 0, done.output
    rows = [(row["work"], row["preset"], row["size"], row["error"]) for row in read(out)]
    assert rows == [("photo, by a method", name, "40", "") for name in ("romnet", "input")]
    assert all(float(row["seconds"]) > 0 for row in read(out))
