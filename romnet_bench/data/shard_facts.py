"""What a dataset's shards hold: splits, rows, bytes and features, from the files' ends alone."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from romnet_bench.data.records import list_shards, list_splits
from romnet_bench.errors import UserError

_ORDER = {"train": 0, "validation": 1, "test": 2}


@dataclasses.dataclass(frozen=True)
class Split:
    """One split on disk.

    Attributes:
        name: such as "test".
        shards: its files, in order.
        rows: how many pairs each of them holds.
        content: bytes of the columns, without the files' framing.
        size: bytes of the files.
    """

    name: str
    shards: tuple[Path, ...]
    rows: tuple[int, ...]
    content: int
    size: int

    @property
    def pairs(self) -> int:
        """How many pairs all its shards hold."""
        return sum(self.rows)


def read_splits(folder: Path) -> list[Split]:
    """The splits of the dataset in `folder`: train, validation, test, then others by name.

    Raises:
        UserError: a shard is missing or damaged.
    """
    names = sorted(list_splits(folder), key=lambda name: (_ORDER.get(name, len(_ORDER)), name))
    return [_split(folder, name) for name in names]


def read_features(shard: Path) -> dict[str, str]:
    """Column → its type as the Hub's cards name it ("image", "string"), from one shard.

    Raises:
        UserError: the shard does not tell, so it is not one of this project.
    """
    notes = (pq.read_schema(shard).metadata or {}).get(b"huggingface")
    if notes is None:
        raise UserError(f"{shard} is no shard of a dataset (it names no features): build it again.")
    features: dict[str, Any] = json.loads(notes)["info"]["features"]
    return {
        column: feature.get("dtype") or feature["_type"].lower()
        for column, feature in features.items()
    }


def _split(folder: Path, name: str) -> Split:
    shards = tuple(list_shards(folder, name))
    # One end at a time: with a row group a photo, those of 10,000 photos take 100 MB.
    counts = [_count(shard) for shard in shards]
    return Split(
        name,
        shards,
        rows=tuple(rows for rows, _ in counts),
        content=sum(content for _, content in counts),
        size=sum(shard.stat().st_size for shard in shards),
    )


def _count(shard: Path) -> tuple[int, int]:
    """Rows and bytes of the columns, from a shard's end."""
    try:
        end = pq.read_metadata(shard)
    except (pa.ArrowInvalid, OSError) as error:
        raise UserError(f"{shard} is no shard of a dataset ({error}): build it again.") from None
    groups = (end.row_group(group) for group in range(end.num_row_groups))
    return end.num_rows, sum(group.total_byte_size for group in groups)
