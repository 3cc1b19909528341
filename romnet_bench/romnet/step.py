"""One step of training (section III-D): five losses for ROMNet, one for its discriminator."""

import contextlib
import dataclasses
from pathlib import Path

import torch
from accelerate import Accelerator
from torch import Tensor, nn

from romnet_bench.backbones import PyramidFeatures, build_features, load_weights
from romnet_bench.color import rgb_to_lab, scale_lab
from romnet_bench.romnet.discriminator import PatchDiscriminator, new_discriminator
from romnet_bench.romnet.losses import (
    adversarial_loss,
    discriminator_loss,
    histogram_loss,
    perceptual_loss,
    reconstruction_loss,
    relative_perceptual_loss,
    total_loss,
)
from romnet_bench.romnet.model import ROMNet, new_model
from romnet_bench.romnet.patches import Patch
from romnet_bench.romnet.precision import Precision
from romnet_bench.romnet.presets import RomnetConfig, TrainingConfig
from romnet_bench.training.averaging import AveragedWeights

LOSSES = ("rec_L", "perc_L", "emd", "rec_ab", "adv", "total", "discriminator")
"""What training lowers; perc_L is missing where the preset has no perceptual loss."""
GRADIENTS = ("gradient", "discriminator_gradient")
"""The lengths of the two networks' gradients, before they are clipped."""


@dataclasses.dataclass
class Nets:
    """The networks that learn, their optimisers, and the frozen one of the perceptual loss.

    Args:
        model: ROMNet itself.
        discriminator: PatchGAN itself.
        model_forward: the model, wrapped so that several processes share their gradients.
        discriminator_forward: the discriminator, likewise.
        model_optimizer: of the model.
        discriminator_optimizer: of the discriminator.
        perceptual: features of the perceptual loss, frozen.
        averaged: the model's averaged weights, where the preset keeps some.
        accelerator: of Accelerate: the processes.
        device: where everything lives.
        precision: in which forward passes are computed; weights and losses are float32.
    """

    model: ROMNet
    discriminator: PatchDiscriminator
    model_forward: nn.Module
    discriminator_forward: nn.Module
    model_optimizer: torch.optim.Optimizer
    discriminator_optimizer: torch.optim.Optimizer
    perceptual: PyramidFeatures | None
    averaged: AveragedWeights[ROMNet] | None
    accelerator: Accelerator
    device: torch.device
    precision: Precision


def new_accelerator(device: str) -> Accelerator:
    """The process, or this one of several that `accelerate launch` or `torchrun` started.

    Precision and the length of a step are `TrainSettings`': what a user's Accelerate configuration
    says of them is overruled.
    """
    return Accelerator(
        cpu=torch.device(device).type == "cpu",
        mixed_precision="no",
        gradient_accumulation_steps=1,
    )


def new_nets(
    config: RomnetConfig,
    *,
    seed: int,
    accelerator: Accelerator,
    device: str = "cpu",
    precision: Precision = "fp32",
    compiled: bool = False,
    pretrained: bool = True,
    weights: Path | None = None,
    download: bool = False,
) -> Nets:
    """Networks at the start of a training, their random weights drawn from `seed`.

    Args:
        config: the network and its optimisers.
        seed: of all weights that are drawn.
        accelerator: see `new_accelerator`.
        device: "cpu", "cuda" or "cuda:N"; with several processes each takes a device of its own.
        precision: of forward passes.
        compiled: passes the networks through torch.compile.
        pretrained: False leaves frozen backbones random, which is of use for timing alone.
        weights: a file or folder with pretrained backbones, before all other places.
        download: fetch pretrained backbones that are missing.

    Raises:
        UserError: pretrained weights are missing.
    """
    place = accelerator.device if accelerator.num_processes > 1 else torch.device(device)
    model = new_model(config, seed)
    if pretrained and config.matching.scales and config.matching.backbone != "trained":
        load_weights(model.backbone, config.matching.backbone, weights, download)
    perceptual = None
    if config.losses.perceptual_backbone is not None:
        perceptual = build_features(config.losses.perceptual_backbone)
        if pretrained:
            load_weights(perceptual, config.losses.perceptual_backbone, weights, download)
        perceptual = perceptual.to(place).to(memory_format=torch.channels_last).eval()
    # The layout in which convolutions run fastest, here by a quarter on a CPU; same numbers.
    model = model.to(place).to(memory_format=torch.channels_last).train()
    discriminator = new_discriminator(config.losses.discriminator_features, seed)
    discriminator = discriminator.to(place).to(memory_format=torch.channels_last)
    averaged = None
    if config.training.ema is not None:
        averaged = AveragedWeights(model, config.training.ema)
    if compiled:
        for part in (model.restoration, model.colorization, discriminator, perceptual):
            if part is not None:
                part.compile()
    rates = config.training.learning_rate, config.training.discriminator_learning_rate
    return Nets(
        model,
        discriminator,
        accelerator.prepare_model(model, device_placement=False),
        accelerator.prepare_model(discriminator, device_placement=False),
        _adam(model, config.training, rates[0]),
        _adam(discriminator, config.training, rates[1]),
        perceptual,
        averaged,
        accelerator,
        place,
        precision,
    )


