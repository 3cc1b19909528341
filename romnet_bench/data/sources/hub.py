"""Photographs of any dataset on the Hugging Face Hub that has a column of pictures.

They are streamed: one picture is in memory at a time, and each is kept in the cache as it comes,
byte for byte, so that a stopped fetch goes on and a second one fetches nothing.
"""

import contextlib
import dataclasses
import errno
import glob
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from romnet_bench.data.sources.photo import SourcePhoto
from romnet_bench.errors import UserError
from romnet_bench.files import locked, printable, short_hash, slug, write_bytes, write_text
from romnet_bench.progress import track

_SAVE_EVERY = 32  # pictures; after a kill, at most as many are fetched twice
_USAGE = "hub:ORG/NAME[@REVISION][:SPLIT[:COLUMN[:CONFIG]]]"


@dataclasses.dataclass(frozen=True)
class HubSource:
    """Which pictures of which dataset; `name` is ORG/NAME, or a folder that holds a dataset."""

    name: str
    revision: str | None = None
    split: str = "train"
    column: str | None = None
    config: str | None = None

    @property
    def folder(self) -> Path | None:
        """The folder that is meant, if it is one: a clone of a dataset, say."""
        path = Path(self.name)
        return path.resolve() if path.is_dir() else None


@dataclasses.dataclass(frozen=True)
class _State:
    """How far a fetch has come."""

    revision: str  # all pictures come from this one
    column: str
    seen: int = 0  # rows whose pictures are in the cache
    finished: bool = False


def parse_hub(text: str) -> HubSource:
    """What stands behind `hub:` in a --source.

    Example:
        >>> parse_hub("org/photos@v1:test").split
        'test'

    Raises:
        UserError: it names no dataset, or too much.
    """
    words = text.split(":")
    name, _, revision = words[0].partition("@")
    if not name or len(words) > 4:
        raise UserError(f"--source hub:{text}: write {_USAGE}.")
    split, column, config = (*words[1:], "", "", "")[:3]
    return HubSource(name, revision or None, split or "train", column or None, config or None)


def list_hub(source: HubSource, licence: str, cache: Path, limit: int | None) -> list[SourcePhoto]:
    """The first `limit` pictures, or all, in the order of the dataset; fetched where missing.

    An id is the dataset's name, the split and the row. Without a revision, the one that is current
    at the first fetch is the one that later calls go on with.

    Raises:
        UserError: there is no such dataset, split or column, or the Hub cannot be reached.
    """
    mark = short_hash(json.dumps(dataclasses.astuple(source)))
    folder = cache / "hub" / f"{slug(source.name)[:60]}-{mark}"
    with locked(folder), _one_sentence(source):
        state = _read_state(folder, source)
        if not state.finished and (limit is None or state.seen < limit):
            state = _fetch(folder, source, state, limit)
    count = state.seen if limit is None else min(limit, state.seen)
    if not count:
        raise UserError(f"The split {source.split} of {source.name} is empty.")
    where = source.folder.name if source.folder else source.name
    return [
        SourcePhoto(
            slug(f"{where.replace('/', '-')}-{source.split}-{row:07d}"),
            _path(folder, row),
            printable(f"hub:{where}@{state.revision[:12]}:{source.split}:{row}"),
            licence,
        )
        for row in range(count)
    ]


def _path(folder: Path, row: int) -> Path:
    return folder / f"{row:07d}.picture"  # what kind it is, its bytes say


def _read_state(folder: Path, source: HubSource) -> _State:
    """What an earlier fetch left, or a new start; a folder whose files changed starts anew."""
    try:
        state = _State(**json.loads((folder / "state.json").read_bytes()))
    except FileNotFoundError:
        return _State(_current_revision(source), "")
    except (OSError, ValueError, TypeError):
        raise UserError(f"{folder} is damaged: delete it and run the same command again.") from None
    if source.folder and state.revision != _current_revision(source):
        return _State(_current_revision(source), "")
    return state


def _current_revision(source: HubSource) -> str:
    if source.folder is None:
        import huggingface_hub

        info = huggingface_hub.HfApi().dataset_info(source.name, revision=source.revision)
        return info.sha or "main"
    files = sorted(path for path in source.folder.rglob("*") if path.is_file())
    facts = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    return short_hash(json.dumps(facts))


def _fetch(folder: Path, source: HubSource, state: _State, limit: int | None) -> _State:
    """Takes pictures from row `state.seen` on into `folder`, and says how far it came."""
    rows, column = _open_stream(source, state)
    state = dataclasses.replace(state, column=column)
    total = limit if limit is not None else _known_size(rows, source.split)
    rows = rows.skip(state.seen)
    if limit is not None:
        rows = rows.take(limit - state.seen)
    stream = iter(rows)
    pictures = track(stream, "fetching", total, state.seen) if total else stream
    seen = state.seen
    for seen, row in enumerate(pictures, start=state.seen + 1):
        write_bytes(_path(folder, seen - 1), _content(row[column], source))
        if seen % _SAVE_EVERY == 0:
            _write_state(folder, dataclasses.replace(state, seen=seen))
    ended = limit is None or seen < limit
    state = dataclasses.replace(state, seen=seen, finished=ended)
    _write_state(folder, state)
    return state


