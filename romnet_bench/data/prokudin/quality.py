"""How well a plate's exposures lie on each other, measured by other means than they were aligned.

Where plates fail is told by three independent looks: how far the edges of both lie apart in many
small parts (phase correlation), whether the edges agree better than before, and whether the way
round all three exposures leads back to where it began.
"""

import dataclasses

import numpy as np

from romnet_bench.data.phase import SURE, measure_shift
from romnet_bench.data.prokudin.affine import Affine, corners
from romnet_bench.data.prokudin.alignment import edges
from romnet_bench.data.prokudin.fields import box
from romnet_bench.data.prokudin.plates import Field

_PART = 64  # pixels: the side of a part
_STRIDE = 32
_DETAIL = 0.02  # of white: the least standard deviation of fine detail in a part, in both
_FINE = 4  # pixels: the radius of the means that fine detail is measured against
_FARTHEST_SEEN = 8.0  # pixels: a part that seems farther off was not recognised

FEWEST_PARTS = 8
"""With detail enough to be measured, of about 70: fewer say nothing of the rest."""
FARTHEST = 0.6
"""Pixels of the small scans: the most by which half of the parts may seem to lie apart.

Two channels of one colour photograph seem to lie 0.2 apart.
"""
WORST_LOOP = 2.0
"""Pixels of the small scans: the most by which the way round may miss."""
LARGEST_TURN, LARGEST_STRETCH = 2.0, 0.03
"""Degrees, and a share of lengths: more than the camera ever did."""
LARGEST_CUT = 0.45
"""Of an exposure: more is lost than the frames and the shifts between exposures explain."""


@dataclasses.dataclass(frozen=True)
class Figures:
    """How well a plate's red and blue exposures lie on the green one; of the two, the worse.

    Lengths are in pixels of the archive's small scans (an exposure is 390 of them wide).
    """

    before: float  # the correlation of edges, exposures as they lie on the plate
    after: float  # the same once aligned
    parts: int  # with detail enough to measure
    median: float  # how far half of the parts lie apart at most
    most: float  # and nine tenths
    loop: float  # by how much the way round the three exposures misses
    turn: float  # degrees by which an exposure was turned
    stretch: float  # share by which its lengths were changed
    cut: float  # share of the exposure that was cut off


def objection(figures: Figures) -> str | None:
    """Why a plate must be left out, or None.

    The bounds lie well beyond what aligned plates show (of 24: median at most 0.4, way round at
    most 0.5, turned 0.2°, stretched 0.6 %, 30 % cut off) and well below what chance gives.
    """
    if figures.turn > LARGEST_TURN or figures.stretch > LARGEST_STRETCH:
        return (
            f"an exposure would have to be turned {figures.turn:.1f}° and stretched "
            f"{figures.stretch:.1%}"
        )
    if figures.parts < FEWEST_PARTS:
        return f"only {figures.parts} parts of the exposures can be recognised in each other"
    if figures.median > FARTHEST:
        return f"half of the parts still lie more than {figures.median:.1f} px apart"
    if figures.loop > WORST_LOOP:
        return f"the way round the three exposures misses by {figures.loop:.1f} px"
    if figures.after < figures.before:
        return "the edges agree less than before"
    return None


@dataclasses.dataclass(frozen=True)
class Residual:
    """How far one exposure lies from another after alignment, in pixels."""

    parts: int  # how many had detail enough
    median: float
    most: float  # the 90th percentile


def measure_residual(fixed: Field, moving: Field) -> Residual:
    """How far the edges of two aligned exposures, H×W each, lie apart in small parts.

    A part in which the two share too little detail to say is passed over.
    """
    fine = [(field - box(field, _FINE)) for field in (fixed, moving)]
    pictures = [np.rint(edges(field) * 255).astype(np.uint8) for field in (fixed, moving)]
    height, width = fixed.shape
    lengths = []
    for top in range(0, height - _PART + 1, _STRIDE):
        for left in range(0, width - _PART + 1, _STRIDE):
            part = np.s_[top : top + _PART, left : left + _PART]
            if min(float(detail[part].std()) for detail in fine) < _DETAIL:
                continue
            shift = measure_shift(pictures[0][part], pictures[1][part])
            if shift.confidence >= SURE and shift.length < _FARTHEST_SEEN:
                lengths.append(shift.length)
    if not lengths:
        return Residual(0, float("nan"), float("nan"))
    return Residual(len(lengths), float(np.median(lengths)), float(np.percentile(lengths, 90)))


def agreement(fixed: Field, moving: Field) -> float:
    """The correlation of the edges of two exposures of one size, −1 to 1; without edges 0."""
    one, two = (edges(field).astype(np.float64) for field in (fixed, moving))
    one, two = one - one.mean(), two - two.mean()
    size = float(np.sqrt(np.sum(one**2) * np.sum(two**2)))
    return float(np.sum(one * two)) / size if size else 0.0


def loop_error(first: Affine, second: Affine, between: Affine, shape: tuple[int, ...]) -> float:
    """By how many pixels the way fixed → first → second misses fixed → second, at the corners."""
    points = corners(shape)
    return float(np.linalg.norm(first.then(between)(points) - second(points), axis=1).max())
