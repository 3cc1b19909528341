"""ROMNet's restored lightness alone: what restoration adds, before any colour."""

import torch

from romnet_bench.files import sha256_file
from romnet_bench.images import Picture
from romnet_bench.methods.contract import Method, MethodOptions
from romnet_bench.methods.romnet import default_checkpoint, untrained, untrained_note
from romnet_bench.romnet.checkpoint import load_model
from romnet_bench.romnet.inference import restore_grey
from romnet_bench.romnet.model import ROMNet


class RomnetGrey:
    """The restoration sub-net of a ROMNet.

    Args:
        model: in evaluation mode, on its device.
        origin: what the fingerprint says of its weights.
    """

    name = "romnet-grey"
    label = "ROMNet, lightness only"
    restores = True
    colorizes = False
    needs_reference = False

    def __init__(self, model: ROMNet, origin: dict[str, str]) -> None:
        self._model = model
        self._origin = origin
        self.notes = [*model.config.notes, *untrained_note(origin)]

    def restore(self, photos: list[Picture], references: list[Picture | None]) -> list[Picture]:
        """Grey photos H×W → restored grey photos as RGB, H×W×3."""
        del references
        return [restore_grey(self._model, photo) for photo in photos]

    def fingerprint(self) -> dict[str, str]:
        """Preset, steps trained and the checkpoint's SHA-256."""
        return self._origin


def load(options: MethodOptions) -> Method:
    """The restoration sub-net of `options.checkpoint`, by default the one that `romnet` takes."""
    if options.untrained:
        return RomnetGrey(*untrained(options))
    checkpoint = options.checkpoint or default_checkpoint()
    model, saved = load_model(checkpoint, torch.device(options.device), grey=True)
    origin = {
        "preset": saved.config.name,
        "steps": str(saved.progress["step"]),
        "checkpoint_sha256": sha256_file(checkpoint),
    }
    return RomnetGrey(model, origin)
