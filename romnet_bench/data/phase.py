"""How far one picture is shifted against another: sub-pixel phase correlation.

Only the phases of the two spectra are compared, so that fading, toning and retouched contrast do
not matter; high frequencies, where a damaged photo and its restored copy share least, count less.
C. D. Kuglin, D. C. Hines, "The phase correlation image alignment method", 1975; the peak is found
between pixels as in M. Guizar-Sicairos et al., doi:10.1364/OL.33.000156.
"""

import dataclasses
import math
from collections.abc import Callable, Sequence
from typing import cast

import numpy as np
import numpy.typing as npt
import scipy.fft

from romnet_bench.images import Picture, limit_side

SMOOTHING = 1.5
"""σ in pixels of the Gaussian that weighs frequencies: of 0.7 to 2.5 the most exact on degraded
Kodak photos (all within 0.07 px), where unrelated photos still agree by no more than 0.14."""
FINENESS = 50
"""Parts of a pixel to which a shift is measured."""
LONGEST_SIDE = 1024
"""Larger pictures are measured at this size: finer detail is grain, which no restored copy has."""
SURE = 0.3
"""A confidence below which a shift says nothing."""

_TILES = 3  # by three, each half as high and half as wide as the picture
_FEWEST_TILES = 4
_SMALLEST_TILE = 64  # pixels a side

Spectrum = npt.NDArray[np.complex64]


@dataclasses.dataclass(frozen=True)
class Shift:
    """Where a picture lies against another, in pixels: `x` to the right, `y` downwards.

    `confidence` in [0, 1] is the height of the correlation's peak: the share of (weighted) phases
    that agree once the shift is undone; 1 for copies, below 0.15 for unrelated photos of 500 px.
    """

    x: float
    y: float
    confidence: float

    @property
    def length(self) -> float:
        """In pixels."""
        return math.hypot(self.x, self.y)


@dataclasses.dataclass(frozen=True)
class Alignment:
    """How a picture lies on another.

    Attributes:
        shift: of the whole picture.
        local: the 75th percentile of the shifts' lengths in nine overlapping parts, in pixels; it
            shows a turn, another scale or a warp, which leave the middle where it was. None if too
            few parts have detail enough.
    """

    shift: Shift
    local: float | None


def measure_alignment(fixed: Picture, moving: Picture) -> Alignment:
    """Where `moving` lies on `fixed`, both grey H×W of one size, in pixels of that size."""
    scale = max(max(fixed.shape) / LONGEST_SIDE, 1.0)
    fixed, moving = limit_side(fixed, LONGEST_SIDE), limit_side(moving, LONGEST_SIDE)
    shift = measure_shift(fixed, moving)
    lengths = [
        part.length
        for part in (measure_shift(*pair) for pair in _tiles(fixed, moving))
        if part.confidence >= SURE
    ]
    enough = len(lengths) >= _FEWEST_TILES
    local = round(float(np.percentile(lengths, 75)) * scale, 2) if enough else None
    return Alignment(
        Shift(
            round(shift.x * scale, 2) + 0.0,  # + 0.0: no “-0.0”
            round(shift.y * scale, 2) + 0.0,
            round(shift.confidence, 3),
        ),
        local,
    )


def measure_shift(fixed: Picture, moving: Picture) -> Shift:
    """The shift of `moving` against `fixed`, both grey H×W: moving(p) = fixed(p − shift).

    Measured twice, the second time on what both have in common, since parts that only one of them
    has pull the peak.
    """
    first = _peak(fixed, moving)
    x, y = round(first.x), round(first.y)
    height, width = fixed.shape
    if (x, y) == (0, 0) or abs(y) > height // 2 or abs(x) > width // 2:
        return first
    common_fixed = fixed[max(-y, 0) : height - max(y, 0), max(-x, 0) : width - max(x, 0)]
    common_moving = moving[max(y, 0) : height + min(y, 0), max(x, 0) : width + min(x, 0)]
    second = _peak(common_fixed, common_moving)
    return Shift(x + second.x, y + second.y, second.confidence)


def whitened_spectrum(pictures: Picture, smoothing: float) -> Spectrum:
    """Spectra with a Gaussian's magnitudes: …×H×W uint8 → …×H×W, without the mean.

    The picture is windowed, so that its edges are no detail.

    Args:
        pictures: one or more of them.
        smoothing: the Gaussian's σ in pixels; its weights in the spectrum are exp(−2π²σ²f²).
    """
    height, width = pictures.shape[-2:]
    window = np.outer(np.hanning(height + 2)[1:-1], np.hanning(width + 2)[1:-1])
    mean = (pictures * window).sum((-2, -1), keepdims=True) / window.sum()
    spectrum = scipy.fft.fft2(((pictures - mean) * window).astype(np.float32))
    squares = scipy.fft.fftfreq(height)[:, None] ** 2 + scipy.fft.fftfreq(width) ** 2
    weight = np.exp(-2 * np.pi**2 * smoothing**2 * squares).astype(np.float32)
    weight[0, 0] = 0
    magnitude = np.abs(spectrum)
    floor = 1e-5 * magnitude.max((-2, -1), keepdims=True) + 1e-6  # rounding has no phase
    white: Spectrum = np.zeros_like(spectrum)
    np.divide(weight * spectrum, magnitude, out=white, where=magnitude > floor)
    return white


def _peak(fixed: Picture, moving: Picture) -> Shift:
    from skimage import registration

    spectra = whitened_spectrum(fixed, SMOOTHING), whitened_spectrum(moving, SMOOTHING)
    if not all(spectrum.any() for spectrum in spectra):  # one grey level: nothing to align
        return Shift(0.0, 0.0, 0.0)
    # Both spectra are white already. The library gives the shift that undoes the one asked for.
    register = cast(
        "Callable[..., tuple[Sequence[float], float, float]]", registration.phase_cross_correlation
    )
    (y, x), error, _ = register(
        *spectra, upsample_factor=FINENESS, space="fourier", normalization=None
    )
    return Shift(-float(x), -float(y), math.sqrt(max(1 - float(error) ** 2, 0)))


def _tiles(fixed: Picture, moving: Picture) -> list[tuple[Picture, Picture]]:
    height, width = (side // 2 for side in fixed.shape)
    if min(height, width) < _SMALLEST_TILE:
        return []
    corners = [
        (int(top), int(left))
        for top in np.linspace(0, fixed.shape[0] - height, _TILES)
        for left in np.linspace(0, fixed.shape[1] - width, _TILES)
    ]
    parts = [np.s_[top : top + height, left : left + width] for top, left in corners]
    return [(fixed[part], moving[part]) for part in parts]
