"""ROMNet behind the Method contract."""

from pathlib import Path

import torch

from romnet_bench.errors import UserError
from romnet_bench.files import sha256_file
from romnet_bench.images import Picture
from romnet_bench.methods.contract import Method, MethodOptions
from romnet_bench.romnet.checkpoint import load_model
from romnet_bench.romnet.inference import restore_picture

DEFAULT_CHECKPOINT = Path("checkpoints/romnet/best.safetensors")
"""Where `romnet-bench train` leaves the best network unless told otherwise."""


class Romnet:
    """A trained ROMNet: restores, and takes its colours from a reference.

    Args:
        checkpoint: a file that `romnet-bench train` wrote.
        device: where it runs.
        color_side: the longest side at which colours are predicted, pixels.
    """

    name = "romnet"
    label = "ROMNet"
    restores = True
    colorizes = True
    needs_reference = True

    def __init__(self, checkpoint: Path, device: str, color_side: int) -> None:
        self._model, saved = load_model(checkpoint, torch.device(device))
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
    """ROMNet from `options.checkpoint`, by default where `romnet-bench train` leaves it."""
    checkpoint = options.checkpoint or DEFAULT_CHECKPOINT
    return Romnet(checkpoint, options.device, options.color_side)
