"""ROMNet on disk: one safetensors file with its configuration, written whole or not at all."""

import dataclasses
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from romnet_bench.backbones import load_weights
from romnet_bench.errors import UserError
from romnet_bench.files import write_bytes, write_new
from romnet_bench.romnet.model import ROMNet, new_model
from romnet_bench.romnet.presets import RomnetConfig
from romnet_bench.training.container import group, read_container, to_bytes

_FORMAT = "romnet_bench.checkpoint.1"


@dataclasses.dataclass(frozen=True)
class Checkpoint:
    """What a file holds: tensors under dotted names, the configuration, and where training was."""

    tensors: dict[str, Tensor]
    config: RomnetConfig
    progress: dict[str, Any]

    @property
    def network(self) -> dict[str, Tensor]:
        """The network to use: its averaged weights, where training kept some."""
        averaged = self.group("averaged.net")
        return averaged or self.group("model")

    def group(self, prefix: str) -> dict[str, Tensor]:
        """The tensors whose names begin with `prefix` and a dot, without it."""
        return group(self.tensors, prefix)


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Writes a checkpoint; an older one of that name stays whole until the new one is."""
    write_bytes(path, _to_bytes(checkpoint))


def _to_bytes(checkpoint: Checkpoint) -> bytes:
    return to_bytes(_FORMAT, checkpoint.tensors, checkpoint.config, checkpoint.progress)


def release_checkpoint(source: Path, out: Path) -> Checkpoint:
    """Writes a small checkpoint to share: the network's own weights, in half precision.

    Without the optimisers, and without a pretrained backbone, which its own publishers serve.

    Returns:
        What was written.

    Raises:
        UserError: `source` is missing or damaged, a weight is too large for half precision, or
            `out` exists already.
    """
    if out.exists():
        raise UserError(f"{out} exists already and is not overwritten: choose another --out.")
    checkpoint = read_checkpoint(source)
    pretrained = bool(checkpoint.config.matching.scales)
    pretrained &= checkpoint.config.matching.backbone != "trained"
    tensors = {}
    for name, tensor in checkpoint.network.items():
        if pretrained and name.startswith("backbone."):
            continue
        half = tensor.half() if tensor.is_floating_point() else tensor
        if not half.isfinite().all():
            raise UserError(f"{source}: {name} is too large for half precision: train it again.")
        tensors[f"model.{name}"] = half
    known = {name: checkpoint.progress.get(name) for name in ("step", "psnr", "version", "seed")}
    progress = known | {"without_backbone": pretrained}
    released = Checkpoint(tensors, checkpoint.config, progress)
    write_new(out, _to_bytes(released))
    return released


def read_checkpoint(path: Path) -> Checkpoint:
    """Reads what `save_checkpoint` wrote.

    Raises:
        UserError: there is no such file, or it is damaged or not one of ours.
    """
    return Checkpoint(*read_container(path, _FORMAT, RomnetConfig, "ROMNet"))


def load_model(
    path: Path,
    device: torch.device,
    weights: Path | None = None,
    download: bool = False,
    *,
    grey: bool = False,
) -> tuple[ROMNet, Checkpoint]:
    """The ROMNet in a checkpoint, in evaluation mode, and the checkpoint.

    Args:
        path: what `save_checkpoint` or `release_checkpoint` wrote.
        device: where the model goes.
        weights: a file or folder with pretrained backbones: released checkpoints hold none.
        download: fetch a pretrained backbone that is missing.
        grey: for the restoration alone, which needs no backbone.

    Raises:
        UserError: the file is missing, damaged, or its tensors do not fit its configuration; or
            the backbone that it was trained with is missing.
    """
    checkpoint = read_checkpoint(path)
    model = new_model(checkpoint.config, seed=0)
    state = {
        name: tensor.float() if tensor.is_floating_point() else tensor
        for name, tensor in checkpoint.network.items()
    }
    backbone = checkpoint.config.matching.backbone
    if checkpoint.progress.get("without_backbone") and backbone != "trained":
        if not grey:
            load_weights(model.backbone, backbone, weights, download)
        state |= {f"backbone.{name}": x for name, x in model.backbone.state_dict().items()}
    try:
        model.load_state_dict(state)
    except RuntimeError:
        raise UserError(f"{path} does not fit the network it describes: train it again.") from None
    # The layout in which convolutions run fastest; same numbers.
    return model.to(device).to(memory_format=torch.channels_last).eval(), checkpoint
