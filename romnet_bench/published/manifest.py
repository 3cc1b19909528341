"""What `baselines/<system>/manifest.yaml` says of a system, checked."""

import re
from pathlib import Path
from typing import Annotated, Literal

import pydantic
import yaml

from romnet_bench.errors import UserError
from romnet_bench.files import resource

Table = Literal["I", "II", "III", "IV", "V", "VI"]

_NAME = r"^[a-z0-9][a-z0-9_-]*$"
# No step up, no leading slash, no drive: it is joined to folders.
_FILE = r"^[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*$"

Option = Literal["checkpoint", "ablation", "render_factor", "boxes", "correspondences"]
"""A field of `methods.contract.MethodOptions` that concerns some methods only."""

Url = Annotated[str, pydantic.Field(pattern=r"^https?://[^\s]+$")]


class MethodFacts(pydantic.BaseModel):
    """A name of `--method` and what stands behind it, as in `methods.contract.Method`.

    Attributes:
        takes: the options that concern it, besides those that concern all.
        train: the command that trains it, where it is trained here.
    """

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, pydantic.Field(pattern=_NAME)]
    label: str
    restores: bool
    colorizes: bool
    needs_reference: bool
    takes: tuple[Option, ...] = ()
    train: str = ""


class WeightFile(pydantic.BaseModel):
    """A file of published weights.

    Attributes:
        file: its name in a folder of weights.
        methods: which of the system's methods need it.
        licence: of the weights.
        urls: mirrors, tried in turn; of the file, or of a zip archive that holds it.
        member: its name inside such an archive; None where no mirror serves one.
        bytes: its size, where that is known.
        sha256: how its SHA-256 begins, where somebody published that.
    """

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    file: Annotated[str, pydantic.Field(pattern=_FILE)]
    methods: tuple[str, ...]
    licence: str
    urls: tuple[Url, ...]
    member: str | None = None
    bytes: Annotated[int, pydantic.Field(gt=0)] | None = None
    sha256: Annotated[str, pydantic.Field(pattern=r"^[0-9a-f]{8,64}$")] | None = None


class Manifest(pydantic.BaseModel):
    """A system: whose it is, what it can do, where its weights are.

    Attributes:
        name: its folder's.
        label: as people call it.
        citation: the paper, in words.
        upstream: the authors' repository; None where there is none.
        commit: which state of it was read.
        upstream_licence: of the authors' code.
        licence: of the implementation here.
        size_policy: what becomes of a photo's size.
        colour_space: in which space it works.
        used_by_the_paper_in: the paper's tables with a row of it.
        limits: what is left out here, or differs.
        methods: the names of `--method` that it answers to.
        weights: what its authors published.
    """

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    name: Annotated[str, pydantic.Field(pattern=_NAME)]
    label: str
    citation: str
    upstream: Url | None
    commit: Annotated[str, pydantic.Field(pattern=r"^[0-9a-f]{40}$")] | None = None
    upstream_licence: str | None
    licence: str
    size_policy: str
    colour_space: str
    used_by_the_paper_in: tuple[Table, ...] = ()
    limits: tuple[str, ...] = ()
    methods: tuple[MethodFacts, ...]
    weights: tuple[WeightFile, ...] = ()

    def weight_file(self, file: str) -> WeightFile:
        """The entry of the weights `file`.

        Raises:
            KeyError: the manifest names no such file.
        """
        for entry in self.weights:
            if entry.file == file:
                return entry
        raise KeyError(f"{self.name}: {file}")


def read_manifest(system: str) -> Manifest:
    """The manifest of the system whose folder below `baselines/` is `system`.

    Raises:
        UserError: there is no such system, or its manifest is not what a manifest must be.
    """
    if not re.fullmatch(_NAME, system):
        raise UserError(f"There is no system {system}: choose one of {', '.join(list_systems())}.")
    try:
        path = resource("baselines", system, "manifest.yaml")
    except FileNotFoundError:
        raise UserError(
            f"There is no system {system}: choose one of {', '.join(list_systems())}."
        ) from None
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        return Manifest.model_validate(content)
    except (yaml.YAMLError, pydantic.ValidationError, UnicodeDecodeError) as error:
        reason = str(error).strip().replace("\n", " ")
        raise UserError(f"{path} is no manifest of a system: {reason}") from None


def list_systems() -> list[str]:
    """The names of all systems, sorted."""
    return sorted(path.parent.name for path in _folder().glob("*/manifest.yaml"))


def list_manifests() -> list[Manifest]:
    """The manifests of all systems, by name."""
    return [read_manifest(system) for system in list_systems()]


def find_method(name: str) -> tuple[Manifest, MethodFacts] | None:
    """The system that answers to `--method NAME`, with that method's facts; None if none does."""
    for manifest in list_manifests():
        for facts in manifest.methods:
            if facts.name == name:
                return manifest, facts
    return None


def require_taken(name: str, given: dict[Option, object]) -> None:
    """Makes sure that a method of ours takes the options that were given: none is passed over.

    Args:
        name: of the method; another package's takes what it likes.
        given: by name; None is not given.

    Raises:
        UserError: it does not take one.
    """
    found = find_method(name)
    for option, value in given.items():
        if found is not None and value is not None and option not in found[1].takes:
            takers = [
                facts.name
                for manifest in list_manifests()
                for facts in manifest.methods
                if option in facts.takes
            ]
            raise UserError(
                f"--{option.replace('_', '-')} does not concern {name}, only {', '.join(takers)}: "
                "leave it out."
            )


def _folder() -> Path:
    return resource("baselines")
