"""The command line, with everything going wrong that may: a sentence, a right status, no loss."""

import errno
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import click
import numpy as np
import pandas as pd
import pytest
import torch
from click.testing import CliRunner
from PIL import Image

from romnet_bench.cli import cli, main
from romnet_bench.data import build
from romnet_bench.data.build import Built, build_dataset
from romnet_bench.data.records import PhotoSet
from romnet_bench.data.sources.listing import list_folder
from romnet_bench.errors import UserError
from romnet_bench.images import encode_png, read_picture
from romnet_bench.romnet.checkpoint import Checkpoint, save_checkpoint
from romnet_bench.romnet.model import new_model
from romnet_bench.romnet.presets import TINY
from romnet_bench.synthesis.recipe import load_recipe

pytestmark = pytest.mark.usefixtures("no_weights")


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Here and in the processes started: threads that wait for a busy core take far longer."""
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


class Done(NamedTuple):
    status: int
    out: str
    err: str


Call = Callable[..., Done]


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """Runs `romnet-bench WORDS` in this process, as the console script would."""

    def run(*words: object) -> Done:
        monkeypatch.setattr(sys, "argv", ["romnet-bench", *map(str, words)])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        status = ended.value.code or 0
        assert isinstance(status, int)
        return Done(status, *capsys.readouterr())

    return run


def sentence(done: Done, status: int = 1) -> str:
    """The one sentence of a mistake, without "Error: "; nothing else went to standard error."""
    assert done.status == status, done
    lines = [line for line in done.err.splitlines() if not re.match(r"[a-z]+: \d+/\d+, ", line)]
    assert len(lines) == 1, done.err
    assert lines[0].startswith("Error: ")
    assert lines[0].endswith(".")
    return lines[0].removeprefix("Error: ")


def write_photos(folder: Path, count: int, height: int, width: int, suffix: str = "png") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    rows, columns = np.mgrid[:height, :width] / 12
    for number in range(count):
        a, b, c = np.random.default_rng(number).uniform(0.5, 2, (3, 3))
        waves = np.sin(rows[..., None] * a + columns[..., None] * b + c)
        picture = Image.fromarray(np.uint8(128 + 100 * waves))
        picture.save(folder / f"photo-{number:02d}.{suffix}")
    return folder


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_photos(tmp_path_factory.mktemp("cli") / "photos", 12, 200, 280)


@pytest.fixture(scope="module")
def data(photos: Path) -> Path:
    """A dataset of twelve pairs: 6 for training, 1 for validation, 5 for testing."""
    folder = photos.parent / "dataset"
    splits = {"train": 6, "validation": 1, "test": 5}
    recipe = load_recipe("clean").model_copy(update={"splits": splits})
    build_dataset(recipe, list_folder(photos, "CC0"), folder)
    return folder


@pytest.fixture(scope="module")
def checkpoint(photos: Path) -> Path:
    """An untrained tiny ROMNet."""
    model = new_model(TINY, seed=0)
    tensors = {f"model.{name}": value for name, value in model.state_dict().items()}
    path = photos.parent / "best.safetensors"
    save_checkpoint(path, Checkpoint(tensors, TINY, {"step": 0, "psnr": None}))
    return path


@pytest.fixture(scope="module")
def outputs(data: Path) -> Path:
    """What another program made of the test photos: the photos themselves, darker."""
    folder = data.parent / "outputs"
    folder.mkdir()
    for photo in PhotoSet(data, "test"):
        (folder / f"{photo.id}.png").write_bytes(encode_png(photo.target // 2))
    return folder


@pytest.fixture(scope="module")
def runs(data: Path) -> Path:
    """A finished run of the method `input`."""
    folder = data.parent / "finished-runs"
    words = ["run", "--method", "input", "--data", data, "--out", folder, "--no-download"]
    done = CliRunner().invoke(cli, [str(word) for word in words])
    assert done.exit_code == 0, done.output
    return folder


def half_written(folder: Path) -> list[Path]:
    return list(folder.rglob("*.part"))


# Help


def commands(group: click.Group = cli, before: str = "") -> dict[str, click.Command]:
    """All commands by the words that name them, those of groups too."""
    found: dict[str, click.Command] = {}
    for name, command in group.commands.items():
        inner = isinstance(command, click.Group)
        found |= commands(command, f"{name} ") if inner else {before + name: command}
    return found


def test_every_command_shows_an_example() -> None:
    for name, command in commands().items():
        done = CliRunner().invoke(cli, [*name.split(), "--help"], prog_name="romnet-bench")
        assert done.exit_code == 0
        assert re.search(rf"Example:\n  +romnet-bench {name}\b", done.output), done.output
        assert command.get_short_help_str(40).split()[0] in done.output


def test_examples_name_options_that_exist() -> None:
    for name, command in commands().items():
        example = str(command.help).split("Example:")[1]
        options = {option for parameter in command.params for option in parameter.opts}
        assert set(re.findall(r"--[a-z-]+", example)) <= options, name


def test_help_imports_nothing_heavy() -> None:
    """Which is what keeps it under half a second."""
    script = "import sys, romnet_bench.cli; print(*{m.split('.')[0] for m in sys.modules})"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    heavy = {"torch", "datasets", "pandas", "matplotlib", "pydantic", "numpy", "PIL", "skimage"}
    assert "click" in loaded
    assert not loaded & heavy


@pytest.mark.parametrize(
    "words",
    [
        ["nonsense"],
        ["run"],
        ["build-synthetic"],
        ["build-synthetic", "--out", "x", "--workers", "0"],
        ["build-synthetic", "--out", "x", "--seed", "-1"],
        ["build-synthetic", "--out", "x", "--seed", "99999999999999999999"],
        ["train", "--data", "x", "--seed", str(2**63)],
        ["restore"],
        ["report"],
        ["demo", "--steps", "many"],
        ["run", "--nonsense"],
    ],
)
def test_wrong_use_ends_with_2(call: Call, words: list[str]) -> None:
    done = call(*words)
    assert done.status == 2
    assert done.out == ""
    assert "Error: " in done.err
    assert "Traceback" not in done.err


def test_a_closed_pipe_is_no_traceback() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "romnet_bench", "--help"]
    done = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, check=False)
    os.close(writing)
    assert done.returncode == 1
    assert done.stderr == ""


# Mistakes


def test_sources_without_a_usable_photo(call: Call, tmp_path: Path) -> None:
    out = ("--out", tmp_path / "out")
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "holds no pictures" in sentence(call("build-synthetic", "--source", empty, *out))
    assert "is no folder" in sentence(call("build-synthetic", "--source", empty / "x", *out))
    (empty / "letter.jpg").write_text("Dear grandmother,")
    said = sentence(call("build-synthetic", "--source", empty, *out, "--workers", 1))
    assert said.startswith("Not one photo could be used: letter.jpg: not a picture")


def test_bad_photos_are_left_out_with_status_3(call: Call, tmp_path: Path) -> None:
    source = write_photos(tmp_path / "photos", 2, 140, 160, "jpg")
    whole = (source / "photo-00.jpg").read_bytes()
    (source / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    (source / "letter.jpg").write_text("Dear grandmother,")
    (source / "empty.jpg").touch()
    Image.new("RGB", (1, 1)).save(source / "dot.png")
    words = ["build-synthetic", "--source", source, "--recipe", "clean", "--split", "test"]
    done = call(*words, "--workers", 1, "--out", tmp_path / "out")
    assert done.status == 3
    assert "2 test pairs by the recipe clean" in done.out
    listed = done.err[done.err.index("Left out 4:\n") :].splitlines()[1:]
    assert [line.split(":")[0].strip() for line in listed] == [
        "cut.jpg",
        "dot.png",
        "empty.jpg",
        "letter.jpg",
    ]
    assert len(PhotoSet(tmp_path / "out", "test")) == 2


def test_build_mistakes(call: Call, photos: Path, tmp_path: Path) -> None:
    words = ["build-synthetic", "--source", photos, "--out", tmp_path / "out"]
    assert "There is no recipe named 'x'" in sentence(call(*words, "--recipe", "x"))
    assert "small letters" in sentence(call(*words, "--split", "../x"))
    recipe = load_recipe("clean").model_copy(update={"splits": {"train": 500}})
    (tmp_path / "few.yaml").write_text(json.dumps(recipe.model_dump(mode="json")))
    said = sentence(call(*words, "--recipe", tmp_path / "few.yaml"))
    assert "ask for 500 photos and the source has 12" in said
    assert not (tmp_path / "out").exists()


def test_restore_takes_every_kind_of_photo(
    call: Call, checkpoint: Path, photos: Path, tmp_path: Path
) -> None:
    color = Image.open(photos / "photo-00.png").resize((44, 30))
    Image.new("L", (1, 1), 77).save(tmp_path / "dot.png")
    color.convert("CMYK").save(tmp_path / "cmyk.jpg")
    exif = Image.Exif()
    exif[0x0112] = 8
    color.save(tmp_path / "rotated.jpg", exif=exif)
    levels = np.random.default_rng(0).integers(0, 65536, (9, 31), dtype=np.uint16)
    Image.fromarray(levels).save(tmp_path / "sixteen.png")
    names = ["dot.png", "cmyk.jpg", "rotated.jpg", "sixteen.png"]
    words = ["--reference", photos / "photo-01.png", "--checkpoint", checkpoint]
    done = call("restore", *(tmp_path / name for name in names), *words, "--color-side", 64)
    assert done.status == 0, done
    assert done.err == ""
    shapes = [read_picture(tmp_path / f"{name.split('.')[0]}-restored.png").shape for name in names]
    assert shapes == [(1, 1, 3), (30, 44, 3), (44, 30, 3), (9, 31, 3)]
    assert len(done.out.splitlines()) == 4


def test_restore_mistakes(call: Call, checkpoint: Path, photos: Path, tmp_path: Path) -> None:
    good = tmp_path / "good.png"
    Image.open(photos / "photo-00.png").resize((32, 32)).save(good)
    letter, cut = tmp_path / "letter.jpg", tmp_path / "cut.png"
    letter.write_text("Dear grandmother,")
    cut.write_bytes(good.read_bytes()[:-200])
    model = ["--checkpoint", checkpoint, "--color-side", 32]
    words = [*model, "--reference", good]
    assert "letter.jpg: not a picture" in sentence(call("restore", letter, *words))
    assert "cut.png: damaged or cut short" in sentence(call("restore", cut, *words))
    assert "letter.jpg: not a picture" in sentence(
        call("restore", good, *model, "--reference", letter)
    )
    assert "There is no checkpoint" in sentence(
        call("restore", good, "--reference", good, "--checkpoint", tmp_path / "no.safetensors")
    )
    said = sentence(call("restore", good, "--reference", good, "--checkpoint", letter))
    assert "letter.jpg is damaged or of another version" in said
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cut.png", "good.png", "letter.jpg"]
    done = call("restore", letter, good, cut, *words)
    assert done.status == 3
    assert "good-restored.png" in done.out
    assert done.err.startswith("Left out 2:\n")
    assert (tmp_path / "good-restored.png").is_file()


def test_restore_of_a_name_that_is_no_text(
    call: Call, checkpoint: Path, photos: Path, tmp_path: Path
) -> None:
    photo = tmp_path / os.fsdecode(b"no utf-8 \xff.png")
    Image.new("L", (8, 8)).save(photo)
    reference = photos / "photo-01.png"
    words = ["--reference", reference, "--checkpoint", checkpoint, "--color-side", 32]
    done = call("restore", photo, *words)
    assert done.status == 0, done
    assert "no utf-8 \\udcff-restored.png" in done.out


def test_run_score_and_report_mistakes(
    call: Call, data: Path, outputs: Path, photos: Path, tmp_path: Path
) -> None:
    out = ("--out", tmp_path / "runs")
    words = ["run", "--method", "input", "--data"]
    assert "holds no dataset with a split named test" in sentence(call(*words, tmp_path, *out))
    said = sentence(call(*words, data, "--split", "nonsense", *out))
    assert "it has test, train, validation" in said
    assert "There is no method x: choose one of" in sentence(
        call("run", "--method", "x", "--data", data, *out)
    )
    missing = ["--checkpoint", tmp_path / "no.safetensors"]
    said = sentence(call("run", "--method", "romnet", "--data", data, *missing, *out))
    assert "There is no checkpoint" in said
    some = tmp_path / "some"
    some.mkdir()
    (some / "photo-00.png").write_bytes((photos / "photo-00.png").read_bytes())
    score = ["--data", data, "--name", "Theirs", *out, "--no-download"]
    sentence(call("score", some, *score))
    sentence(call("score", tmp_path / "nowhere", *score))
    sentence(call("report", tmp_path / "some", "--out", tmp_path / "report"))
    assert not (tmp_path / "runs").exists()
    assert not (tmp_path / "report").exists()


def test_train_mistakes(call: Call, data: Path, tmp_path: Path) -> None:
    words = ["train", "--out", tmp_path / "out", "--data"]
    assert "holds no dataset" in sentence(call(*words, tmp_path))
    assert "There is no preset x" in sentence(call(*words, data, "--preset", "x"))
    assert "crop cannot be 70" in sentence(call(*words, data, "--crop", 70))
    assert "There is no device x here" in sentence(call(*words, data, "--device", "x"))
    sentence(call(*words, data, "--preset", "lite", "--no-download"))


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_no_gpu_is_a_sentence(call: Call, data: Path, tmp_path: Path) -> None:
    words = ["run", "--method", "input", "--data", data, "--out", tmp_path, "--device", "cuda"]
    assert "There is no device cuda here: give --device cpu" in sentence(call(*words))


NOT_ALLOWED = r"^Not allowed to write or read \(/a\): choose another folder\.$"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (OSError(errno.ENOSPC, "x", "/a"), r"^The disk is full \(/a\): free some space and run"),
        (OSError(errno.EDQUOT, "x"), r"^The disk is full: free some space"),
        (PermissionError(errno.EACCES, "x", "/a"), NOT_ALLOWED),
        (OSError(errno.EROFS, "x", "/a"), NOT_ALLOWED),
        (OSError(errno.EIO, "Input/output error", "/a"), r"^Input/output error \(/a\)\.$"),
        (MemoryError(), r"^Out of memory: lower"),
        (RuntimeError("CUDA out of memory. Tried to allocate"), r"^Out of memory: lower"),
        (UserError("Do this."), r"^Do this\.$"),
    ],
)
def test_errors_become_sentences(
    call: Call, photos: Path, monkeypatch: pytest.MonkeyPatch, error: Exception, expected: str
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(build, "build_dataset", fail)
    done = call("build-synthetic", "--source", photos, "--out", "not-written")
    assert re.search(expected, sentence(done))


@pytest.mark.parametrize(
    ("words", "resumes"),
    [
        (["build-synthetic", "--out", "x"], True),
        (["train", "--data", "x"], True),
        (["run", "--method", "input", "--data", "x"], True),
        (["score", "x", "--data", "x", "--name", "restore"], True),
        (["demo"], True),
        (["report", "run"], False),
        (["restore", "demo", "--reference", "train"], False),
    ],
)
def test_only_what_resumes_says_so(
    call: Call, monkeypatch: pytest.MonkeyPatch, words: list[str], resumes: bool
) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli.commands[words[0]], "invoke", stop)
    done = call(*words)
    assert done.status == 130
    said = done.err.strip()
    assert said == (
        "Interrupted: the same command goes on where it stopped." if resumes else "Interrupted."
    )


def test_workers_are_as_many_as_the_cores_given(
    call: Call, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a container or under taskset that is fewer than the machine has."""
    seen = []

    def watch(*_: object, workers: int, **__: object) -> Built:
        seen.append(workers)
        return Built({"test": 1}, [])

    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {3, 5, 7})
    monkeypatch.setattr(build, "build_dataset", watch)
    words = ["build-synthetic", "--source", photos, "--out", tmp_path / "out"]
    assert call(*words).status == 0
    assert call(*words, "--workers", 2).status == 0
    assert seen == [3, 2]


