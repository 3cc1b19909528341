"""Which photographs go into which split: by seed and id alone."""

import dataclasses
import hashlib
import math
import re
import warnings
from pathlib import Path

from PIL import Image

from romnet_bench.data.sources.photo import SourcePhoto
from romnet_bench.errors import UserError
from romnet_bench.images import DECODE_ERRORS, FORMATS
from romnet_bench.synthesis.recipe import Recipe, Size


@dataclasses.dataclass(frozen=True)
class Chosen:
    """The photographs of a dataset.

    Attributes:
        splits: split → photographs, sorted by id.
        too_small: how many were left out before the choice, for their size.
        unreadable: a sentence for each that was left out before the choice and is no picture.
    """

    splits: dict[str, list[SourcePhoto]]
    too_small: int = 0
    unreadable: tuple[str, ...] = ()


def choose_photos(photos: list[SourcePhoto], recipe: Recipe, split: str | None = None) -> Chosen:
    """Photographs by split, as the recipe says, or all in the one that `split` names.

    Where the recipe asks for numbers of photographs, those that are too small for it are left out
    first, by their files' headers, so that as many pairs come out as it asks for.

    Raises:
        UserError: the splits ask for more photos than there are, or `split` is no name for one.
    """
    if split is not None:
        if not re.fullmatch("[a-z]+", split):
            raise UserError(f"--split {split!r}: a split's name is small letters, such as test.")
        photos = [dataclasses.replace(photo, split=split) for photo in photos]
    if not any(isinstance(size, int) for size in recipe.splits.values()):
        return Chosen(split_photos(photos, recipe.splits, recipe.seed))
    fit: list[SourcePhoto] = []
    unreadable: list[str] = []
    for photo in photos:
        size = None if photo.split else _picture_size(photo.path)
        if photo.split or (size and is_large_enough(size, recipe)):
            fit.append(photo)
        elif size is None:
            unreadable.append(f"{photo.origin}: not a picture that can be read.")
    too_small = len(photos) - len(fit) - len(unreadable)
    splits = split_photos(fit, recipe.splits, recipe.seed, too_small)
    return Chosen(splits, too_small, tuple(unreadable))


def is_large_enough(size: tuple[int, int], recipe: Recipe) -> bool:
    """Whether a photograph (two sides, in pixels) has the recipe's `min_side`, also once sized."""
    return min(*size, *_sized(size, recipe.size)) >= recipe.min_side


def _sized(size: tuple[int, int], policy: Size) -> tuple[int, int]:
    """The sides that `build.fit` gives a photograph."""
    scale = policy.side / max(size)
    if policy.policy == "square":
        return policy.side, policy.side
    if policy.policy == "keep" or scale >= 1:
        return size
    return max(round(size[0] * scale), 1), max(round(size[1] * scale), 1)


def _picture_size(path: Path) -> tuple[int, int] | None:
    """Both sides in pixels by the file's header, without decoding it; None if it has none."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # size and damage are judged when it is decoded
            with Image.open(path, formats=FORMATS) as image:
                return image.size
    except (*DECODE_ERRORS, Image.DecompressionBombError):
        return None


def split_photos(
    photos: list[SourcePhoto], splits: dict[str, int | float], seed: int, too_small: int = 0
) -> dict[str, list[SourcePhoto]]:
    """Photos by split, decided by (seed, id) alone and sorted by id within a split.

    A photo that names its split keeps it. Whole numbers in `splits` are numbers of photos, taken
    in the order given; fractions are shares of the rest, of which each above 0 gets at least one
    photo while there are enough. Shares of 1 together use every photo. How many were left out
    before as too small, an error says.

    Raises:
        UserError: the splits ask for more photos than there are.
    """
    result: dict[str, list[SourcePhoto]] = {}
    free = [photo for photo in photos if photo.split is None]
    free.sort(key=lambda photo: hashlib.sha256(f"{seed}/{photo.id}".encode()).digest())
    for name, size in _split_sizes(len(free), splits, too_small).items() if free else ():
        result[name], free = free[:size], free[size:]
    for photo in photos:
        if photo.split is not None:
            result.setdefault(photo.split, []).append(photo)
    return {
        name: sorted(chosen, key=lambda photo: photo.id)
        for name, chosen in result.items()
        if chosen
    }


def _split_sizes(available: int, splits: dict[str, int | float], too_small: int) -> dict[str, int]:
    counts = {name: size for name, size in splits.items() if isinstance(size, int)}
    shares = {name: size for name, size in splits.items() if not isinstance(size, int)}
    if sum(counts.values()) > available:
        others = f" (and {too_small} that are too small)" if too_small else ""
        raise UserError(
            f"The recipe's splits ask for {sum(counts.values())} photos and the source has "
            f"{available}{others}: put all of them into one with --split test, or copy the "
            "recipe's file, lower `splits` in it or write shares such as 0.9, and give the copy "
            "as --recipe."
        )
    available -= sum(counts.values())
    whole = math.isclose(sum(shares.values()), 1)
    # Small shares first, so that a test split of 5 % of ten photos still gets its one; the largest
    # takes what rounding leaves, so that shares of 1 together lose no photo.
    ascending = sorted((name for name in shares if shares[name] > 0), key=lambda name: shares[name])
    rest = available
    sizes = counts | dict.fromkeys(shares, 0)
    for name in ascending:
        size = max(round(shares[name] * available), 1)
        sizes[name] = rest if whole and name == ascending[-1] else min(size, rest)
        rest -= sizes[name]
    return {name: sizes[name] for name in splits}
