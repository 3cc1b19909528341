"""The reference's colours, moved to where the photo looks alike (Zhang et al. 2019, section 3.2).

Each place of the photo is compared with every place of the reference; the similarity weighs the
reference's colours. The whole table of similarities is never held: it is made some rows at a time.
"""

import torch
from torch import Tensor, nn
from torch.nn import functional

CELL = 4
"""Pixels, a side, of one place that is compared."""

CHANNELS = 64
"""What each of the four levels gives to the comparison."""

ROWS = 1024
"""Places of the photo that are compared at once."""


class SimilarityNet(nn.Module):
    """Brings maps of four levels to one size, mixes them, and projects them for comparison."""

    def __init__(self) -> None:
        super().__init__()
        self.layer2_1 = nn.Sequential(*_step(128, 128), *_step(128, CHANNELS, stride=2))
        self.layer3_1 = nn.Sequential(*_step(256, 128), *_step(128, CHANNELS))
        self.layer4_1 = nn.Sequential(*_step(512, 256), *_step(256, CHANNELS), _twice())
        self.layer5_1 = nn.Sequential(*_step(512, 256), _twice(), *_step(256, CHANNELS), _twice())
        mixed = 4 * CHANNELS
        self.layer = nn.Sequential(*(Residual(mixed) for _ in range(3)))
        self.theta = nn.Conv2d(mixed, mixed, 1)
        self.phi = nn.Conv2d(mixed, mixed, 1)

    def forward(
        self, photo: list[Tensor], reference: list[Tensor], colors: Tensor, temperature: float
    ) -> tuple[Tensor, Tensor]:
        """Warps `colors`, which lie on the reference, onto the photo.

        Args:
            photo: relu2_2 to relu5_2 of VGG-19, 1×C×h×w at ×1/2 … ×1/16 of H×W, where H and W are
                multiples of 8 and at least 32.
            reference: the same of the reference, whose size may be another.
            colors: 1×K×H'×W', of the reference's size.
            temperature: near 0, the most similar place gives its colour alone.

        Returns:
            The warped colours, 1×K×H×W, and the greatest similarity at each place in [−1, 1],
            1×1×H×W. Both are constant within a cell of 4×4.
        """
        mine, theirs = self._mix(photo), self._mix(reference)
        queries, keys = _directions(self.theta(mine)), _directions(self.phi(theirs))
        values = functional.avg_pool2d(colors, CELL).flatten(2)[0].T
        warped, best = _attend(queries, keys, values, temperature)
        size = mine.shape[-2:]
        cells = torch.cat([warped, best[:, None]], dim=1).T.reshape(1, -1, *size)
        full = functional.interpolate(cells, scale_factor=CELL)
        return full[:, :-1], full[:, -1:]

    def _mix(self, maps: list[Tensor]) -> Tensor:
        """Four maps of VGG-19, 1×C×h×w → 1×256×H/4×W/4."""
        normal = [unit(x) for x in maps]
        levels = (self.layer2_1, self.layer3_1, self.layer4_1, self.layer5_1)
        moved = [layer(x) for layer, x in zip(levels, normal, strict=True)]
        # Where a side is an odd multiple of 8, halving it twice more loses two cells.
        moved[-1] = _grow(moved[-1], moved[0].shape[-2], moved[0].shape[-1])
        mixed: Tensor = self.layer(torch.cat(moved, dim=1))
        return mixed


class Residual(nn.Module):
    """Two convolutions around which the input goes as well; one PReLU serves both."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, channels, 3, padding=1, padding_mode="reflect")
        self.conv2 = nn.Conv2d(channels, channels, 3, padding=1, padding_mode="reflect")
        self.prelu = nn.PReLU()

    def forward(self, x: Tensor) -> Tensor:
        """B×C×H×W → the same shape, sides of at least 2."""
        inner = self.prelu(functional.instance_norm(self.conv1(x)))
        out: Tensor = self.prelu(functional.instance_norm(self.conv2(inner)) + x)
        return out


def unit(x: Tensor) -> Tensor:
    """B×C×H×W with every place's C numbers scaled to length 1; zeros stay."""
    length: Tensor = x.norm(dim=1, keepdim=True)
    return x / (length + torch.finfo(torch.float64).eps)


def _attend(
    queries: Tensor, keys: Tensor, values: Tensor, temperature: float
) -> tuple[Tensor, Tensor]:
    """Queries C×N, keys C×M, values M×K → weighted values N×K, and greatest similarities N."""
    parts = []
    for rows in torch.split(queries.T, ROWS):
        similarity = rows @ keys
        weights = (similarity / temperature).softmax(dim=-1)
        parts.append((weights @ values, similarity.amax(dim=-1)))
    warped, best = zip(*parts, strict=True)
    return torch.cat(warped), torch.cat(best)


def _directions(x: Tensor) -> Tensor:
    """1×C×H×W → C×HW: less their mean over all places, each of length 1."""
    centred = x - x.mean(dim=(2, 3), keepdim=True)
    return unit(centred)[0].flatten(1)


def _grow(x: Tensor, height: int, width: int) -> Tensor:
    """`x` with its edges repeated on all sides, to height×width."""
    down, across = height - x.shape[-2], width - x.shape[-1]
    edges = (across // 2, across - across // 2, down // 2, down - down // 2)
    return functional.pad(x, edges, mode="replicate")


def _step(before: int, after: int, stride: int = 1) -> tuple[nn.Module, ...]:
    return (
        nn.ReflectionPad2d(1),
        nn.Conv2d(before, after, 3, stride),
        nn.InstanceNorm2d(after),
        nn.PReLU(),
    )


def _twice() -> nn.Module:
    return nn.Upsample(scale_factor=2)
