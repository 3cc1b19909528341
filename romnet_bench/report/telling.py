"""Photos with their scores and pictures, and which of them tell most."""

import dataclasses
import math
from collections.abc import Sequence

import numpy as np


@dataclasses.dataclass(frozen=True)
class Shot:
    """One picture on the page.

    Attributes:
        title: “Input”, “Target” or the label of the method.
        facts: its numbers in words, such as “PSNR 24.10”.
        scores: its numbers by the metrics' keys, those known.
        thumb: the small copy's address: a `data:` URI, or relative to the page; empty if none.
        full: the large copy's.
        width: of the target, pixels.
        height: of the target, pixels.
    """

    title: str
    facts: tuple[str, ...]
    scores: dict[str, float]
    thumb: str
    full: str
    width: int
    height: int


@dataclasses.dataclass(frozen=True)
class Entry:
    """One photo: input, outputs, target."""

    id: str
    shots: tuple[Shot, ...]
    gain: float  # the comparable outputs' mean PSNR over the input's, dB
    trouble: str  # why its pictures cannot be shown, empty if they can


def choose_telling(entries: Sequence[Entry], count: int) -> list[tuple[str, Entry]]:
    """Up to `count` photos as ("worst" | "median" | "best", entry) by gain; ties by id.

    With fewer photos than asked for all are taken, and each third gets its name.
    """
    ranked = sorted(
        (entry for entry in entries if not math.isnan(entry.gain)),
        key=lambda entry: (entry.gain, entry.id),
    )
    worst, median, best = (len(part) for part in np.array_split(range(min(count, len(ranked))), 3))
    # array_split gives the first parts more: with one photo it is "worst", with two no "best".
    middle = max((len(ranked) - median) // 2, worst)
    return [
        *(("worst", entry) for entry in ranked[:worst]),
        *(("median", entry) for entry in ranked[middle : middle + median]),
        *(("best", entry) for entry in ranked[len(ranked) - best :]),
    ]
