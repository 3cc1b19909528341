"""The authors' `latest_net_G.pth` as our U-Net: their names for its tensors, and its shape.

Their U-Net is nested, each level a sequence that holds the next: a file's keys spell out the way
in, `model.model.1.model.3.model.…`. Dropout stands last in its level and moves no number.
"""

import re

from torch import Tensor

from romnet_bench.errors import WeightsError
from romnet_bench.methods.fill import strictly
from romnet_bench.methods.pix2pix.unet import Norm, UNet

_ENTRY = re.compile(r"model\.model(?P<inward>(?:\.\d\.model)*)\.(?P<place>\d)\.(?P<field>\w+)")
_MOST = 12  # levels: pictures of 4096 pixels a side
_WIDEST = 512  # filters of the first level

# Not used here: the statistics of training pictures, and their counter (see `UNet`).
_STATISTICS = ("running_mean", "running_var", "num_batches_tracked")


def unet_from_upstream(state: dict[str, Tensor], name: str) -> UNet:
    """The U-Net that a state dict of the authors' describes, filled.

    Filters, levels, channels and normalisation are read from its shapes. Takes the `module.` that
    training on several GPUs puts first, and files with or without running statistics.

    Args:
        state: what the file holds.
        name: what a refusal calls it.

    Raises:
        WeightsError: it is no U-Net of theirs, or a tensor is missing or left over.
    """
    state = {key.removeprefix("module."): tensor for key, tensor in state.items()}
    state = {key: x for key, x in state.items() if key.rpartition(".")[2] not in _STATISTICS}
    entries = {key: _ENTRY.fullmatch(key) for key in state}
    depths = [entry["inward"].count("model") for entry in entries.values() if entry]
    levels = max(depths, default=-1) + 1
    first, last = state.get("model.model.0.weight"), state.get("model.model.3.weight")
    if (
        not 5 <= levels <= _MOST
        or first is None
        or last is None
        or first.ndim != 4
        or last.ndim != 4
        or first.shape[0] > _WIDEST
    ):
        raise WeightsError(f"{name} holds no U-Net of Pix2pix (`unet_256` and the like).")
    inputs, outputs = first.shape[1], last.shape[1]
    if inputs not in (1, 3) or outputs not in (2, 3):
        raise WeightsError(
            f"{name} holds a U-Net from {inputs} to {outputs} channels: from 1 or 3 to 3 (a "
            "picture) or 2 (its colours) can be used."
        )
    unet = UNet(inputs, outputs, first.shape[0], levels, _norm(state))
    renamed = {our_name(key, levels): tensor for key, tensor in state.items()}
    strictly(unet, renamed, name)
    return unet


def our_name(key: str, levels: int) -> str:
    """Our name for a tensor of theirs; any other key stays as it is, and is left over.

    Example:
        >>> our_name("model.model.1.model.3.model.5.weight", levels=8)
        'up.2.conv.weight'
    """
    entry = _ENTRY.fullmatch(key)
    if entry is None:
        return key
    level = entry["inward"].count("model")
    if level == 0:
        parts = {"0": "down.0.conv", "3": "up.0.conv"}
    elif level == levels - 1:
        parts = {"1": f"down.{level}.conv", "3": f"up.{level}.conv", "4": f"up.{level}.norm"}
    else:
        parts = {
            **{"1": f"down.{level}.conv", "2": f"down.{level}.norm"},
            **{"5": f"up.{level}.conv", "6": f"up.{level}.norm"},
        }
    part = parts.get(entry["place"])
    return key if part is None or entry["inward"] != _way(level) else f"{part}.{entry['field']}"


def _way(level: int) -> str:
    """The way in to a level: the next level stands at place 1 of the outermost, 3 of the others."""
    return "" if level == 0 else ".1.model" + ".3.model" * (level - 1)


def _norm(state: dict[str, Tensor]) -> Norm:
    """Theirs: batch normalisation has weights, instance normalisation leaves biases before it."""
    if "model.model.1.model.2.weight" in state:
        return "batch"
    return "instance" if "model.model.0.bias" in state else "none"
