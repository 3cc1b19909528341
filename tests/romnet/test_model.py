"""The network's shape is the paper's, and gradients reach all of it."""

import functools

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d

from romnet_bench.backbones import PyramidFeatures, build_features
from romnet_bench.romnet.colorization import FusionModule
from romnet_bench.romnet.discriminator import new_discriminator
from romnet_bench.romnet.losses import (
    adversarial_loss,
    histogram_loss,
    perceptual_loss,
    reconstruction_loss,
    total_loss,
)
from romnet_bench.romnet.model import ROMNet, new_model, own_parameters
from romnet_bench.romnet.presets import LITE, OFFICIAL, PAPER, PRESETS, TINY, RomnetConfig
from romnet_bench.romnet.restoration import ResidualDenseBlock, ResidualDenseNetwork

PARTS: dict[str, dict[str, object]] = {
    "whole": {},
    "one-level": {"restoration.downsampling": (1,)},
    "squares": {"restoration.unshuffle": 2},
    "no-maps": {"matching.scales": ()},
    "map-4": {"matching.scales": (4,)},
    "map-8": {"matching.scales": (8,)},
    "ab": {"colorization.signal": "ab"},
    "ab-input": {"colorization.signal": "ab", "colorization.fusion_scales": (1,)},
    "histogram-input": {"colorization.fusion_scales": (1,)},
    "fusion-4": {"colorization.fusion_scales": (4,)},
}
"""Every value that the parts of a network may take in the ablations of Tables IV to VI."""

NARROW: dict[str, object] = {
    "restoration.features": 16,
    "restoration.growth": 8,
    "matching.level_channels": 16,
    "matching.channels": 32,
    "histogram.bins": 16,
    "colorization.stem": 16,
    "colorization.growth": 8,
    "colorization.bottleneck": 2,
    "losses.discriminator_features": 16,
}
"""Channels of `tiny` for the two large presets, whose parts stay what and as many as they are."""


def _with(preset: RomnetConfig, changes: dict[str, object]) -> RomnetConfig:
    values = preset.model_dump()
    for field, value in changes.items():
        part, key = field.split(".")
        values[part][key] = value
    return RomnetConfig.model_validate(values)


def _batch(side: int = 64) -> tuple[Tensor, Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    values = torch.rand(1, 4, side, side, generator=generator) * 2 - 1
    return values[:, :1], values[:, 1:2], values[:, 2:]


def _awake(config: RomnetConfig) -> ROMNet:
    """A network whose restoration does something: its last layer starts at zero."""
    model = new_model(config, seed=0)
    generator = torch.Generator().manual_seed(1)
    nn.init.normal_(model.restoration.fuse.weight, std=0.1, generator=generator)
    return model


@functools.cache
def _perceptual(name: str) -> PyramidFeatures:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return build_features(name).eval()


def _five_losses(model: ROMNet, lightness: Tensor, ab: Tensor, reference_ab: Tensor) -> Tensor:
    """Eq. 10 against noise."""
    config = model.config
    generator = torch.Generator().manual_seed(2)
    target_lightness = torch.rand(lightness.shape, generator=generator)
    target_ab = torch.rand(ab.shape, generator=generator) - 0.5
    discriminator = new_discriminator(config.losses.discriminator_features, seed=0)
    parts = {
        "rec_L": reconstruction_loss(lightness, target_lightness),
        "emd": histogram_loss(model.sphist(ab), model.sphist(reference_ab), config.histogram.bins),
        "rec_ab": reconstruction_loss(ab, target_ab),
        "adv": adversarial_loss(discriminator(target_lightness, ab)),
    }
    if config.losses.perceptual_backbone is not None:
        features = _perceptual(config.losses.perceptual_backbone)
        parts["perc_L"] = perceptual_loss(features(lightness), features(target_lightness))
    return total_loss(parts, config.losses)


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
    model = new_model(PAPER, seed=0)
    levels = [m for m in model.restoration.modules() if isinstance(m, ResidualDenseNetwork)]
    blocks = [m for m in model.restoration.modules() if isinstance(m, ResidualDenseBlock)]
    assert (len(levels), len(blocks)) == (3, 9)
    assert all(len(block.dense.units) == 4 for block in blocks)
    encoder = model.colorization.encoder
    assert [len(block.units) for block in encoder] == [6, 12, 24, 16]
    fusions = [m for m in model.colorization.modules() if isinstance(m, FusionModule)]
    assert [len(fusion.dense.units) for fusion in fusions] == [6] * 4
    assert list(model.colorization.fusion) == ["4", "8", "16", "32"]
    assert tuple(model.matching.A.shape) == (4, 4)


def test_official_preset_is_the_authors_codes_numbers() -> None:
    """As `../shared/notes/official-code.md` lists them, and nothing else is not the paper's."""
    assert (OFFICIAL.histogram.bins, OFFICIAL.histogram.sigma) == (256, 0.01)
    assert OFFICIAL.histogram.pool == 8
    assert (OFFICIAL.matching.level_channels, OFFICIAL.matching.channels) == (64, 256)
    assert OFFICIAL.matching.temperature == 0.005
    assert OFFICIAL.matching.scales == (8,)
    assert OFFICIAL.matching.confidence
    assert OFFICIAL.losses.histogram == 0.1
    assert (OFFICIAL.training.epsilon, OFFICIAL.training.weight_decay) == (1e-10, 1e-4)
    assert OFFICIAL.restoration == PAPER.restoration
    assert OFFICIAL.colorization == PAPER.colorization


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS)
def test_every_part_learns_by_the_five_losses(preset: RomnetConfig, part: str) -> None:
    """Right shapes and ranges; every weight that learns has a finite gradient, not all zero.

    A weight without one would stop a training on several processes. Whole networks have their
    full size here.
    """
    narrow = NARROW if preset in (PAPER, OFFICIAL) and part != "whole" else {}
    model = _awake(_with(preset, PARTS[part] | narrow)).train()
    lightness, reference_lightness, reference_ab = _batch()
    restored = model(lightness, reference_lightness, reference_ab)
    assert restored.lightness.shape == lightness.shape
    assert restored.ab.shape == reference_ab.shape
    assert restored.ab.abs().max() <= 1
    _five_losses(model, restored.lightness, restored.ab, reference_ab).backward()
    for name, weight in model.named_parameters():
        if weight.requires_grad:
            assert weight.grad is not None, name
            assert torch.isfinite(weight.grad).all(), name
            assert weight.grad.abs().max() > 0, name


