"""Small arithmetic on H×W fields that several steps share: box means and one picture's scale."""

import numpy as np
import numpy.typing as npt
from PIL import Image
from scipy import ndimage

from romnet_bench.data.prokudin.plates import Field

Mask = npt.NDArray[np.bool_]
"""H×W, or one for each of the three exposures."""

UNIT_WIDTH = 390
"""The width of an exposure in the archive's small scans: lengths are stated in its pixels."""


def unit_of(exposure: Field) -> float:
    """How many pixels of a whole exposure make one pixel of the archive's small scans."""
    return float(exposure.shape[1] / UNIT_WIDTH)


def box(field: Field, radius: int) -> Field:
    """The mean over (2 radius + 1)² pixels around each; its time does not depend on the radius."""
    out: Field = ndimage.uniform_filter(field, 2 * radius + 1, mode="nearest")
    return out


def resized(field: Field, height: int, width: int) -> Field:
    """`field` at height×width by antialiased bilinear interpolation."""
    if field.shape == (height, width):
        return field
    image = Image.fromarray(field).resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(image).copy()
