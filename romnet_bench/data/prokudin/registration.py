"""A plate → its exposures laid on each other, in the frame of one, without the plate's rims."""

import dataclasses
import math

import numpy as np
import numpy.typing as npt

from romnet_bench.data.prokudin.affine import Affine, identity, warped
from romnet_bench.data.prokudin.alignment import FINEST, align
from romnet_bench.data.prokudin.borders import Box, common, frame, without_rim
from romnet_bench.data.prokudin.damage import RADII
from romnet_bench.data.prokudin.fields import resized, unit_of
from romnet_bench.data.prokudin.plates import FILTERS, Field, Filter, Plate
from romnet_bench.data.prokudin.prediction import predict
from romnet_bench.data.prokudin.quality import (
    LARGEST_CUT,
    Figures,
    agreement,
    loop_error,
    measure_residual,
)
from romnet_bench.errors import UserError


class UnalignedError(UserError):
    """A plate whose exposures cannot be laid on each other; the sentence says why."""


@dataclasses.dataclass(frozen=True)
class Registered:
    """A plate's exposures in the frame of one of them, which itself is not resampled."""

    channels: npt.NDArray[np.float32]  # 3×H×W: red, green, blue
    small: npt.NDArray[np.float32]  # the same, at most `FINEST` pixels wide: for measuring
    unit: float  # pixels of `small` for each of the archive's small scans
    box: Box  # what is left of the fixed exposure
    affines: dict[Filter, Affine]  # from the fixed exposure's frame to each
    figures: Figures


def register(plate: Plate, fixed: Filter) -> Registered:
    """Lays the two other exposures on `fixed`: each is interpolated once, `fixed` never.

    Raises:
        UnalignedError: the exposures have too little in common.
    """
    base = plate.exposures[fixed]
    # By way of the green exposure, whichever is fixed: its filter lies between the others' and
    # shares most with both. Which plates can be aligned does not depend on the input then.
    green = plate.exposures["green"]
    from_green = {
        name: identity() if name == "green" else align(green, plate.exposures[name])
        for name in FILTERS
    }
    to_green = from_green[fixed].inverse()
    affines = {name: to_green.then(affine) for name, affine in from_green.items()}
    affines[fixed] = identity()
    outer = common([(frame(plate.exposures[name]), affines[name]) for name in FILTERS])
    _check_size(outer, base)
    channels = _laid_on(plate, fixed, affines, outer)
    inner = _without_rim(channels, base)
    top, left = outer[0] + inner[0], outer[2] + inner[2]
    box = (top, outer[0] + inner[1], left, outer[2] + inner[3])
    _check_size(box, base)
    channels = np.ascontiguousarray(channels[:, inner[0] : inner[1], inner[2] : inner[3]])
    small = _small(channels, base)
    unit = _unit(base, channels, small)
    figures = _measure(plate, fixed=fixed, affines=affines, box=box, small=small, unit=unit)
    return Registered(channels, small, unit, box, affines, figures)


def _check_size(box: Box, base: Field) -> None:
    share = _area(box) / base.size if box[1] > box[0] and box[3] > box[2] else 0.0
    if share < 1 - LARGEST_CUT:
        raise UnalignedError(f"once aligned, the exposures share only {share:.0%} of their area")


def _laid_on(
    plate: Plate, fixed: Filter, affines: dict[Filter, Affine], box: Box
) -> npt.NDArray[np.float32]:
    top, bottom, left, right = box
    shape = (bottom - top, right - left)
    channels = np.empty((3, *shape), np.float32)
    for channel, name in enumerate(FILTERS):
        if name == fixed:
            channels[channel] = plate.exposures[name][top:bottom, left:right]
        else:
            part = affines[name].from_corner(left, top)
            channels[channel] = warped(plate.exposures[name], part, shape)
    return np.clip(channels, 0, 1, out=channels)


def _small(channels: npt.NDArray[np.float32], base: Field) -> npt.NDArray[np.float32]:
    scale = min(1.0, FINEST / base.shape[1])
    height, width = (round(side * scale) for side in channels.shape[1:])
    return np.stack([resized(channel, height, width) for channel in channels])


def _unit(base: Field, channels: npt.NDArray[np.float32], small: npt.NDArray[np.float32]) -> float:
    """Pixels of `small` for each of the archive's small scans; of still smaller ones, 1."""
    return max(float(unit_of(base) * small.shape[2] / channels.shape[2]), 1.0)


def _without_rim(channels: npt.NDArray[np.float32], base: Field) -> Box:
    """The part of aligned exposures within which they predict each other as they do everywhere."""
    small = _small(channels, base)
    unit = _unit(base, channels, small)
    sure = np.ones(small.shape[1:], np.float32)
    disagreement = np.zeros(small.shape[1:], np.float32)
    for channel in range(3):
        others = tuple(np.delete(small, channel, axis=0))
        predicted = predict(small[channel], others, sure, round(RADII[0] * unit))
        disagreement += np.abs(small[channel] - predicted.level)
    top, bottom, left, right = without_rim(disagreement)
    down, across = (
        big / little for big, little in zip(channels.shape[1:], small.shape[1:], strict=True)
    )
    return (
        math.ceil(top * down),
        math.floor(bottom * down),
        math.ceil(left * across),
        math.floor(right * across),
    )


def _measure(
    plate: Plate,
    *,
    fixed: Filter,
    affines: dict[Filter, Affine],
    box: Box,
    small: npt.NDArray[np.float32],
    unit: float,
) -> Figures:
    base = plate.exposures[fixed]
    here = small[FILTERS.index("green")]
    others: tuple[Filter, Filter] = ("red", "blue")
    unaligned = _small(_laid_on(plate, fixed, dict.fromkeys(FILTERS, identity()), box), base)
    first = unaligned[FILTERS.index("green")]
    residuals = [measure_residual(here, small[FILTERS.index(name)]) for name in others]
    between = align(*(plate.exposures[name] for name in others))
    loop = loop_error(affines[others[0]], affines[others[1]], between, base.shape)
    return Figures(
        before=min(agreement(first, unaligned[FILTERS.index(name)]) for name in others),
        after=min(agreement(here, small[FILTERS.index(name)]) for name in others),
        parts=min(residual.parts for residual in residuals),
        median=max(residual.median for residual in residuals) / unit,
        most=max(residual.most for residual in residuals) / unit,
        loop=loop / max(unit_of(base), 1.0),
        turn=max(abs(affine.rotation) for affine in affines.values()),
        stretch=max(abs(affine.scale - 1) for affine in affines.values()),
        cut=1 - _area(box) / base.size,
    )


def _area(box: Box) -> int:
    return (box[1] - box[0]) * (box[3] - box[2])
