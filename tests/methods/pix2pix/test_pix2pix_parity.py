"""Our networks against those of Pix2pix's authors, the same weights in both."""

import functools
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from romnet_bench import weights
from romnet_bench.color import tensor_to_picture
from romnet_bench.methods.contract import MethodOptions
from romnet_bench.methods.fill import strictly
from romnet_bench.methods.pix2pix.checkpoint import load_unet
from romnet_bench.methods.pix2pix.discriminator import PatchGAN
from romnet_bench.methods.pix2pix.losses import adversarial_loss, discriminator_loss
from romnet_bench.methods.pix2pix.method import load
from romnet_bench.methods.pix2pix.presets import OFFICIAL

REPOSITORY = "contrastive-unpaired-translation"
"""By the same authors, with the same `UnetGenerator` and `NLayerDiscriminator`."""


@pytest.fixture(scope="module")
def networks(
    upstream: Callable[[str], Path], upstream_modules: Callable[..., object]
) -> Iterator[ModuleType]:
    """Upstream's module of networks."""
    with upstream_modules(upstream(REPOSITORY)) as load_module:  # type: ignore[attr-defined]
        yield load_module("models.networks")


def _as_tested(network: nn.Module) -> nn.Module:
    """As upstream's `test.py` runs it by default: statistics of the photo, but nothing dropped."""
    network.train()
    for part in network.modules():
        if isinstance(part, nn.Dropout):
            part.eval()
    return network


def _alike(ours: Tensor, theirs: Tensor) -> None:
    difference = (ours - theirs).abs().max().item()
    print(f"largest difference {difference:.1e}, deviation {theirs.std().item():.3f}")
    assert theirs.std() >= 0.05
    assert difference <= 1e-4


@pytest.mark.parametrize(
    ("norm", "inputs", "outputs", "filters", "levels", "size"),
    [
        ("batch", 3, 3, 64, 8, (256, 256)),
        ("batch", 1, 3, 16, 8, (256, 512)),
        ("instance", 3, 3, 16, 7, (128, 128)),
        ("instance", 1, 2, 8, 5, (64, 96)),
        ("batch", 1, 2, 8, 5, (32, 64)),
        ("none", 3, 3, 8, 6, (64, 64)),
    ],
)
@torch.inference_mode()
def test_the_unet_is_theirs(
    networks: ModuleType,
    scramble: Callable[..., nn.Module],
    tmp_path: Path,
    *,
    norm: str,
    inputs: int,
    outputs: int,
    filters: int,
    levels: int,
    size: tuple[int, int],
) -> None:
    """From a file as upstream saves it, on one GPU or several."""
    theirs = networks.UnetGenerator(
        inputs, outputs, levels, filters, networks.get_norm_layer(norm), use_dropout=True
    )
    scramble(_as_tested(theirs))
    state = theirs.state_dict()
    if levels == 7:
        state = {f"module.{key}": tensor for key, tensor in state.items()}
    path = tmp_path / "latest_net_G.pth"
    torch.save(state, path)
    unet, saved = load_unet(path)
    assert saved is None
    assert (unet.inputs, unet.outputs, unet.levels) == (inputs, outputs, levels)
    photo = torch.rand(1, inputs, *size, generator=torch.Generator().manual_seed(1)) * 2 - 1
    _alike(unet(photo), theirs(photo))


