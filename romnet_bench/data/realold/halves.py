"""Which half of which pair a file is, by its folder's name or by its last letter."""

import dataclasses
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from romnet_bench.files import printable
from romnet_bench.images import SUFFIXES

Side = Literal["input", "target"]

LETTERS: dict[str, Side] = {"o": "input", "t": "target"}
FOLDERS: dict[str, Side] = {
    **dict.fromkeys(("input", "inputs", "o", "old", "degraded"), "input"),
    **dict.fromkeys(("target", "targets", "t", "gt", "ground_truth", "groundtruth"), "target"),
}

# Pictures that this project does not read, so that a half in one of them can be named.
_FOREIGN = frozenset(
    {".gif", ".heic", ".heif", ".avif", ".jp2", ".jfif", ".psd", ".pdf", ".tga", ".dng", ".cr2"}
)
_SYSTEM = "__MACOSX"  # what macOS adds to an archive


@dataclasses.dataclass(frozen=True)
class Half:
    """One file of a pair.

    Attributes:
        path: the file.
        name: relative to its root, for a person to read.
        folder: where it lies, without the folders that say which half it is.
        stem: its name without suffix.
        side: which half it is.
    """

    path: Path
    name: str
    folder: str
    stem: str
    side: Side

    @property
    def id(self) -> str:
        """The stem, without the letter of its side: `17` for the input `17o` or `17_O`."""
        identity, side = _split_letter(self.stem)
        return identity if side == self.side else self.stem

    @property
    def readable(self) -> bool:
        """Whether its suffix is one of those that this project reads."""
        return self.path.suffix.lower() in SUFFIXES


def list_files(root: Path, passed: list[Path]) -> Iterator[Path]:
    """Pictures below `root`, also of kinds that cannot be read; no hidden and system files.

    Args:
        root: a folder.
        passed: resolved folders that are passed over, unless `root` itself lies in them.
    """
    own = root.resolve()
    outside = [place for place in passed if not own.is_relative_to(place)]
    for path in sorted(root.rglob("*")):
        parts = path.relative_to(root).parts
        if path.suffix.lower() not in SUFFIXES | _FOREIGN or not path.is_file():
            continue
        if _SYSTEM in parts or any(part.startswith(".") for part in parts):
            continue
        if not any(path.resolve().is_relative_to(place) for place in outside):
            yield path


def half_by_folder(root: Path, path: Path, side: Side | None = None) -> Half | None:
    """The half that the nearest folder with a telling name makes of a file, or else `side`."""
    named = (FOLDERS.get(part.casefold()) for part in reversed(path.relative_to(root).parts[:-1]))
    found = side or next((each for each in named if each), None)
    return None if found is None else _half(root, path, found)


def half_by_letter(root: Path, path: Path) -> Half | None:
    """The half that the last letter of a file's name makes of it."""
    side = _split_letter(_stem(path))[1]
    return None if side is None else _half(root, path, side)


def _half(root: Path, path: Path, side: Side) -> Half:
    relative = path.relative_to(root)
    folder = "/".join(part for part in relative.parts[:-1] if part.casefold() not in FOLDERS)
    return Half(path, printable(relative.as_posix()), folder, _stem(path), side)


def _stem(path: Path) -> str:
    # macOS and Linux write one accented letter in two ways.
    return unicodedata.normalize("NFC", path.stem)


def _split_letter(stem: str) -> tuple[str, Side | None]:
    """`17o`, `17_o` and `17-O` → (`17`, "input"); a name without such a letter as it is."""
    identity, side = stem[:-1].rstrip("-_ ."), LETTERS.get(stem[-1:].lower())
    return (identity, side) if identity and side else (stem, None)
