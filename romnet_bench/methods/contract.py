"""The Method contract: grey photo and reference in, colour photo out."""

import dataclasses
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np

from romnet_bench.errors import UserError
from romnet_bench.images import Picture

UNTRAINED = "random weights"
"""What stands in a method's notes, and in the place of a SHA-256, where nothing was trained."""


class ContractError(UserError):
    """A method gave back something other than the contract asks for."""


@dataclasses.dataclass(frozen=True)
class MethodOptions:
    """What the person at the keyboard may choose; a method takes what concerns it.

    Args:
        checkpoint: trained weights of the method itself.
        device: where models run, such as "cpu" or "cuda".
        weights: a file or folder of pretrained backbones, before all other places.
        download: fetch pretrained backbones that are missing.
        color_side: the longest side, in pixels, at which colours are predicted.
        ablation: which part of ROMNet the network does without (see `romnet.ablations`).
        untrained: run with random weights, to try the machinery; every result says so.
        render_factor: DeOldify's; None is its own default.
        boxes: a folder with InstColorization's boxes, `<id>.json`.
        correspondences: a folder with He et al.'s correspondences, `<id>.combo`.
    """

    checkpoint: Path | None = None
    device: str = "cpu"
    weights: Path | None = None
    download: bool = False
    color_side: int = 256
    ablation: str | None = None
    untrained: bool = False
    render_factor: int | None = None
    boxes: Path | None = None
    correspondences: Path | None = None


@runtime_checkable
class Method(Protocol):
    """A system that restores or colourises photographs.

    Attributes:
        name: of its folder of results and of `--method`.
        label: how tables call it.
        restores: it mends damage; otherwise tables say so in a note beside its numbers.
        colorizes: it adds colour; likewise.
        needs_reference: it takes its colours from a reference photo.
        notes: what a reader of the results must know, such as "random weights".
    """

    name: str
    label: str
    restores: bool
    colorizes: bool
    needs_reference: bool
    notes: list[str]

    def restore(self, photos: list[Picture], references: list[Picture | None]) -> list[Picture]:
        """Grey photos, H×W uint8 → colour photos, H×W×3 uint8, each of its input's size.

        Args:
            photos: the degraded photos, of any sizes.
            references: one for each photo, H×W×3 of any size; None where none is needed.
        """
        ...

    def fingerprint(self) -> dict[str, str]:
        """Options and the weights' SHA-256: two runs with equal ones give equal outputs."""
        ...


@runtime_checkable
class NamedMethod(Method, Protocol):
    """A method that can read a file of its own for each photo, found by the photo's id."""

    def restore_named(
        self, ids: list[str], photos: list[Picture], references: list[Picture | None]
    ) -> list[Picture]:
        """As `restore`, for the photos of these ids."""
        ...


def restore_one(
    method: Method, identity: str, photo: Picture, reference: Picture | None
) -> Picture:
    """One photo through a method, its output checked.

    Raises:
        ContractError: the method gave back something other than the contract asks for.
        UserError: the method cannot do this photo.
    """
    if isinstance(method, NamedMethod):
        outputs = method.restore_named([identity], [photo], [reference])
    else:
        outputs = method.restore([photo], [reference])
    check_outputs([photo], outputs)
    return outputs[0]


def check_facts(method: Method) -> None:
    """Makes sure that what a method says of itself is of the kind that results record.

    Raises:
        ContractError: something is not; the sentence says what.
    """
    for fact in ("name", "label"):
        said = getattr(method, fact)
        if not isinstance(said, str) or not said.strip() or not said.isprintable():
            raise ContractError(f"The method's {fact} must be a line of text, not {said!r}.")
    for fact in ("restores", "colorizes", "needs_reference"):
        if not isinstance(said := getattr(method, fact), bool):
            raise ContractError(f"The method's {fact} must be True or False, not {said!r}.")
    if not isinstance(method.notes, list) or not all(isinstance(x, str) for x in method.notes):
        raise ContractError("The method's notes must be a list of strings.")


def fingerprint_of(method: Method) -> dict[str, str]:
    """A method's fingerprint.

    Raises:
        ContractError: it is not of the kind that results record.
    """
    marks = method.fingerprint()
    if not isinstance(marks, dict) or not all(
        isinstance(key, str) and isinstance(value, str) for key, value in marks.items()
    ):
        raise ContractError(
            "The method's fingerprint must be a dictionary from strings to strings."
        )
    return marks


def check_outputs(photos: list[Picture], outputs: list[Picture]) -> None:
    """Makes sure that a method's outputs are what the contract asks for.

    Raises:
        ContractError: wrong number, type, dtype or size; the sentence says which.
    """
    if not isinstance(outputs, list) or len(outputs) != len(photos):
        given = len(outputs) if isinstance(outputs, list) else type(outputs).__name__
        raise ContractError(f"The method must return a list of {len(photos)} photos, not {given}.")
    for photo, output in zip(photos, outputs, strict=True):
        if not isinstance(output, np.ndarray) or output.dtype != np.uint8:
            kind = getattr(output, "dtype", type(output).__name__)
            raise ContractError(f"The method must return uint8 numpy arrays, not {kind}.")
        expected = (*photo.shape[:2], 3)
        if output.shape != expected:
            raise ContractError(
                f"The method must return {_size(expected)} for this photo, not "
                f"{_size(output.shape)}."
            )


def _size(shape: tuple[int, ...]) -> str:
    return "×".join(map(str, shape))
