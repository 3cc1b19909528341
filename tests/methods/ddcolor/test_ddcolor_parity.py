"""DDColor against the authors' own modules and pipeline; needs their repository.

With random weights that leave no part idle. The pipeline's test needs OpenCV too.
"""

from collections.abc import Callable, Iterator
from types import ModuleType

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from romnet_bench.methods.ddcolor import method
from romnet_bench.methods.ddcolor.checkpoint import adapt
from romnet_bench.methods.ddcolor.convnext import LARGE
from romnet_bench.methods.ddcolor.method import Ddcolor
from romnet_bench.methods.ddcolor.network import DDColor
from romnet_bench.methods.fill import strictly

from .conftest import load_published

TOLERANCE = 1e-4
LEAST_SPREAD = 0.05


@pytest.fixture(scope="module")
def theirs(upstream, upstream_modules) -> Iterator[Callable[[str], ModuleType]]:
    """Imports their modules, but not their packages, which import much that is not needed."""
    folder = upstream("DDColor")
    stubs = {}
    for name in ("ddcolor", "basicsr", "basicsr.archs"):
        stubs[name] = ModuleType(name)
        stubs[name].__path__ = [str(folder.joinpath(*name.split(".")))]
    with upstream_modules(folder, stubs) as importable:
        yield importable


def build(theirs: Callable[[str], ModuleType], scramble: Callable, encoder: str) -> nn.Module:
    """Their network as their scripts build it, scrambled, its spectral norms settled."""
    network = theirs("ddcolor.model").DDColor(
        encoder_name=encoder,
        input_size=(64, 64),
        num_output_channels=2,
        last_norm="Spectral",
        num_queries=100,
    )
    scramble(network)
    with torch.no_grad():
        # Colours of some units, as they are after training, so that 1e-4 says something.
        for values in network.decoder.color_decoder.color_embed.layers[2].parameters():
            values.mul_(0.05)
        network.train()
        for seed in range(3):  # each pass is a step of the norms' power iteration
            network(pictures(64, 64, seed=seed))
    return network.eval()


def pictures(height: int, width: int, seed: int = 0) -> Tensor:
    return torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(seed))


def require_equal(found: Tensor, expected: Tensor) -> None:
    assert found.shape == expected.shape
    assert expected.flatten(2).std(2).mean() > LEAST_SPREAD  # over places, in each channel
    difference = (found - expected).abs().max().item()
    print(f"largest difference {difference:.1e}, spread {expected.flatten(2).std(2).mean():.2f}")
    assert difference <= TOLERANCE


@pytest.fixture(scope="module")
def tiny(theirs, scramble) -> nn.Module:
    return build(theirs, scramble, "convnext-t")


@pytest.fixture(scope="module")
def ours(tiny, module_cache, tmp_path_factory) -> Ddcolor:
    """Their weights, through a file, into ours."""
    return load_published(tmp_path_factory.mktemp("weights"), tiny.state_dict())


@torch.inference_mode()
@pytest.mark.parametrize("size", [(64, 96), (160, 128)])
def test_network(tiny, ours, size):
    require_equal(ours._network(pictures(*size)), tiny(pictures(*size)))


@torch.inference_mode()
def test_parts(tiny, ours):
    """Encoder, pixel decoder and colour decoder, each fed with what theirs was fed with."""
    x = (pictures(96, 64) - tiny.mean) / tiny.std
    tiny.encoder(x)
    features = [hook.feature for hook in tiny.encoder.hooks]
    for found, expected in zip(ours._network.encoder(x), features, strict=True):
        require_equal(found, expected)

    scales = [features[-1]]
    for layer in tiny.decoder.layers:
        scales.append(layer(scales[-1]))
    embedding = tiny.decoder.last_shuf(scales[-1])
    found_scales, found_embedding = ours._network.pixel_decoder(features)
    for found, expected in zip(found_scales, scales[1:], strict=True):
        require_equal(found, expected)
    require_equal(found_embedding, embedding)

    maps = tiny.decoder.color_decoder(scales[1:], embedding)
    require_equal(ours._network.color_decoder(scales[1:], embedding), maps)


@torch.inference_mode()
def test_color_block(tiny, ours):
    """One of the nine, on queries that differ more than they do inside a random network."""
    generator = torch.Generator().manual_seed(0)
    queries, position = torch.randn(2, 100, 256, generator=generator)
    places, where = torch.randn(2, 24, 256, generator=generator)
    decoder = tiny.decoder.color_decoder
    x, spot = queries[:, None], position[:, None]  # theirs have the batch in the middle
    x = decoder.transformer_cross_attention_layers[4](
        x, places[:, None], pos=where[:, None], query_pos=spot
    )
    x = decoder.transformer_self_attention_layers[4](x, query_pos=spot)
    x = decoder.transformer_ffn_layers[4](x)
    found = ours._network.color_decoder.blocks[4](queries[None], position, places[None], where)
    require_equal(found, x.transpose(0, 1))


@torch.inference_mode()
def test_large_network(theirs, scramble):
    network = build(theirs, scramble, "convnext-l")
    large = DDColor(LARGE).eval()
    strictly(large, adapt(network.state_dict()), "theirs")
    require_equal(large(pictures(64, 64)), network(pictures(64, 64)))


@torch.inference_mode()
def test_pipeline(theirs, tiny, ours, monkeypatch):
    """Grey photo in, colour photo out: at most one level apart, as OpenCV's Lab is coarser."""
    pytest.importorskip("cv2")
    monkeypatch.setattr(method, "SIDE", 128)  # for speed
    pipeline = theirs("ddcolor.pipeline").ColorizationPipeline(tiny, input_size=128)
    rows, columns = np.mgrid[:90, :133]
    wave = np.sin(rows / 9) * np.cos(columns / 13)
    noise = np.random.default_rng(0).normal(0, 6, wave.shape)
    grey = np.clip(128 + 100 * wave + noise, 0, 255).astype(np.uint8)
    expected = pipeline.process(np.stack([grey] * 3, axis=-1))[..., ::-1]
    (found,) = ours.restore([grey], [None])
    assert np.ptp(expected.astype(int), axis=-1).mean() > 5  # there is colour
    difference = np.abs(found.astype(int) - expected.astype(int))
    print(f"largest difference {difference.max()} levels, mean {difference.mean():.4f}")
    assert difference.max() <= 1
