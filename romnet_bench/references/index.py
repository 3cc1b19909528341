"""An index on disk: all candidates of a split described once, memory-mapped, resumable.

`index.json` says what it was built from; `NNNNN.safetensors` hold `SHARD` photos each. It is a
cache: one of other photos, features or weights is built anew.
"""

import dataclasses
import functools
import json
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from romnet_bench.color import lightness_grey
from romnet_bench.data.records import PhotoSet
from romnet_bench.errors import UserError
from romnet_bench.files import locked, require_writable, write_bytes, write_text
from romnet_bench.progress import track
from romnet_bench.references.features import Features
from romnet_bench.references.shards import Half, Shard, describe, join

SHARD = 64
_VERSION = 1
_FIELDS = tuple(field.name for field in dataclasses.fields(Shard))


@dataclasses.dataclass(frozen=True)
class DiskIndex:
    """An index whose shards are read as they are needed: see `shards.Index`."""

    folder: Path
    ids: Sequence[str]

    def blocks(self) -> Iterator[tuple[int, Shard]]:
        """See `Index`."""
        for start in range(0, len(self.ids), SHARD):
            yield start, self._read(start // SHARD, None)

    def rows(self, places: Sequence[int]) -> Shard:
        """See `Index`."""
        found: dict[int, Shard] = {}
        for number in sorted({place // SHARD for place in places}):
            wanted = [place for place in places if place // SHARD == number]
            shard = self._read(number, [place % SHARD for place in wanted])
            found |= {place: shard.rows([i]) for i, place in enumerate(wanted)}
        return join([found[place] for place in places])

    def sketches(self) -> Half:
        """See `Index`."""
        return self._sketches

    @functools.cached_property
    def _sketches(self) -> Half:
        numbers = range(-(-len(self.ids) // SHARD))
        return np.concatenate([self._field("sketches", number) for number in numbers])

    def _field(self, name: str, number: int) -> Half:
        with _opened(shard_path(self.folder, number)) as file:
            values: Half = file.get_tensor(name)
            return values

    def _read(self, number: int, rows: list[int] | None) -> Shard:
        """A shard, or some of its rows: only their pages are read from the disk."""
        with _opened(shard_path(self.folder, number)) as file:
            if rows is None:
                return Shard(*(file.get_tensor(name) for name in _FIELDS))
            slices = (file.get_slice(name) for name in _FIELDS)
            return Shard(*(np.stack([part[row] for row in rows]) for part in slices))


def shard_path(folder: Path, number: int) -> Path:
    """Where the shard of that number stands."""
    return folder / f"{number:05d}.safetensors"


def build_index(
    candidates: PhotoSet, ids: Sequence[str], features: Features, folder: Path
) -> DiskIndex:
    """Describes the candidates' targets in grey, where that is not done yet.

    Candidates are compared in grey since the photo that asks is grey. A build that was stopped
    goes on at its first missing shard.

    Args:
        candidates: the split whose photos lend colours.
        ids: those of them to take, in this order.
        features: what describes a photo.
        folder: the index's own; what else an index of other photos left there is removed.

    Raises:
        UserError: another process builds there, or the folder cannot be written to.
    """
    require_writable(folder)
    with locked(folder):
        _claim(folder, candidates, ids, features)
        groups = [list(ids[start : start + SHARD]) for start in range(0, len(ids), SHARD)]
        missing = [
            number for number in range(len(groups)) if not shard_path(folder, number).exists()
        ]
        left = sum(len(groups[number]) for number in missing)
        numbers = [number for number in missing for _ in groups[number]]
        waiting = (identity for number in missing for identity in groups[number])
        done: list[Shard] = []
        described = (
            (number, describe(lightness_grey(candidates.target(identity)), features))
            for number, identity in zip(numbers, waiting, strict=True)
        )
        what = f"describing {candidates.split}"
        for number, one in track(described, what, len(ids), len(ids) - left):
            done.append(one)
            if len(done) == len(groups[number]):
                _write(shard_path(folder, number), join(done))
                done = []
    return DiskIndex(folder, tuple(ids))


def _claim(folder: Path, candidates: PhotoSet, ids: Sequence[str], features: Features) -> None:
    """Marks the folder as the place of this index; one of anything else is removed."""
    plan = {
        "version": _VERSION,
        **features.describe(),
        "split": candidates.split,
        "fingerprint": candidates.fingerprint,
        "ids": list(ids),
    }
    text = json.dumps(plan, indent=1) + "\n"
    marker = folder / "index.json"
    shards = list(folder.glob("[0-9]*.safetensors"))
    if not marker.exists() and shards:
        raise UserError(f"{folder} holds files that are no index: choose another --index.")
    for half_written in folder.glob(".*.part"):  # by a build that was killed
        half_written.unlink()
    if not marker.exists() or marker.read_text(encoding="utf-8", errors="replace") != text:
        for stale in shards:  # before the marker says what the next ones are of
            stale.unlink()
        write_text(marker, text)


def _write(path: Path, shard: Shard) -> None:
    # Not safetensors' own writer: a full disk would be an error of its own and not an OSError.
    arrays = {name: np.ascontiguousarray(getattr(shard, name)) for name in _FIELDS}
    write_bytes(path, save(arrays))


def _opened(path: Path) -> safe_open:
    try:
        return safe_open(path, framework="np")
    except (SafetensorError, OSError):
        raise UserError(
            f"{path} is damaged or gone: delete its folder and run the same command again."
        ) from None
