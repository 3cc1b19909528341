"""The five losses of section III-D, Eq. 5 to 10."""

import torch
from torch import Tensor
from torch.nn import functional

from romnet_bench.romnet.presets import LossConfig


def reconstruction_loss(output: Tensor, target: Tensor) -> Tensor:
    """Eq. 5 (lightness) and Eq. 8 (chroma): the mean absolute difference; any equal shapes."""
    return functional.l1_loss(output, target)


def perceptual_loss(output_maps: list[Tensor], target_maps: list[Tensor]) -> Tensor:
    """Eq. 6: squared differences of feature maps, each divided by its C·H·W, summed over maps.

    Args:
        output_maps: φ_j(I'_L), each B×C_j×H_j×W_j.
        target_maps: φ_j(G_L), the same shapes.
    """
    losses = [
        functional.mse_loss(output, target)
        for output, target in zip(output_maps, target_maps, strict=True)
    ]
    return torch.stack(losses).sum()


def relative_perceptual_loss(output_maps: list[Tensor], target_maps: list[Tensor]) -> Tensor:
    """`perceptual_loss` with every map divided by the root mean square of its target.

    The paper's weight β belongs to VGG19's activations. Other networks' have other sizes:
    SqueezeNet's would outweigh all other losses a hundred times (ours).
    """
    scales = [target.square().mean().sqrt().clamp_min(1e-6) for target in target_maps]
    return perceptual_loss(
        [x / scale for x, scale in zip(output_maps, scales, strict=True)],
        [x / scale for x, scale in zip(target_maps, scales, strict=True)],
    )


def histogram_loss(output: Tensor, reference: Tensor, bins: int) -> Tensor:
    """Eq. 7: squared differences of the cumulative histograms, summed over bins (EMD).

    Args:
        output: SPHist of the output, B×2K×H×W.
        reference: SPHist of the reference, B×2K×H'×W'.
        bins: K.

    Returns:
        The sum over the bins of a and of b, a mean over the batch.
    """

    def cumulative(sphist: Tensor) -> Tensor:
        # A mean over places, where the paper pools a sum: pictures of two sizes compare so.
        return sphist.mean(dim=(2, 3)).view(-1, 2, bins).cumsum(dim=2)

    return (cumulative(output) - cumulative(reference)).square().sum(dim=(1, 2)).mean()


def discriminator_loss(real: Tensor, made: Tensor) -> Tensor:
    """Eq. 9 for the discriminator, which maximises log D(G) + log(1 − D(I')); logits in."""
    return functional.softplus(-real).mean() + functional.softplus(made).mean()


def adversarial_loss(made: Tensor) -> Tensor:
    """Eq. 9 for ROMNet: −log D(I'), which has a gradient where log(1 − D(I')) has none."""
    return functional.softplus(-made).mean()


def total_loss(parts: dict[str, Tensor], weights: LossConfig) -> Tensor:
    """Eq. 10: α·rec_L + β·perc_L + λ·emd + γ·rec_ab + η·adv; a loss that is not there counts 0."""
    factors = {
        "rec_L": weights.luminance,
        "perc_L": weights.perceptual,
        "emd": weights.histogram,
        "rec_ab": weights.chroma,
        "adv": weights.adversarial,
    }
    return torch.stack([factors[name] * value for name, value in parts.items()]).sum()
