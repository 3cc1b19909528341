"""The ranked references of a split, kept with it: `references/<split>-<features>.parquet`.

One row for each photo and rank: `id`, `rank` (from 1), `reference` (an id of the candidates) and
`similarity`. The file's own metadata says what was compared with what.
"""

import dataclasses
import itertools
import json
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from romnet_bench.data.records import PhotoSet
from romnet_bench.errors import UserError
from romnet_bench.files import require_writable, short_hash, written_beside
from romnet_bench.progress import track
from romnet_bench.references.features import FEATURES, Features
from romnet_bench.references.index import DiskIndex, build_index
from romnet_bench.references.lenders import usual_split
from romnet_bench.references.search import Match, best
from romnet_bench.references.shards import Shard, describe_query, join
from romnet_bench.references.shortlist import best_of_shortlist, recall

COUNT = 10
"""The paper looks at the ten most similar (Fig. 6)."""
VERSION = "1"
"""Of what a ranking means; raised with the definition, so that none of an older one is believed."""
BATCH = 128
"""Photos that are ranked in one reading of the index."""
CHECKED = 20
"""Photos for which a shortlist is compared with the whole."""

_KEY = b"romnet_bench.references"
_SCHEMA = pa.schema(
    [
        pa.field("id", pa.string()),
        pa.field("rank", pa.int32()),
        pa.field("reference", pa.string()),
        pa.field("similarity", pa.float64()),
    ]
)


@dataclasses.dataclass(frozen=True)
class Ranked:
    """Ranked references.

    Attributes:
        path: the file.
        matches: photo's id → its references, the most similar first.
        origin: what was compared with what, and how.
    """

    path: Path
    matches: dict[str, list[Match]]
    origin: dict[str, str]


def ranked_path(photos: PhotoSet, candidates: PhotoSet, features: str) -> Path:
    """Where the ranking of a split by the named features stands.

    Lenders of another dataset have a file of their own, which is theirs: it is hidden, since their
    ids mean nothing to whom the dataset is given.
    """
    folder = photos.folder / "references"
    if candidates.folder.resolve() == photos.folder.resolve():
        usual = candidates.split == usual_split(photos.folder)
        lenders = "" if usual else f"-{candidates.split}"
        return folder / f"{photos.split}-{features}{lenders}.parquet"
    mark = short_hash(f"{candidates.fingerprint} {candidates.split}")
    return folder / f".{photos.split}-{features}-{mark}.parquet"


def index_folder(candidates: PhotoSet, features: str) -> Path:
    """Where the index of a split stands: hidden, since it is a cache and is never published."""
    return candidates.folder / ".index" / f"{candidates.split}-{features}"


def candidates_of(photos: PhotoSet) -> dict[str, str]:
    """The clean photos of a split, each with the first of its variants' ids."""
    firsts: dict[str, str] = {}
    for identity in photos.ids:
        firsts.setdefault(photos.originals[identity], identity)
    return firsts


