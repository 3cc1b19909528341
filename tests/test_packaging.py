"""What a wheel holds, and that the installed package finds it."""

import importlib.util
import os
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]

RESOURCES = [
    "datasets/sample/recipe.yaml",
    "datasets/old-photos/recipe.yaml",
    "datasets/paper/recipe.yaml",
    "datasets/clean/recipe.yaml",
    "baselines/romnet/manifest.yaml",
    "reports/paper/table1.csv",
    "reports/paper/table6.csv",
    "reports/paper/figure6.csv",
]
IN_PACKAGE = [
    "romnet_bench/py.typed",
    "romnet_bench/cli/__init__.py",
    "romnet_bench/report/page/templates/page.html.j2",
    "romnet_bench/report/page/templates/base.css",
    "romnet_bench/report/page/templates/compare.js",
]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    for module in ("build", "hatchling"):
        # A folder `build` in the checkout would be found too, and is not the builder.
        spec = importlib.util.find_spec(module)
        if spec is None or spec.origin is None:
            pytest.skip(f"needs {module}: pip install {module}")
    if not (ROOT / "pyproject.toml").is_file():
        pytest.skip("needs the checkout that the package was installed from")
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out)]
    done = subprocess.run(
        [*command, str(ROOT)], capture_output=True, text=True, check=False, cwd=out
    )
    assert done.returncode == 0, done.stdout + done.stderr
    [path] = out.glob("*.whl")
    return path


def test_wheel_holds_everything_and_nothing_else(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for name in [*IN_PACKAGE, *(f"romnet_bench/_resources/{name}" for name in RESOURCES)]:
        assert names.count(name) == 1, name
    assert {name.split("/")[0].split("-")[0] for name in names} == {"romnet_bench"}
    assert not [name for name in names if "__pycache__" in name or name.endswith((".pyc", ".part"))]
    sources = {str(path.relative_to(ROOT)) for path in (ROOT / "romnet_bench").rglob("*.py")}
    assert {name for name in names if name.endswith(".py")} == sources


def test_every_recipe_and_manifest_of_the_checkout_is_in_the_wheel(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    for pattern in ("datasets/*/recipe.yaml", "baselines/*/manifest.yaml", "reports/paper/*.csv"):
        found = [str(path.relative_to(ROOT)) for path in ROOT.glob(pattern)]
        assert found
        assert {f"romnet_bench/_resources/{name}" for name in found} <= set(names)


def test_resources_are_found_in_an_installed_wheel(wheel: Path, tmp_path: Path) -> None:
    """From another folder, and not in the checkout that happens to be near."""
    zipfile.ZipFile(wheel).extractall(tmp_path / "site")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    script = (
        "import sys, romnet_bench.files as files\n"
        "print(files.__file__)\n"
        "for name in sys.argv[1:]: print(files.resource(*name.split('/')))\n"
        "from romnet_bench.synthesis.recipe import list_recipes, load_recipe\n"
        "print(*[load_recipe(name).name for name in list_recipes()])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *RESOURCES],
        cwd=elsewhere,
        env={**os.environ, "PYTHONPATH": str(tmp_path / "site")},
        capture_output=True,
        text=True,
        check=True,
    )
    *paths, recipes = done.stdout.splitlines()
    assert len(paths) == len(RESOURCES) + 1
    assert all(path.startswith(str(tmp_path / "site")) for path in paths)
    assert {"clean", "old-photos", "paper", "sample"} <= set(recipes.split())


def test_console_script_is_the_command_line() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    [(name, value)] = project["scripts"].items()
    from romnet_bench.cli import main

    assert name == "romnet-bench"
    assert EntryPoint(name, value, "console_scripts").load() is main


def test_version_is_the_packages() -> None:
    import romnet_bench

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["version"] == romnet_bench.__version__
    done = subprocess.run(
        [sys.executable, "-m", "romnet_bench", "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert romnet_bench.__version__ in done.stdout


def test_data_folders_are_no_packages() -> None:
    """A `datasets` that Python imports would hide Hugging Face's."""
    for folder in ("datasets", "baselines", "reports"):
        assert (ROOT / folder).is_dir()
        assert not list((ROOT / folder).rglob("*.py"))
