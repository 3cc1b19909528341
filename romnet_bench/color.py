"""sRGB ↔ CIE Lab (D65, 2° observer) on tensors, differentiable everywhere.

Constants are scikit-image's, so that both give the same numbers. OpenCV's 8-bit Lab is off by up
to 2.4 and is never used here.
"""

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

# IEC 61966-2-1, linear sRGB → XYZ, D65.
_XYZ_FROM_RGB = (
    (0.412453, 0.357580, 0.180423),
    (0.212671, 0.715160, 0.072169),
    (0.019334, 0.119193, 0.950227),
)
_WHITE = (0.95047, 1.0, 1.08883)

L_SCALE = 50.0
AB_SCALE = 110.0
"""sRGB reaches a −86.2…98.2 and b −107.9…94.5, so ab/110 stays within [−1, 1]."""


def rgb_to_lab(rgb: Tensor) -> Tensor:
    """SRGB in [0, 1], B×3×H×W → Lab, B×3×H×W: L in [0, 100], a and b within ±110.

    The gradient is finite for every input, black included. Matches
    `skimage.color.rgb2lab(illuminant="D65", observer="2")`.
    """
    linear = _decode(rgb)
    matrix = torch.tensor(_XYZ_FROM_RGB, dtype=rgb.dtype, device=rgb.device)
    white = torch.tensor(_WHITE, dtype=rgb.dtype, device=rgb.device)
    xyz = torch.einsum("ij,bjhw->bihw", matrix / white[:, None], linear)
    # A branch that is not taken still has a gradient, and 0 × ∞ is NaN: keep its argument away
    # from the pole.
    root = xyz.clamp_min(0.008856) ** (1 / 3)
    x, y, z = torch.where(xyz > 0.008856, root, 7.787 * xyz + 16 / 116).unbind(1)
    return torch.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], dim=1)


def lab_to_rgb(lab: Tensor) -> Tensor:
    """Lab, B×3×H×W → sRGB in [0, 1]; colours outside the gamut are clipped."""
    lightness, a, b = lab.unbind(1)
    y = (lightness + 16) / 116
    xyz = torch.stack([y + a / 500, y, (y - b / 200).clamp_min(0)], dim=1)
    xyz = torch.where(xyz > 0.2068966, xyz.clamp_min(0) ** 3, (xyz - 16 / 116) / 7.787)
    matrix = torch.tensor(_XYZ_FROM_RGB, dtype=torch.float64)
    inverse = torch.linalg.inv(matrix) * torch.tensor(_WHITE, dtype=torch.float64)
    linear = torch.einsum("ij,bjhw->bihw", inverse.to(lab), xyz)
    return _encode(linear).clamp(0, 1)


def scale_lab(lab: Tensor) -> tuple[Tensor, Tensor]:
    """Lab, B×3×H×W → L/50 − 1, B×1×H×W, and ab/110, B×2×H×W: what models work on."""
    return lab[:, :1] / L_SCALE - 1, lab[:, 1:] / AB_SCALE


def unscale_lab(lightness: Tensor, ab: Tensor) -> Tensor:
    """The inverse of `scale_lab`: B×1×H×W and B×2×H×W → Lab, B×3×H×W."""
    return torch.cat([(lightness + 1) * L_SCALE, ab * AB_SCALE], dim=1)


def picture_to_tensor(picture: npt.NDArray[np.uint8]) -> Tensor:
    """A picture, H×W or H×W×3 uint8 → float32 in [0, 1], 1×1×H×W or 1×3×H×W."""
    tensor = torch.from_numpy(np.ascontiguousarray(picture)).float() / 255
    return tensor[None, None] if tensor.ndim == 2 else tensor.permute(2, 0, 1)[None]


def tensor_to_picture(rgb: Tensor) -> npt.NDArray[np.uint8]:
    """SRGB in [0, 1], 1×3×H×W → H×W×3 uint8, rounded."""
    levels = (rgb[0].clamp(0, 1) * 255).round().to(torch.uint8)
    picture: npt.NDArray[np.uint8] = levels.permute(1, 2, 0).contiguous().cpu().numpy()
    return picture


def grey_to_lightness(grey: Tensor) -> Tensor:
    """A grey picture's sRGB value in [0, 1], B×1×H×W → L/50 − 1, the same shape."""
    return scale_lab(rgb_to_lab(grey.expand(-1, 3, -1, -1)))[0]


def lightness_grey(picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """The grey picture, H×W, with the CIE lightness of an sRGB picture, H×W×3.

    Its L is the picture's own L (up to 8-bit rounding), as the paper's I_L is; BT.601 luma is not.
    """
    levels = np.arange(256) / 255
    decoded = np.where(levels <= 0.04045, levels / 12.92, ((levels + 0.055) / 1.055) ** 2.4)
    luminance = decoded.astype(np.float32)[picture] @ np.array(_XYZ_FROM_RGB[1], np.float32)
    encoded: npt.NDArray[np.float64] = np.where(
        luminance <= 0.0031308,
        12.92 * luminance,
        1.055 * np.maximum(luminance, 0.0031308) ** (1 / 2.4) - 0.055,
    )
    return np.clip(np.rint(encoded * 255), 0, 255).astype(np.uint8)


def _decode(rgb: Tensor) -> Tensor:
    curve = ((rgb.clamp_min(0.04045) + 0.055) / 1.055) ** 2.4
    return torch.where(rgb > 0.04045, curve, rgb / 12.92)


def _encode(linear: Tensor) -> Tensor:
    curve = 1.055 * linear.clamp_min(0.0031308) ** (1 / 2.4) - 0.055
    return torch.where(linear > 0.0031308, curve, 12.92 * linear)
