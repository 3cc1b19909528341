"""The network's shape is the paper's, and gradients reach all of it."""

import pytest
import torch
from torch import nn

from romnet_bench.backbones import build_features
from romnet_bench.romnet.discriminator import new_discriminator
from romnet_bench.romnet.model import new_model, own_parameters
from romnet_bench.romnet.presets import LITE, PAPER, TINY, RomnetConfig
from romnet_bench.romnet.restoration import ResidualDenseBlock, ResidualDenseNetwork

SMALL_PAPER = PAPER.model_copy(update={"histogram": PAPER.histogram.model_copy(update={"bins": 8})})


def _batch(side: int = 64) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    values = torch.rand(1, 4, side, side, generator=generator) * 2 - 1
    return values[:, :1], values[:, 1:2], values[:, 2:]


def test_paper_preset_is_what_the_paper_writes() -> None:
    """The numbers of sections III and IV."""
    assert PAPER.restoration.downsampling == (1, 4, 8)
    assert (PAPER.restoration.blocks, PAPER.restoration.units) == (3, 4)
    assert PAPER.matching.backbone == "resnet34"
    assert PAPER.histogram.sigma == 0.1
    assert PAPER.colorization.units == (6, 12, 24, 16)
    assert PAPER.colorization.fusion_units == 6
    weights = PAPER.losses
    assert (weights.luminance, weights.perceptual, weights.histogram) == (1.0, 0.2, 0.5)
    assert (weights.chroma, weights.adversarial) == (1.0, 0.2)
    training = PAPER.training
    assert (training.learning_rate, training.beta1, training.beta2) == (1e-4, 0.99, 0.999)
    assert (training.decay, training.crop, training.epochs) == (0.99, 256, 20)


def test_modules_are_those_of_figure_2() -> None:
    """Three levels of three blocks of four units; four dense blocks, each with a fusion module."""
    model = new_model(SMALL_PAPER, seed=0)
    levels = [m for m in model.restoration.modules() if isinstance(m, ResidualDenseNetwork)]
    blocks = [m for m in model.restoration.modules() if isinstance(m, ResidualDenseBlock)]
    assert (len(levels), len(blocks)) == (3, 9)
    assert all(len(block.dense.units) == 4 for block in blocks)
    encoder = model.colorization.encoder
    assert [len(block.units) for block in encoder] == [6, 12, 24, 16]
    assert [len(fusion.dense.units) for fusion in model.colorization.fusion] == [6] * 4
    assert tuple(model.matching.A.shape) == (4, 4)


@pytest.mark.parametrize("config", [SMALL_PAPER, LITE, TINY], ids=lambda c: c.name)
def test_forward_and_gradients(config: RomnetConfig) -> None:
    """Right shapes and ranges; every weight that learns gets a finite gradient, not all zero."""
    model = new_model(config, seed=0)
    # The last layer of the restoration starts at zero, which would hide what is before it.
    nn.init.normal_(model.restoration.fuse.weight, generator=torch.Generator().manual_seed(1))
    lightness, reference_lightness, reference_ab = _batch()
    restored = model(lightness, reference_lightness, reference_ab)
    assert restored.lightness.shape == lightness.shape
    assert restored.ab.shape == reference_ab.shape
    assert restored.ab.abs().max() <= 1
    torch.manual_seed(0)
    loss = (restored.ab * torch.randn_like(restored.ab)).sum() + restored.lightness.square().sum()
    loss.backward()
    for name, weight in model.named_parameters():
        if weight.requires_grad:
            assert weight.grad is not None, name
            assert torch.isfinite(weight.grad).all(), name
            assert weight.grad.abs().sum() > 0, name


def test_restoration_starts_at_its_input() -> None:
    """Before training it gives back what it gets."""
    lightness = _batch()[0]
    assert torch.equal(new_model(TINY, seed=0).restoration(lightness), lightness)


def test_pretrained_backbone_is_frozen_and_the_tiny_one_learns() -> None:
    """Training sets lite's own weights only: at most five million."""
    lite, tiny = new_model(LITE, seed=0), new_model(TINY, seed=0)
    assert not any(weight.requires_grad for weight in lite.backbone.parameters())
    assert all(weight.requires_grad for weight in tiny.backbone.parameters())
    assert own_parameters(lite) <= 5_000_000
    lite.train()
    assert not any(module.training for module in lite.backbone.modules())


def test_seed_decides_the_weights_and_global_state_is_left_alone() -> None:
    """Seed 0 is a seed."""
    torch.manual_seed(7)
    expected = torch.rand(3)
    torch.manual_seed(7)
    first, again, other = (new_model(TINY, seed) for seed in (0, 0, 1))
    assert torch.equal(torch.rand(3), expected)
    assert all(map(torch.equal, first.parameters(), again.parameters()))
    assert not all(map(torch.equal, first.parameters(), other.parameters()))


@pytest.mark.parametrize("name", ["resnet34", "squeezenet1_1", "alexnet", "vgg19", "trained"])
def test_backbones_give_four_maps_of_the_channels_they_state(name: str) -> None:
    """From fine to coarse."""
    features = build_features(name).eval()
    maps = features(torch.zeros(1, 1, 96, 96))
    assert tuple(x.shape[1] for x in maps) == features.channels
    sizes = [x.shape[-1] for x in maps]
    assert sizes == sorted(sizes, reverse=True)


def test_vgg19_maps_are_relu22_32_42_52() -> None:
    """Against a walk through torchvision's sequence that counts pools and convolutions."""
    features = build_features("vgg19").eval()
    for index, weights in enumerate(features.parameters()):
        generator = torch.Generator().manual_seed(index)
        nn.init.normal_(weights, std=0.05, generator=generator)
    lightness = torch.rand(1, 1, 32, 32, generator=torch.Generator().manual_seed(0)) * 2 - 1
    seen = (((lightness + 1) / 2).expand(-1, 3, -1, -1) - features.mean) / features.std
    maps, pools, convolutions = [], 0, 0
    for layer in (layer for stage in features.stages for layer in stage.children()):
        seen = layer(seen)
        if isinstance(layer, nn.MaxPool2d):
            pools, convolutions = pools + 1, 0
        elif isinstance(layer, nn.Conv2d):
            convolutions += 1
        elif pools >= 1 and convolutions == 2:
            maps.append(seen)
    mine = features(lightness)
    assert len(maps) == len(mine) == 4
    assert all(map(torch.equal, maps, mine))


def test_discriminator_sees_patches_of_seventy_pixels() -> None:
    """The receptive field of PatchGAN [34], measured by a gradient."""
    discriminator = new_discriminator(8, seed=0).eval()
    lightness = torch.zeros(1, 1, 160, 160, requires_grad=True)
    # Instance normalisation sees the whole picture: without it a logit sees its patch alone.
    plain = nn.Sequential(
        *(m for m in discriminator.layers if not isinstance(m, nn.InstanceNorm2d))
    )
    logits = plain(torch.cat([lightness, torch.zeros(1, 2, 160, 160)], dim=1))
    logits[0, 0, 9, 9].backward()
    assert lightness.grad is not None
    rows = lightness.grad[0, 0].abs().sum(1).nonzero()
    assert int(rows.max() - rows.min()) + 1 == 70
