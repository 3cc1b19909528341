"""The video system against the authors' own modules (zhangmozhe's repository, 2c41bdf)."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from romnet_bench.methods.contract import MethodOptions
from romnet_bench.methods.exemplar_video import colornet, method, similarity
from romnet_bench.methods.fill import fill
from romnet_bench.methods.he.vgg import Vgg19

REPOSITORY = "Deep-Exemplar-based-Video-Colorization"

Importer = Callable[[str], ModuleType]


@pytest.fixture(scope="module")
def theirs(
    upstream: Callable[[str], Path],
    upstream_modules: Callable[..., AbstractContextManager[Importer]],
) -> Iterator[Importer]:
    folder = upstream(REPOSITORY)
    # The package has no __init__.py; under its own name it would outlive the test.
    package = ModuleType("models")
    package.__path__ = [str(folder / "models")]
    # Loads a file of weights when it is imported, and serves training only.
    grey = ModuleType("models.vgg19_gray")
    grey.__dict__.update(vgg19_gray=None, vgg19_gray_new=None)
    cv2, numba = ModuleType("cv2"), ModuleType("numba")
    cv2.__dict__["setNumThreads"] = lambda count: None
    numba.__dict__.update(jit=lambda *a, **k: lambda f: f, u1=[], u2=[])
    filters = ModuleType("scipy.ndimage.filters")
    filters.__dict__["gaussian_filter"] = None
    stubs = {
        "models": package,
        "models.vgg19_gray": grey,
        "cv2": cv2,
        "numba": numba,
        "scipy.ndimage.filters": filters,
    }
    with upstream_modules(folder, stubs=stubs) as load:
        yield load


@pytest.fixture(scope="module")
def filled(
    theirs: Importer,
    scramble: Callable[..., nn.Module],
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, nn.Module]:
    """Their three networks with random weights, and ours that loaded them from files."""
    folder = tmp_path_factory.mktemp("weights")
    nonlocal_net = theirs("models.NonlocalNet")
    pairs = {
        method.FEATURES: (nonlocal_net.VGG19_pytorch(), Vgg19()),
        method.SIMILARITY: (nonlocal_net.WarpNet(1), similarity.SimilarityNet()),
        method.COLORNET: (
            theirs("models.ColorVidNet").ColorVidNet(7),
            colornet.build_colornet(),
        ),
    }
    networks: dict[str, nn.Module] = {}
    for seed, (file, (their_net, our_net)) in enumerate(pairs.items()):
        torch.save(scramble(their_net, seed).state_dict(), folder / file)
        fill(our_net, method.SYSTEM, file, MethodOptions(weights=folder))
        networks[f"their {file}"] = their_net.eval()
        networks[file] = our_net.eval()
    return networks


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.from_numpy(np.random.default_rng(seed).random(shape, np.float32))


def require_equal(ours: Tensor, theirs: Tensor, tolerance: float = 1e-4) -> None:
    assert ours.shape == theirs.shape
    assert theirs.std() > 0.05
    difference = (ours - theirs).abs().max().item()
    print(f"largest difference {difference:.3g}, standard deviation {theirs.std():.3g}")
    assert difference <= tolerance


@torch.inference_mode()
def test_features_are_theirs(filled: dict[str, nn.Module]) -> None:
    rgb = random(1, 3, 48, 80)
    keys = ["r12", "r22", "r32", "r42", "r52"]
    expected = filled[f"their {method.FEATURES}"](rgb, keys, preprocess=True)
    found = filled[method.FEATURES](method.caffe_pixels(rgb), index=2)
    for ours, theirs in zip(found, expected, strict=True):
        require_equal(ours, theirs)


@pytest.mark.parametrize("size", [(64, 96), (72, 64)])
@torch.inference_mode()
def test_warp_is_theirs(filled: dict[str, nn.Module], size: tuple[int, int]) -> None:
    """72 is an odd multiple of 8, as 216 is: their level 5 is padded, and so is ours."""
    photo, reference = maps(filled, size, 1), maps(filled, size, 2)
    colors = random(1, 3, *size, seed=3) * 100 - 50
    warped, sure = filled[f"their {method.SIMILARITY}"](
        colors, *units(photo), *units(reference), temperature=0.01
    )
    ours, our_sure = filled[method.SIMILARITY](photo, reference, colors, 0.01)
    require_equal(ours, warped)
    assert (our_sure - sure).abs().max() <= 1e-4


@torch.inference_mode()
def test_warp_at_the_temperature_of_inference_is_theirs(filled: dict[str, nn.Module]) -> None:
    size = (64, 96)
    photo, reference = maps(filled, size, 1), maps(filled, size, 2)
    colors = random(1, 3, *size, seed=3) * 100 - 50
    warped, _ = filled[f"their {method.SIMILARITY}"](
        colors, *units(photo), *units(reference), temperature=method.TEMPERATURE
    )
    ours, _ = filled[method.SIMILARITY](photo, reference, colors, method.TEMPERATURE)
    require_equal(ours, warped)


@torch.inference_mode()
def test_colornet_is_theirs(filled: dict[str, nn.Module]) -> None:
    x = random(1, colornet.IN_CHANNELS, 40, 56) * 40 - 20
    expected = filled[f"their {method.COLORNET}"](x)
    require_equal(filled[method.COLORNET](x), expected)


@torch.inference_mode()
def test_first_picture_is_theirs(
    theirs: Importer, filled: dict[str, nn.Module], monkeypatch: pytest.MonkeyPatch
) -> None:
    """From Lab to ab: grey to RGB, features, warp, colours, with nothing before."""
    lab = random(1, 3, 64, 96, seed=4) * 60 - 30
    reference = functional.interpolate(random(1, 3, 9, 12, seed=5), (64, 96), mode="bilinear")
    reference = reference * 60 - 30
    util = theirs("utils.util")
    vgg, warp, net = (
        filled[f"their {file}"] for file in (method.FEATURES, method.SIMILARITY, method.COLORNET)
    )
    rgb = util.tensor_lab2rgb(torch.cat([util.uncenter_l(reference[:, :1]), reference[:, 1:]], 1))
    features = vgg(rgb, ["r12", "r22", "r32", "r42", "r52"], preprocess=True)
    expected, _, _ = theirs("models.FrameColor").frame_colorization(
        lab,
        reference,
        torch.zeros_like(lab),
        features,
        vgg,
        warp,
        net,
        joint_training=False,
        temperature=method.TEMPERATURE,
    )
    networks = [filled[file] for file in (method.FEATURES, method.SIMILARITY, method.COLORNET)]
    ours = method.colorize_first(*networks, lab[:, :1], reference)
    # Their matrix from XYZ to RGB is rounded: seen in the whole, and gone with their function.
    require_equal(ours / colornet.REACH, expected / colornet.REACH)
    monkeypatch.setattr(method, "lab_to_rgb", util.tensor_lab2rgb)
    require_equal(method.colorize_first(*networks, lab[:, :1], reference), expected)


def test_preparation_is_theirs(theirs: Importer) -> None:
    """A picture of their own size: from sRGB to halved Lab."""
    from PIL import Image

    picture = np.random.default_rng(6).integers(0, 256, (54, 96, 3), np.uint8)
    picture = np.asarray(
        Image.fromarray(picture).resize((768, 432), Image.Resampling.BICUBIC)
    ).copy()
    util = theirs("utils.util_distortion")
    x = Image.fromarray(picture)
    for step in (util.CenterPad((432, 768)), util.RGB2Lab(), util.ToTensor(), util.Normalize()):
        x = step(x)
    expected = functional.interpolate(x[None], scale_factor=0.5, mode="bilinear")
    found = method.working_lab(picture)
    assert found.shape == expected.shape == (1, 3, 216, 384)
    require_equal(found, expected)


def maps(filled: dict[str, nn.Module], size: tuple[int, int], seed: int) -> list[Tensor]:
    found: list[Tensor] = filled[method.FEATURES](
        method.caffe_pixels(random(1, 3, *size, seed=seed)), index=2
    )
    return found[1:]


def units(found: list[Tensor]) -> list[Tensor]:
    """Their callers normalise features, ours does it inside."""
    return [x / (x.norm(dim=1, keepdim=True) + 2.220446049250313e-16) for x in found]
