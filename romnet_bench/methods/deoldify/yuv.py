"""sRGB ↔ YUV on uint8, in the same integer steps as OpenCV's `COLOR_RGB2YUV` and `COLOR_YUV2RGB`.

BT.601 luma; U and V are scaled differences to blue and red around 128, in fixed point of 14 bits:
https://docs.opencv.org/4.x/de/d25/imgproc_color_conversions.html.
"""

import numpy as np
import numpy.typing as npt

from romnet_bench.images import Picture

_BITS = 14
_ZERO = 128  # of U and V
_LUMA = (4899, 9617, 1868)  # 0.299, 0.587, 0.114
_U_FROM_BLUE, _V_FROM_RED = 8061, 14369  # 0.492, 0.877
_RED_FROM_V, _GREEN_FROM_U, _GREEN_FROM_V, _BLUE_FROM_U = 18678, -6472, -9519, 33292

Levels = npt.NDArray[np.int32]


def to_yuv(rgb: Picture) -> Picture:
    """SRGB, H×W×3 → Y, U and V, H×W×3."""
    red, green, blue = _channels(rgb)
    luma = _rounded(_LUMA[0] * red + _LUMA[1] * green + _LUMA[2] * blue)
    u = _rounded((blue - luma) * _U_FROM_BLUE) + _ZERO
    v = _rounded((red - luma) * _V_FROM_RED) + _ZERO
    return _picture(luma, u, v)


def to_rgb(yuv: Picture) -> Picture:
    """Y, U and V, H×W×3 → sRGB, H×W×3; colours outside the gamut are clipped."""
    luma, u, v = _channels(yuv)
    u, v = u - _ZERO, v - _ZERO
    red = luma + _rounded(_RED_FROM_V * v)
    green = luma + _rounded(_GREEN_FROM_U * u + _GREEN_FROM_V * v)
    blue = luma + _rounded(_BLUE_FROM_U * u)
    return _picture(red, green, blue)


def _channels(picture: Picture) -> tuple[Levels, Levels, Levels]:
    first, second, third = picture.astype(np.int32).transpose(2, 0, 1)
    return first, second, third


def _picture(*channels: Levels) -> Picture:
    return np.stack(channels, axis=-1).clip(0, 255).astype(np.uint8)


def _rounded(levels: Levels) -> Levels:
    """Fixed point → whole numbers, halves up."""
    return (levels + (1 << (_BITS - 1))) >> _BITS
