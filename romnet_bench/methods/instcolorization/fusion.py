"""The fusion of Su et al. 2020 (arXiv 2005.10825): objects' features blended into the photo's.

At each of 13 places of the trunk two small networks look at the features of the photo and of every
object, and give each pixel a rate for each. A softmax turns rates into shares.
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple, cast

import torch
from torch import Tensor, nn
from torch.nn import functional

from romnet_bench.methods.instcolorization.boxes import Box, on_grid
from romnet_bench.methods.instcolorization.network import ColorNetwork

# Place → the name of its blend in the published checkpoint, and channels of the features there.
_BLENDS = {
    "conv1_2": ("weight_layer", 64),
    "conv2_2": ("weight_layer2", 128),
    "conv3_3": ("weight_layer3", 256),
    "conv4_3": ("weight_layer4", 512),
    "conv5_3": ("weight_layer5", 512),
    "conv6_3": ("weight_layer6", 512),
    "conv7_3": ("weight_layer7", 512),
    "conv8_up": ("weight_layer8_1", 256),
    "conv8_3": ("weight_layer8_2", 256),
    "conv9_up": ("weight_layer9_1", 128),
    "conv9_3": ("weight_layer9_2", 128),
    "conv10_up": ("weight_layer10_1", 128),
    "conv10_2": ("weight_layer10_2", 128),
    "out": ("weight_layerout", 2),  # published, but never used
}

_CERTAIN = 1e5  # a rate that leaves nothing to the others


class Placed(NamedTuple):
    """What was seen of an object at one place, brought to where the object lies in the photo.

    Attributes:
        cells: where that is, on the grid of the photo's features.
        features: 1×C×h×w, for the cells alone.
        rates: 1×1×h×w, how much each cell's features matter.
    """

    cells: Box
    features: Tensor
    rates: Tensor


Seen = dict[str, Placed]
"""Place → what was seen of one object there."""


class Blend(nn.Module):
    """Blends objects' features into the photo's at one place."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.simple_instance_conv = _rater(channels)
        self.simple_bg_conv = _rater(channels)

    def bring(self, features: Tensor, cells: Box) -> Placed:
        """An object's features, rated and brought to its cells.

        Args:
            features: of the object's own square, 1×C×s×s.
            cells: where the object lies on the photo's s×s grid.
        """
        rates = self.simple_instance_conv(features)
        return Placed(cells, _shrink(features, cells), _shrink(rates, cells))

    def forward(self, photo: Tensor, objects: Sequence[Placed]) -> Tensor:
        """The photo's features, 1×C×s×s, with those of one or more objects in them."""
        side = photo.shape[-1]
        outside = photo.new_ones(1, 1, side, side)
        for one in objects:
            _inside(outside, one.cells).zero_()
        # An object's rate is 0, not −∞, where it is not: it takes its share there all the same,
        # and gives nothing for it. The published weights were trained so.
        rates = [_pad(one.rates, one.cells, side) for one in objects]
        rates.append(self.simple_bg_conv(photo) + outside * _CERTAIN)
        shares = torch.cat(rates, dim=1).softmax(dim=1)

        blended = photo * shares[:, -1:]
        for index, one in enumerate(objects):
            share = _inside(shares[:, index : index + 1], one.cells)
            _inside(blended, one.cells).add_(one.features * share)
        return blended


class FusionNetwork(nn.Module):
    """A colour network of its own, with a blend after each place."""

    def __init__(self) -> None:
        super().__init__()
        self.trunk = ColorNetwork()
        self.blends = nn.ModuleDict(
            {place: Blend(channels) for place, (_, channels) in _BLENDS.items()}
        )

    def look(
        self, instance: ColorNetwork, lightness: Tensor, box: Box, width: int, height: int
    ) -> Seen:
        """What another network sees in one object, ready to be blended in.

        Args:
            instance: the network that looks.
            lightness: of the object's own square, (L − 50) / 100, 1×1×256×256.
            box: where the object lies in the photo, pixels.
            width: the photo's, pixels.
            height: likewise.
        """
        seen: Seen = {}

        def keep(place: str, features: Tensor) -> Tensor:
            cells = on_grid(box, width, height, features.shape[-1])
            # Upstream's next layer is a ReLU in place, so the fusion was trained on rectified sums.
            found = features.relu() if place.endswith("_up") else features
            seen[place] = self._blend(place).bring(found, cells)
            return features

        instance(lightness, keep)
        return seen

    def forward(self, lightness: Tensor, objects: Sequence[Seen]) -> Tensor:
        """Colours for the whole photo.

        Args:
            lightness: of the whole photo, (L − 50) / 100, 1×1×256×256.
            objects: what `look` gave for each; one or more.

        Returns:
            ab / 110, 1×2×256×256.
        """

        def blend(place: str, features: Tensor) -> Tensor:
            blended: Tensor = self._blend(place)(features, [seen[place] for seen in objects])
            return blended

        ab: Tensor = self.trunk(lightness, blend)
        return ab

    def _blend(self, place: str) -> Blend:
        return cast(Blend, self.blends[place])


def name_as_here(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The published fusion checkpoint's keys as `FusionNetwork` has them.

    There the trunk's layers and the blends stand side by side.
    """
    places = {name: f"blends.{place}" for place, (name, _) in _BLENDS.items()}
    renamed = {}
    for key, values in without_wrapper(state).items():
        layer, _, rest = key.partition(".")
        renamed[f"{places.get(layer, f'trunk.{layer}')}.{rest}"] = values
    return renamed


def without_wrapper(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Keys without the `module.` that `nn.DataParallel` puts before all of them."""
    wrapped = all(key.startswith("module.") for key in state)
    return {key.removeprefix("module.") if wrapped else key: state[key] for key in state}


def _rater(channels: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels, 16, 3, padding=1),
        nn.ReLU(inplace=True),
        nn.Conv2d(16, 16, 3, padding=1),
        nn.ReLU(inplace=True),
        nn.Conv2d(16, 1, 3, padding=1),
        nn.ReLU(inplace=True),
    )


def _shrink(features: Tensor, box: Box) -> Tensor:
    return functional.interpolate(
        features, (box.height, box.width), mode="bilinear", align_corners=False
    )


def _pad(rates: Tensor, box: Box, side: int) -> Tensor:
    return functional.pad(rates, (box.left, side - box.right, box.top, side - box.bottom))


def _inside(features: Tensor, box: Box) -> Tensor:
    return features[:, :, box.top : box.bottom, box.left : box.right]
