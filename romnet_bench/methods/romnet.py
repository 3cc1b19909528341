"""ROMNet behind the Method contract."""

import contextlib
from pathlib import Path

import torch

from romnet_bench.errors import UserError
from romnet_bench.files import resource, sha256_file
from romnet_bench.images import Picture
from romnet_bench.methods.contract import Method, MethodOptions
from romnet_bench.romnet.ablations import ablation_of, folder_name, row_name
from romnet_bench.romnet.checkpoint import load_model
from romnet_bench.romnet.inference import restore_picture

CHECKPOINTS = Path("checkpoints")
"""The folder with a folder for each training that was not told otherwise."""


class Romnet:
    """A trained ROMNet: restores, and takes its colours from a reference.

    Args:
        checkpoint: a file that `romnet-bench train` wrote.
        device: where it runs.
        color_side: the longest side at which colours are predicted, pixels.
        ablation: what the checkpoint must be; None takes any.
        weights: a file or folder with the pretrained backbone, where the checkpoint holds none.
        download: fetch it where it is missing.

    Raises:
        UserError: the checkpoint is missing, damaged, or not of this ablation.
    """

    restores = True
    colorizes = True
    needs_reference = True

    def __init__(
        self,
        checkpoint: Path,
        device: str,
        color_side: int,
        *,
        ablation: str | None = None,
        weights: Path | None = None,
        download: bool = False,
    ) -> None:
        self.name = folder_name(ablation)
        self.label = "ROMNet" if ablation is None else f"ROMNet, {row_name(ablation)}"
        self._model, saved = load_model(checkpoint, torch.device(device), weights, download)
        found = ablation_of(saved.config)
        if ablation not in (None, found):
            raise UserError(
                f"{checkpoint} holds {found or 'a network of other scales'}, not {ablation}: give "
                f"one that `romnet-bench train --ablation {ablation}` made."
            )
        self._steps = int(saved.progress["step"])
        self._checkpoint = checkpoint
        self._color_side = color_side
        self.notes = self._model.config.notes

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
        return {
            "preset": self._model.config.name,
            "steps": str(self._steps),
            "color_side": str(self._color_side),
            "checkpoint_sha256": sha256_file(self._checkpoint),
        }


def load(options: MethodOptions) -> Method:
    """ROMNet from `options.checkpoint`; see `default_checkpoint`."""
    return Romnet(
        options.checkpoint or default_checkpoint(options.ablation),
        options.device,
        options.color_side,
        ablation=options.ablation,
        weights=options.weights,
        download=options.download,
    )


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
