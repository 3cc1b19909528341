"""Which patches each step takes, and how many processes prepare them."""

import os


def shares(batch: int, start: int, steps: int, rank: int, processes: int) -> list[list[int]]:
    """The numbers of the patches of every step that are this process's to do."""
    share = batch // processes
    first = (step * batch + rank * share for step in range(start, steps))
    return [list(range(number, number + share)) for number in first]


def default_workers(device: str) -> int:
    """Processes that prepare patches: none beside a CPU, else this process's share of the cores.

    A patch takes some 25 ms of a core, 4 where its photo is decoded already (see `pairs`).
    """
    if device == "cpu":
        return 0
    return max(len(os.sched_getaffinity(0)) // int(os.environ.get("LOCAL_WORLD_SIZE", "1")) - 1, 1)
