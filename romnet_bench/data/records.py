"""A dataset on disk, the form that `datasets.load_dataset(PATH)` reads without code.

`data/<split>-NNNNN-of-MMMMM.parquet` beside a card (`README.md`), with the columns `id` (unique),
`input` (grey PNG), `target` (RGB PNG), `mask` (where damage was put, PNG or null) and `meta`
(JSON: source, licence, size, every degradation with its drawn parameters).
"""

import dataclasses
import functools
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from romnet_bench.errors import UserError
from romnet_bench.images import Picture, decode_picture, encode_png, to_rgb

_SHARD = re.compile(r"(?P<split>[a-z]+)-(?P<index>\d{5})-of-(?P<count>\d{5})\.parquet")

_IMAGE = pa.struct({"bytes": pa.binary(), "path": pa.string()})
_FEATURES = {
    "id": {"dtype": "string", "_type": "Value"},
    "input": {"_type": "Image"},
    "target": {"_type": "Image"},
    "mask": {"_type": "Image"},
    "meta": {"dtype": "string", "_type": "Value"},
}
SCHEMA = pa.schema(
    [
        pa.field("id", pa.string()),
        pa.field("input", _IMAGE),
        pa.field("target", _IMAGE),
        pa.field("mask", _IMAGE),
        pa.field("meta", pa.string()),
    ],
    # `datasets` reads the feature types from here, so that pictures arrive as pictures.
    metadata={"huggingface": json.dumps({"info": {"features": _FEATURES}})},
)


@dataclasses.dataclass(frozen=True)
class Photo:
    """One row: a grey input H×W, its colour target H×W×3, where damage was put, and its story."""

    id: str
    input: Picture
    target: Picture
    mask: Picture | None
    meta: dict[str, Any]


def shard_path(folder: Path, split: str, index: int, count: int) -> Path:
    """Where shard `index` of `count` of `split` stands below the dataset's folder."""
    return folder / "data" / f"{split}-{index:05d}-of-{count:05d}.parquet"


def encode_photo(photo: Photo) -> dict[str, object]:
    """A photo as the row that a shard holds; worker processes do this, since PNG takes time."""

    def image(picture: Picture | None, column: str) -> dict[str, object] | None:
        # PNG bytes, never a Pillow image: `datasets` would encode that in its own format again.
        if picture is None:
            return None
        return {"bytes": encode_png(picture), "path": f"{photo.id}-{column}.png"}

    return {
        "id": photo.id,
        "input": image(photo.input, "input"),
        "target": image(photo.target, "target"),
        "mask": image(photo.mask, "mask"),
        "meta": json.dumps(photo.meta, sort_keys=True, ensure_ascii=False),
    }


def write_shard(
    path: Path,
    rows: Iterable[dict[str, object]],
    notes: Callable[[], dict[str, str]] = dict,
) -> None:
    """Writes rows of `encode_photo` as they come, so that few are in memory at a time.

    One photo is one row group: any photo is read by itself.

    Args:
        path: the file.
        rows: the photos, in order.
        notes: asked after the last row, for the file's own metadata.
    """
    with pq.ParquetWriter(path, SCHEMA, compression="none", use_dictionary=False) as writer:
        for row in rows:
            writer.write_table(pa.Table.from_pylist([row], schema=SCHEMA))
        writer.add_key_value_metadata(notes())


class PhotoSet:
    """The photos of one split, read one at a time from the shards on disk.

    Args:
        folder: the dataset's folder.
        split: such as "train" or "test".

    Raises:
        UserError: the folder holds no such split, or a shard is missing or damaged.
    """

    def __init__(self, folder: Path, split: str) -> None:
        self.folder = folder
        self.split = split
        self.name = folder.resolve().name
        self._rows: dict[str, tuple[Path, int]] = {}
        self.originals: dict[str, str] = {}
        """Pair's id → the id of the clean photo it was made from; variants share one."""
        self._shards = list_shards(folder, split)
        for path in self._shards:
            for row, (identity, meta) in enumerate(_read_ids(path)):
                if identity in self._rows:
                    raise UserError(f"{path}: the id {identity} occurs twice in {split}.")
                self._rows[identity] = (path, row)
                self.originals[identity] = str(meta.get("photo", identity))
        self.ids = list(self._rows)
        self._open: tuple[Path, pq.ParquetFile] | None = None

    @functools.cached_property
    def fingerprint(self) -> str:
        """Changes with any byte of any photo; reads all of them when it is first asked for."""
        digest = hashlib.sha256()
        for path in self._shards:
            digest.update(_shard_digest(path))
        return digest.hexdigest()[:16]

    def __len__(self) -> int:
        return len(self.ids)

    def __iter__(self) -> Iterator[Photo]:
        return (self[identity] for identity in self.ids)

    def __contains__(self, identity: str) -> bool:
        return identity in self._rows

    def __getitem__(self, identity: str) -> Photo:
        """The photo of that id."""
        return _decode_photo(self._values(identity, list(_FEATURES)))

    def pair(self, identity: str) -> tuple[Picture, Picture]:
        """Input H×W and target H×W×3 of that id, without decoding the mask."""
        values = self._values(identity, ["input", "target"])
        grey = _grey(values["input"], f"{identity} (input)")
        return grey, _colour(values["target"], f"{identity} (target)")

    def target(self, identity: str) -> Picture:
        """The colour target of that id, H×W×3, without decoding the rest."""
        values = self._values(identity, ["target"])
        return _colour(values["target"], f"{identity} (target)")

    def _values(self, identity: str, columns: list[str]) -> dict[str, Any]:
        path, row = self._rows[identity]
        if self._open is None or self._open[0] != path:
            self._open = (path, pq.ParquetFile(path, memory_map=True))
        return _read_row(self._open[1], row, columns)

    def __getstate__(self) -> dict[str, Any]:
        """Worker processes open the shards for themselves."""
        return {**self.__dict__, "_open": None}


