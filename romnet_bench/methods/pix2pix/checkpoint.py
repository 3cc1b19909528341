"""Pix2pix on disk: our safetensors file with its configuration, or the authors' `.pth`."""

import dataclasses
from pathlib import Path
from typing import Any

from torch import Tensor

from romnet_bench import weights
from romnet_bench.errors import UserError
from romnet_bench.files import human_path, write_bytes
from romnet_bench.methods.fill import strictly
from romnet_bench.methods.pix2pix.presets import Pix2pixConfig
from romnet_bench.methods.pix2pix.step import new_unet
from romnet_bench.methods.pix2pix.unet import UNet
from romnet_bench.methods.pix2pix.upstream import unet_from_upstream
from romnet_bench.training.container import group, read_container, to_bytes

_FORMAT = "romnet_bench.pix2pix.1"


@dataclasses.dataclass(frozen=True)
class Checkpoint:
    """What a file of ours holds: tensors under dotted names, and how and how far it was trained."""

    tensors: dict[str, Tensor]
    config: Pix2pixConfig
    progress: dict[str, Any]

    @property
    def network(self) -> dict[str, Tensor]:
        """The U-Net to use: its averaged weights, where training kept some."""
        return self.group("averaged.net") or self.group("unet")

    def group(self, prefix: str) -> dict[str, Tensor]:
        """The tensors whose names begin with `prefix` and a dot, without it."""
        return group(self.tensors, prefix)


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Writes a checkpoint; an older one of that name stays whole until the new one is."""
    write_bytes(path, to_bytes(_FORMAT, checkpoint.tensors, checkpoint.config, checkpoint.progress))


def read_checkpoint(path: Path) -> Checkpoint:
    """Reads what `save_checkpoint` wrote.

    Raises:
        UserError: there is no such file, or it is damaged or not one of ours.
    """
    return Checkpoint(*read_container(path, _FORMAT, Pix2pixConfig, "Pix2pix"))


def load_unet(path: Path) -> tuple[UNet, Checkpoint | None]:
    """The U-Net in a file of ours, with all that the file holds, or in a `.pth` of the authors'.

    Raises:
        UserError: the file is missing, damaged, or of another network.
    """
    if path.suffix in (".pth", ".pt"):
        return unet_from_upstream(weights.load(path), human_path(path)), None
    checkpoint = read_checkpoint(path)
    unet = new_unet(checkpoint.config)
    strictly(unet, checkpoint.network, human_path(path))
    return unet, checkpoint


def require_task(checkpoint: Checkpoint, task: str, path: Path) -> None:
    """Makes sure that a network does what it is asked for.

    Raises:
        UserError: it was trained for the other task; the sentence names the method to take.
    """
    found = checkpoint.config.task
    if found != task:
        other = "pix2pix" if found == "restore" else "pix2pix-colour"
        raise UserError(
            f"{human_path(path)} was trained with --task {found}: give --method {other}."
        )
