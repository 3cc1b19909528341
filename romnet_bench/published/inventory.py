"""Which published weights there are, by the names that people use, and how each stands here."""

import dataclasses
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, cast

from romnet_bench import weights
from romnet_bench.errors import UserError, WeightsError
from romnet_bench.published import ledger
from romnet_bench.published.backbones import BACKBONES, describe_backbone
from romnet_bench.published.manifest import WeightFile, list_manifests
from romnet_bench.published.places import find_file, short_name

State = Literal["ready", "missing", "changed", "bad"]


@dataclasses.dataclass(frozen=True)
class Item:
    """A file of published weights.

    Attributes:
        system: whose they are: a folder below `baselines/`, or `BACKBONES`.
        entry: what is known of them.
    """

    system: str
    entry: WeightFile

    @property
    def backbone(self) -> weights.Name | None:
        """The backbone whose weights they are, if they are one's."""
        return cast("weights.Name", self.entry.methods[0]) if self.system == BACKBONES else None


@dataclasses.dataclass(frozen=True)
class Stand:
    """How weights stand on this machine.

    Attributes:
        state: whether they can be used.
        path: where they lie; None if they are missing.
        problem: what is wrong with them, in a sentence.
    """

    state: State
    path: Path | None = None
    problem: str | None = None


def list_items() -> list[Item]:
    """All published weights: the systems' by name, then the backbones'."""
    of_systems = [
        Item(manifest.name, entry) for manifest in list_manifests() for entry in manifest.weights
    ]
    return of_systems + [Item(BACKBONES, describe_backbone(name)) for name in weights.NAMES]


def select_items(names: Iterable[str]) -> list[Item]:
    """The weights that belong to methods, systems or backbones of these names, each once.

    Where a method is named like its system, its own weights are meant.

    Raises:
        UserError: there is nothing of such a name.
    """
    items, known = list_items(), _names()
    selected = []
    for name in names:
        if name not in known:
            raise UserError(f"There are no weights of {name}: choose from {', '.join(known)}.")
        of_method = [item for item in items if name in item.entry.methods]
        is_method = bool(of_method) or name in _methods()
        selected += of_method if is_method else [item for item in items if item.system == name]
    return list(dict.fromkeys(selected))


def find_item(item: Item, folder: Path | None = None) -> Path | None:
    """Where weights lie, be they good or not; None where they are missing."""
    if item.backbone:
        return weights.find(item.backbone, folder)
    return find_file(item.system, item.entry.file, folder)


def compare_item(item: Item, folder: Path | None = None) -> Stand:
    """Whether weights are there and are what was published and what was used first.

    Args:
        item: which weights.
        folder: where to look before all other places.
    """
    path = find_item(item, folder)
    if path is None:
        return Stand("missing")
    try:
        ledger.require_same(item.system, _as_found(item, path), path)
    except ledger.ChangedError as error:
        return Stand("changed", path, str(error))
    return Stand("ready", path)


def verify_item(item: Item, folder: Path | None = None, accept: bool = False) -> Stand:
    """As `compare_item`, and whether they can be read; good ones are recorded.

    Args:
        item: which weights.
        folder: where to look before all other places.
        accept: record them as good though others were used first.
    """
    path = find_item(item, folder)
    if path is None:
        return Stand("missing")
    entry = _as_found(item, path)
    try:
        weights.require_readable(path)
        (ledger.accept if accept else ledger.check)(item.system, entry, path)
    except ledger.ChangedError as error:
        return Stand("changed", path, str(error))
    except WeightsError as error:
        name = short_name(item.system, item.entry)
        remedy = f"remove it and run `romnet-bench weights fetch {name}`."
        return Stand("bad", path, f"{str(error).removesuffix('.')}: {remedy}")
    return Stand("ready", path)


def _as_found(item: Item, path: Path) -> WeightFile:
    """What is known of the file at `path`: a backbone may lie here under another name."""
    return describe_backbone(item.backbone, path) if item.backbone else item.entry


def _methods() -> set[str]:
    return {facts.name for manifest in list_manifests() for facts in manifest.methods}


def _names() -> list[str]:
    systems = {manifest.name for manifest in list_manifests()}
    return [*sorted(systems | _methods()), BACKBONES, *weights.SOURCES]
