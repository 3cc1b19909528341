"""Pix2pix behind the Method contract."""

from pathlib import Path

from romnet_bench.errors import UserError, WeightsError
from romnet_bench.files import human_path, sha256_file
from romnet_bench.images import Picture
from romnet_bench.methods.contract import UNTRAINED, Method, MethodOptions
from romnet_bench.methods.fill import notes_of
from romnet_bench.methods.pix2pix.checkpoint import load_unet, require_task
from romnet_bench.methods.pix2pix.photo import make_picture
from romnet_bench.methods.pix2pix.presets import LITE, Task
from romnet_bench.methods.pix2pix.step import new_unet
from romnet_bench.methods.pix2pix.unet import UNet, initialise

CHECKPOINTS = Path("checkpoints")
"""The folder with a folder for each training that was not told otherwise."""


class Pix2pix:
    """A U-Net trained from degraded grey photos to clean ones in colour.

    Args:
        unet: on its device.
        origin: what the fingerprint says of its weights.
        notes: what readers must know of it.
    """

    name = "pix2pix"
    label = "Pix2pix"
    restores = True
    colorizes = True
    needs_reference = False
    task: Task = "restore"

    def __init__(self, unet: UNet, origin: dict[str, str], notes: list[str]) -> None:
        self.notes = notes
        self._unet = unet
        self._origin = origin

    def restore(self, photos: list[Picture], references: list[Picture | None]) -> list[Picture]:
        """Grey photos H×W → colour photos H×W×3; references are not looked at."""
        del references
        return [make_picture(self._unet, self.task, photo) for photo in photos]

    def fingerprint(self) -> dict[str, str]:
        """Where the weights come from: preset and steps, or whose file, and its SHA-256."""
        return self._origin


class Pix2pixColour(Pix2pix):
    """A U-Net trained from clean lightness to colours; the photo keeps its own lightness."""

    name = "pix2pix-colour"
    label = "Pix2pix, colour only"
    restores = False
    task: Task = "colour"


def load(options: MethodOptions) -> Method:
    """Pix2pix from `options.checkpoint`, by default what `train --method pix2pix` left.

    Raises:
        UserError: the checkpoint is missing, damaged, or of another network or task.
    """
    return Pix2pix(*_load("restore", options))


def load_colour(options: MethodOptions) -> Method:
    """Likewise, what `train --method pix2pix --task colour` left."""
    return Pix2pixColour(*_load("colour", options))


def default_folder(task: Task) -> Path:
    """Where training leaves a network unless told otherwise."""
    return CHECKPOINTS / (Pix2pix.name if task == "restore" else Pix2pixColour.name)


def _load(task: Task, options: MethodOptions) -> tuple[UNet, dict[str, str], list[str]]:
    if options.untrained:
        config = LITE.model_copy(update={"task": task})
        unet = new_unet(config).to(options.device)
        initialise(unet, seed=0)
        return unet, {"preset": config.name, "weights": UNTRAINED}, notes_of(UNTRAINED)
    path = options.checkpoint or default_folder(task) / "best.safetensors"
    if not path.is_file():
        extra = "" if task == "restore" else f" --task {task}"
        raise WeightsError(
            f"Pix2pix has no checkpoint {human_path(path)}: train one with `romnet-bench train "
            f"--method pix2pix{extra}`, or give one with --checkpoint."
        )
    unet, saved = load_unet(path)
    origin = {"checkpoint_sha256": sha256_file(path)}
    if saved is not None:
        require_task(saved, task, path)
        origin |= {"preset": saved.config.name, "steps": str(saved.progress["step"])}
        return unet.to(options.device), origin, saved.config.notes
    if task == "restore" and unet.outputs == 2:
        raise UserError(
            f"{human_path(path)} makes colours alone (a and b): give --method pix2pix-colour."
        )
    notes = ["a checkpoint of the authors' code; what it was trained on is not known here"]
    return unet.to(options.device), origin, notes
