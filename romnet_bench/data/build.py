"""Clean photographs and a recipe → degraded pairs on disk, shard by shard.

The result is the same bytes for any number of workers, and for a build that was killed and
started again.
"""

import dataclasses
import functools
import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from romnet_bench import __version__
from romnet_bench.color import lightness_grey
from romnet_bench.data.cards import write_card
from romnet_bench.data.claims import claim, unclaim
from romnet_bench.data.id_list import LIST, content_hash, format_list, listed_photos
from romnet_bench.data.recipe_card import recipe_card_text
from romnet_bench.data.records import Photo, encode_photo, shard_path, write_shard
from romnet_bench.data.rights import Rights, write_rights
from romnet_bench.data.selection import choose_photos
from romnet_bench.data.sources.photo import SourcePhoto
from romnet_bench.data.workers import mapped
from romnet_bench.errors import PictureError, UserError
from romnet_bench.files import locked, require_writable, slug, write_text, written_beside
from romnet_bench.images import Picture, decode_picture, limit_side, resize, to_rgb
from romnet_bench.progress import track
from romnet_bench.synthesis.degrade import degrade
from romnet_bench.synthesis.recipe import Recipe, Size
from romnet_bench.synthesis.textures import TextureScans

_SKIPPED = b"romnet_bench.skipped"
_BATCH = 4  # photos that a worker gets at once: each handing over takes the parent time


@dataclasses.dataclass(frozen=True)
class Built:
    """What a build left on disk."""

    pairs: dict[str, int]  # split → pairs; none is named that has no pair
    skipped: list[str]  # a sentence for each photo that was left out
    too_small: int = 0  # photos that were not even chosen from, for their size


@dataclasses.dataclass(frozen=True)
class _Shard:
    path: Path
    split: str
    photos: list[SourcePhoto]


_Made = list[dict[str, object]] | str
"""The rows of one photo, or one sentence that says why it is left out."""


def build_dataset(
    recipe: Recipe,
    photos: list[SourcePhoto],
    out: Path,
    *,
    textures: TextureScans | None = None,
    split: str | None = None,
    ids: Path | None = None,
    workers: int = 1,
) -> Built:
    """Degrades every photo by the recipe and writes the dataset below `out`.

    Args:
        recipe: how to degrade, split and size the photos.
        photos: the clean photographs.
        out: the dataset's folder; a build of the same recipe and photos goes on in it.
        textures: scans of paper and cracks; procedural textures without.
        split: puts all photos into this one split.
        ids: the `ids.csv` of another build, whose photos and splits are taken; all of them.
        workers: processes; the bytes do not depend on it.

    Raises:
        UserError: `out` holds another build, `split` is no name for a split, `ids` does not fit the
            photos, or not one photo could be used.
    """
    chosen = listed_photos(photos, ids) if ids else choose_photos(photos, recipe, split)
    splits = chosen.splits
    hashes = {
        name: {photo.id: content_hash(photo.path) for photo in each}
        for name, each in splits.items()
    }
    require_writable(out)
    with locked(out):
        claim(out, _plan(recipe, hashes, textures))
        write_text(out / LIST, format_list(hashes))
        shards = list(_shards(recipe, splits, out))
        _write_missing(recipe, textures, shards, workers)
        pairs, skipped = _summary(shards)
        _remove_empty(shards, pairs)
        pairs = {name: count for name, count in pairs.items() if count}
        built = Built(pairs, [*chosen.unreadable, *skipped], chosen.too_small)
        if not built.pairs:
            unclaim(out)  # another source may now take the folder
            reasons = "; ".join(sentence.removesuffix(".") for sentence in built.skipped[:3])
            raise UserError(f"Not one photo could be used: {reasons}.")
        write_rights(out, _rights(splits, textures))
        name = out.resolve().name
        write_card(out, recipe_card_text(recipe, name, textures=textures is not None))
    return built


