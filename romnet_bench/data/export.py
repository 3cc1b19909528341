"""A dataset → folders of PNG files in the layout that other code wants."""

import collections
import dataclasses
import json
from pathlib import Path

import pyarrow as pa

from romnet_bench.data.layouts import LAYOUTS, Layout
from romnet_bench.data.records import Photo, PhotoSet, list_splits
from romnet_bench.errors import UserError
from romnet_bench.files import (
    locked,
    require_writable,
    short_hash,
    slug,
    write_new,
    write_text,
)
from romnet_bench.images import encode_png
from romnet_bench.progress import track

_MARKER = ".romnet-bench-export.json"


@dataclasses.dataclass(frozen=True)
class Exported:
    """What an export left on disk."""

    pairs: dict[str, int]  # split → pairs
    skipped: list[str]  # a sentence for each pair that was left out


def export_dataset(folder: Path, layout: str, out: Path, splits: tuple[str, ...] = ()) -> Exported:
    """Writes the pairs of a dataset below `out`; an export that was stopped goes on.

    Beside the pictures, `metadata-SPLIT.jsonl` holds a line for each pair: its id, its files and
    its meta.

    Args:
        folder: the dataset.
        layout: a key of `LAYOUTS`.
        out: a new or empty folder, or one with a part of the same export.
        splits: which of the dataset's; all of them by default.

    Raises:
        UserError: there is no such split, `out` holds something else, or not one pair is whole.
    """
    sets = [PhotoSet(folder, split) for split in splits or list_splits(folder)]
    if not sets:
        raise UserError(f"{folder} holds no dataset: make one with `romnet-bench build-synthetic`.")
    require_writable(out)
    with locked(out):
        _claim(out, layout, sets)
        pairs, skipped = {}, []
        for photos in sets:
            lines, left_out = _export_split(photos, LAYOUTS[layout], out)
            write_text(out / f"metadata-{photos.split}.jsonl", "".join(lines))
            pairs[photos.split] = len(lines)
            skipped += left_out
    if not any(pairs.values()):
        raise UserError(
            f"Not one pair could be exported: {skipped[0] if skipped else 'none there'}"
        )
    return Exported(pairs, skipped)


def _claim(out: Path, layout: str, sets: list[PhotoSet]) -> None:
    """Marks `out` as the place of this export, or finds that it holds something else."""
    plan = {"layout": layout, "splits": {photos.split: photos.fingerprint for photos in sets}}
    content = json.dumps(plan, sort_keys=True) + "\n"
    marker = out / _MARKER
    if marker.is_file() and marker.read_bytes() == content.encode():
        for half_written in out.rglob(".*.part"):  # by an export that was killed
            half_written.unlink()
    elif any(path.name != ".lock" for path in out.iterdir()):
        raise UserError(f"{out} holds something else than this export: choose another --out.")
    else:
        write_text(marker, content)


def _export_split(photos: PhotoSet, layout: Layout, out: Path) -> tuple[list[str], list[str]]:
    """The lines of the metadata and a sentence for each pair that is left out."""
    lines, skipped = [], []
    names = _names(photos.ids)
    for identity in track(photos.ids, f"exporting {photos.split}", len(photos)):
        try:
            photo = photos[identity]
        except (UserError, pa.ArrowException, OSError) as error:
            skipped.append(f"{photos.split}: {error}")
            continue
        files = _write(photo, layout, names[identity], photos.split, out)
        entry = {"id": identity, "files": files, "meta": photo.meta}
        lines.append(json.dumps(entry, sort_keys=True, ensure_ascii=False) + "\n")
    return lines, skipped


def _write(photo: Photo, layout: Layout, name: str, split: str, out: Path) -> list[str]:
    pictures = layout(photo, name, split)
    for place, picture in pictures.items():
        if not (out / place).exists():  # each was written whole, by this export
            write_new(out / place, encode_png(picture))
    return list(pictures)


def _names(ids: list[str]) -> dict[str, str]:
    """A file name for each id, no two alike on disks that do not tell A from a either."""
    plain = {identity: slug(identity) for identity in ids}
    taken = collections.Counter(name.casefold() for name in plain.values())
    return {
        identity: name
        if taken[name.casefold()] == 1
        else slug(f"{name[:100]}-{short_hash(identity)}")
        for identity, name in plain.items()
    }
