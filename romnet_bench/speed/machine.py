"""On what is measured, and whether it can do what is asked."""

import os
import platform
import shutil
from importlib.util import find_spec
from pathlib import Path

import torch

from romnet_bench.bench.environment import command_line, describe_commit, describe_device
from romnet_bench.errors import UserError
from romnet_bench.romnet.step import Precision

_CPU_INFO = Path("/proc/cpuinfo")


def describe_machine(device: str, threads: int | None) -> dict[str, str]:
    """What decides how fast anything is, in words, ready to be printed."""
    cores = len(os.sched_getaffinity(0))
    count = threads or torch.get_num_threads()
    versions = [f"torch {torch.__version__}", f"Python {platform.python_version()}"]
    if torch.version.cuda is not None and torch.device(device).type == "cuda":
        versions.append(f"CUDA {torch.version.cuda}")
    facts = {
        "Processor": f"{_processor()}, cores to use: {cores}, threads: {count}",
        "Device": describe_device(device),
        "Software": ", ".join(versions),
        "float32 products": torch.get_float32_matmul_precision(),
        "Commit": describe_commit(),
        "Command": command_line(),
    }
    return {name: fact for name, fact in facts.items() if fact}


def require_possible(
    device: str, precisions: tuple[Precision, ...], compiled: tuple[bool, ...]
) -> None:
    """Checks what is asked before anything is measured.

    Raises:
        UserError: bf16 on a GPU without it, or torch.compile without what it needs.
    """
    gpu = torch.device(device).type == "cuda"
    if gpu and "bf16" in precisions and torch.cuda.get_device_capability(device) < (8, 0):
        raise UserError(
            f"{describe_device(device)} does not compute in bf16: leave out --precision bf16."
        )
    if not any(compiled):
        return
    compiler = os.environ.get("CXX") or "g++"
    if shutil.which(compiler) is None:
        raise UserError(
            f"--compiled needs the C++ compiler {compiler}: install it, or leave --compiled out."
        )
    if gpu and find_spec("triton") is None:
        raise UserError("--compiled needs triton on a GPU: install it, or leave --compiled out.")


def _processor() -> str:
    lines = _CPU_INFO.read_text(encoding="utf-8").splitlines() if _CPU_INFO.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
