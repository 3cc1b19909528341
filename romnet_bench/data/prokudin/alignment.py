"""Aligns two exposures: which affine map takes the pixels of the one to those of the other.

Two exposures of a scene through two filters have unlike tones: a red sash is black in green and
white in red. So nothing is compared but what survives that. First, how strong edges are: a search
over shifts on a small picture. Then, from coarse to fine, one exposure as a linear function of the
other in every small window, the idea of the guided filter (He et al., 2013,
doi:10.1109/TPAMI.2012.213). Gauss-Newton steps on the residual of that prediction refine the map
(Baker and Matthews, 2004, doi:10.1023/B:VISI.0000011205.11775.fd). Each pixel weighs by how well
its neighbourhood is predicted, and outliers lose their weight (Geman and McClure's function), so
that damage, and what moved between the exposures, do not pull.
"""

import math
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy import ndimage
from skimage.feature import match_template

from romnet_bench.data.prokudin.affine import Affine, corners, identity, inside, warped
from romnet_bench.data.prokudin.fields import box, resized, unit_of
from romnet_bench.data.prokudin.plates import Field

SEARCHED = 30.0
"""Shifts that are searched, ± pixels at a width of 390."""

FINEST = 1600
"""The widest level of the pyramid, in pixels: beyond it scans show film grain, not the scene."""

_COARSEST = 130  # pixels wide at least: the level of the search over shifts
_RIM = 0.08  # of the sides of both is not compared: the plates' dark frames are there
_RADIUS = 6  # of the windows of the linear prediction, in pixels at every level
_NOISE = 0.01  # standard deviation, of white: below it a window holds no texture
_matched: Callable[[Field, Field], Field] = match_template  # the library states no types
_STEPS = 40
_STILL = 0.003  # pixels: the map is found when no corner moves further in a step


def align(fixed: Field, moving: Field) -> Affine:
    """The affine map from `fixed` to `moving`, both H×W, not necessarily of one size.

    Right to about a tenth of a pixel where the exposures are sharp; how right it is for a plate,
    `quality` measures by other means.
    """
    width = fixed.shape[1]
    levels = max(math.floor(math.log2(min(width, FINEST) / _COARSEST)), 0) + 1
    scales = [min(1.0, FINEST / width) / 2**level for level in reversed(range(levels))]
    affine: Affine | None = None
    for scale in scales:
        affine = _align_at(scale, fixed, moving, affine)
    return affine or identity()


def _align_at(scale: float, fixed: Field, moving: Field, start: Affine | None) -> Affine:
    """The map found on smaller pictures; without a start the search over shifts is one."""
    small = [_at_scale(field, scale) for field in (fixed, moving)]
    enlarged = [_ratio(each, field) for each, field in zip(small, (fixed, moving), strict=True)]
    near = start.rescaled(*enlarged) if start else find_shift(small[0], small[1])
    shrunk = [(1 / across, 1 / down) for across, down in enlarged]
    return refine(small[0], small[1], near).rescaled(*shrunk)


def find_shift(fixed: Field, moving: Field) -> Affine:
    """The whole-pixel shift within ±`SEARCHED` at which the edges of both agree best."""
    reach = math.ceil(SEARCHED * unit_of(fixed))
    top, left = (max(round(_RIM * side), reach) for side in fixed.shape)
    template = edges(fixed)[top : fixed.shape[0] - top, left : fixed.shape[1] - left]
    # The template's window in `moving`, grown by the reach: every place is one shift.
    rows = slice(max(top - reach, 0), fixed.shape[0] - top + reach)
    columns = slice(max(left - reach, 0), fixed.shape[1] - left + reach)
    searched = edges(moving)[rows, columns]
    if searched.shape[0] < template.shape[0] or searched.shape[1] < template.shape[1]:
        return identity()
    agreement = _matched(searched, template)
    row, column = np.unravel_index(np.argmax(agreement), agreement.shape)
    shift = (column + columns.start - left, row + rows.start - top)
    return Affine(np.eye(2), np.array(shift, np.float64))