@pytest.mark.parametrize("part", PARTS)
def test_colors_come_from_a_reference_of_any_size(part: str) -> None:
    """Without a similarity map too, where its places are stretched to the input's."""
    model = _awake(_with(OFFICIAL if part == "no-maps" else TINY, PARTS[part])).eval()
    lightness = _batch()[0]
    _, reference_lightness, reference_ab = _batch(96)
    with torch.inference_mode():
        one = model(lightness, reference_lightness[..., :64, :], reference_ab[..., :64, :]).ab
        other = model(lightness, reference_lightness[..., :64, :], -reference_ab[..., :64, :]).ab
    assert one.shape == (1, 2, 64, 64)
    assert not torch.equal(one, other)


def test_ablated_networks_have_what_the_tables_say() -> None:
    """Fewer levels, fewer maps, fewer fusions; and two channels where ab is fused."""
    one_level = new_model(_with(TINY, PARTS["one-level"]), seed=0)
    assert len(one_level.restoration.levels) == 1
    blind = new_model(_with(TINY, PARTS["no-maps"]), seed=0)
    assert not hasattr(blind, "backbone")
    assert not hasattr(blind, "matching")
    assert tuple(new_model(_with(TINY, PARTS["map-8"]), seed=0).matching.A.shape) == (1, 4)
    assert list(new_model(_with(TINY, PARTS["fusion-4"]), seed=0).colorization.fusion) == ["4"]
    at_input = new_model(_with(TINY, PARTS["ab-input"]), seed=0).colorization
    assert at_input.stem[0].in_channels == 3
    assert not at_input.fusion


def test_without_a_map_colors_stay_at_their_places() -> None:
    """Table V's first row: SPHist of the reference, averaged, at the input's places."""
    model = new_model(_with(TINY, PARTS["no-maps"]), seed=0)
    lightness, reference_lightness, reference_ab = _batch()
    signal = model.color_signal(reference_ab)
    warped = model.bring_over(lightness, reference_lightness, signal)
    assert list(warped) == [4]
    assert torch.equal(warped[4], signal)
    raw = new_model(_with(TINY, PARTS["ab"]), seed=0).color_signal(reference_ab)
    assert torch.equal(raw, avg_pool2d(reference_ab, 4))


def test_one_map_serves_every_scale() -> None:
    """Table V's second row: all four fusions take the colours that the one map brings over."""
    model = new_model(_with(TINY, PARTS["map-8"]), seed=0).eval()
    assert model.used_scales == [8]
    seen: dict[str, Tensor] = {}
    for scale, fusion in model.colorization.fusion.items():
        fusion.register_forward_pre_hook(
            lambda _, arguments, scale=scale: seen.update({scale: arguments[1]})
        )
    with torch.inference_mode():
        model(*_batch())
    assert {scale: x.shape[-1] for scale, x in seen.items()} == {"4": 16, "8": 8, "16": 4, "32": 2}
    assert torch.allclose(seen["16"], avg_pool2d(seen["8"], 2))
    assert torch.allclose(seen["32"], avg_pool2d(seen["8"], 4))


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