def test_our_own_defects_are_not_hidden(
    call: Call, photos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr(build, "build_dataset", fail)
    with pytest.raises(RuntimeError, match="a defect"):
        call("build-synthetic", "--source", photos, "--out", tmp_path / "out")


# Disks that are full or read-only


class Disk(NamedTuple):
    path: Path
    remount: Callable[[str], None]


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A disk of 1 MB; skips where this user may not mount one."""
    path = tmp_path / "disk"
    path.mkdir()

    def mount(options: str) -> None:
        words = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(path)]
        subprocess.run(words, check=True, capture_output=True)

    try:
        mount("size=1m")
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("needs the right to mount a small disk")
    try:
        yield Disk(path, lambda options: mount(f"remount,{options}"))
    finally:
        subprocess.run(["umount", str(path)], check=True, capture_output=True)


NAMES = ["build-synthetic", "train", "run", "score", "report", "restore"]

Words = Callable[[str, Path], list[object]]


@pytest.fixture
def words(data: Path, photos: Path, outputs: Path, checkpoint: Path, runs: Path) -> Words:
    """The words of a command by its name, writing below a folder; each leaves much there."""
    clean = ["--recipe", "clean", "--split", "test", "--workers", 1]
    small = ["--crop", 64, "--batch", 1, "--steps", 2, "--save-every", 1]
    model = ["--checkpoint", checkpoint, "--color-side", 32]
    some = [photos / f"photo-{number:02d}.png" for number in range(3)]

    def of(name: str, out: Path) -> list[object]:
        quick = ["--data", data, "--no-download", "--out", out / "runs"]
        rest: dict[str, list[object]] = {
            "build-synthetic": ["--source", photos, *clean, "--out", out / "data"],
            "train": ["--data", data, *small, "--out", out / "checkpoints"],
            "run": ["--method", "input", *quick, "--split", "train"],
            "score": [outputs, "--name", "Theirs", *quick],
            "report": [runs, "--out", out / "report"],
            "restore": [*some, "--reference", some[1], *model, "--out", out / "restored"],
        }
        return [name, *rest[name]]

    return of


def test_full_disk_is_a_sentence_and_loses_nothing(call: Call, words: Words, disk: Disk) -> None:
    """Each command finds the disk nearly full; with room, the same command finishes."""
    filler = disk.path / "filler"
    for name in NAMES:
        disk.remount("size=1m")
        free = os.statvfs(disk.path)
        # Room for the first small files of a command, and for not much more.
        filler.write_bytes(bytes(max(free.f_bavail * free.f_bsize - 40_000, 0)))
        kept = {path: path.read_bytes() for path in disk.path.rglob("*") if path.is_file()}
        done = call(*words(name, disk.path))
        assert "Traceback" not in done.err
        assert done.status == 1, (name, done)
        assert "The disk is full" in done.err, (name, done)
        assert not half_written(disk.path)
        for path, content in kept.items():
            assert path.read_bytes() == content, path
        disk.remount("size=200m")
        done = call(*words(name, disk.path))
        assert done.status == 0, (name, done)
        filler.unlink()
        subprocess.run(["find", disk.path, "-mindepth", "1", "-delete"], check=True)


def test_disk_that_fills_with_the_checkpoint(call: Call, words: Words, disk: Disk) -> None:
    """Which safetensors writes, with errors of its own kind."""
    (disk.path / "filler").write_bytes(bytes(500_000))
    done = call(*words("train", disk.path))
    assert done.status == 1
    assert "The disk is full" in done.err
    assert not half_written(disk.path)
    disk.remount("size=200m")
    assert call(*words("train", disk.path)).status == 0


def test_read_only_disk_is_a_sentence(call: Call, words: Words, disk: Disk) -> None:
    disk.remount("ro")
    for name in NAMES:
        said = sentence(call(*words(name, disk.path)))
        assert re.search(r"Cannot write to .*\(read-only|Not allowed to write or read", said), name
        assert "choose another" in said


def test_out_below_a_file_is_a_sentence(call: Call, words: Words, tmp_path: Path) -> None:
    """What root meets too, whom permissions do not stop."""
    (tmp_path / "file").touch()
    for name in NAMES:
        said = sentence(call(*words(name, tmp_path / "file")))
        assert re.search(r"Cannot write to .*\(not a directory|Not allowed to write or", said), name
    assert (tmp_path / "file").read_bytes() == b""


# Ctrl-C


def interrupt(command: list[object], folder: Path, ready: Callable[[], bool]) -> Done:
    """Starts a command, presses Ctrl-C once it works, and waits until it is gone."""
    full = [sys.executable, "-m", "romnet_bench", *map(str, command)]
    with (folder / "err").open("w+") as err, (folder / "out").open("w+") as out:
        process = subprocess.Popen(
            # A suite that runs in the background ignores Ctrl-C, and its children would inherit it.
            ["/usr/bin/env", "--default-signal=INT", *full],
            stdout=out,
            stderr=err,
            start_new_session=True,
        )
        while not ready():
            assert process.poll() is None, (folder / "err").read_text()
            time.sleep(0.002)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: to all processes of the group
        status = process.wait(timeout=120)
    return Done(status, (folder / "out").read_text(), (folder / "err").read_text())


LONGER: dict[str, list[object]] = {"train": ["--steps", 6], "build-synthetic": ["--workers", 2]}


@pytest.mark.parametrize("name", NAMES)
def test_ctrl_c_then_the_same_command_finishes(
    call: Call, words: Words, tmp_path: Path, name: str
) -> None:
    out = tmp_path / "results"
    command = [*words(name, out), *LONGER.get(name, [])]
    journal = {"run": out / "runs/dataset/input/run.json", "score": out / "runs/dataset/Theirs"}
    ready: dict[str, Callable[[], bool]] = {
        "build-synthetic": (out / "data" / "build.json").exists,
        "train": (out / "checkpoints" / "last.safetensors").exists,
        "run": journal["run"].exists,
        "score": (journal["score"] / "run.json").exists,
        "report": (out / "report").exists,
        "restore": lambda: any(out.glob("restored/*.png")),
    }
    stopped = interrupt(command, tmp_path, ready[name])
    # A shell shows both as 130: CPython ends itself by the signal where that came while a string
    # was executed, as when a dataclass is made during an import.
    assert stopped.status in (130, -signal.SIGINT), stopped
    resumes = name not in ("report", "restore")
    goes_on = ": the same command goes on where it stopped" if resumes else ""
    assert f"Interrupted{goes_on}." in stopped.err
    assert "Traceback" not in stopped.err
    assert "Error" not in stopped.err
    assert not half_written(tmp_path)
    kept = {path: path.stat().st_mtime_ns for path in out.rglob("*.parquet") if name != "run"}

    done = call(*command)
    assert done.status == 0, done
    assert not half_written(tmp_path)
    if name == "build-synthetic":
        assert {path: path.stat().st_mtime_ns for path in kept} == kept
        assert len(PhotoSet(out / "data", "test")) == 12
    elif name == "train":
        log = pd.read_csv(out / "checkpoints" / "log.csv")
        assert log["step"].tolist() == [1, 2, 3, 4, 5, 6]
        before, after = (int(re.findall(r"step (\d+):", text)[i]) for text, i in
                         ((stopped.out, -1), (done.out, 0)))  # fmt: skip
        assert after == before + 1
    elif name in ("run", "score"):
        [folder] = (out / "runs" / "dataset").iterdir()
        assert len(pd.read_parquet(folder / "scores.parquet")) == {"run": 6, "score": 5}[name]
        assert len(list((folder / "images").iterdir())) == {"run": 6, "score": 5}[name]
    elif name == "report":
        assert "</html>" in (out / "report" / "index.html").read_text()
    else:
        results = list((out / "restored").iterdir())
        assert len(results) >= 3  # what was finished before is kept, and nothing overwritten
        assert all(read_picture(path).shape == (200, 280, 3) for path in results)


def test_ctrl_c_while_the_workers_start(words: Words, tmp_path: Path) -> None:
    """Processes that only just begin leave no tracebacks of theirs."""

    def soon_after() -> bool:
        started = (tmp_path / "results" / "data" / "build.json").exists()
        time.sleep(0.5 if started else 0)
        return started

    command = [*words("build-synthetic", tmp_path / "results"), *LONGER["build-synthetic"]]
    stopped = interrupt(command, tmp_path, soon_after)
    assert stopped.status == 130, stopped
    assert stopped.err.splitlines()[-1].startswith("Interrupted: ")
    assert "Traceback" not in stopped.err
    assert not half_written(tmp_path)


def test_ctrl_c_in_the_demo_then_the_demo_finishes(call: Call, tmp_path: Path) -> None:
    out = tmp_path / "demo"
    command: list[object] = ["demo", "--out", out, "--steps", 1]
    started = (out / "data" / "sample" / "build.json").exists
    stopped = interrupt(command, tmp_path, started)
    assert stopped.status == 130, stopped
    assert "Traceback" not in stopped.err
    assert not half_written(tmp_path)
    done = call(*command)
    assert done.status == 0, done
    assert not half_written(tmp_path)
    assert (out / "report" / "index.html").is_file()
    assert "ROMNet" in done.out
