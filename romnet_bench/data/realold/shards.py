"""The shards of a packaged RealOld: pairs as the split `test`, portraits as `references`."""

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from romnet_bench.data.realold.checks import PairFacts, grey_of, open_pair, open_picture
from romnet_bench.data.realold.pairs import Pair
from romnet_bench.data.realold.verdicts import Verdict
from romnet_bench.data.records import Photo, encode_photo, shard_path, write_shard
from romnet_bench.data.sources.photo import SourcePhoto
from romnet_bench.files import written_beside
from romnet_bench.images import to_rgb
from romnet_bench.progress import track

SHARD = 32
"""Photos in a file."""
SOURCE = "RealOld (R. Xu et al., ROMNet: Renovate the Old Memories, 2022)"
LICENCE = "RealOld, by e-mail from its owners; rights.json says whether it may be given on"

T = TypeVar("T")


def write_pairs(out: Path, pairs: Sequence[tuple[Pair, PairFacts, Verdict]]) -> None:
    """Writes the split `test`; shards that are there already stay.

    Raises:
        PictureError: a file changed since it was measured.
    """
    _write_missing(out, "test", pairs, lambda each: _pair(*each))


def write_references(out: Path, portraits: Sequence[SourcePhoto]) -> None:
    """Writes the split `references`: a portrait is the target, its lightness the input.

    Raises:
        PictureError: a file changed since it was measured.
    """
    _write_missing(out, "references", portraits, _portrait)


def _write_missing(out: Path, split: str, items: Sequence[T], make: Callable[[T], Photo]) -> None:
    count = -(-len(items) // SHARD)
    shards = [
        (path, items[index * SHARD : (index + 1) * SHARD])
        for index in range(count)
        if not (path := shard_path(out, split, index, count)).exists()
    ]
    left = [item for _, part in shards for item in part]
    rows = (encode_photo(make(item)) for item in left)
    tracked = track(rows, f"packaging {split}", len(items), len(items) - len(left))
    for path, part in shards:
        with written_beside(path) as beside:
            write_shard(beside, (next(tracked) for _ in part))
    next(tracked, None)  # lets the progress show that all are through


def _pair(pair: Pair, facts: PairFacts, verdict: Verdict) -> Photo:
    grey, target = open_pair(pair)
    alignment = facts.alignment
    meta = {
        "source": SOURCE,
        "licence": LICENCE,
        "photo": pair.id,
        "files": {"input": pair.input_name, "target": pair.target_name},
        "source_size": [facts.input.width, facts.input.height],
        "target_size": [facts.target.width, facts.target.height],
        "target_resized": facts.resized,
        "input_tone": dataclasses.asdict(facts.input.tone),
        "target_tone": dataclasses.asdict(facts.target.tone),
        "alignment": None if alignment is None else dataclasses.asdict(alignment),
        "duplicates": list(verdict.duplicates),
        "flags": list(verdict.odd),
    }
    return Photo(pair.id, grey, target, None, meta)


def _portrait(photo: SourcePhoto) -> Photo:
    picture = open_picture(photo.path, photo.origin)
    height, width = picture.shape[:2]
    meta = {
        "source": f"{SOURCE}: reference portraits",
        "licence": LICENCE,
        "photo": photo.id,
        "files": {"target": photo.origin},
        "source_size": [width, height],
    }
    return Photo(photo.id, grey_of(picture), to_rgb(picture), None, meta)
