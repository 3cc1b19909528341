"""The rectangle that all three exposures share, without the plate's frames, rims and fringes."""

import math

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from romnet_bench.data.prokudin.affine import Affine
from romnet_bench.data.prokudin.fields import UNIT_WIDTH, resized, unit_of
from romnet_bench.data.prokudin.plates import Field

Box = tuple[int, int, int, int]
"""Top, bottom, left, right: rows top…bottom − 1, columns left…right − 1."""

_SEARCHED = 0.09  # of a side: how far into an exposure its frame may reach
_STRAIGHT = 0.05  # of white: the least median step, over the whole side, that is a frame's edge
_COARSE = 2.0  # times the small scans' width: wider exposures are looked at in small
_MARGIN = 2.0  # pixels at a width of 390 beyond a frame's edge: blur and a slight turn
_UNLIKE = 2.5  # times the usual disagreement inside: a line of the picture's rim that is cut
_RIM = 0.06  # of a side: how far such lines are looked for


def frame(exposure: Field) -> Box:
    """The picture within one exposure, as its straight frame edges say.

    A frame's edge is a step of brightness that more than half of a side shows at one place.
    """
    unit = unit_of(exposure)
    if unit > _COARSE:  # a small picture says it as well
        small = resized(exposure, round(exposure.shape[0] / unit), UNIT_WIDTH)
        top, bottom, left, right = frame(small)
        down, across = (
            big / little for big, little in zip(exposure.shape, small.shape, strict=True)
        )
        return (
            math.ceil(top * down),
            math.floor(bottom * down),
            math.ceil(left * across),
            math.floor(right * across),
        )
    height, width = exposure.shape
    blurred = ndimage.gaussian_filter(exposure, unit)
    middle = (slice(height // 8, -(height // 8)), slice(width // 8, -(width // 8)))
    columns = np.abs(np.median(np.gradient(blurred[middle[0]], axis=1), axis=0))
    rows = np.abs(np.median(np.gradient(blurred[:, middle[1]], axis=0), axis=1))
    # A step of height h blurred with σ has the steepest slope h / (σ √2π).
    least = _STRAIGHT / (unit * math.sqrt(2 * math.pi))
    margin = round(_MARGIN * unit)
    top, left = (_last_step(profile, least, margin) for profile in (rows, columns))
    bottom, right = (_last_step(profile[::-1], least, margin) for profile in (rows, columns))
    return top, height - bottom, left, width - right


def _last_step(profile: npt.NDArray[np.float32], least: float, margin: int) -> int:
    """How many lines to cut from the profile's start: to its innermost step, and a margin."""
    steps = np.flatnonzero(profile[: round(_SEARCHED * len(profile))] > least)
    return int(steps[-1]) + 1 + margin if len(steps) else 0


def common(boxes: list[tuple[Box, Affine]]) -> Box:
    """The rectangle of the fixed frame that lies in every exposure's box.

    Args:
        boxes: each exposure's box in its own pixels, and the map from the fixed frame to it.
    """
    tops, bottoms, lefts, rights = [], [], [], []
    for (top, bottom, left, right), affine in boxes:
        back = affine.inverse()
        ends = [(left, top), (right - 1, top), (left, bottom - 1), (right - 1, bottom - 1)]
        (ax, ay), (bx, by), (cx, cy), (dx, dy) = back(np.array(ends, np.float64))
        tops.append(max(ay, by))
        bottoms.append(min(cy, dy))
        lefts.append(max(ax, cx))
        rights.append(min(bx, dx))
    return (
        int(np.ceil(max(0, *tops))),
        int(np.floor(min(bottoms))) + 1,
        int(np.ceil(max(0, *lefts))),
        int(np.floor(min(rights))) + 1,
    )


def without_rim(disagreement: Field) -> Box:
    """The picture less the lines at its sides where the exposures disagree as nowhere inside.

    Args:
        disagreement: H×W, how far the aligned exposures are from predicting each other.
    """
    height, width = disagreement.shape
    middle = np.s_[height // 8 : -(height // 8), width // 8 : -(width // 8)]
    usual = float(np.median(disagreement[middle].mean(axis=1)))
    rows, columns = disagreement[:, middle[1]].mean(axis=1), disagreement[middle[0]].mean(axis=0)

    def odd(lines: npt.NDArray[np.float32]) -> int:
        found = np.flatnonzero(lines[: round(_RIM * len(lines))] > _UNLIKE * usual)
        return int(found[-1]) + 1 if len(found) else 0

    return odd(rows), height - odd(rows[::-1]), odd(columns), width - odd(columns[::-1])
