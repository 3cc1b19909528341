"""Proven damage of one exposure replaced by what the other two say."""

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from romnet_bench.data.prokudin.damage import RADII, trusted
from romnet_bench.data.prokudin.fields import Mask, box, resized
from romnet_bench.data.prokudin.plates import Field
from romnet_bench.data.prokudin.prediction import predict
from romnet_bench.data.prokudin.verdicts import grown

_BEYOND = 2.0  # pixels of the small scans: repair reaches that far beyond a piece, fading out
_ENOUGH = 0.35  # of a window must be undamaged for its prediction; else the wider one's is taken


def repair(
    channels: npt.NDArray[np.float32],
    small: npt.NDArray[np.float32],
    proven: Mask,
    damaged: Mask,
    unit: float,
) -> tuple[npt.NDArray[np.float32], Mask]:
    """The exposures with proven damage repaired, and where they were changed; 3×H×W each.

    A damaged pixel becomes what the others predict from its undamaged surroundings, plus what such
    predictions miss at the undamaged pixels nearest to it, so that no seam is left. Every other
    pixel stays as it is. The linear coefficients of a large plate come from a smaller one (the fast
    guided filter, He and Sun, 2015, arXiv:1505.00996).

    Args:
        channels: the aligned exposures, levels in 0…1, 3×H×W.
        small: the same, 3×h×w, at the size at which damage was looked for.
        proven: 3×h×w, what to repair.
        damaged: 3×h×w, what must not be a witness.
        unit: of the small ones: pixels for each pixel of the archive's small scans.
    """
    shape = channels.shape[1:]
    repaired = channels.copy()
    changed = np.zeros(channels.shape, np.bool_)
    for channel in np.flatnonzero(proven.any(axis=(1, 2))):
        others = [other for other in range(3) if other != channel]
        weight = trusted(damaged, unit)
        slopes, offset = _coefficients(small[channel], small[others], weight, unit)
        level = resized(offset, *shape)
        for slope, other in zip(slopes, others, strict=True):
            level += resized(slope, *shape) * channels[other]
        reach = max(round(_BEYOND * unit), 1)
        place = resized(grown(proven[channel], reach).astype(np.float32), *shape) > 0.5
        core = resized(proven[channel].astype(np.float32), *shape)
        finer = unit * shape[1] / small.shape[2]
        blend = (
            np.maximum(core, ndimage.gaussian_filter(place * np.float32(1), 0.7 * finer)) * place
        )
        repaired[channel] += blend * (np.clip(level, 0, 1) - channels[channel])
        changed[channel] = place
    return repaired, changed


def _coefficients(
    target: Field, witnesses: npt.NDArray[np.float32], weight: Field, unit: float
) -> tuple[list[Field], Field]:
    """Slopes for the witnesses and an offset, H×W each, for every pixel."""
    narrow, wide = (round(radius * unit) for radius in RADII)
    near = predict(target, tuple(witnesses), weight, narrow)
    far = predict(target, tuple(witnesses), weight, wide)
    enough = (box(weight, narrow) > _ENOUGH).astype(np.float32)
    enough = box(enough, narrow)  # no jump where one gives way to the other
    slopes = [enough * a + (1 - enough) * b for a, b in zip(near.slopes, far.slopes, strict=True)]
    offset = enough * near.offset + (1 - enough) * far.offset
    missed = weight * (target - offset - sum(s * w for s, w in zip(slopes, witnesses, strict=True)))
    sigma = _BEYOND * unit
    around = ndimage.gaussian_filter(weight, sigma) + np.float32(1e-4)
    return slopes, offset + ndimage.gaussian_filter(missed, sigma) / around
