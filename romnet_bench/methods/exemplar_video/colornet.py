"""The colour network of Zhang et al. 2019: He et al.'s, for pictures that follow one another."""

from torch import nn

from romnet_bench.methods.he.colornet import ColorNet

IN_CHANNELS = 7
"""L − 50, the warped a and b, how sure the warp is, and L − 50, a, b of the picture before."""

REACH = 128.0
"""What a and b lie within."""


def build_colornet() -> ColorNet:
    """Instance normalisation instead of batches, nearest neighbours instead of transposes."""
    return ColorNet(IN_CHANNELS, normalize=nn.InstanceNorm2d, enlarge=_enlarge, reach=REACH)


def _enlarge(before: int, after: int) -> nn.Module:
    return nn.Sequential(nn.Upsample(scale_factor=2), nn.Conv2d(before, after, 3, padding=1))
