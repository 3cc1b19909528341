"""Which photos of a dataset may lend their colours."""

from pathlib import Path

from romnet_bench.data.records import PhotoSet, list_splits

SPLITS = ("references", "train")


def find_lenders(folder: Path, split: str | None = None) -> PhotoSet:
    """A split of a dataset whose targets lend colours: the one named, else the first of `SPLITS`.

    Raises:
        UserError: the dataset has no such split.
    """
    there = list_splits(folder)
    usual = next((name for name in SPLITS if name in there), SPLITS[-1])
    return PhotoSet(folder, split or usual)
