"""Which photos of a dataset may lend their colours."""

from pathlib import Path

from romnet_bench.data.records import PhotoSet, list_splits
from romnet_bench.errors import UserError

SPLITS = ("references", "train")


def usual_split(folder: Path) -> str | None:
    """The split that lends where none is named: the first of `SPLITS` that is there."""
    there = list_splits(folder)
    return next((name for name in SPLITS if name in there), None)


def find_lenders(folder: Path, split: str | None = None) -> PhotoSet:
    """A split of a dataset whose targets lend colours: the one named, else the usual one.

    Raises:
        UserError: the dataset has no such split.
    """
    there = list_splits(folder)
    chosen = split or usual_split(folder)
    if chosen is None and there:
        raise UserError(
            f"{folder} has no photos that could lend their colours, only {', '.join(there)}: give "
            "--references DATASET."
        )
    return PhotoSet(folder, chosen or SPLITS[-1])