def _plan(recipe: Recipe, hashes: dict[str, dict[str, str]], textures: TextureScans | None) -> str:
    """All that the bytes depend on, as JSON: two equal plans build equal datasets."""
    plan = {
        "romnet_bench": __version__,
        "recipe": recipe.model_dump(mode="json"),
        "textures": textures.fingerprint if textures else None,
        "splits": hashes,
    }
    return json.dumps(plan, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def _rights(splits: dict[str, list[SourcePhoto]], textures: TextureScans | None) -> Rights:
    """Whether the pairs may be given on: where every photograph's licence says so."""
    photos = [photo for each in splits.values() for photo in each]
    licences = ", ".join(sorted({photo.licence for photo in photos}))
    if textures is None and all(photo.free for photo in photos):
        return Rights(granted=True, statement=f"Every photograph is free: {licences}.")
    scans = " and the scans of --textures" if textures else ""
    return Rights(
        granted=False,
        statement=f"May the photographs{scans} be given on? The recipe says of their licence: "
        f"{licences.rstrip('.')}. Under which licence, or by whose permission?",
    )


def _shards(recipe: Recipe, splits: dict[str, list[SourcePhoto]], out: Path) -> Iterator[_Shard]:
    size = max(recipe.shard_size // recipe.variants, 1)  # photos, each with all its variants
    for split, photos in splits.items():
        count = -(-len(photos) // size)
        for index in range(count):
            chosen = photos[index * size : (index + 1) * size]
            yield _Shard(shard_path(out, split, index, count), split, chosen)


def _write_missing(
    recipe: Recipe, textures: TextureScans | None, shards: list[_Shard], workers: int
) -> None:
    missing = [shard for shard in shards if not shard.path.exists()]
    total = sum(len(shard.photos) for shard in shards)
    left = sum(len(shard.photos) for shard in missing)
    make = functools.partial(_make_pairs, recipe=recipe, textures=textures)
    photos = itertools.chain.from_iterable(shard.photos for shard in missing)
    with mapped(make, photos, min(workers, left), __name__, _BATCH) as results:
        made = track(results, "degrading", total=total, done=total - left)
        for shard in missing:
            skipped: list[str] = []
            with written_beside(shard.path) as part:
                rows = _usable(itertools.islice(made, len(shard.photos)), skipped)
                write_shard(part, rows, functools.partial(_note, skipped))
        next(made, None)  # lets the progress show that all are through


def _usable(made: Iterator[_Made], skipped: list[str]) -> Iterator[dict[str, object]]:
    """The rows of all photos; sentences about those left out go into `skipped`."""
    for result in made:
        if isinstance(result, str):
            skipped.append(result)
        else:
            yield from result


def _note(skipped: list[str]) -> dict[str, str]:
    return {_SKIPPED.decode(): json.dumps(skipped, ensure_ascii=False)}


def _make_pairs(photo: SourcePhoto, recipe: Recipe, textures: TextureScans | None) -> _Made:
    try:
        # Named by its origin: a sentence kept in the shard must not hold the path of a machine.
        target = to_rgb(decode_picture(photo.path.read_bytes(), photo.origin))
    except OSError as error:
        return f"{photo.origin}: cannot be read ({error.strerror or error})."
    except PictureError as error:
        return str(error)
    height, width = target.shape[:2]
    if min(height, width) < recipe.min_side:
        return (
            f"{photo.origin}: {width}×{height} is smaller than the {recipe.min_side} px asked for."
        )
    target = fit(target, recipe.size)
    # A long panorama loses most of its shorter side.
    if min(target.shape[:2]) < recipe.min_side:
        return (
            f"{photo.origin}: {width}×{height} becomes {target.shape[1]}×{target.shape[0]}, which "
            f"is smaller than the {recipe.min_side} px asked for."
        )
    grey = lightness_grey(target)
    rows = []
    for variant in range(recipe.variants):
        identity = photo.id if recipe.variants == 1 else slug(f"{photo.id}-{variant:02d}")
        degraded = degrade(grey, identity, recipe, textures)
        meta = {
            "source": photo.origin,
            "licence": photo.licence,
            "source_size": [width, height],
            "recipe": recipe.name,
            "seed": recipe.seed,
            "photo": photo.id,
            "degradations": degraded.steps,
        }
        rows.append(encode_photo(Photo(identity, degraded.picture, target, degraded.mask, meta)))
    return rows


def fit(picture: Picture, size: Size) -> Picture:
    """`picture` under a recipe's size policy: kept, limited on its longest side, or squared."""
    if size.policy == "keep":
        return picture
    if size.policy == "limit":
        return limit_side(picture, size.side)
    height, width = picture.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    return resize(picture[top : top + side, left : left + side], size.side, size.side)


def _remove_empty(shards: list[_Shard], pairs: dict[str, int]) -> None:
    """Removes the shards of splits without a pair: nothing that reads a dataset expects them.

    The next run of the same build tries their photos again, and lists them again.
    """
    for shard in shards:
        if not pairs[shard.split]:
            shard.path.unlink()


def _summary(shards: list[_Shard]) -> tuple[dict[str, int], list[str]]:
    """Split → pairs, and a sentence for each photo that was left out."""
    pairs: dict[str, int] = {}
    skipped: list[str] = []
    for shard in shards:
        try:
            metadata = pq.read_metadata(shard.path)
        except pa.ArrowInvalid:
            raise UserError(
                f"{shard.path} is damaged: delete it and run the same command again."
            ) from None
        pairs[shard.split] = pairs.get(shard.split, 0) + metadata.num_rows
        skipped += json.loads((metadata.metadata or {}).get(_SKIPPED, b"[]"))
    return pairs, skipped
