"""On what a run was made: packages, device, commit, command line."""

import platform
import shlex
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import torch

import romnet_bench

_PACKAGES = (
    "datasets",
    "lpips",
    "numpy",
    "pillow",
    "pyarrow",
    "scikit-image",
    "torch",
    "torchvision",
)


def list_packages() -> dict[str, str]:
    """The versions of what numbers depend on, Python's among them."""
    return {
        "python": platform.python_version(),
        "romnet-bench": romnet_bench.__version__,
        **{name: version(name) for name in _PACKAGES},
    }


def describe_device(device: str) -> str:
    """`device` with its maker's name: "cuda (NVIDIA H100)", or as given where there is none."""
    if torch.device(device).type == "cuda":
        return f"{device} ({torch.cuda.get_device_name(device)})"
    return device


def describe_commit() -> str:
    """The commit of the package's checkout, with "-dirty" if files differ; empty if installed."""
    root = Path(romnet_bench.__file__).resolve().parents[1]
    if not (root / ".git").exists():
        return ""
    try:
        done = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=40", "--exclude=*"],  # noqa: S607
            cwd=root,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return ""
    return done.stdout.strip()


def command_line() -> str:
    """What was typed, without the folder of the program."""
    return shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])
