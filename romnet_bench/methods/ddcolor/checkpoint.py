"""The names of the published tensors → the names here."""

import re

from torch import Tensor

from romnet_bench.methods.spectral_norm import fold

CONTAINER = "params"
"""Where the authors' `.pth` files hold the tensors."""

# The classifier that ConvNeXt was trained with: in the published files, and never used.
_UNUSED = re.compile(r"encoder\.arch\.(norm|head_cls)\.")

_RENAMED = (
    (r"^encoder\.arch\.norm(\d)\.", r"encoder.norms.\1."),
    (r"^encoder\.arch\.", "encoder."),
    (r"^decoder\.color_decoder\.", "color_decoder."),
    (r"^decoder\.", "pixel_decoder."),
    (r"^refine_net\.0\.0\.", "fusion."),
    (r"^(color_decoder\.(?:query_feat|query_embed|level_embed))\.weight$", r"\1"),
    (r"\.transformer_cross_attention_layers\.(\d+)\.", r".blocks.\1.cross."),
    (r"\.transformer_self_attention_layers\.(\d+)\.", r".blocks.\1.itself."),
    (r"\.transformer_ffn_layers\.(\d+)\.", r".blocks.\1.feed_forward."),
    (r"\.(?:multihead_attn|self_attn)\.", ".attention."),
    (r"\.color_embed\.layers\.0\.", ".color_embed.0."),
    (r"\.color_embed\.layers\.1\.", ".color_embed.2."),  # between them ReLUs
    (r"\.color_embed\.layers\.2\.", ".color_embed.4."),
)


def adapt(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """A published state dict → one of `network.DDColor`: spectral norms folded, names as here."""
    kept = {key: tensor for key, tensor in fold(state).items() if not _UNUSED.match(key)}
    return {_renamed(key): tensor for key, tensor in kept.items()}


def _renamed(key: str) -> str:
    for pattern, replacement in _RENAMED:
        key = re.sub(pattern, replacement, key)
    return key