def edges(field: Field) -> Field:
    """How strong the edges of an exposure are, 0 to 1, the same for every contrast and tone.

    The gradient's length against itself plus its median: a scratch counts no more than an edge.
    """
    across, down = (ndimage.gaussian_filter1d(field, 1.0, axis, order=1) for axis in (1, 0))
    length = np.hypot(
        ndimage.gaussian_filter1d(across, 1.0, 0), ndimage.gaussian_filter1d(down, 1.0, 1)
    )
    strong: Field = length / (length + np.median(length) + 1e-3)
    return strong


def refine(fixed: Field, moving: Field, start: Affine) -> Affine:
    """`start` made exact, where it is right to a few pixels."""
    height, width = fixed.shape
    rim = _RIM * width
    y, x = np.mgrid[:height, :width].astype(np.float32)
    centre = np.array([(width - 1) / 2, (height - 1) / 2])
    unit = width / 2
    # Where parameters act: the shift, and the four entries of the matrix, all in pixels.
    across, down = (x - np.float32(centre[0])) / unit, (y - np.float32(centre[1])) / unit
    kept = (np.minimum(x, width - 1 - x) >= rim) & (np.minimum(y, height - 1 - y) >= rim)
    affine = start
    for _ in range(_STEPS):
        seen = kept & inside(moving.shape, affine, (height, width), rim / 2)
        if seen.sum() < 100:
            return start
        step = _step(fixed, warped(moving, affine, (height, width)), seen, (across, down))
        # p ↦ step over the centred, scaled position: as a change of M and t.
        change = np.stack([step[1:3], step[4:6]]) / unit
        shift = affine.shift + np.array([step[0], step[3]]) - change @ centre
        moved = Affine(affine.matrix + change, shift)
        far = np.abs(moved(corners(fixed.shape)) - affine(corners(fixed.shape))).max()
        if far > 0.25 * width:  # nothing to hold on to: the start is the better answer
            return start
        affine = moved
        if far < _STILL:
            break
    return affine


def _step(
    fixed: Field,
    moving: Field,
    seen: npt.NDArray[np.bool_],
    position: tuple[Field, Field],
) -> npt.NDArray[np.float64]:
    """One weighted Gauss-Newton step: (dx, dx/dX, dx/dY, dy, dy/dX, dy/dY) in pixels."""
    fixed_high = fixed - box(fixed, _RADIUS)
    moving_high = moving - box(moving, _RADIUS)
    variance = box(moving_high**2, _RADIUS) + _NOISE**2
    slope = box(fixed_high * moving_high, _RADIUS) / variance
    residual = fixed_high - slope * moving_high
    spread = box(residual**2, _RADIUS) + _NOISE**2
    weight = seen / spread / (1 + residual**2 / spread / 4) ** 2
    gradients: list[Field] = [np.gradient(moving, axis=axis) for axis in (1, 0)]
    slopes = [slope * (gradient - box(gradient, _RADIUS)) for gradient in gradients]
    columns = [field * place for field in slopes for place in (np.float32(1), *position)]
    system = np.stack([column[seen] for column in columns]).astype(np.float64)
    weighted = system * weight[seen]
    # einsum, not @: no BLAS, whose sums depend on the number of threads in their last digits.
    normal = np.einsum("in,jn->ij", weighted, system)
    normal += np.eye(6) * (1e-6 * np.trace(normal) + 1e-9)  # where there is nothing to see, no step
    right = np.einsum("in,n->i", weighted, residual[seen].astype(np.float64))
    step: npt.NDArray[np.float64] = np.linalg.solve(normal, right)
    return step


def _at_scale(field: Field, scale: float) -> Field:
    height, width = (max(round(side * scale), 1) for side in field.shape)
    return resized(field, height, width)


def _ratio(little: Field, big: Field) -> tuple[float, float]:
    return little.shape[1] / big.shape[1], little.shape[0] / big.shape[0]
