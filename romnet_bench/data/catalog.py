"""What datasets can be built, and which are there."""

import dataclasses
import itertools
import json
from collections.abc import Iterator
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from romnet_bench.data.records import list_splits
from romnet_bench.data.rights import read_rights
from romnet_bench.data.shard_facts import read_splits
from romnet_bench.errors import UserError
from romnet_bench.files import resource

_DEPTH = 3  # folders below the one that is searched


class Buildable(BaseModel):
    """A dataset that can be built: `datasets/NAME/about.yaml`.

    Attributes:
        summary: what it is, in one line.
        licence: of its photographs, in words.
        needs: what must be there first: a folder, a download and its size, an e-mail.
        command: makes it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    summary: str
    licence: str
    needs: str
    command: str


@dataclasses.dataclass(frozen=True)
class Present:
    """A dataset on this machine.

    Attributes:
        folder: where.
        pairs: split → pairs.
        size: bytes of its shards.
        recipe: the recipe's name, or "" where none made it.
        may_be_published: whether its rights are settled.
        problem: why it cannot be used, or "".
    """

    folder: Path
    pairs: dict[str, int]
    size: int
    recipe: str
    may_be_published: bool
    problem: str = ""


def list_buildable() -> dict[str, Buildable]:
    """Name → what it is, for every dataset whose description is shipped."""
    return {
        path.parent.name: _read_about(path)
        for path in sorted(resource("datasets").glob("*/about.yaml"))
    }


def find_datasets(roots: list[Path]) -> list[Present]:
    """The datasets in `roots` and up to three folders below them, sorted by path.

    Only the ends of the shards are read. A dataset that is not whole is listed with its problem.
    """
    folders = {folder.resolve(): folder for root in roots for folder in _dataset_folders(root)}
    return [_describe(folder) for folder in sorted(folders.values())]


def _read_about(path: Path) -> Buildable:
    try:
        return Buildable.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, ValidationError) as error:
        raise UserError(f"{path} is not as it should be: {' '.join(str(error).split())}") from None


def _dataset_folders(root: Path) -> Iterator[Path]:
    levels = ("*/" * depth for depth in range(_DEPTH + 1))
    shards = itertools.chain.from_iterable(root.glob(f"{level}data/*.parquet") for level in levels)
    folders = dict.fromkeys(shard.parent.parent for shard in shards)
    return (folder for folder in folders if list_splits(folder))


def _describe(folder: Path) -> Present:
    try:
        splits = read_splits(folder)
        granted = read_rights(folder).granted
    except UserError as error:
        return Present(folder, {}, 0, recipe_of(folder), False, problem=str(error))
    return Present(
        folder,
        {split.name: split.pairs for split in splits},
        sum(split.size for split in splits),
        recipe_of(folder),
        granted,
    )


def recipe_of(folder: Path) -> str:
    """What built a dataset, from the plan beside its shards; empty where that is not known."""
    try:
        match json.loads((folder / "build.json").read_bytes()):
            case {"recipe": {"name": str(name)}} | {"package": str(name)}:
                return name
    except (OSError, ValueError, RecursionError):
        pass
    return ""
