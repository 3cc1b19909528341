"""The five losses of section III-D, Eq. 5 to 10."""

import torch
from torch import Tensor
from torch.nn import functional

from romnet_bench.romnet.presets import LossConfig


def reconstruction_loss(output: Tensor, target: Tensor) -> Tensor:
    """Eq. 5, ‖I'_L − G_L‖₁, and Eq. 8, ‖I'_ab − G_ab‖₁: the mean absolute difference.

    Args:
        output: L/50 − 1, B×1×H×W, or ab/110, B×2×H×W.
        target: the same shape.

    Returns:
        A number from 0, at most 2 where both are within [−1, 1].
    """
    return functional.l1_loss(output, target)


def perceptual_loss(output_maps: list[Tensor], target_maps: list[Tensor]) -> Tensor:
    """Eq. 6: Σ_j ‖φ_j(I'_L) − φ_j(G_L)‖₂² / (C_j·H_j·W_j), a mean over the batch.

    Args:
        output_maps: φ_j(I'_L), each B×C_j×H_j×W_j.
        target_maps: φ_j(G_L), the same shapes.

    Returns:
        A number from 0.
    """
    losses = [
        functional.mse_loss(output, target)
        for output, target in zip(output_maps, target_maps, strict=True)
    ]
    return torch.stack(losses).sum()


def relative_perceptual_loss(output_maps: list[Tensor], target_maps: list[Tensor]) -> Tensor:
    """`perceptual_loss` with maps divided by the root mean square of each patch's target.

    The paper's weight β belongs to VGG19's activations. Other networks' have other sizes:
    SqueezeNet's would outweigh all other losses a hundred times (ours).
    """
    scales = [
        target.square().mean(dim=(1, 2, 3), keepdim=True).sqrt().clamp_min(1e-6)
        for target in target_maps
    ]
    return perceptual_loss(
        [x / scale for x, scale in zip(output_maps, scales, strict=True)],
        [x / scale for x, scale in zip(target_maps, scales, strict=True)],
    )


def histogram_loss(output: Tensor, reference: Tensor, bins: int) -> Tensor:
    """Eq. 7: Σ_k (CDF_h,I'(k) − CDF_h,R(k))², squared differences of cumulative histograms (EMD).

    Args:
        output: SPHist of the output, B×2K×H×W.
        reference: SPHist of the reference, B×2K×H'×W'.
        bins: K.

    Returns:
        The sum over the bins of a and of b, a mean over the batch: a number in [0, 2K].
    """

    def cumulative(sphist: Tensor) -> Tensor:
        # A mean over places, where the paper pools a sum: pictures of two sizes compare so.
        return sphist.mean(dim=(2, 3)).view(-1, 2, bins).cumsum(dim=2)

    return (cumulative(output) - cumulative(reference)).square().sum(dim=(1, 2)).mean()


def discriminator_loss(real: Tensor, made: Tensor) -> Tensor:
    """Eq. 9 for the discriminator, which maximises E[log D(G)] + E[log(1 − D(I', R))].

    Args:
        real: logits of the true chroma's patches, any shape; D is their sigmoid.
        made: logits of the made chroma's patches.

    Returns:
        The negative of that, a number from 0; 2·log 2 where it cannot tell them apart.
    """
    return functional.softplus(-real).mean() + functional.softplus(made).mean()


def adversarial_loss(made: Tensor) -> Tensor:
    """Eq. 9 for ROMNet: E[−log D(I', R)], which has a gradient where log(1 − D(I', R)) has none.

    Args:
        made: logits of the made chroma's patches, any shape; D is their sigmoid.

    Returns:
        A number from 0.
    """
    return functional.softplus(-made).mean()


def total_loss(parts: dict[str, Tensor], weights: LossConfig) -> Tensor:
    """Eq. 10: α·L_rec,L + β·L_perc,L + λ·L_EMD,h + γ·L_rec,ab + η·L_adv,ab.

    Args:
        parts: numbers by the names "rec_L", "perc_L", "emd", "rec_ab", "adv"; a missing one is 0.
        weights: α, β, λ, γ, η.

    Returns:
        A number from 0.
    """
    factors = {
        "rec_L": weights.luminance,
        "perc_L": weights.perceptual,
        "emd": weights.histogram,
        "rec_ab": weights.chroma,
        "adv": weights.adversarial,
    }
    return torch.stack([factors[name] * value for name, value in parts.items()]).sum()
