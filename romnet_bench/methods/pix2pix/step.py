"""One step of training: the discriminator's, then the generator's, in the authors' order."""

import dataclasses

import torch
from torch import Tensor, nn

from romnet_bench.methods.pix2pix.discriminator import PatchGAN
from romnet_bench.methods.pix2pix.losses import adversarial_loss, discriminator_loss, l1_loss
from romnet_bench.methods.pix2pix.patches import Patch
from romnet_bench.methods.pix2pix.photo import as_seen
from romnet_bench.methods.pix2pix.presets import Pix2pixConfig
from romnet_bench.methods.pix2pix.unet import UNet, initialise
from romnet_bench.training.averaging import AveragedWeights

LOSSES = (
    *("l1", "adv", "total", "real", "made", "discriminator"),
    *("gradient", "discriminator_gradient"),
)
"""What a step logs; `real` and `made` are the halves of `discriminator`."""


@dataclasses.dataclass(frozen=True)
class Nets:
    """The two networks, and their optimisers."""

    config: Pix2pixConfig
    unet: UNet
    discriminator: PatchGAN
    averaged: AveragedWeights[UNet] | None  # of the U-Net, where the preset keeps some
    unet_optimizer: torch.optim.Optimizer
    discriminator_optimizer: torch.optim.Optimizer
    device: torch.device


def new_unet(config: Pix2pixConfig) -> UNet:
    """The U-Net of a configuration, for one grey channel."""
    return UNet(1, config.outputs, config.filters, config.levels)


def new_nets(config: Pix2pixConfig, seed: int, device: str) -> Nets:
    """Networks at the start of a training, their random weights drawn from `seed`."""
    unet = new_unet(config)
    discriminator = PatchGAN(1 + config.outputs, config.discriminator_filters)
    for network in (unet, discriminator):
        initialise(network, seed)
        network.to(device)
    return Nets(
        config,
        unet,
        discriminator,
        None if config.ema is None else AveragedWeights(unet, config.ema),
        _adam(unet, config),
        _adam(discriminator, config),
        torch.device(device),
    )


def training_step(
    nets: Nets, batch: Patch, epoch: int, noise: torch.Generator
) -> dict[str, Tensor]:
    """One step of both networks on a batch of patches.

    Args:
        nets: they learn.
        batch: input B×1×S×S and target B×3×S×S, uint8.
        epoch: from which the learning rate follows.
        noise: of the generator's dropout, on the networks' device.

    Returns:
        `LOSSES`, each a number on the device.
    """
    rate = nets.config.rate(epoch)
    nets.unet_optimizer.param_groups[0]["lr"] = rate
    nets.discriminator_optimizer.param_groups[0]["lr"] = rate * nets.config.discriminator_pace
    degraded, target = (patches.to(nets.device, non_blocking=True) for patches in batch)
    seen, wanted = as_seen(nets.config.task, degraded, target)
    picture = nets.unet(seen, noise)

    nets.discriminator.requires_grad_(True)
    both = torch.cat([wanted, picture.detach()])
    real, made = discriminator_loss(*nets.discriminator(seen.repeat(2, 1, 1, 1), both).chunk(2))
    judged = (real + made) / 2
    judges_gradient = _learn(judged, nets.discriminator, nets.discriminator_optimizer)

    nets.discriminator.requires_grad_(False)
    adversarial = adversarial_loss(nets.discriminator(seen, picture))
    difference = l1_loss(picture, wanted)
    total = adversarial + nets.config.l1 * difference
    gradient = _learn(total, nets.unet, nets.unet_optimizer)
    if nets.averaged is not None:
        nets.averaged.update(nets.unet)
    values = (difference, adversarial, total, real, made, judged, gradient, judges_gradient)
    return {name: value.detach() for name, value in zip(LOSSES, values, strict=True)}


def _learn(loss: Tensor, network: nn.Module, optimizer: torch.optim.Optimizer) -> Tensor:
    """Steps down the gradient; its length."""
    optimizer.zero_grad(set_to_none=True)
    torch.autograd.backward(loss)
    length = nn.utils.get_total_norm([w.grad for w in network.parameters() if w.grad is not None])
    optimizer.step()
    return length


def _adam(network: nn.Module, config: Pix2pixConfig) -> torch.optim.Optimizer:
    return torch.optim.Adam(
        network.parameters(), lr=config.learning_rate, betas=(config.beta1, config.beta2)
    )
