"""A training on disk: one safetensors file with its configuration, whole or not at all."""

import json
from pathlib import Path
from typing import Any, TypeVar

import pydantic
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from romnet_bench.errors import UserError

Config = TypeVar("Config", bound=pydantic.BaseModel)


def to_bytes(
    kind: str, tensors: dict[str, Tensor], config: pydantic.BaseModel, progress: dict[str, Any]
) -> bytes:
    """The file's bytes; `kind` is what `read_container` must be asked for."""
    metadata = {
        "format": kind,
        "config": config.model_dump_json(),
        "progress": json.dumps(progress),
    }
    plain = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    # Not safetensors' own writer: a full disk would be an error of its own and not an OSError.
    return save(plain, metadata)


def read_container(
    path: Path, kind: str, config: type[Config], system: str
) -> tuple[dict[str, Tensor], Config, dict[str, Any]]:
    """Tensors, configuration and progress of what `to_bytes` gave.

    Args:
        path: the file.
        kind: its format's name.
        config: the configuration's type.
        system: how a refusal calls it, such as "ROMNet".

    Raises:
        UserError: there is no such file, or it is damaged or not of this kind.
    """
    if not path.is_file():
        raise UserError(
            f"There is no checkpoint {path}: train one with `romnet-bench train`, or give one "
            "with --checkpoint."
        )
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            if metadata.get("format") != kind:
                raise UserError(f"{path} is no {system} checkpoint that romnet-bench wrote.")
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
        settings = config.model_validate_json(metadata["config"])
        progress = json.loads(metadata["progress"])
        int(progress["step"])
    except (SafetensorError, OSError, KeyError, TypeError, ValueError) as error:
        reason = str(error).splitlines()[0]
        raise UserError(
            f"{path} is damaged or of another version ({reason}): train it again."
        ) from None
    return tensors, settings, progress


def group(tensors: dict[str, Tensor], prefix: str) -> dict[str, Tensor]:
    """The tensors whose names begin with `prefix` and a dot, without it."""
    start = f"{prefix}."
    return {
        name.removeprefix(start): tensor
        for name, tensor in tensors.items()
        if name.startswith(start)
    }
