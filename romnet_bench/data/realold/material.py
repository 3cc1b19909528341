"""All files of a RealOld that was sent, and what was measured of each."""

import dataclasses
import functools
import json
from pathlib import Path

from romnet_bench import __version__
from romnet_bench.data.claims import claim
from romnet_bench.data.id_list import content_hash
from romnet_bench.data.realold.checks import (
    PairFacts,
    PictureFacts,
    measure_pair,
    measure_reference,
)
from romnet_bench.data.realold.journal import Journal
from romnet_bench.data.realold.pairs import Pair, find_pairs
from romnet_bench.data.realold.shards import LICENCE
from romnet_bench.data.sources.folder import list_folder
from romnet_bench.data.sources.photo import SourcePhoto
from romnet_bench.errors import PictureError
from romnet_bench.files import slug
from romnet_bench.progress import track

JOURNAL = ".measured.jsonl"


@dataclasses.dataclass(frozen=True)
class Material:
    """What was sent.

    Attributes:
        files: pairs by id, in order.
        portraits: reference portraits by id, in order.
        pairs: what was measured of the pairs that decode.
        looks: what was measured of the portraits that decode, by id.
        unpaired: a sentence for each file, or group of files, that belongs to no pair.
        unreadable: a sentence for each pair and portrait that does not decode.
    """

    files: dict[str, Pair]
    portraits: dict[str, SourcePhoto]
    pairs: list[PairFacts]
    looks: dict[str, PictureFacts]
    unpaired: list[str]
    unreadable: list[str]


def gather(source: Path, targets: Path | None, references: Path | None, out: Path) -> Material:
    """Finds and measures everything below the folders, and claims `out` for it.

    What an earlier run measured is read from its journal in `out`.

    Raises:
        UserError: `out` holds another dataset, or `references` holds no picture.
    """
    # Neither may be taken for pairs, should it lie below the source.
    apart = [place for place in (out, references) if place]
    found = find_pairs(source, targets, apart)
    portraits = _list_portraits(references)
    # As JSON, since a name alone could be moved to another file.
    keys = {pair.id: json.dumps(_describe(pair)) for pair in found.pairs}
    keys |= {photo.id: json.dumps([photo.origin, content_hash(photo.path)]) for photo in portraits}
    plan = {"romnet_bench": __version__, "recipe": {"name": "realold"}, "files": keys}
    claim(out, json.dumps(plan, indent=1, sort_keys=True) + "\n")
    journal = Journal(out / JOURNAL)
    pairs: list[PairFacts] = []
    looks: dict[str, PictureFacts] = {}
    unreadable: list[str] = []
    for pair in track(found.pairs, "checking pairs", len(found.pairs)):
        measure = functools.partial(measure_pair, pair)
        try:
            pairs.append(journal.remember(keys[pair.id], PairFacts, measure))
        except PictureError as error:
            unreadable.append(str(error))
    for photo in track(portraits, "checking references", len(portraits)):
        look = functools.partial(measure_reference, photo.path, photo.origin)
        try:
            looks[photo.id] = journal.remember(keys[photo.id], PictureFacts, look)
        except PictureError as error:
            unreadable.append(str(error))
    return Material(
        files={pair.id: pair for pair in found.pairs},
        portraits={photo.id: photo for photo in portraits},
        pairs=pairs,
        looks=looks,
        unpaired=[f"{each.name}: {each.reason}." for each in found.unpaired],
        unreadable=unreadable,
    )


def _list_portraits(folder: Path | None) -> list[SourcePhoto]:
    """With ids that no pair has: methods pass over a reference that has the photo's own id."""
    if folder is None:
        return []
    return [
        dataclasses.replace(
            photo, id=slug(f"reference-{photo.id}"), origin=f"reference {photo.origin}"
        )
        for photo in list_folder(folder, LICENCE)
    ]


def _describe(pair: Pair) -> list[str]:
    hashes = [content_hash(pair.input), content_hash(pair.target)]
    return [pair.id, pair.input_name, pair.target_name, *hashes]
