"""The most memory that this process ever held."""

from pathlib import Path

import torch

_STATUS = Path("/proc/self/status")


def peak_memory(device: torch.device) -> int:
    """Bytes at the peak, since the process began.

    On CUDA what torch's allocator gave out; on the CPU the process's resident set, with Python and
    torch themselves in it. The kernel's VmHWM is of this program alone; `getrusage` would count
    what the process was before it started Python.
    """
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    lines = _STATUS.read_text(encoding="utf-8").splitlines()
    peak = next(line for line in lines if line.startswith("VmHWM:"))
    return int(peak.split()[1]) * 1024
