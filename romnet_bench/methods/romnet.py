"""ROMNet behind the Method contract."""

import contextlib
from pathlib import Path

import torch

from romnet_bench.errors import UserError
from romnet_bench.files import resource, sha256_file
from romnet_bench.images import Picture
from romnet_bench.methods.contract import UNTRAINED, Method, MethodOptions
from romnet_bench.romnet.ablations import ablation_of, folder_name, row_name
from romnet_bench.romnet.checkpoint import load_model
from romnet_bench.romnet.inference import restore_picture
from romnet_bench.romnet.model import ROMNet, new_model
from romnet_bench.romnet.presets import TINY

CHECKPOINTS = Path("checkpoints")
"""The folder with a folder for each training that was not told otherwise."""


class Romnet:
    """A ROMNet: restores, and takes its colours from a reference.

    Args:
        model: in evaluation mode, on its device.
        origin: what the fingerprint says of its weights.
        color_side: the longest side at which colours are predicted, pixels.
        ablation: which part of it was left out.
    """

    restores = True
    colorizes = True
    needs_reference = True

    def __init__(
        self, model: ROMNet, origin: dict[str, str], color_side: int, ablation: str | None = None
    ) -> None:
        self.name = folder_name(ablation)
        self.label = "ROMNet" if ablation is None else f"ROMNet, {row_name(ablation)}"
        self.notes = [*model.config.notes, *untrained_note(origin)]
        self._model = model
        self._origin = origin
        self._color_side = color_side

    def restore(self, photos: list[Picture], references: list[Picture | None]) -> list[Picture]:
        """Grey photos H×W and colour references of any size → colour photos H×W×3."""
        outputs = []
        for photo, reference in zip(photos, references, strict=True):
            if reference is None:
                raise UserError("ROMNet needs a colour reference for every photo.")
            outputs.append(restore_picture(self._model, photo, reference, self._color_side))
        return outputs

    def fingerprint(self) -> dict[str, str]:
        """Preset, steps trained, colour side and the checkpoint's SHA-256."""
        return {**self._origin, "color_side": str(self._color_side)}


def load(options: MethodOptions) -> Method:
    """ROMNet from `options.checkpoint`; see `default_checkpoint`.

    Raises:
        UserError: the checkpoint is missing, damaged, or not of `options.ablation`.
    """
    if options.untrained:
        return Romnet(*untrained(options), options.color_side)
    checkpoint = options.checkpoint or default_checkpoint(options.ablation)
    model, saved = load_model(
        checkpoint, torch.device(options.device), options.weights, options.download
    )
    found = ablation_of(saved.config)
    if options.ablation not in (None, found):
        raise UserError(
            f"{checkpoint} holds {found or 'a network of other scales'}, not {options.ablation}: "
            f"give one that `romnet-bench train --ablation {options.ablation}` made."
        )
    origin = {
        "preset": saved.config.name,
        "steps": str(int(saved.progress["step"])),
        "checkpoint_sha256": sha256_file(checkpoint),
    }
    return Romnet(model, origin, options.color_side, options.ablation)


def untrained(options: MethodOptions) -> tuple[ROMNet, dict[str, str]]:
    """A `tiny` ROMNet with random weights, and what its fingerprint says of them."""
    model = new_model(TINY, seed=0).to(options.device).eval()
    return model, {"preset": TINY.name, "steps": "0", "weights": UNTRAINED}


def untrained_note(origin: dict[str, str]) -> list[str]:
    """What readers must know of weights of this origin."""
    return [UNTRAINED] if origin.get("weights") == UNTRAINED else []


def default_checkpoint(ablation: str | None = None) -> Path:
    """Where `romnet-bench train` leaves the best network, else the one that is shipped."""
    trained = default_folder(ablation) / "best.safetensors"
    if ablation is None and not trained.exists():
        with contextlib.suppress(FileNotFoundError):
            return resource("baselines", "romnet", "lite.safetensors")
    return trained


def default_folder(ablation: str | None = None) -> Path:
    """Where `romnet-bench train` leaves a network unless told otherwise."""
    return CHECKPOINTS / folder_name(ablation)
