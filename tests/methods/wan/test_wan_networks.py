"""The networks of Wan et al. without upstream: layout, shapes, and what each part must do."""

import numpy as np
import pytest
import torch
from scipy import ndimage

from romnet_bench.methods.wan.layers import ResidualBlock
from romnet_bench.methods.wan.mapping import Mapping, ScratchMapping
from romnet_bench.methods.wan.scratch_detector import BlurAndHalve, ScratchDetector
from romnet_bench.methods.wan.vae import Vae

LAYOUT = {
    Vae: (
        44,
        {
            "encoder.1.weight": (64, 3, 7, 7),
            "encoder.4.weight": (64, 64, 4, 4),
            "encoder.7.bias": (64,),
            "encoder.10.conv_block.1.weight": (64, 64, 3, 3),
            "encoder.13.conv_block.5.bias": (64,),
            "decoder.0.conv_block.1.weight": (64, 64, 3, 3),
            "decoder.4.weight": (64, 64, 4, 4),
            "decoder.7.weight": (64, 64, 4, 4),
            "decoder.11.weight": (3, 64, 7, 7),
        },
    ),
    Mapping: (
        40,
        {
            "model.0.weight": (128, 64, 3, 3),
            "model.9.weight": (512, 512, 3, 3),
            "model.12.conv_block.1.weight": (512, 512, 3, 3),
            "model.17.conv_block.5.weight": (512, 512, 3, 3),
            "model.24.weight": (128, 256, 3, 3),
            "model.27.weight": (64, 128, 3, 3),
        },
    ),
    ScratchMapping: (
        60,
        {
            "before_NL.9.weight": (512, 512, 3, 3),
            "NL.g.weight": (512, 512, 1, 1),
            "NL.W.bias": (512,),
            "NL.res_block.2.conv_block.5.weight": (512, 512, 3, 3),
            "after_NL.5.conv_block.1.weight": (512, 512, 3, 3),
            "after_NL.15.weight": (64, 128, 3, 3),
        },
    ),
    ScratchDetector: (
        156,
        {
            "first.1.weight": (64, 1, 7, 7),
            "down_sample.0.1.weight": (64, 64, 3, 3),
            "down_sample.3.2.running_var": (512,),
            "down_sample.3.4.filt": (512, 1, 3, 3),
            "down_path.3.block.5.weight": (1024, 1024, 3, 3),
            "up_path.0.up.2.weight": (512, 1024, 3, 3),
            "up_path.3.conv_block.block.1.weight": (64, 128, 3, 3),
            "last.1.weight": (1, 64, 3, 3),
        },
    ),
}
"""How many tensors the published checkpoints hold, and some of them."""


@pytest.mark.parametrize("kind", LAYOUT)
def test_layout_is_that_of_the_checkpoints(kind):
    with torch.device("meta"):
        state = kind().state_dict()
    count, some = LAYOUT[kind]
    assert len(state) == count
    assert {key: tuple(state[key].shape) for key in some} == some


@torch.inference_mode()
def test_autoencoder_quarters_and_comes_back():
    network, photo = Vae().eval(), torch.rand(1, 3, 8, 12) * 2 - 1
    latent = network.encoder(photo)
    assert latent.shape == (1, 64, 2, 3)
    restored = network.decoder(latent)
    assert restored.shape == photo.shape
    assert restored.abs().max() <= 1


@torch.inference_mode()
def test_detector_keeps_the_size():
    network = ScratchDetector().eval()
    assert network(torch.zeros(1, 1, 32, 48)).shape == (1, 1, 32, 48)


def test_blur_is_scipys():
    picture = np.random.default_rng(0).normal(size=(3, 9, 12))
    row = np.array([1, 2, 1]) / 4
    blurred = ndimage.convolve(picture, np.outer(row, row)[None], mode="mirror")
    ours = BlurAndHalve(3).double()(torch.from_numpy(picture)[None])[0].numpy()
    assert np.allclose(ours, blurred[:, ::2, ::2], atol=1e-12)


@torch.inference_mode()
def test_residual_block_adds_and_leaves_its_input_alone():
    block, x = ResidualBlock(4), torch.rand(1, 4, 6, 5)
    before = x.clone()
    branch = block.conv_block(x)
    assert torch.equal(block(x), x + branch)
    assert torch.equal(x, before)
    assert branch.std() > 0.5  # normalised, so of a standard deviation of about 1