def training_step(nets: Nets, batch: Patch, epoch: int) -> dict[str, Tensor]:
    """One step of ROMNet and one of the discriminator on a batch of patches.

    Args:
        nets: they learn.
        batch: input B×1×S×S, target B×3×S×S and reference B×3×S×S, uint8.
        epoch: how often the learning rates have decayed.

    Returns:
        `LOSSES` of this process's patches and `GRADIENTS` of all, each a number on the device.
    """
    model, config = nets.model, nets.model.config
    decay = config.training.decay**epoch
    _set_rate(nets.model_optimizer, config.training.learning_rate * decay)
    _set_rate(nets.discriminator_optimizer, config.training.discriminator_learning_rate * decay)
    degraded, target, reference = (
        _lab(patches.to(nets.device, non_blocking=True)) for patches in batch
    )
    lightness = degraded[0]
    target_lightness, target_ab = target
    reference_lightness, reference_ab = reference

    # L_adv,ab is about chroma (E over G_ab and I'_ab): real and made stand on the same lightness,
    # the true one. On their own they are told apart by the damage that is left in I'_L, which
    # chroma cannot mend: in 900 steps the discriminator won and rec_ab rose from 0.09 to 0.16.
    nets.discriminator.requires_grad_(False)
    with _autocast(nets):
        restored = nets.model_forward(lightness, reference_lightness, reference_ab)
        fuses_histogram = config.colorization.signal == "histogram"
        reference_histogram = restored.signal if fuses_histogram else model.sphist(reference_ab)
        parts = {
            "rec_L": reconstruction_loss(restored.lightness, target_lightness),
            "emd": histogram_loss(
                model.sphist(restored.ab), reference_histogram, config.histogram.bins
            ),
            "rec_ab": reconstruction_loss(restored.ab.float(), target_ab),
            "adv": adversarial_loss(nets.discriminator(target_lightness, restored.ab)),
        }
        if nets.perceptual is not None:
            with torch.no_grad():
                target_maps = nets.perceptual(target_lightness)
            paper = config.losses.perceptual_backbone == "vgg19"
            loss = perceptual_loss if paper else relative_perceptual_loss
            parts["perc_L"] = loss(nets.perceptual(restored.lightness), target_maps)
        total = total_loss(parts, config.losses)
    gradient = _learn(nets, total, nets.model, nets.model_optimizer)
    if nets.averaged is not None:
        nets.averaged.update(nets.model)

    nets.discriminator.requires_grad_(True)
    with _autocast(nets):
        # Real and made in one pass: instance normalisation keeps them apart.
        logits = nets.discriminator_forward(
            target_lightness.repeat(2, 1, 1, 1), torch.cat([target_ab, restored.ab.detach()])
        )
        judged = discriminator_loss(*logits.chunk(2))
    judges_gradient = _learn(nets, judged, nets.discriminator, nets.discriminator_optimizer)
    losses = parts | {"total": total, "discriminator": judged}
    losses |= {"gradient": gradient, "discriminator_gradient": judges_gradient}
    return {name: value.detach() for name, value in losses.items()}


def _learn(nets: Nets, loss: Tensor, net: nn.Module, optimizer: torch.optim.Optimizer) -> Tensor:
    """Steps down the gradient, clipped where the preset says so; the gradient's length."""
    optimizer.zero_grad(set_to_none=True)
    torch.autograd.backward(loss)
    clip = nets.model.config.training.clip
    learning = [weight for weight in net.parameters() if weight.requires_grad]
    length = nn.utils.get_total_norm([w.grad for w in learning if w.grad is not None])
    if clip is not None:
        nn.utils.clip_grads_with_norm_(learning, clip, length)
    optimizer.step()
    return length


def _autocast(nets: Nets) -> contextlib.AbstractContextManager[object]:
    if nets.precision == "fp32":  # and on "meta", where FLOPs are counted and there is no autocast
        return contextlib.nullcontext()
    return torch.autocast(nets.device.type, torch.bfloat16)


def _adam(net: nn.Module, training: TrainingConfig, rate: float) -> torch.optim.Optimizer:
    learning = [weight for weight in net.parameters() if weight.requires_grad]
    return torch.optim.Adam(
        learning,
        lr=rate,
        betas=(training.beta1, training.beta2),
        eps=training.epsilon,
        weight_decay=training.weight_decay,
        fused=learning[0].is_cuda,
    )


def _set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = rate


def _lab(patches: Tensor) -> tuple[Tensor, Tensor]:
    """uint8 patches, B×1×S×S or B×3×S×S → L/50 − 1 and ab/110."""
    return scale_lab(rgb_to_lab(patches.float().expand(-1, 3, -1, -1) / 255))