def _write_state(folder: Path, state: _State) -> None:
    write_text(folder / "state.json", json.dumps(dataclasses.asdict(state)) + "\n")


def _open_stream(source: HubSource, state: _State) -> tuple[Any, str]:
    """The dataset's rows with nothing but their pictures, not decoded, and the column's name."""
    from datasets.features import Image
    from datasets.load import load_dataset

    rows = load_dataset(
        str(source.folder or source.name),
        source.config,
        split=source.split,
        revision=None if source.folder else state.revision,
        streaming=True,
    )
    column = state.column or _choose_column(source, rows.features or {})
    undecoded = Image(decode=False)
    return rows.select_columns([column]).cast_column(column, undecoded), column


def _choose_column(source: HubSource, features: dict[str, Any]) -> str:
    """The column that is asked for, else the only one of pictures, or that named "image"."""
    pictures = [name for name, feature in features.items() if _holds_pictures(feature)]
    known = ", ".join(features) or "none"
    if source.column is not None:
        if source.column not in features:
            raise UserError(f"{source.name} has no column {source.column}: it has {known}.")
        # Some keep a picture's bytes and nothing else.
        if source.column in pictures or getattr(features[source.column], "dtype", "") == "binary":
            return source.column
        raise UserError(f"The column {source.column} of {source.name} holds no pictures.")
    if not pictures:
        raise UserError(f"{source.name} has no column of pictures (its columns: {known}).")
    if len(pictures) > 1 and "image" not in pictures:
        raise UserError(
            f"{source.name} has several columns of pictures ({', '.join(pictures)}): name one, as "
            f"in {_USAGE}."
        )
    return "image" if "image" in pictures else pictures[0]


def _holds_pictures(feature: object) -> bool:
    from datasets.features import Image

    # A file without a note on its columns has pictures as bytes with a path.
    unnoted = isinstance(feature, dict) and set(feature) == {"bytes", "path"}
    return unnoted or isinstance(feature, Image)


def _known_size(rows: Any, split: str) -> int:
    """How many rows the dataset's card promises; 0 where it says nothing."""
    known = (rows.info.splits or {}).get(split)
    return int(known.num_examples or 0) if known else 0


def _content(picture: object, source: HubSource) -> bytes:
    """A picture's own bytes; none where a row has no picture, which the build then says."""
    if not isinstance(picture, dict):
        return b""
    content, path = picture.get("bytes"), picture.get("path")
    if isinstance(content, bytes):
        return content
    if not isinstance(path, str):
        return b""
    own = _own_file(path, source)
    if own is None:
        # A row may say anything, "/etc/passwd" too.
        raise UserError(f"{source.name} points outside of itself ({printable(path)}): not used.")
    from datasets.utils.file_utils import xopen

    with xopen(own, "rb") as file:
        return bytes(file.read())


def _own_file(path: str, source: HubSource) -> str | None:
    """What to open for a picture that lies in this dataset's files; None if it does not.

    `path` is a file, or a member of an archive: zip://a.png::hf://datasets/org/name@sha/a.zip. The
    opener takes any chain, and opens the first link alone if that is a file of this machine: so
    every link but the last must be a member of an archive, and the last must be the dataset's.
    """
    *members, file = path.split("::")
    if not all(member.startswith("zip://") for member in members):
        return None
    if source.folder is None:
        own = file.startswith(f"hf://datasets/{source.name}@") and ".." not in file.split("/")
        return path if own else None
    resolved = Path(file).resolve()  # this is opened, and never what "file://" stands for
    if not resolved.is_relative_to(source.folder):
        return None
    # As the end of a chain it would be a pattern, which may match a link to somewhere else.
    if members and glob.has_magic(str(resolved)):
        return None
    return "::".join([*members, str(resolved)])


@contextlib.contextmanager
def _one_sentence(source: HubSource) -> Iterator[None]:
    """What `datasets` and the Hub's client raise, as a sentence."""
    from datasets.exceptions import DatasetsError
    from huggingface_hub.utils import httpx

    try:
        yield
    except (DatasetsError, httpx.HTTPError, OSError, ValueError, RuntimeError) as error:
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise  # our own disk, not the Hub
        words = (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
        raise UserError(
            f"{source.name} could not be read from the Hub ({words}): check its name, the split "
            f"and the network, or log in with `hf auth login` where it asks for that. Use {_USAGE}."
        ) from None
