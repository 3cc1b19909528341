"""One case in a process of its own: `python -m romnet_bench.speed.child LEASH`, JSON in, JSON out.

A fresh process makes its peak memory that of the case, and a case that dies takes nothing along.
"""

import sys

import pydantic
import torch

from romnet_bench.errors import UserError, is_out_of_memory
from romnet_bench.speed.cases import Case
from romnet_bench.speed.leash import die_with
from romnet_bench.speed.loading import time_loading
from romnet_bench.speed.memory import peak_memory
from romnet_bench.speed.timing import time_rounds
from romnet_bench.speed.works import prepare


class Measured(pydantic.BaseModel):
    """What came of a case.

    Args:
        seconds: of one pass, a number for each round; empty where the case failed.
        flops: floating-point operations of one pass.
        peak_memory: bytes; on the CPU with Python and torch in it.
        start_memory: bytes before the case began: Python and torch on the CPU, nothing on a GPU.
        threads: of torch on the CPU.
        error: why there are no numbers.
    """

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    seconds: list[float] = []
    flops: int | None = None
    peak_memory: int | None = None
    start_memory: int | None = None
    threads: int | None = None
    error: str = ""


def measure(case: Case) -> Measured:
    """Times one case in this process."""
    if case.threads is not None:
        torch.set_num_threads(case.threads)
    device, threads = torch.device(case.device), torch.get_num_threads()
    try:
        if case.work == "loading":
            return Measured(seconds=time_loading(case), threads=threads)
        start = peak_memory(device)
        prepared = prepare(case)
        seconds = time_rounds(prepared.run, case.rounds, device)
    except (UserError, MemoryError, RuntimeError) as error:
        return Measured(error=describe(error), threads=threads)
    return Measured(
        seconds=seconds,
        flops=prepared.flops,
        peak_memory=peak_memory(device),
        start_memory=start,
        threads=threads,
    )


def describe(error: Exception) -> str:
    """An error in a few words, for a table."""
    if is_out_of_memory(error):
        return "out of memory"
    return (str(error).strip() or type(error).__name__).splitlines()[0][:200]


if __name__ == "__main__":
    die_with(int(sys.argv[1]))
    sys.stdout.write(measure(Case.model_validate_json(sys.stdin.read())).model_dump_json())