def rank_split(
    photos: PhotoSet,
    candidates: PhotoSet,
    load: Callable[[], Features],
    name: str,
    *,
    count: int = COUNT,
    shortlist: int | None = None,
    index: Path | None = None,
) -> Ranked:
    """Ranks the candidates for every photo, or finds that this has been done.

    A ranking that was stopped goes on where it stopped.

    Args:
        photos: whose inputs, grey and damaged, ask.
        candidates: whose targets are compared in grey and may lend their colours; of several
            variants of a photo the first. Never the photo itself, nor a near-duplicate of its
            target.
        load: gives the features, asked only where something is left to do.
        name: of the features.
        count: references for each photo.
        shortlist: look at so many candidates for each photo, by sketches; all of them by default.
        index: the index's folder.

    Raises:
        UserError: there are no candidates besides the photo itself, or a folder cannot be written.
    """
    if shortlist is not None and shortlist < count:
        raise UserError(f"A shortlist of {shortlist} cannot give {count}: raise --shortlist.")
    path = ranked_path(photos, candidates, name)
    asked = _asked(photos, candidates, name) | {"shortlist": str(shortlist or 0)}
    found = read_ranked(path)
    if found and asked.items() <= found.origin.items() and _count(found) >= count:
        return found
    require_writable(photos.folder / "references")
    features = load()
    lenders = candidates_of(candidates)
    built = build_index(
        candidates, list(lenders.values()), features, index or index_folder(candidates, name)
    )
    origin = {
        **asked,
        **features.describe(),
        "count": str(count),
        "dataset": candidates.name,
        "lenders": str(len(lenders)),
    }
    places = {original: place for place, original in enumerate(lenders)}
    search = _Search(photos, built, features, places, count)
    parts = _parts(path, len(photos), origin)
    matches = _rank_batches(search, shortlist, parts, origin)
    if not any(matches.values()):
        raise UserError(
            f"{candidates.folder} has no photo in {candidates.split} that could lend its colours "
            f"to one of {photos.split}: give more photos with --references."
        )
    if shortlist:
        checked = photos.ids[:: max(len(photos) // CHECKED, 1)][:CHECKED]
        queries = join([_describe(search, identity) for identity in checked])
        whole = _rank(search, checked, queries, None)
        share = recall(list(whole.values()), [matches[identity] for identity in checked])
        origin["recall"] = f"{share:.4f} of {len(checked)} photos' {count} best"
    _write(path, matches, origin)
    for part in parts:
        part.unlink(missing_ok=True)
    return Ranked(path, matches, origin)


def stored_ranking(
    photos: PhotoSet, candidates: PhotoSet, name: str, position: int
) -> Ranked | None:
    """A ranking that stands with the photos and reaches `position`, however it was made.

    None where there is none, or only one of other photos.
    """
    found = read_ranked(ranked_path(photos, candidates, name))
    if found is None or _count(found) < position:
        return None
    return found if _asked(photos, candidates, name).items() <= found.origin.items() else None


def own_ranking(photos: PhotoSet) -> Ranked | None:
    """The ranking of a split among its own photos that stands with it, the paper's features first.

    None where there is none, or only one that was made of other photos.
    """
    for name in FEATURES:
        if found := stored_ranking(photos, photos, name, 1):
            return found
    return None


def read_ranked(path: Path) -> Ranked | None:
    """The ranking in a file; None where there is none, or one that cannot be read."""
    try:
        table = pq.read_table(path, schema=_SCHEMA)
        origin = json.loads((pq.read_schema(path).metadata or {})[_KEY])
    except (OSError, pa.ArrowInvalid, pa.ArrowTypeError, KeyError, ValueError):
        return None
    matches: dict[str, list[Match]] = {}
    for row in table.to_pylist():
        matches.setdefault(row["id"], []).append(Match(row["reference"], row["similarity"]))
    return Ranked(path, matches, {str(key): str(value) for key, value in origin.items()})


def _asked(photos: PhotoSet, candidates: PhotoSet, name: str) -> dict[str, str]:
    """What a ranking must have been made of, to be the one that is asked for."""
    return {
        "version": VERSION,
        "features": name,
        "photos": photos.fingerprint,
        "candidates": candidates.fingerprint,
        "candidates_split": candidates.split,
    }


def _count(ranked: Ranked) -> int:
    """References for each photo."""
    count = ranked.origin.get("count", "")
    return int(count) if count.isdecimal() else 0


def _write(path: Path, matches: dict[str, list[Match]], origin: dict[str, str]) -> None:
    rows = [
        {"id": identity, "rank": rank, "reference": match.id, "similarity": match.similarity}
        for identity, found in matches.items()
        for rank, match in enumerate(found, start=1)
    ]
    schema = _SCHEMA.with_metadata({_KEY: json.dumps(origin, sort_keys=True)})
    with written_beside(path) as part:
        pq.write_table(pa.Table.from_pylist(rows, schema=schema), part)


def _parts(path: Path, photos: int, origin: dict[str, str]) -> list[Path]:
    """Where the batches of a ranking stand until it is whole: named by all they depend on."""
    mark = short_hash(json.dumps(origin, sort_keys=True))
    batches = -(-photos // BATCH)
    return [path.with_name(f".{path.stem}-{mark}-{number:05d}.part") for number in range(batches)]


@dataclasses.dataclass(frozen=True)
class _Search:
    """What is looked for, and where; `places` tells each candidate's place by its clean photo."""

    photos: PhotoSet
    index: DiskIndex
    features: Features
    places: dict[str, int]
    count: int


def _rank_batches(
    search: _Search, shortlist: int | None, paths: list[Path], origin: dict[str, str]
) -> dict[str, list[Match]]:
    """All photos' best; batches that an earlier call finished are read again."""
    ids = search.photos.ids
    batches = [ids[start : start + BATCH] for start in range(0, len(ids), BATCH)]
    earlier = [read_ranked(path) for path in paths]
    waiting = [
        identity
        for batch, part in zip(batches, earlier, strict=True)
        if part is None
        for identity in batch
    ]
    described: Iterator[Shard] = track(
        (_describe(search, identity) for identity in waiting),
        "ranking",
        len(ids),
        len(ids) - len(waiting),
    )
    matches: dict[str, list[Match]] = {}
    for path, batch, part in zip(paths, batches, earlier, strict=True):
        if part is None:
            queries = join(list(itertools.islice(described, len(batch))))
            found = _rank(search, batch, queries, shortlist)
            _write(path, found, origin)
        else:
            found = {identity: part.matches.get(identity, []) for identity in batch}
        matches |= found
    next(described, None)  # lets the progress show that all are through
    return matches


def _describe(search: _Search, identity: str) -> Shard:
    return describe_query(*search.photos.pair(identity), search.features)


def _rank(
    search: _Search, ids: Sequence[str], queries: Shard, shortlist: int | None
) -> dict[str, list[Match]]:
    itself: list[Collection[int]] = []
    for identity in ids:
        place = search.places.get(search.photos.originals[identity])
        itself.append([] if place is None else [place])
    if shortlist is None:
        found = best(queries, search.index, search.count, itself)
    else:
        found = best_of_shortlist(queries, search.index, search.count, itself, shortlist)
    return dict(zip(ids, found, strict=True))
