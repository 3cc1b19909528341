"""Our DeOldify beside upstream's own modules, on the fastai that it ships."""

import functools
import gc
import importlib.util
import os
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor, nn
from torchvision.models import resnet34, resnet101

from romnet_bench.methods.contract import MethodOptions
from romnet_bench.methods.deoldify.checkpoint import plain
from romnet_bench.methods.deoldify.method import DeOldify
from romnet_bench.methods.deoldify.network import ColorUNet, artistic, stable
from romnet_bench.methods.deoldify.render import squash
from romnet_bench.methods.fill import fill

TOLERANCE = 1e-4
SIDES = (112, 80)  # the second halves to odd sizes: 80, 40, 20, 10, 5, 3


class Blank(ModuleType):
    """Stands for a module of which inference needs nothing but names."""

    def __getattr__(self, name: str) -> type:
        if name.startswith("__"):
            raise AttributeError(name)
        return type(name, (), {"__init__": lambda self, *_, **__: None})


HAS_OPENCV = importlib.util.find_spec("cv2") is not None
UNNEEDED = ("fastprogress", "fastprogress.fastprogress", "pkg_resources", "requests")


@pytest.fixture(scope="module")
def load_upstream(
    upstream: Callable[[str], Path], upstream_modules: Callable[..., object]
) -> Iterator[Callable[[str], ModuleType]]:
    """Imports a module of upstream's; what fastai changes in other packages is undone."""
    folder = upstream("DeOldify")
    blanks = {name: Blank(name) for name in (*UNNEEDED, *(() if HAS_OPENCV else ("cv2",)))}
    printing = np.get_printoptions()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CUDA_VISIBLE_DEVICES", os.environ.get("CUDA_VISIBLE_DEVICES", ""))
        for owner, name in (
            (torch.cuda, "set_device"),
            (torch.utils.data.DataLoader, "__init__"),
            (torch.Tensor, "pca"),
        ):
            patch.setattr(owner, name, getattr(owner, name, None), raising=False)
        with upstream_modules(folder, stubs=blanks) as load:
            yield load
    np.set_printoptions(**printing)


def upstream_network(load: Callable[[str], ModuleType], variant: str) -> nn.Module:
    """As `unet_learner_deep` and `unet_learner_wide` build it, but for pretrained weights."""
    unet, norms = load("deoldify.unet"), load("fastai.layers").NormType
    build, arch, factor = {
        "artistic": (unet.DynamicUnetDeep, resnet34, 1.5),
        "stable": (unet.DynamicUnetWide, resnet101, 2),
    }[variant]
    torch.manual_seed(0)  # where the power iteration of spectral normalisation begins
    network = build(
        nn.Sequential(*list(arch(weights=None).children())[:-2]),
        n_classes=3,
        blur=True,
        blur_final=True,
        norm_type=norms.Spectral,
        self_attention=True,
        y_range=(-3.0, 3.0),
        last_cross=True,
        bottle=False,
        nf_factor=factor,
    )
    return network.eval()


def settle(network: nn.Module, values: Tensor) -> None:
    """Brings scrambled norms to their weights and to each other, as training does.

    Without it spectral normalisation shrinks all that comes from the depth of the U-Net below what
    the comparison could see.
    """
    norms = [module for module in network.modules() if isinstance(module, nn.BatchNorm2d)]
    for module in network.modules():
        if hasattr(module, "weight_u"):
            matrix = module.weight_orig.flatten(1)
            for _ in range(5):
                module.weight_v.copy_(nn.functional.normalize(matrix.T @ module.weight_u, dim=0))
                module.weight_u.copy_(nn.functional.normalize(matrix @ module.weight_v, dim=0))
    for norm in norms:
        norm.momentum = 1.0
    network.train()(values)
    network.eval()
    for norm in norms:  # a channel that hardly varies would only amplify rounding
        norm.running_var.clamp_(min=0.03)


