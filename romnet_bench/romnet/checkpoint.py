"""ROMNet on disk: one safetensors file with its configuration, written whole or not at all."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from romnet_bench.errors import UserError
from romnet_bench.files import write_bytes
from romnet_bench.romnet.model import ROMNet, new_model
from romnet_bench.romnet.presets import RomnetConfig

_FORMAT = "romnet_bench.checkpoint.1"


@dataclasses.dataclass(frozen=True)
class Checkpoint:
    """What a file holds: tensors under dotted names, the configuration, and where training was."""

    tensors: dict[str, Tensor]
    config: RomnetConfig
    progress: dict[str, Any]

    def group(self, prefix: str) -> dict[str, Tensor]:
        """The tensors whose names begin with `prefix` and a dot, without it."""
        start = f"{prefix}."
        return {
            name.removeprefix(start): tensor
            for name, tensor in self.tensors.items()
            if name.startswith(start)
        }


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Writes a checkpoint; an older one of that name stays whole until the new one is."""
    metadata = {
        "format": _FORMAT,
        "config": checkpoint.config.model_dump_json(),
        "progress": json.dumps(checkpoint.progress),
    }
    tensors = {
        name: tensor.detach().cpu().contiguous() for name, tensor in checkpoint.tensors.items()
    }
    # Not safetensors' own writer: a full disk would be an error of its own and not an OSError.
    write_bytes(path, save(tensors, metadata))


def read_checkpoint(path: Path) -> Checkpoint:
    """Reads what `save_checkpoint` wrote.

    Raises:
        UserError: there is no such file, or it is damaged or not one of ours.
    """
    if not path.is_file():
        raise UserError(
            f"There is no checkpoint {path}: train one with `romnet-bench train`, or give one "
            "with --checkpoint."
        )
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            if metadata.get("format") != _FORMAT:
                raise UserError(f"{path} is no ROMNet checkpoint that romnet-bench wrote.")
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        config = RomnetConfig.model_validate_json(metadata["config"])
        progress = json.loads(metadata["progress"])
        int(progress["step"])
    except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise UserError(
            f"{path} is damaged or of another version ({reason}): train it again."
        ) from None
    return Checkpoint(tensors, config, progress)


def load_model(path: Path, device: torch.device) -> tuple[ROMNet, Checkpoint]:
    """The ROMNet in a checkpoint, in evaluation mode, and the checkpoint.

    Raises:
        UserError: the file is missing, damaged, or its tensors do not fit its configuration.
    """
    checkpoint = read_checkpoint(path)
    model = new_model(checkpoint.config, seed=0)
    try:
        model.load_state_dict(checkpoint.group("model"))
    except RuntimeError:
        raise UserError(f"{path} does not fit the network it describes: train it again.") from None
    return model.to(device).eval(), checkpoint
