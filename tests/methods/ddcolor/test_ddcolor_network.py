"""DDColor's parts against torchvision's ConvNeXt and against formulas written out."""

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models import convnext_tiny

from romnet_bench.methods.ddcolor.color_decoder import (
    Attention,
    ColorBlock,
    ColorDecoder,
    sine_positions,
)
from romnet_bench.methods.ddcolor.convnext import LARGE, TINY, ConvNeXt
from romnet_bench.methods.ddcolor.network import DDColor
from romnet_bench.methods.ddcolor.pixel_decoder import PixelDecoder, ShuffleUp


@pytest.fixture(scope="module")
def network(scramble: Callable[..., nn.Module]) -> nn.Module:
    return scramble(DDColor(TINY)).eval()


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@torch.inference_mode()
def test_encoder_equals_torchvision(scramble):
    """Stage by stage, within 1e-4; torchvision has no norm after each."""
    theirs = scramble(convnext_tiny(weights=None)).eval()
    state = {}
    for key, tensor in theirs.features.state_dict().items():
        index, rest = key.split(".", 1)
        stage, is_stage = divmod(int(index), 2)
        names = {"block.0": "dwconv", "block.2": "norm", "block.3": "pwconv1", "block.5": "pwconv2"}
        for name, ours in names.items():
            rest = rest.replace(name, ours)
        value = tensor.flatten() if rest.endswith("layer_scale") else tensor
        rest = rest.replace("layer_scale", "gamma")
        state[f"{'stages' if is_stage else 'downsample_layers'}.{stage}.{rest}"] = value
    ours = ConvNeXt(TINY).eval()
    missing, unexpected = ours.load_state_dict(state, strict=False)
    assert not unexpected
    assert all(key.startswith("norms.") for key in missing)

    x = random(1, 3, 64, 96)
    features = ours(x)
    assert [tuple(each.shape[1:]) for each in features] == [
        (96, 16, 24), (192, 8, 12), (384, 4, 6), (768, 2, 3)
    ]  # fmt: skip
    for stage, found in enumerate(features):
        x = theirs.features[2 * stage + 1](theirs.features[2 * stage](x))
        channels_last = functional.layer_norm(x.movedim(1, -1), (x.shape[1],), eps=1e-6)
        assert (found - channels_last.movedim(-1, 1)).abs().max() < 1e-4


@pytest.mark.parametrize("factor", [2, 4])
@torch.inference_mode()
def test_step_up_is_shuffle_and_blur(factor):
    """Against loops over pixels, within 1e-6."""
    step = ShuffleUp(3, 2, factor, normed=False)
    x = random(1, 3, 2, 3)
    wide = functional.relu(step.conv(x))[0]
    large = torch.empty(2, 2 * factor, 3 * factor)
    for c, i, j in np.ndindex(*large.shape):
        part = (i % factor) * factor + j % factor
        large[c, i, j] = wide[c * factor**2 + part, i // factor, j // factor]
    blurred = torch.empty_like(large)
    for c, i, j in np.ndindex(*large.shape):
        up, left = max(i - 1, 0), max(j - 1, 0)
        blurred[c, i, j] = (
            large[c, i, j] + large[c, up, j] + large[c, i, left] + large[c, up, left]
        ) / 4
    assert (step(x)[0] - blurred).abs().max() < 1e-6


def test_positions_are_sines_and_cosines():
    """Against the formula place by place, within 1e-5."""
    height, width = 3, 5
    found = sine_positions(height, width)
    assert found.shape == (height * width, 256)
    for row, column, wave in np.ndindex(height, width, 64):
        y, x = (row + 1) / height * 2 * math.pi, (column + 1) / width * 2 * math.pi
        length = 10000 ** (wave / 64)
        expected = [math.sin(y / length), math.cos(y / length)]
        expected += [math.sin(x / length), math.cos(x / length)]
        place = found[row * width + column]
        at = [2 * wave, 2 * wave + 1, 128 + 2 * wave, 129 + 2 * wave]
        assert np.allclose(place[at], expected, atol=1e-5)


def attend(layer: Attention, queries: Tensor, keys: Tensor, values: Tensor) -> Tensor:
    """Multi-head attention written out, N×C each, without the sum and the norm after it."""
    weights, biases = layer.attention.in_proj_weight, layer.attention.in_proj_bias
    projected = [
        functional.linear(x, w, b).unflatten(1, (8, 32)).transpose(0, 1)
        for x, w, b in zip((queries, keys, values), weights.chunk(3), biases.chunk(3), strict=True)
    ]
    agreement = projected[0] @ projected[1].mT / 32**0.5
    taken = (agreement.softmax(dim=2) @ projected[2]).transpose(0, 1).flatten(1)
    return layer.attention.out_proj(taken)


@torch.inference_mode()
def test_color_block_is_two_attentions_and_a_perceptron(scramble):
    """Positions go to queries and keys, never to values; each step is added and normalised."""
    block = scramble(ColorBlock()).eval()
    queries, position = random(100, 256), random(100, 256, seed=1)
    places, where = random(12, 256, seed=2), random(12, 256, seed=3)
    found = block(queries[None], position, places[None], where)[0]

    x = queries + attend(block.cross, queries + position, places + where, places)
    x = block.cross.norm(x)
    x = block.itself.norm(x + attend(block.itself, x + position, x + position, x))
    perceptron = block.feed_forward
    hidden = perceptron.linear1(x).clamp_min(0)
    expected = perceptron.norm(x + perceptron.linear2(hidden))
    assert (found - expected).abs().max() < 1e-4


@torch.inference_mode()
def test_blocks_take_the_scales_in_turn(scramble):
    """What is on a scale reaches every third block, beginning with the coarsest scale."""
    decoder = scramble(ColorDecoder((8, 4, 2))).eval()
    seen = []
    for block in decoder.blocks:
        block.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[2].shape[1]))
    scales = [random(2, 8, 1, 2), random(2, 4, 2, 4), random(2, 2, 4, 8)]
    maps = decoder(scales, random(2, 256, 16, 32))
    assert maps.shape == (2, 100, 16, 32)
    assert seen == [2, 8, 32] * 3


