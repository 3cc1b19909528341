"""Peak memory, in a fresh process: this one may have held anything."""

import subprocess
import sys

SCRIPT = """
import torch
from romnet_bench.speed.memory import peak_memory
cpu = torch.device("cpu")
peaks = [peak_memory(cpu)]
for megabytes in (300, 100):
    held = torch.ones(megabytes * 10**6, dtype=torch.uint8)
    del held
    peaks.append(peak_memory(cpu))
print(*peaks)
"""


def test_a_known_allocation_is_seen_and_stays_the_peak() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True
    )
    start, high, later = map(int, done.stdout.split())
    # Some of what imports took may have been given back before the 300 MB came.
    assert 200e6 < high - start < 320e6
    assert later == high
