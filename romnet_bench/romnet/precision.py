"""How numbers are computed, and whether this machine can."""

import os
import shutil
from importlib.util import find_spec
from typing import Literal

import torch

from romnet_bench.errors import UserError

Precision = Literal["fp32", "bf16"]
"""Of forward passes, by autocast; weights and losses stay float32."""


def require_possible(
    device: str, precisions: tuple[Precision, ...], compiled: tuple[bool, ...]
) -> None:
    """Checks what is asked before anything begins.

    Raises:
        UserError: bf16 on a GPU without it, or torch.compile without what it needs.
    """
    gpu = torch.device(device).type == "cuda"
    if gpu and "bf16" in precisions and torch.cuda.get_device_capability(device) < (8, 0):
        name = torch.cuda.get_device_name(device)
        raise UserError(f"{name} does not compute in bf16: choose --precision fp32.")
    if not any(compiled):
        return
    compiler = os.environ.get("CXX") or "g++"
    if shutil.which(compiler) is None:
        raise UserError(
            f"torch.compile needs the C++ compiler {compiler}: install it, or choose --eager."
        )
    if gpu and find_spec("triton") is None:
        raise UserError("torch.compile needs triton on a GPU: install it, or choose --eager.")
