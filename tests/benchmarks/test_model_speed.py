"""How long ROMNet takes from grey to colour, and for a step of training.

`romnet-bench bench` measures the same and more, for anybody's machine.
"""

import numpy as np
import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture

from romnet_bench.romnet.inference import restore_picture
from romnet_bench.romnet.model import new_model
from romnet_bench.romnet.presets import LITE, PAPER, TINY, RomnetConfig
from romnet_bench.romnet.step import new_accelerator, new_nets, training_step


@pytest.mark.parametrize("config", [PAPER, LITE, TINY], ids=lambda c: c.name)
@pytest.mark.parametrize("side", [256, 512])
def test_restore_picture(benchmark: BenchmarkFixture, config: RomnetConfig, side: int) -> None:
    """Restoration at the photo's size, colours at 256 pixels."""
    random = np.random.default_rng(0)
    photo = random.integers(0, 256, (side, side), dtype=np.uint8)
    reference = random.integers(0, 256, (side, side, 3), dtype=np.uint8)
    model = new_model(config, seed=0).eval()
    output = benchmark.pedantic(
        restore_picture, (model, photo, reference), rounds=3, warmup_rounds=1
    )
    assert output.shape == (side, side, 3)


@pytest.mark.parametrize("config", [PAPER, LITE, TINY], ids=lambda c: c.name)
def test_forward(benchmark: BenchmarkFixture, config: RomnetConfig) -> None:
    """The network alone on one 256×256 patch."""
    generator = torch.Generator().manual_seed(0)
    x = torch.rand(1, 4, 256, 256, generator=generator) * 2 - 1
    model = new_model(config, seed=0).eval()
    with torch.inference_mode():
        restored = benchmark.pedantic(
            model, (x[:, :1], x[:, 1:2], x[:, 2:]), rounds=3, warmup_rounds=1
        )
    assert restored.ab.shape == (1, 2, 256, 256)


@pytest.mark.parametrize("config", [LITE, TINY], ids=lambda c: c.name)
def test_training_step(benchmark: BenchmarkFixture, config: RomnetConfig) -> None:
    """Five losses and the discriminator on a batch of the preset's own patches."""
    random = np.random.default_rng(0)
    count, side = config.training.batch, config.training.crop
    batch = tuple(
        torch.from_numpy(random.integers(0, 256, (count, channels, side, side), dtype=np.uint8))
        for channels in (1, 3, 3)
    )
    nets = new_nets(config, seed=0, accelerator=new_accelerator("cpu"), pretrained=False)
    losses = benchmark.pedantic(training_step, (nets, batch, 0), rounds=3, warmup_rounds=1)
    benchmark.extra_info["pictures_per_second"] = count / benchmark.stats.stats.median
    assert torch.isfinite(losses["total"])
