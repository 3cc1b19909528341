"""What methods there are, what each can do, and whether its weights are on this machine."""

import dataclasses
from pathlib import Path

from romnet_bench.methods.registry import list_methods
from romnet_bench.published.manifest import Manifest, MethodFacts, list_manifests
from romnet_bench.published.places import find_file


@dataclasses.dataclass(frozen=True)
class Listed:
    """A method, for a person who looks for one.

    Attributes:
        name: of `--method`.
        label: as tables call it.
        does: in words; empty where only the method itself knows.
        files: of published weights that it needs.
        missing: those of them that are not on this machine.
        command: what fetches them, or trains it; empty where nothing is to be done.
    """

    name: str
    label: str
    does: str
    files: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    command: str = ""


@dataclasses.dataclass(frozen=True)
class System:
    """Methods of one origin.

    Attributes:
        name: its folder below `baselines/`; for another package's method, that package's function.
        label: as people call it.
        licence: of the code here; empty where it is not known.
        weights_licence: of what its authors published, empty where they published nothing.
        methods: by which it can be run.
        limits: what is left out, or differs from the authors' system.
    """

    name: str
    label: str
    licence: str
    weights_licence: str
    methods: tuple[Listed, ...]
    limits: tuple[str, ...] = ()


def describe_systems(folder: Path | None = None) -> list[System]:
    """All systems, ours by name and then other packages'; none of them is imported.

    Args:
        folder: of weights, looked into before all other places.
    """
    manifests = list_manifests()
    ours = {facts.name for manifest in manifests for facts in manifest.methods}
    others = [
        System(entry.value, "another package's", "", "", (Listed(name, name, ""),))
        for name, entry in list_methods().items()
        if name not in ours
    ]
    return [_describe(manifest, folder) for manifest in manifests] + others


def abilities(facts: MethodFacts) -> str:
    """What a method does, in words."""
    pairs = (("restores", facts.restores), ("colourises", facts.colorizes))
    words = " and ".join(word for word, able in pairs if able) or "changes nothing"
    return f"{words}, from a reference" if facts.needs_reference else words


def _describe(manifest: Manifest, folder: Path | None) -> System:
    return System(
        manifest.name,
        manifest.label,
        manifest.licence,
        ", ".join(dict.fromkeys(entry.licence for entry in manifest.weights)),
        tuple(_list(manifest, facts, folder) for facts in manifest.methods),
        manifest.limits,
    )


def _list(manifest: Manifest, facts: MethodFacts, folder: Path | None) -> Listed:
    files = tuple(entry.file for entry in manifest.weights if facts.name in entry.methods)
    missing = tuple(file for file in files if find_file(manifest.name, file, folder) is None)
    command = f"romnet-bench weights fetch {facts.name}" if missing else facts.train
    return Listed(facts.name, facts.label, abilities(facts), files, missing, command)
