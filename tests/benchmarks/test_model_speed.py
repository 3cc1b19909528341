"""How long ROMNet takes from grey to colour."""

import numpy as np
import pytest
import torch
from pytest_benchmark.fixture import BenchmarkFixture

from romnet_bench.romnet.inference import restore_picture
from romnet_bench.romnet.model import new_model
from romnet_bench.romnet.presets import LITE, PAPER, TINY, RomnetConfig


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
