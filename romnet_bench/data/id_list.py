"""The list of a dataset's photographs: what another person needs to build exactly the same.

Every build leaves one, `ids.csv`, with a line for each photograph: its split, its id, and the
beginning of its file's SHA-256.
"""

import csv
import dataclasses
import io
import re
from pathlib import Path

from romnet_bench.data.selection import Chosen
from romnet_bench.data.sources.photo import SourcePhoto
from romnet_bench.errors import UserError
from romnet_bench.files import printable, sha256_file

LIST = "ids.csv"

_COLUMNS = ["split", "id", "sha256"]
_LARGEST = 2**26  # bytes: half a million photographs


def listed_photos(photos: list[SourcePhoto], path: Path) -> Chosen:
    """Those photographs that a list names, in its splits; their content is checked.

    Args:
        photos: of the same source as those of the list.
        path: an `ids.csv`, as a build leaves it.

    Raises:
        UserError: the list is none, or names a photograph that is not there or that is another.
    """
    found = {photo.id: photo for photo in photos}
    splits: dict[str, list[SourcePhoto]] = {}
    missing = []
    for split, identity, sha256 in _read_list(path):
        photo = found.get(identity)
        if photo is None:
            missing.append(identity)
            continue
        if sha256 not in ("", content_hash(photo.path)):
            raise UserError(
                f"{photo.origin} is not the photograph that {path} means: its content differs."
            )
        splits.setdefault(split, []).append(dataclasses.replace(photo, split=split))
    if missing:
        raise UserError(
            f"{path} names {len(missing)} photographs that the source does not have, such as "
            f"{printable(missing[0])}: give the --source that the list was made with."
        )
    return Chosen({name: sorted(each, key=lambda photo: photo.id) for name, each in splits.items()})


def format_list(splits: dict[str, dict[str, str]]) -> str:
    """The text of a list, from split → id → what `content_hash` says."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for split, hashes in sorted(splits.items()):
        writer.writerows([split, identity, sha256] for identity, sha256 in sorted(hashes.items()))
    return text.getvalue()


def content_hash(path: Path) -> str:
    """The beginning of a file's SHA-256; "unreadable" where it cannot be read."""
    try:
        return sha256_file(path)[:16]
    except OSError:
        return "unreadable"  # the build itself says so, with the file's name


def _read_list(path: Path) -> list[tuple[str, str, str]]:
    try:
        if path.stat().st_size > _LARGEST:
            raise ValueError("it is too large")
        rows = list(csv.reader(io.StringIO(path.read_text(encoding="utf-8")), strict=True))
    except (OSError, ValueError, csv.Error) as error:
        raise UserError(f"{path} cannot be read as a list of ids ({error}).") from None
    wrong = f"{path} is no list of ids: it starts with the line {','.join(_COLUMNS)}, and each "
    wrong += "photograph has one line"
    if not rows or rows[0] != _COLUMNS or len(rows) == 1:
        raise UserError(f"{wrong}.")
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(_COLUMNS) or not re.fullmatch("[a-z]+", row[0]) or not row[1]:
            raise UserError(f"{wrong}; line {number} is another thing.")
    if len({row[1] for row in rows[1:]}) != len(rows) - 1:
        raise UserError(f"{wrong}; one of them stands in it twice.")
    return [(row[0], row[1], row[2]) for row in rows[1:]]
