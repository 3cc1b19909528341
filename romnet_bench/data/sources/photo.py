"""A clean photograph before anything was done to it."""

import dataclasses
from pathlib import Path


@dataclasses.dataclass(frozen=True)
class SourcePhoto:
    """A clean photograph that waits to be degraded.

    Attributes:
        id: decides, with the seed, all that happens to it; safe as a file name.
        path: its file.
        origin: where it comes from, without the path of this machine.
        licence: what it is under.
        split: which split it belongs to; None where the recipe decides.
        free: whether its licence lets anybody give it on.
    """

    id: str
    path: Path
    origin: str
    licence: str
    split: str | None = None
    free: bool = False
