"""Where clean photographs come from: a folder, or the sample that the dependencies install."""

import collections
import dataclasses
import hashlib
import importlib.util
import math
from pathlib import Path

from romnet_bench.errors import UserError
from romnet_bench.files import printable, short_hash, slug
from romnet_bench.images import list_pictures


@dataclasses.dataclass(frozen=True)
class SourcePhoto:
    """A clean photograph that waits to be degraded."""

    id: str
    path: Path
    origin: str  # where it comes from, without the path of this machine
    licence: str
    split: str | None = None  # None: the recipe decides


@dataclasses.dataclass(frozen=True)
class _Sample:
    package: str
    file: str
    split: str
    licence: str


# Real colour photographs in the wheels of scikit-image and matplotlib, split by photo. The two
# motorcycles are one scene seen twice, so both train; a face and a still life stay for testing.
_SAMPLE = (
    _Sample("skimage", "data/astronaut.png", "train", "public domain (NASA)"),
    _Sample("skimage", "data/chelsea.png", "train", "CC0-1.0 (Stéfan van der Walt)"),
    _Sample("skimage", "data/motorcycle_left.png", "train", "CC0-1.0 (Daniel Scharstein)"),
    _Sample("skimage", "data/motorcycle_right.png", "train", "CC0-1.0 (Daniel Scharstein)"),
    _Sample("skimage", "data/rocket.jpg", "validation", "CC0-1.0 (SpaceX)"),
    _Sample("skimage", "data/coffee.png", "test", "CC0-1.0 (Rachel Michetti)"),
    _Sample(
        "matplotlib",
        "mpl-data/sample_data/grace_hopper.jpg",
        "test",
        "public domain (United States Navy)",
    ),
)


def list_source(source: str, licence: str) -> list[SourcePhoto]:
    """The photographs of a source, sorted by id.

    Args:
        source: "sample", or a folder of pictures (searched with its subfolders).
        licence: what the photos of a folder are under; the sample's have their own.

    Raises:
        UserError: there is no such folder, or it holds no picture.
    """
    return list_sample() if source == "sample" else list_folder(Path(source), licence)


def list_folder(folder: Path, licence: str) -> list[SourcePhoto]:
    """Every picture below a folder, with ids made from its path relative to the folder."""
    if not folder.is_dir():
        raise UserError(f"{folder} is no folder: give a folder of photographs, or `sample`.")
    paths = list_pictures(folder)
    if not paths:
        raise UserError(f"{folder} holds no pictures (JPEG, PNG, TIFF, WebP or BMP).")
    names = [path.relative_to(folder).as_posix() for path in paths]
    photos = [
        SourcePhoto(identity, path, printable(name), licence)
        for identity, path, name in zip(_ids(names), paths, names, strict=True)
    ]
    return sorted(photos, key=lambda photo: photo.id)


def list_sample() -> list[SourcePhoto]:
    """The embedded sample: seven photographs that scikit-image and matplotlib install."""
    photos = []
    for entry in _SAMPLE:
        spec = importlib.util.find_spec(entry.package)
        path = Path(spec.origin or "").parent / entry.file if spec else Path(entry.file)
        if not path.is_file():
            raise UserError(
                f"The sample photo {entry.file} of {entry.package} is not installed: "
                f"reinstall {entry.package}, or give --source a folder of photographs."
            )
        origin = f"{entry.package}: {path.name}"
        photos.append(SourcePhoto(slug(path.stem), path, origin, entry.licence, entry.split))
    return sorted(photos, key=lambda photo: photo.id)


def split_photos(
    photos: list[SourcePhoto], splits: dict[str, int | float], seed: int
) -> dict[str, list[SourcePhoto]]:
    """Photos by split, decided by (seed, id) alone and sorted by id within a split.

    A photo that names its split keeps it. Whole numbers in `splits` are numbers of photos, taken
    in the order given; fractions are shares of the rest, of which each above 0 gets at least one
    photo while there are enough. Shares of 1 together use every photo.

    Raises:
        UserError: the splits ask for more photos than there are.
    """
    result: dict[str, list[SourcePhoto]] = {}
    free = [photo for photo in photos if photo.split is None]
    free.sort(key=lambda photo: hashlib.sha256(f"{seed}/{photo.id}".encode()).digest())
    for name, size in _split_sizes(len(free), splits).items() if free else ():
        result[name], free = free[:size], free[size:]
    for photo in photos:
        if photo.split is not None:
            result.setdefault(photo.split, []).append(photo)
    return {
        name: sorted(chosen, key=lambda photo: photo.id)
        for name, chosen in result.items()
        if chosen
    }


def _split_sizes(available: int, splits: dict[str, int | float]) -> dict[str, int]:
    counts = {name: size for name, size in splits.items() if isinstance(size, int)}
    shares = {name: size for name, size in splits.items() if not isinstance(size, int)}
    if sum(counts.values()) > available:
        raise UserError(
            f"The recipe's splits ask for {sum(counts.values())} photos and the source has "
            f"{available}: lower the numbers, or write shares such as 0.9."
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


def _ids(names: list[str]) -> list[str]:
    """An id for each file name, no two alike on disks that do not tell A from a either."""
    # Folders as dashes, before `slug` would mark every name below one as changed.
    slugs = [slug(str(Path(name).with_suffix("")).replace("/", "-")) for name in names]
    taken = collections.Counter(identity.casefold() for identity in slugs)
    # Names that fall together (a.jpg beside a.png) get a piece of their whole name's hash.
    ids = [
        identity if taken[identity.casefold()] == 1 else slug(f"{identity}-{short_hash(name)}")
        for identity, name in zip(slugs, names, strict=True)
    ]
    seen: dict[str, str] = {}
    for identity, name in zip(ids, names, strict=True):
        other = seen.setdefault(identity.casefold(), name)
        if other != name:
            raise UserError(
                f"{printable(other)} and {printable(name)} would get one id: rename one of them."
            )
    return ids
