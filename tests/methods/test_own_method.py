"""The README's worked example: one's own method, in the table in thirty lines."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

README = Path(__file__).resolve().parents[2] / "README.md"


def block(language: str) -> str:
    """The README's only block of this language."""
    blocks = re.findall(rf"^```{language}\n(.*?)^```", README.read_text("utf-8"), re.S | re.M)
    assert len(blocks) == 1
    return blocks[0]


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    """A folder on Python's path with the example as an installed package."""
    package = tmp_path / "site" / "my_package"
    package.mkdir(parents=True)
    (package / "method.py").write_text(block("python"), encoding="utf-8")
    points = tomllib.loads(block("toml"))["project"]["entry-points"]
    information = tmp_path / "site" / "my_package-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: my-package\nVersion: 1.0\n")
    lines = [
        line
        for group, names in points.items()
        for line in (f"[{group}]", *(f"{name} = {value}" for name, value in names.items()))
    ]
    (information / "entry_points.txt").write_text("\n".join(lines) + "\n")
    return package.parent


def call(site: Path, *words: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "romnet_bench", *map(str, words)],
        env={**os.environ, "PYTHONPATH": str(site), "OMP_NUM_THREADS": "1"},
        cwd=site,
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_example_is_thirty_lines_at_most():
    assert len(block("python").splitlines()) + len(block("toml").splitlines()) <= 30


def test_the_example_is_checked_run_and_in_the_table(installed, tiny_dataset, no_weights):
    checked = call(installed, "methods", "check", "sepia")
    assert (checked.returncode, checked.stdout) == (0, "sepia: ok\n"), checked.stderr
    for method in ("sepia", "input"):
        words = ("run", "--method", method, "--data", tiny_dataset, "--no-download")
        done = call(installed, *words)
        assert done.returncode == 0, done.stderr
    report = call(installed, "report", "runs", "--out", "report")
    assert report.returncode == 0, report.stderr
    tables = "".join(path.read_text("utf-8") for path in (installed / "report").rglob("*.md"))
    assert re.search(r"^\| Sepia .*\| *4 *\|", tables, re.M), tables