def test_the_noise_is_their_dropout(
    networks: ModuleType, scramble: Callable[..., nn.Module], monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the same places: their dropout takes the masks that ours draws."""
    from romnet_bench.methods.pix2pix.upstream import unet_from_upstream

    theirs = networks.UnetGenerator(1, 3, 8, 4, networks.get_norm_layer("batch"), use_dropout=True)
    scramble(theirs).train()
    ours = unet_from_upstream(theirs.state_dict(), "theirs")
    masks = torch.Generator().manual_seed(3)

    def drop(_: nn.Module, x: Tensor) -> Tensor:
        return x * (torch.rand(x.shape, generator=masks) < 0.5) * 2

    monkeypatch.setattr(nn.Dropout, "forward", drop)
    photo = torch.rand(1, 1, 256, 256, generator=torch.Generator().manual_seed(1)) * 2 - 1
    noisy = ours(photo, torch.Generator().manual_seed(3))
    _alike(noisy, theirs(photo))
    assert (noisy - ours(photo)).abs().max() > 0.05


@pytest.mark.parametrize(("channels", "filters"), [(6, 64), (3, 16)])
@torch.inference_mode()
def test_the_discriminator_is_theirs(
    networks: ModuleType, scramble: Callable[..., nn.Module], channels: int, filters: int
) -> None:
    """On batches of one, whose statistics are the picture's own."""
    theirs = networks.NLayerDiscriminator(
        channels, filters, 3, networks.get_norm_layer("batch"), no_antialias=True
    )
    scramble(theirs).train()
    ours = PatchGAN(channels, filters)
    learnt = {name for name, _ in theirs.named_parameters()}
    strictly(ours, {k: x for k, x in theirs.state_dict().items() if k in learnt}, "theirs")
    pair = torch.rand(2, channels, 96, 128, generator=torch.Generator().manual_seed(2)) * 2 - 1
    logits = ours(pair[:, :1], pair[:, 1:])
    assert logits.shape == (2, 1, 10, 14)
    for index in range(2):
        _alike(logits[index], theirs(pair[index : index + 1])[0])


def test_the_losses_are_theirs(networks: ModuleType) -> None:
    """Their GANLoss in its mode "vanilla", which Pix2pix takes."""
    theirs = networks.GANLoss("vanilla")
    real, made = torch.randn(2, 1, 1, 30, 30, generator=torch.Generator().manual_seed(0))
    ours = discriminator_loss(real, made)
    assert torch.allclose(ours[0], theirs(real, True))
    assert torch.allclose(ours[1], theirs(made, False))
    assert torch.allclose(adversarial_loss(made), theirs(made, True))


def test_the_learning_rate_is_theirs(networks: ModuleType) -> None:
    """200 epochs, 100 of them with decay, as their scheduler steps after each."""
    weight = nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.Adam([weight], lr=2e-4)
    options = SimpleNamespace(lr_policy="linear", epoch_count=1, n_epochs=100, n_epochs_decay=100)
    scheduler = networks.get_scheduler(optimizer, options)
    for epoch in range(200):
        assert OFFICIAL.rate(epoch) == pytest.approx(optimizer.param_groups[0]["lr"], rel=1e-9)
        optimizer.step()
        scheduler.step()


def test_a_photo_passes_as_upstream_prepares_it(
    networks: ModuleType, scramble: Callable[..., nn.Module], tmp_path: Path
) -> None:
    """A photo of the network's own size: [−1, 1] in, `util.tensor2im`'s levels out, within one."""
    theirs = networks.UnetGenerator(
        3, 3, 7, 8, functools.partial(nn.BatchNorm2d, affine=True), use_dropout=True
    )
    scramble(_as_tested(theirs))
    torch.save(theirs.state_dict(), tmp_path / "latest_net_G.pth")
    photo = np.random.default_rng(0).integers(0, 256, (128, 256), dtype=np.uint8)
    method = load(MethodOptions(checkpoint=tmp_path / "latest_net_G.pth"))
    (output,) = method.restore([photo], [None])
    grey = torch.from_numpy(photo).float() / 255
    with torch.inference_mode():
        made = theirs(((grey - 0.5) / 0.5).expand(1, 3, -1, -1))
    expected = tensor_to_picture((made + 1) / 2)
    assert np.abs(output.astype(int) - expected).max() <= 1
    assert output.std() > 10


def test_a_file_with_statistics_of_old_instance_norm_loads(
    networks: ModuleType, scramble: Callable[..., nn.Module], tmp_path: Path
) -> None:
    """Before torch 0.4 upstream's files held running statistics that it never used."""
    norm = functools.partial(nn.InstanceNorm2d, affine=False, track_running_stats=True)
    theirs = scramble(networks.UnetGenerator(3, 3, 5, 8, norm)).train()
    torch.save(theirs.state_dict(), tmp_path / "old.pth")
    assert any("running_mean" in key for key in weights.load(tmp_path / "old.pth"))
    unet, _ = load_unet(tmp_path / "old.pth")
    photo = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(1)) * 2 - 1
    with torch.inference_mode():
        _alike(unet(photo), theirs(photo))
