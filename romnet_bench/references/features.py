"""Feature maps that describe a grey photograph for the choice of its reference (section III-E)."""

import dataclasses
import math
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from romnet_bench.color import grey_to_lightness, picture_to_tensor
from romnet_bench.errors import UserError
from romnet_bench.files import sha256_file
from romnet_bench.images import Picture, resize

GRID = 16
"""Maps are averaged to 16×16: structure is compared place by place.

Whole VGG19 maps of 10,000 photos would take 320 GB, these 7.2 GB in half precision; what the grid
does to the ranking is measured in `reports/references`.
"""
SIDE = 224
"""Photos are squared to ImageNet's size first, so that maps of all photos have one shape."""

FEATURES = ("vgg19", "squeezenet1_1", "alexnet", "resnet34", "filters")


@dataclasses.dataclass(frozen=True)
class Features:
    """Describes a grey picture by feature maps.

    Attributes:
        name: one of `FEATURES`.
        weights: SHA-256 of the pretrained weights; empty where there are none.
        grid: the maps' side, 0 where they differ.
        maps: a grey picture H×W → maps, each C_j×grid×grid, float32.
    """

    name: str
    weights: str
    grid: int
    maps: Callable[[Picture], list[Tensor]]

    def __call__(self, grey: Picture) -> list[Tensor]:
        """The maps of a grey picture H×W."""
        return self.maps(grey)

    def describe(self) -> dict[str, str]:
        """All that the maps depend on, for records."""
        return {
            "features": self.name,
            "weights": self.weights,
            "grid": str(self.grid),
            "side": str(SIDE),
        }


def load_features(
    name: str,
    device: str = "cpu",
    weights: Path | None = None,
    download: bool = False,
    grid: int = GRID,
) -> Features:
    """The named features of a grey photo.

    Args:
        name: a pretrained network ("vgg19" is the paper's), or "filters", a fixed bank of
            Gaussian derivatives that needs no weights.
        device: where the network runs.
        weights: a file or folder with the network's weights.
        download: fetch them where they are missing.
        grid: the side that maps are pooled to; 0 leaves them as the network gives them.

    Raises:
        UserError: no features of that name.
        WeightsError: the weights are missing.
    """
    if name == "filters":
        return Features(name, "", grid, lambda grey: _filter_maps(grey, grid))
    if name not in FEATURES:
        raise UserError(f"There are no features {name}: choose one of {', '.join(FEATURES)}.")
    from romnet_bench.backbones import build_features, load_weights

    network = build_features(name).eval()
    path = load_weights(network, name, weights, download)
    network.to(device)

    @torch.inference_mode()
    def maps(grey: Picture) -> list[Tensor]:
        lightness = grey_to_lightness(_square(grey)).to(device)
        return [_pool(x, grid)[0].cpu() for x in network(lightness)]

    return Features(name, sha256_file(path), grid, maps)


def _square(grey: Picture) -> Tensor:
    return picture_to_tensor(resize(grey, SIDE, SIDE))


def _pool(maps: Tensor, grid: int) -> Tensor:
    return functional.adaptive_avg_pool2d(maps, grid) if grid else maps


@torch.inference_mode()
def _filter_maps(grey: Picture, grid: int) -> list[Tensor]:
    """Light and dark, and the strength of edges in eight directions at three scales.

    Lightness is brought to mean 0 and standard deviation 1 first, and the finest detail is left
    out: fading and grain must not decide which photos are alike.
    """
    lightness = grey_to_lightness(_square(grey))
    lightness = (lightness - lightness.mean()) / lightness.std().clamp_min(1e-3)
    maps = [_pool(lightness.relu(), grid)[0], _pool((-lightness).relu(), grid)[0]]
    for sigma in (2.0, 4.0, 8.0):
        kernels = _derivative_kernels(sigma)
        radius = kernels.shape[-1] // 2
        padded = functional.pad(lightness, (radius,) * 4, mode="replicate")
        maps.append(_pool(functional.conv2d(padded, kernels).relu(), grid)[0])
    return maps


def _derivative_kernels(sigma: float) -> Tensor:
    """First derivatives of a Gaussian in eight directions, 8×1×N×N."""
    radius = math.ceil(3 * sigma)
    axis = torch.arange(-radius, radius + 1, dtype=torch.float32)
    y, x = torch.meshgrid(axis, axis, indexing="ij")
    gaussian = torch.exp(-(x**2 + y**2) / (2 * sigma**2))
    angles = [index * math.pi / 4 for index in range(8)]
    kernels = [(x * math.cos(t) + y * math.sin(t)) * gaussian for t in angles]
    return torch.stack([kernel / kernel.abs().sum() for kernel in kernels])[:, None]
