"""ROMNet's restored lightness alone: what restoration adds, before any colour."""

from pathlib import Path

import torch

from romnet_bench.files import sha256_file
from romnet_bench.images import Picture
from romnet_bench.methods.contract import Method, MethodOptions
from romnet_bench.methods.romnet import default_checkpoint
from romnet_bench.romnet.checkpoint import load_model
from romnet_bench.romnet.inference import restore_grey


class RomnetGrey:
    """The restoration sub-net of a trained ROMNet.

    Args:
        checkpoint: a file that `romnet-bench train` wrote.
        device: where it runs.
    """

    name = "romnet-grey"
    label = "ROMNet, lightness only"
    restores = True
    colorizes = False
    needs_reference = False

    def __init__(self, checkpoint: Path, device: str) -> None:
        self._model, self._saved = load_model(checkpoint, torch.device(device), grey=True)
        self._checkpoint = checkpoint
        self.notes = self._saved.config.notes

    def restore(self, photos: list[Picture], references: list[Picture | None]) -> list[Picture]:
        """Grey photos H×W → restored grey photos as RGB, H×W×3."""
        del references
        return [restore_grey(self._model, photo) for photo in photos]

    def fingerprint(self) -> dict[str, str]:
        """Preset, steps trained and the checkpoint's SHA-256."""
        return {
            "preset": self._saved.config.name,
            "steps": str(self._saved.progress["step"]),
            "checkpoint_sha256": sha256_file(self._checkpoint),
        }


def load(options: MethodOptions) -> Method:
    """The restoration sub-net of `options.checkpoint`, by default the one that `romnet` takes."""
    checkpoint = options.checkpoint or default_checkpoint()
    return RomnetGrey(checkpoint, options.device)
