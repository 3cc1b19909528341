"""A build that is killed again and again, at random moments, ends as if nothing had happened.

Twice in every run of the tests; twenty times by

    ROMNET_BENCH_KILLS=20 pytest tests/data/test_killed.py
"""

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import yaml

from romnet_bench.images import encode_png
from romnet_bench.synthesis.recipe import load_recipe

KILLS = int(os.environ.get("ROMNET_BENCH_KILLS", "2"))
PHOTOS = 20 + 20 * KILLS


def write_photos(folder: Path) -> Path:
    folder.mkdir()
    rows, columns = np.mgrid[:180, :240] / 12
    for number in range(PHOTOS):
        a, b, c = np.random.default_rng(number).uniform(0.5, 2, (3, 3))
        waves = np.sin(rows[..., None] * a + columns[..., None] * b + c)
        (folder / f"{number:03d}.png").write_bytes(encode_png(np.uint8(128 + 100 * waves)))
    return folder


def write_recipe(path: Path) -> Path:
    recipe = load_recipe("sample").model_copy(
        update={
            "variants": 1,
            "shard_size": 1,
            "min_side": 64,
            "splits": {"train": PHOTOS - 6, "test": 4},
        }
    )
    path.write_text(yaml.safe_dump(recipe.model_dump(mode="json"), sort_keys=False))
    return path


def start(base: Path, out: Path, workers: int) -> "subprocess.Popen[bytes]":
    words = ["build-synthetic", "--source", base / "photos", "--recipe", base / "recipe.yaml"]
    command = [sys.executable, "-m", "romnet_bench", *map(str, words), "--out", str(out)]
    with (base / "errors.txt").open("ab") as errors:
        return subprocess.Popen(
            [*command, "--workers", str(workers)],
            env={**os.environ, "OMP_NUM_THREADS": "1"},
            stdout=errors,
            stderr=errors,
            start_new_session=True,
        )


def content(folder: Path) -> dict[str, str]:
    """Every file, hidden and half-written ones included, with its hash."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".lock"
    }


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("killed")
    write_photos(folder / "photos")
    write_recipe(folder / "recipe.yaml")
    assert start(folder, folder / "whole" / "mine", 1).wait() == 0
    return folder


def killed(process: "subprocess.Popen[bytes]", out: Path, rng: np.random.Generator) -> bool:
    """Kills the build and all its workers, a random while after it wrote something.

    Not if it was done by then.
    """
    # Any file at all, which is before the first photograph is done, or a shard more than before.
    pattern = "**/*" if rng.random() < 0.3 else "data/*.parquet"
    before = set(out.glob(pattern))
    while process.poll() is None and set(out.glob(pattern)) <= before:
        time.sleep(0.001)
    time.sleep(rng.uniform(0, 0.3))
    if process.poll() is not None:
        return False
    os.killpg(process.pid, signal.SIGKILL)
    return process.wait() == -signal.SIGKILL


@pytest.mark.parametrize("workers", [1, 2])
@pytest.mark.timeout(1800)
def test_killed_at_random_moments_it_ends_with_the_same_bytes(base: Path, workers: int) -> None:
    rng, out = np.random.default_rng(workers), base / f"killed-{workers}" / "mine"
    shards: list[int] = []
    kills = 0
    while kills < KILLS:
        if killed(start(base, out, workers), out, rng):
            kills += 1
            shards.append(len(list(out.glob("data/*.parquet"))))
        else:  # a fast machine: another build is killed in its stead
            assert content(out) == content(base / "whole" / "mine")
            shutil.rmtree(out)
            shards = []
        assert shards == sorted(shards)  # what was finished is never lost
    assert start(base, out, workers).wait() == 0
    assert content(out) == content(base / "whole" / "mine")