def test_every_weight_counts(network):
    """A weight that nothing depends on would hide a part that is left out."""
    network.requires_grad_(True).zero_grad()
    network(random(1, 3, 64, 64)).square().sum().backward()
    idle = [key for key, values in network.named_parameters() if not values.grad.abs().sum() > 0]
    network.requires_grad_(False)
    assert idle == []


@torch.inference_mode()
def test_output_is_what_it_was_when_it_equalled_theirs():
    """Guards the whole where upstream's code is not at hand: ten numbers, to one in 10000."""
    network, generator = DDColor(TINY).eval(), torch.Generator().manual_seed(0)
    for name, values in network.state_dict().items():
        if values.ndim >= 2 and name not in ("mean", "std"):
            values.normal_(0, (1.6 / values[0].numel()) ** 0.5, generator=generator)
        elif values.ndim == 1:
            values.uniform_(0.5, 1.5, generator=generator)
    ab = network(torch.rand(1, 3, 64, 96, generator=generator))[0]
    found = [*ab.mean((1, 2)), *ab.std((1, 2)), *ab[:, 5, 7], *ab[:, 63, 0], *ab[:, 31, 95]]
    expected = [-60.4303, -529.782, 5.95168, 51.1306, -52.7682]
    expected += [-464.895, -60.8454, -534.538, -50.4890, -444.402]
    assert np.allclose(found, expected, rtol=1e-4)


@torch.inference_mode()
def test_batches_are_independent(network):
    pictures = torch.rand(2, 3, 32, 64, generator=torch.Generator().manual_seed(0))
    together = network(pictures)
    assert together.shape == (2, 2, 32, 64)
    alone = torch.cat([network(picture[None]) for picture in pictures])
    assert torch.allclose(together, alone, rtol=1e-4, atol=1e-4 * together.std().item())


def test_sizes_hold_the_published_number_of_weights():
    """The published files measure 220 and 912 MB, nearly all of it float32."""
    with torch.device("meta"):
        counts = [sum(p.numel() for p in DDColor(size).parameters()) for size in (TINY, LARGE)]
    assert [round(4 * count / 1e6) for count in counts] == [220, 911]


def test_pixel_decoder_gives_three_scales_and_the_picture():
    with torch.device("meta"):
        decoder = PixelDecoder(TINY.channels)
        features = [torch.empty(1, c, 64 >> i, 32 >> i) for i, c in enumerate(TINY.channels)]
        scales, embedding = decoder(features)
    assert [scale.shape[1:] for scale in scales] == [(512, 16, 8), (512, 32, 16), (256, 64, 32)]
    assert embedding.shape == (1, 256, 256, 128)
