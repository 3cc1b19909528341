"""Which file is whose other half: pairs are found by name, never by their order in a folder.

Two layouts, mixed as they come: `<id>o.*` (the old photo) and `<id>t.*` (its target) in one folder
or below it; or one folder of old photos and one of targets, where the same name belongs together,
with the letter or without.
"""

import collections
import dataclasses
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from romnet_bench.data.realold.halves import (
    Half,
    Side,
    half_by_folder,
    half_by_letter,
    list_files,
)
from romnet_bench.files import printable, short_hash, slug


@dataclasses.dataclass(frozen=True)
class Pair:
    """An old photo and its target: files, and their names for a person to read."""

    id: str
    input: Path
    target: Path
    input_name: str
    target_name: str


@dataclasses.dataclass(frozen=True)
class Unpaired:
    """Files that belong to no pair, and why."""

    name: str
    reason: str


@dataclasses.dataclass(frozen=True)
class Found:
    """What lies in the folders."""

    pairs: list[Pair]  # 2 before 10
    unpaired: list[Unpaired]


def find_pairs(source: Path, targets: Path | None = None, leave: Iterable[Path] = ()) -> Found:
    """Pairs the pictures below `source`.

    Args:
        source: both halves; or, with `targets`, the old photos alone.
        targets: the folder of the targets.
        leave: folders that are passed over, wherever they lie.
    """
    passed = [folder.resolve() for folder in leave]
    roots: list[tuple[Path, Side | None, list[Path]]] = [(source, None, passed)]
    if targets is not None:
        roots = [(source, "input", [*passed, targets.resolve()]), (targets, "target", passed)]
    files = [(root, path, side) for root, side, skip in roots for path in list_files(root, skip)]
    by_folder = [half for file in files if (half := half_by_folder(*file))]
    by_letter = [half for root, path, _ in files if (half := half_by_letter(root, path))]
    # Folders first: in `inputs/kyoto.jpg` the last letter means nothing.
    matched, alone = _match([half for half in by_folder if half.readable])
    if targets is None:
        placed = {half.path for pair in matched for half in pair}
        rest = [half for half in by_letter if half.readable and half.path not in placed]
        more, alone_by_letter = _match(rest)
        matched += more
        alone = [half for half in alone if half.path not in {h.path for pair in more for h in pair}]
        explained = {half.path for half in alone}
        alone += [half for half in alone_by_letter if half.path not in explained]
    foreign = [half for half in (*by_folder, *by_letter) if not half.readable]
    known = {half.path for half in (*by_folder, *by_letter)}
    strangers = [(root, path) for root, path, _ in files if path not in known]
    return Found(_name(matched), [*_explain(alone, foreign), *_explain_strangers(strangers)])


# From the strictest to the loosest: what stands in one folder belongs together before what is
# spread over several, equal letters before those that differ in case.
_KEYS: tuple[Callable[[Half], tuple[str, ...]], ...] = (
    lambda half: (half.folder, half.stem),
    lambda half: (half.folder, half.id),
    lambda half: (half.folder, half.stem.casefold()),
    lambda half: (half.folder, half.id.casefold()),
    lambda half: (half.stem,),
    lambda half: (half.id,),
    lambda half: (half.stem.casefold(),),
    lambda half: (half.id.casefold(),),
)


def _match(halves: list[Half]) -> tuple[list[tuple[Half, Half]], list[Half]]:
    """Pairs (input, target) of halves whose name nobody else has, and those left alone."""
    matched = []
    alone = halves
    for key in _KEYS:
        groups = _grouped(alone, key)
        alone = []
        for group in groups.values():
            halves = sorted(group, key=lambda half: half.side)
            if [half.side for half in halves] == ["input", "target"]:
                matched.append((halves[0], halves[1]))
            else:
                alone += group
    return matched, alone


def _grouped(
    halves: list[Half], key: Callable[[Half], tuple[str, ...]]
) -> dict[object, list[Half]]:
    groups: dict[object, list[Half]] = collections.defaultdict(list)
    for half in halves:
        groups[key(half)].append(half)
    return groups


def _name(matched: list[tuple[Half, Half]]) -> list[Pair]:
    """Ids that are file names everywhere, no two alike on disks that take A for a."""
    ids = [
        slug(old.stem if old.stem.casefold() == target.stem.casefold() else old.id)
        for old, target in matched
    ]
    taken = collections.Counter(identity.casefold() for identity in ids)
    pairs = [
        Pair(
            identity
            if taken[identity.casefold()] == 1
            else slug(f"{identity}-{short_hash(old.name)}"),
            old.path,
            target.path,
            old.name,
            target.name,
        )
        for identity, (old, target) in zip(ids, matched, strict=True)
    ]
    return sorted(pairs, key=lambda pair: _natural(pair.id))


def _natural(identity: str) -> list[tuple[int, str]]:
    """Sorts 2 before 10."""
    parts = re.split(r"(\d+)", identity)
    return [(int(part), part) if part.isdecimal() else (0, part) for part in parts]


def _explain(alone: list[Half], foreign: list[Half]) -> Iterator[Unpaired]:
    """Why the halves of an id are not exactly two."""
    others = {(half.id.casefold(), half.side): half.name for half in foreign}
    groups = _grouped(alone, lambda half: (half.id.casefold(),))
    for group in sorted(groups.values(), key=lambda halves: halves[0].id.casefold()):
        identity = group[0].id.casefold()
        names = ", ".join(sorted(half.name for half in group))
        sides = {half.side for half in group}
        if len(sides) == 2:
            yield Unpaired(names, "more than two files of one name: keep one of each half")
            continue
        missing: Side = "target" if sides == {"input"} else "input"
        what = "target" if missing == "target" else "old photo"
        reason = f"there is no {what} with the same id ({printable(group[0].id)})"
        if other := others.get((identity, missing)):
            reason += f"; {other} is of a kind that cannot be read: save it as PNG or TIFF"
        yield Unpaired(names, reason)


def _explain_strangers(strangers: list[tuple[Path, Path]]) -> Iterator[Unpaired]:
    """One sentence for each folder of pictures that do not say which half they are."""
    folders: dict[Path, list[str]] = collections.defaultdict(list)
    for root, path in strangers:
        folders[path.parent].append(printable(path.relative_to(root).as_posix()))
    for names in folders.values():
        more = f" and {len(names) - 1} more in that folder" if len(names) > 1 else ""
        yield Unpaired(
            f"{names[0]}{more}",
            "neither <id>o nor <id>t, nor in a folder of inputs or targets (reference portraits: "
            "give their folder with --references)",
        )
