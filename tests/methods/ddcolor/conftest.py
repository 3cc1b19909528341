"""What the tests of DDColor share: its weights as the authors name them, without their checksum."""

import functools
import re
from pathlib import Path

import pytest
import torch
from torch import Tensor

from romnet_bench.methods.contract import Method, MethodOptions
from romnet_bench.methods.ddcolor.method import load
from romnet_bench.methods.ddcolor.network import DDColor
from romnet_bench.published import manifest, places

# Written from upstream's modules, not from `checkpoint.py`: names here → names there.
THEIRS = (
    (r"^encoder\.norms\.(\d)", r"encoder.arch.norm\1"),
    (r"^encoder\.(downsample_layers|stages)", r"encoder.arch.\1"),
    (r"^(color_decoder\.(query_feat|query_embed|level_embed))$", r"\1.weight"),
    (r"blocks\.(\d)\.cross\.attention", r"transformer_cross_attention_layers.\1.multihead_attn"),
    (r"blocks\.(\d)\.cross", r"transformer_cross_attention_layers.\1"),
    (r"blocks\.(\d)\.itself\.attention", r"transformer_self_attention_layers.\1.self_attn"),
    (r"blocks\.(\d)\.itself", r"transformer_self_attention_layers.\1"),
    (r"blocks\.(\d)\.feed_forward", r"transformer_ffn_layers.\1"),
    (r"color_embed\.0", "color_embed.layers.0"),
    (r"color_embed\.2", "color_embed.layers.1"),
    (r"color_embed\.4", "color_embed.layers.2"),
    (r"^color_decoder", "decoder.color_decoder"),
    (r"^pixel_decoder", "decoder"),
    (r"^fusion", "refine_net.0.0"),
)
SPECTRAL = re.compile(
    r"^(decoder\.(layers\.\d\.(shuf\.)?|last_shuf\.)conv|refine_net\.0)\.0\.weight"
)


def as_published(network: DDColor, seed: int = 0) -> dict[str, Tensor]:
    """The network's tensors as `ddcolor_paper_tiny.pth` holds them, the unused ones too."""
    generator = torch.Generator().manual_seed(seed)
    state: dict[str, Tensor] = {}
    for name, tensor in network.state_dict().items():
        key = functools.reduce(lambda done, pair: re.sub(*pair, done), THEIRS, name)
        if not SPECTRAL.match(key):
            state[key] = tensor
            continue
        # W = W_orig / (uᵀ W_orig v), for W_orig = 3 W and any u and v that give 3.
        matrix = tensor.flatten(1)
        u, v = (torch.randn(side, generator=generator).to(matrix) for side in matrix.shape)
        state[f"{key}_orig"] = 3 * tensor
        state[f"{key}_u"], state[f"{key}_v"] = u / (u @ matrix @ v), v
    width = network.encoder.norms[-1].weight.numel()
    for name, shape in (("norm", (width,)), ("head_cls", (1000, width))):
        state[f"encoder.arch.{name}.weight"] = torch.zeros(shape)
        state[f"encoder.arch.{name}.bias"] = torch.zeros(shape[0])
    return state


def load_published(folder: Path, state: dict[str, Tensor]) -> Method:
    """The method `ddcolor` from a file that holds `state`, whose checksum is not asked for."""
    read = manifest.read_manifest

    def without_checksums(system: str) -> manifest.Manifest:
        found = read(system)
        weights = tuple(entry.model_copy(update={"sha256": None}) for entry in found.weights)
        return found.model_copy(update={"weights": weights})

    path = folder / "ddcolor_paper_tiny.pth"
    torch.save({"params": state}, path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(places, "read_manifest", without_checksums)
        method = load(MethodOptions(weights=folder))
    path.unlink()  # 220 MB
    return method
