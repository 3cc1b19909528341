"""What DeOldify's authors published, as plain weights."""

from torch import Tensor

from romnet_bench.methods.spectral_norm import fold


def plain(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """Both normalisations of the published generators folded into their weights.

    Nearly all convolutions of the decoder are spectrally normalised; the last enlargement's has
    weight normalisation instead (Salimans and Kingma 2016, arXiv 1602.07868), as fastai's default
    came through: `X.weight_g` and `X.weight_v` become `X.weight` = g · v / ‖v‖, a norm for each
    output channel. Pairs that do not fit together are left for strict loading to name.
    """
    folded = fold(state)
    for key, length in state.items():
        stem = key.removesuffix("_g")
        direction = folded.get(f"{stem}_v")
        if stem == key or direction is None or not _fit(length, direction):
            continue
        norms = direction.flatten(1).norm(dim=1).view_as(length)
        folded[stem] = direction * (length / norms)
        del folded[key], folded[f"{stem}_v"]
    return folded


def _fit(length: Tensor, direction: Tensor) -> bool:
    if direction.ndim < 2 or not direction.is_floating_point():
        return False
    return length.shape == (len(direction), *[1] * (direction.ndim - 1))
