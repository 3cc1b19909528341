"""Seconds that a piece of work takes, again and again."""

import math
import time
from collections.abc import Callable

import torch

WARM_UP = 2
"""Passes before the first round: the first compiles and chooses kernels, the second is timed."""
SHORTEST_ROUND = 0.2
"""Seconds; a round holds as many passes as that takes, so that the clock's grain does not count."""


def time_rounds(work: Callable[[], object], rounds: int, device: torch.device) -> list[float]:
    """Seconds that one pass of `work` takes, a number for each round after the warm-up.

    The accelerator is waited for after every pass, as training does when it reads the losses.
    """
    for _ in range(WARM_UP - 1):
        _time(work, 1, device)
    passes = max(1, math.ceil(SHORTEST_ROUND / _time(work, 1, device)))
    return [_time(work, passes, device) / passes for _ in range(rounds)]


def _time(work: Callable[[], object], passes: int, device: torch.device) -> float:
    _wait_for(device)
    start = time.perf_counter()
    for _ in range(passes):
        work()
        _wait_for(device)
    return time.perf_counter() - start


def _wait_for(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize(device)