def grey_batch(side: int) -> Tensor:
    """A normalised picture of noise and of a slope, 1×3×S×S."""
    random = np.random.default_rng(side)
    slope = np.linspace(0, 255, side)[None] + random.normal(0, 30, (side, side))
    photo = slope.clip(0, 255).astype(np.uint8)
    return squash(photo, side // 16)


def as_published(network: nn.Module, path: Path) -> None:
    """As fastai's `Learner.save` left the published files: beside an optimiser's rates, a slice.

    Their layout is known by their sizes: 255,144,681 and 874,066,230 bytes are those of such files
    to within 14 kB, which are the optimiser's list of parameters.
    """
    rates = {"lr": slice(None, 3e-3, None), "betas": (0.9, 0.99), "params": [0, 1]}
    optimiser = {"state": {}, "param_groups": [rates]}
    torch.save(
        {"model": network.state_dict(), "opt": optimiser},
        path,
        _use_new_zipfile_serialization=False,
    )


@pytest.mark.parametrize(("variant", "build"), [("artistic", artistic), ("stable", stable)])
@pytest.mark.usefixtures("any_sha256")
@torch.inference_mode()
def test_network_gives_what_upstreams_gives(
    load_upstream: Callable[[str], ModuleType],
    scramble: Callable[..., nn.Module],
    tmp_path: Path,
    variant: str,
    build: Callable[[], ColorUNet],
) -> None:
    file = f"Colorize{variant.title()}_gen.pth"
    theirs = upstream_network(load_upstream, variant)
    inputs = [grey_batch(side) for side in SIDES]
    settle(scramble(theirs), inputs[0])
    expected = [theirs(values) for values in inputs]
    as_published(theirs, tmp_path / file)
    del theirs  # the stable one takes 2 GB
    gc.collect()

    ours = build().eval()
    options = MethodOptions(weights=tmp_path)
    fill(ours, "deoldify", file, options, inside="model", adapt=plain)
    for values, wanted in zip(inputs, expected, strict=True):
        difference = (ours(values) - wanted).abs().max().item()
        print(
            f"{variant}, {tuple(values.shape)}: {difference:.2e}, std {wanted.std(dim=(0, 2, 3))}"
        )
        assert wanted.std(dim=(0, 2, 3)).min() > 0.05
        assert difference < TOLERANCE

    ours.layers[1].weight.mul_(1.1)  # the deepest norm: the comparison reaches down to it
    assert (ours(values) - wanted).abs().max() > 50 * TOLERANCE


@pytest.mark.skipif(not HAS_OPENCV, reason="needs opencv-python, as upstream does")
@pytest.mark.parametrize(("height", "width"), [(40, 61), (300, 211), (1, 1)])
def test_photo_becomes_what_upstreams_filter_makes_of_it(
    load_upstream: Callable[[str], ModuleType], height: int, width: int
) -> None:
    """Both ends at once: what the network is shown, and the picture that its output becomes."""
    random = np.random.default_rng(height)
    photo = random.integers(0, 256, (height, width)).astype(np.uint8)
    output = torch.from_numpy(random.uniform(-3, 3, (1, 3, 112, 112)).astype(np.float32))
    theirs, ours = Recorder(output), Recorder(output)

    image = Image.fromarray(photo).convert("RGB")  # as `_open_pil_image` reads a file
    expected = upstream_filter(load_upstream, theirs).filter(image, image, render_factor=7)
    method = DeOldify("deoldify", "DeOldify", ours, "nowhere", device="cpu", render_factor=7)
    [picture] = method.restore([photo], [None])

    torch.testing.assert_close(ours.shown, theirs.shown, rtol=0, atol=1e-6)
    np.testing.assert_array_equal(picture, np.asarray(expected))


class Recorder(nn.Module):
    """A network that keeps what it is shown and gives a fixed output."""

    def __init__(self, output: Tensor) -> None:
        super().__init__()
        self.output = nn.Parameter(output, requires_grad=False)

    def forward(self, values: Tensor) -> Tensor:
        self.shown = values.clone()
        return self.output


def upstream_filter(load: Callable[[str], ModuleType], network: nn.Module) -> Any:
    """`ColorizerFilter` over the real `Learner.pred_batch`, with no dataset behind it."""
    filters, data = load("deoldify.filters"), load("fastai.vision.data")
    learner = load("fastai.basic_train").Learner
    norm, denorm = data.normalize_funcs(*data.imagenet_stats, do_y=True)
    pictures = types.SimpleNamespace(
        reconstruct=functools.partial(data.ImageList.reconstruct, None)
    )
    stand_in = types.SimpleNamespace(
        model=network.eval(),
        callbacks=[],
        loss_func=nn.functional.l1_loss,
        data=types.SimpleNamespace(norm=norm, denorm=denorm),
        dl=lambda _: types.SimpleNamespace(dataset=pictures),
    )
    stand_in.pred_batch = functools.partial(learner.pred_batch, stand_in)
    return filters.ColorizerFilter(learn=stand_in)
