"""On what is measured."""

import os
import platform
from pathlib import Path

import torch

from romnet_bench.bench.environment import command_line, describe_commit, describe_device

_CPU_INFO = Path("/proc/cpuinfo")


def describe_machine(device: str, threads: int | None) -> dict[str, str]:
    """What decides how fast anything is, in words, ready to be printed."""
    cores = len(os.sched_getaffinity(0))
    count = threads or torch.get_num_threads()
    versions = [f"torch {torch.__version__}", f"Python {platform.python_version()}"]
    gpu = torch.device(device).type == "cuda"
    if torch.version.cuda is not None and gpu:
        versions.append(f"CUDA {torch.version.cuda}")
    facts = {
        "Processor": f"{_processor()}, cores to use: {cores}, threads: {count}",
        "Device": describe_device(device),
        "Software": ", ".join(versions),
        "float32 products": torch.get_float32_matmul_precision(),
        "float32 convolutions": "TF32" if gpu and torch.backends.cudnn.allow_tf32 else "float32",
        "Commit": describe_commit(),
        "Command": command_line(),
    }
    return {name: fact for name, fact in facts.items() if fact}


def _processor() -> str:
    lines = _CPU_INFO.read_text(encoding="utf-8").splitlines() if _CPU_INFO.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()
