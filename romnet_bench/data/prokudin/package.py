"""A folder of plates → a test set on disk, shard by shard.

The bytes do not depend on the number of workers, and a command that was stopped goes on where it
stopped. A shard is written after the contact sheet that shows its plates.
"""

import csv
import dataclasses
import functools
import io
import json
from collections.abc import Callable
from itertools import chain, islice
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from romnet_bench import __version__
from romnet_bench.data.cards import write_card
from romnet_bench.data.claims import claim, unclaim
from romnet_bench.data.id_list import content_hash
from romnet_bench.data.prokudin.card import card_text
from romnet_bench.data.prokudin.pair import LICENCE, Choice, LeftOut, Row, make_pair
from romnet_bench.data.prokudin.plates import read_plate
from romnet_bench.data.prokudin.sheets import page, strip
from romnet_bench.data.records import encode_photo, shard_path, write_shard
from romnet_bench.data.rights import Rights, write_rights
from romnet_bench.data.sources.folder import list_folder
from romnet_bench.data.sources.photo import SourcePhoto
from romnet_bench.data.workers import mapped
from romnet_bench.errors import PictureError, UserError
from romnet_bench.files import locked, require_writable, write_bytes, write_text, written_beside
from romnet_bench.images import Picture
from romnet_bench.progress import track

SPLIT = "test"
PLATES = 4
"""In a shard, and on a contact sheet."""
TABLE = "quality.csv"

_NOTE = b"romnet_bench.plates"


@dataclasses.dataclass(frozen=True)
class Packaged:
    """What stands in the dataset's folder.

    Attributes:
        pairs: how many.
        repaired: how many of them with a repair in the input's own exposure.
        left_out: a sentence for each plate that could not be aligned.
        unreadable: a sentence for each file that is no plate or cannot be read.
        rows: the table of plates, in order.
    """

    pairs: int
    repaired: int
    left_out: list[str]
    unreadable: list[str]
    rows: list[Row]


@dataclasses.dataclass(frozen=True)
class _Made:
    photo: dict[str, object] | None  # as a shard holds it
    row: Row
    strip: Picture | None


def package_prokudin(
    source: Path,
    out: Path,
    *,
    choice: Choice = "green",
    max_side: int | None = None,
    limit: int | None = None,
    sheets: bool = True,
    workers: int = 1,
) -> Packaged:
    """Makes the test set of real old photographs below `out` from the plates in `source`.

    Args:
        source: a folder of scans, grey, each with three exposures below each other.
        out: the dataset's folder; a command that was stopped goes on in it.
        choice: which exposure is the input.
        max_side: makes exposures smaller, so that no side is longer.
        limit: takes the first so many plates, by name.
        sheets: also writes contact sheets.
        workers: processes.

    Raises:
        UserError: there are no plates, `out` holds another dataset, or not one plate gives a pair.
    """
    inside = out.resolve()
    plates = [
        each
        for each in list_folder(source, LICENCE)
        if not each.path.resolve().is_relative_to(inside)
    ][:limit]
    if not plates:
        raise UserError(f"{source} holds no plates.")
    require_writable(out)
    with locked(out):
        claim(out, _plan(plates, choice, max_side))
        groups = [plates[start : start + PLATES] for start in range(0, len(plates), PLATES)]
        make = functools.partial(_make, choice=choice, max_side=max_side, sheets=sheets)
        _write_missing(out, groups, make, sheets, workers)
        rows = [row for index in range(len(groups)) for row in _read_rows(out, index, len(groups))]
        packaged = _summary(rows)
        if not packaged.pairs:
            for index in range(len(groups)):
                _sheet_path(out, index).unlink(missing_ok=True)
            unclaim(out)  # for the right source
            reasons = " ".join([*packaged.left_out, *packaged.unreadable][:3])
            raise UserError(f"Not one plate gives a pair: {reasons}")
        write_text(out / TABLE, _table(rows))
        write_rights(out, Rights(granted=True, statement=LICENCE))
        write_card(out, card_text(rows, choice, max_side))
    return packaged


def _plan(plates: list[SourcePhoto], choice: Choice, max_side: int | None) -> str:
    """All that the bytes depend on, as JSON."""
    plan = {
        "romnet_bench": __version__,
        "package": "prokudin",
        "input": choice,
        "max_side": max_side,
        "plates": {plate.id: content_hash(plate.path) for plate in plates},
    }
    return json.dumps(plan, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _write_missing(
    out: Path,
    groups: list[list[SourcePhoto]],
    make: Callable[[SourcePhoto], _Made],
    sheets: bool,
    workers: int,
) -> None:
    missing = [
        index
        for index in range(len(groups))
        if not shard_path(out, SPLIT, index, len(groups)).exists()
        or (sheets and not _sheet_path(out, index).exists())
    ]
    total, left = sum(map(len, groups)), sum(len(groups[index]) for index in missing)
    plates = chain.from_iterable(groups[index] for index in missing)
    with mapped(make, plates, min(workers, left), preload=__name__) as results:
        made = track(results, "aligning", total=total, done=total - left)
        for index in missing:
            group = list(islice(made, len(groups[index])))
            strips = [each.strip for each in group if each.strip is not None]
            if strips:
                write_bytes(_sheet_path(out, index), page(strips))
            photos = (each.photo for each in group if each.photo is not None)
            note = json.dumps([each.row for each in group], ensure_ascii=False)
            with written_beside(shard_path(out, SPLIT, index, len(groups))) as part:
                write_shard(part, photos, functools.partial(dict, {_NOTE.decode(): note}))
        next(made, None)  # lets the progress show that all are through


def _make(plate: SourcePhoto, choice: Choice, max_side: int | None, sheets: bool) -> _Made:
    try:
        read = read_plate(plate.path, max_side)
    except PictureError as error:
        # Named by its origin: what a shard keeps must not hold the path of a machine.
        reason = str(error).replace(str(plate.path), plate.origin)
        return _Made(None, {"id": plate.id, "file": plate.origin, "unreadable": reason}, None)
    result = make_pair(read, plate.id, plate.origin, choice)
    shown = strip(result) if sheets else None
    if isinstance(result, LeftOut):
        return _Made(None, result.row | {"left_out": result.reason}, shown)
    return _Made(encode_photo(result.photo), result.row, shown)


def _sheet_path(out: Path, index: int) -> Path:
    return out / "sheets" / f"plates-{index + 1:03d}.jpg"


def _read_rows(out: Path, index: int, count: int) -> list[Row]:
    path = shard_path(out, SPLIT, index, count)
    try:
        metadata = pq.read_metadata(path)
    except pa.ArrowInvalid:
        raise UserError(f"{path} is damaged: delete it and run the same command again.") from None
    rows: list[Row] = json.loads((metadata.metadata or {}).get(_NOTE, b"[]"))
    return rows


def _summary(rows: list[Row]) -> Packaged:
    return Packaged(
        pairs=sum("input" in row for row in rows),
        repaired=sum(float(row.get("repaired_input", 0)) > 0 for row in rows),
        left_out=[f"{row['file']}: {row['left_out']}." for row in rows if "left_out" in row],
        unreadable=[str(row["unreadable"]) for row in rows if "unreadable" in row],
        rows=rows,
    )


def _table(rows: list[Row]) -> str:
    """One line a plate; the first columns say what became of it."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    words = ["id", "file", "item", "input", "left_out", "unreadable"]
    ordered = [*words, *(name for name in columns if name not in words)]
    text = io.StringIO()
    writer = csv.DictWriter(text, ordered, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()
