"""What must be right before a dataset leaves this machine."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import yaml

from romnet_bench.data.cards import CARD, SAMPLES
from romnet_bench.data.publishing.repository import Content, Repository
from romnet_bench.data.records import Photo, PhotoSet
from romnet_bench.data.shard_facts import Split, read_features, read_splits
from romnet_bench.errors import UserError
from romnet_bench.files import printable
from romnet_bench.progress import track

_SHOWN = 5  # problems that one error names

# Absolute paths as they stand in running text; an address such as https://a.org/home/ is none.
_PATH_IN_TEXT = re.compile(
    r"(?<![\w:/.~\-])(?:/(?:home|Users|root|tmp|var|mnt|media|srv|opt|Volumes|private|scratch)/"
    r"|[A-Za-z]:\\|file://|~/)[^\s\"'`]*"
)
_WHOLE_PATH = re.compile(r"/[^/\s]+/.+")
_TEXT = frozenset({".md", ".csv", ".json"})
_SECTIONS = ("How it was made", "Licence", "Citation")


def check_dataset(folder: Path, repository: Repository) -> None:
    """Checks ids, meta, the card and the reports; no picture is decoded.

    Raises:
        UserError: an id occurs twice, a path of this machine would be given on, or the card is
            missing, incomplete or of another dataset.
    """
    splits = read_splits(folder)
    _raise(folder, [*_ids_and_meta(splits, folder), *_reports(repository, folder)])
    _raise(folder, list(_card(folder, splits)))


def check_pictures(folder: Path, count: int | None = None) -> int:
    """Decodes the pictures of every pair, or of `count` pairs spread evenly; gives how many pairs.

    Raises:
        UserError: a picture does not decode, or the pictures of a pair differ in size; the first
            few are named.
    """
    sets = [PhotoSet(folder, split.name) for split in read_splits(folder)]
    pairs = [(photos, identity) for photos in sets for identity in photos.ids]
    chosen = np.arange(len(pairs))
    if count is not None and count < len(pairs):
        chosen = np.linspace(0, len(pairs) - 1, count).round().astype(int)
    problems: list[str] = []
    for index in track(chosen, "checking pictures", len(chosen)):
        photos, identity = pairs[index]
        try:
            problems += _sizes(photos[identity])
        except (UserError, pa.ArrowException, OSError) as error:
            problems.append(f"{photos.split}: {error}")
    _raise(folder, problems)
    return len(chosen)


def machine_path(text: str, folder: Path) -> str | None:
    """The first path of this machine in running text, if there is one."""
    if match := _PATH_IN_TEXT.search(text):
        return match[0]
    own = (str(folder.resolve()), str(Path.cwd()), str(Path.home()))
    return next((path for path in own if len(path) > 1 and _names(text, path)), None)


def _names(text: str, path: str) -> bool:
    """Whether the text holds that very path, or one below it: not `me/data-set` for `/data`."""
    return re.search(rf"(?<![\w.-]){re.escape(path)}(?![\w.-])", text) is not None


def _ids_and_meta(splits: list[Split], folder: Path) -> Iterator[str]:
    for split in splits:
        seen: set[str] = set()
        for shard in split.shards:
            table = pq.read_table(shard, columns=["id", "meta"])
            for identity, meta in zip(*(column.to_pylist() for column in table), strict=True):
                if identity in seen:
                    yield f"the id {identity} occurs twice in {split.name}"
                seen.add(identity)
                if path := next(_paths_in_meta(meta, folder), None):
                    yield f"the meta of {identity} names a path of this machine ({path})"


def _paths_in_meta(meta: str, folder: Path) -> Iterator[str]:
    try:
        texts = list(_texts(json.loads(meta or "{}")))
    except (ValueError, RecursionError):
        texts = [meta]
    for text in texts:
        if _WHOLE_PATH.fullmatch(text):
            yield text
        elif path := machine_path(text, folder):
            yield path


def _texts(value: object) -> Iterator[str]:
    """All strings in a JSON value, keys included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def _reports(repository: Repository, folder: Path) -> Iterator[str]:
    for name, content in repository.files.items():
        if Path(name).suffix in _TEXT and (path := machine_path(_read_text(content), folder)):
            yield f"{name} names a path of this machine ({path})"


def _read_text(content: Content) -> str:
    raw = content if isinstance(content, bytes) else content.read_bytes()
    return raw.decode("utf-8", errors="replace")


def _card(folder: Path, splits: list[Split]) -> Iterator[str]:
    from huggingface_hub import metadata_load

    try:
        text = (folder / CARD).read_text(encoding="utf-8")
        data = metadata_load(folder / CARD) or {}
    except (OSError, ValueError, yaml.YAMLError) as error:
        yield f"{CARD} cannot be read ({' '.join(str(error).split())})"
        return
    info = data.get("dataset_info")
    if not isinstance(info, dict) or not data.get("license") or not data.get("configs"):
        yield f"the front matter of {CARD} lacks dataset_info, license or configs"
        return
    said = {split["name"]: split["num_examples"] for split in info.get("splits", [])}
    held = {split.name: split.pairs for split in splits}
    if said != held:
        yield f"{CARD} tells of {said} pairs, and the shards hold {held}"
    features = {feature["name"]: feature["dtype"] for feature in info.get("features", [])}
    if features != read_features(splits[0].shards[0]):
        yield f"{CARD} tells of other columns than the shards hold"
    for heading in _SECTIONS:
        if not re.search(rf"^## {heading}\n+[^#\s]", text, re.MULTILINE):
            yield f"{CARD} says nothing under “{heading}”"
    if SAMPLES not in text or not (folder / SAMPLES).is_file():
        yield f"{CARD} shows no sample pictures ({SAMPLES})"


def _sizes(photo: Photo) -> Iterator[str]:
    size = photo.input.shape
    if photo.target.shape[:2] != size:
        yield f"{photo.id}: the target has another size than the input"
    if photo.mask is not None and photo.mask.shape != size:
        yield f"{photo.id}: the mask has another size than the input"


def _raise(folder: Path, problems: list[str]) -> None:
    if problems:
        shown = "; ".join(printable(problem.rstrip(".")) for problem in problems[:_SHOWN])
        more = f"; and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        raise UserError(f"{folder} cannot be published: {shown}{more}.")