def read_photo(shard: Path, row: int) -> Photo:
    """The photo in that row of one shard."""
    with pq.ParquetFile(shard, memory_map=True) as file:
        return _decode_photo(_read_row(file, row, list(_FEATURES)))


def list_splits(folder: Path) -> list[str]:
    """The names of the splits in a dataset's folder."""
    matches = (_SHARD.fullmatch(path.name) for path in (folder / "data").glob("*.parquet"))
    return sorted({match["split"] for match in matches if match})


def list_shards(folder: Path, split: str) -> list[Path]:
    """The files of one split, in order.

    Raises:
        UserError: there is no such split, or one of its shards is missing.
    """
    found = sorted((folder / "data").glob("*.parquet"))
    matches = {
        path: match
        for path in found
        if (match := _SHARD.fullmatch(path.name)) and match["split"] == split
    }
    if not matches:
        known = ", ".join(list_splits(folder))
        hint = (
            f"it has {known}" if known else "make one with `romnet-bench build-synthetic --out DIR`"
        )
        raise UserError(f"{folder} holds no dataset with a split named {split}: {hint}.")
    counts = {int(match["count"]) for match in matches.values()}
    if len(counts) > 1 or len(matches) != counts.pop():
        raise UserError(
            f"{folder}: shards of {split} are missing; run the same build-synthetic again, it "
            "goes on where it stopped."
        )
    return list(matches)


def _read_ids(path: Path) -> list[tuple[str, dict[str, Any]]]:
    try:
        table = pq.read_table(path, columns=["id", "meta"])
        rows = zip(table["id"].to_pylist(), table["meta"].to_pylist(), strict=True)
        read = [(str(identity), json.loads(meta or "{}")) for identity, meta in rows]
    except (pa.ArrowInvalid, pa.ArrowKeyError, OSError, KeyError, ValueError) as error:
        raise UserError(f"{path} is no shard of a dataset ({error}): build it again.") from None
    for identity, meta in read:
        if not isinstance(meta, dict):
            raise UserError(f"{path}: the meta of {identity} is no JSON object: build it again.")
    return read


def _shard_digest(path: Path) -> bytes:
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").digest()


def _read_row(file: pq.ParquetFile, row: int, columns: list[str]) -> dict[str, Any]:
    # Our own shards hold one photo a row group; shards from elsewhere may hold many.
    for group in range(file.metadata.num_row_groups):
        rows = file.metadata.row_group(group).num_rows
        if row < rows:
            table = file.read_row_group(group, columns).slice(row, 1)
            values: dict[str, Any] = table.to_pylist()[0]
            return values
        row -= rows
    raise IndexError(row)


def _decode_photo(values: dict[str, Any]) -> Photo:
    identity = str(values["id"])
    mask = values["mask"]
    return Photo(
        id=identity,
        input=_grey(values["input"], f"{identity} (input)"),
        target=_colour(values["target"], f"{identity} (target)"),
        mask=None if mask is None else _grey(mask, f"{identity} (mask)"),
        meta=json.loads(values["meta"] or "{}"),
    )


def _colour(image: dict[str, Any] | None, name: str) -> Picture:
    return to_rgb(_decode(image, name))


def _grey(image: dict[str, Any] | None, name: str) -> Picture:
    picture = _decode(image, name)
    if picture.ndim == 3:
        raise UserError(f"{name}: a grey picture is expected, this one has colour.")
    return picture


def _decode(image: dict[str, Any] | None, name: str) -> Picture:
    content = image["bytes"] if image else None
    if content is None:
        raise UserError(f"{name}: the dataset holds no picture: build it again.")
    return decode_picture(content, name)
