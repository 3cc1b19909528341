"""How many patches a second the DataLoader hands to training, with nothing else to do."""

import itertools
import math
import time
from collections.abc import Iterator

import torch
from torch.utils.data import DataLoader

from romnet_bench.data.records import PhotoSet
from romnet_bench.romnet.patches import TrainingPatches
from romnet_bench.speed.cases import Case

_PREFETCHED = 2
"""Batches that every worker holds ready: torch's default, which training keeps."""
_PATCHES = 100
"""In a round at least, where an epoch has as many."""


def time_loading(case: Case) -> list[float]:
    """Seconds that a batch takes in a training's first epoch, a number for each round.

    That is the slowest that loading gets, since photos are decoded then, and later kept. So every
    round begins anew. Batches that lie ready would look free: as many as the workers hold are drawn
    before the clock starts.
    """
    if case.data is None:
        raise ValueError("loading needs a dataset")
    photos = PhotoSet(case.data, "train")
    ready = 1 + case.workers * _PREFETCHED
    count = max(ready, math.ceil(_PATCHES / case.batch))
    left = len(photos) // case.batch - ready  # in the epoch
    if left > 0:
        count = min(count, left)
    return [_round(case, photos, ready, count) for _ in range(case.rounds)]


def _round(case: Case, photos: PhotoSet, ready: int, count: int) -> float:
    loader = DataLoader(
        TrainingPatches(photos, case.size, seed=0),
        batch_size=case.batch,
        sampler=itertools.count(),  # patches are numbered without end
        num_workers=case.workers,
        generator=torch.Generator(),
        pin_memory=torch.device(case.device).type == "cuda",
    )
    batches = iter(loader)
    _draw(batches, ready)
    return _draw(batches, count) / count


def _draw(batches: Iterator[object], count: int) -> float:
    start = time.perf_counter()
    for _ in range(count):
        next(batches)
    return time.perf_counter() - start
