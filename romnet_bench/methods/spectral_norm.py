"""Spectral normalisation folded into the weights, since inference never updates it.

Miyato et al. 2018, arXiv 1802.05957: W / σ(W), with σ = uᵀ W v from power iteration.
"""

from torch import Tensor

_PARTS = ("_orig", "_u", "_v", "")


def fold(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """`X.weight_orig`, `X.weight_u` and `X.weight_v` become `X.weight`; the rest stays.

    W is flattened to (output channels) × (the rest), as `torch.nn.utils.spectral_norm` does for
    all but transposed convolutions. Checkpoints from before torch 1.0 hold no `X.weight_v`, but the
    normalised `X.weight` itself, which is taken as it is. Groups that are incomplete or do not fit
    together are left as they are, for strict loading to name them.
    """
    folded = dict(state)
    for key, weight in state.items():
        stem = key.removesuffix("_orig")
        if stem == key or not stem.endswith("weight"):
            continue
        u, v, normalised = (state.get(f"{stem}{part}") for part in ("_u", "_v", ""))
        if u is not None and v is not None:
            if not _fit(weight, u, v):
                continue
            normalised = weight / (u @ (weight.flatten(1) @ v))
        if normalised is None:
            continue
        for part in _PARTS:
            folded.pop(f"{stem}{part}", None)
        folded[stem] = normalised
    return folded


def _fit(weight: Tensor, u: Tensor, v: Tensor) -> bool:
    floats = weight.dtype.is_floating_point and weight.dtype == u.dtype == v.dtype
    if not floats or weight.ndim < 2:
        return False
    return u.shape == weight.shape[:1] and v.shape == weight.flatten(1).shape[1:]
