"""Is a piece of an exposure that stands out damage, or something that the scene did?

Things other than damage make one exposure stand out, and each has a mark that damage lacks:

- Colours that one filter sees better. The two others then show the piece too, if weakly: its mean
  differs from its surroundings in them as well. Under damage they show nothing.
- What moved between two exposures (people, water, smoke): what stands out is what the others show
  too, a little to the side.

Of some pieces nothing proves that they are damage, nor that they are none. Red cloth and flowers,
and what mirrors the sky, on a dark ground; larger yellow things on a light one; cracks and shadows
where the others are dark anyway: two filters cannot tell such things from their surroundings.
(Things that only the green filter sees are not known: its neighbours overlap it.) Nor can exposures
testify that are burnt out or black.
"""

import enum
import itertools

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from romnet_bench.data.prokudin.fields import Mask
from romnet_bench.data.prokudin.plates import Field

# Pixels at a width of 390: less is film grain or JPEG. It grows as the width, not as the area:
# larger scans show finer dust.
_LEAST_AREA = 2.0
_QUIET = 0.2  # the others' contrast against the piece's own: the most under damage
_GRAIN = 0.01  # contrast, of white, that grain alone makes
_MOVED = 0.3  # of the residual's energy is left where a shift explains the piece
_SHIFTS = 3.0  # pixels at a width of 390: how far a piece's double is looked for
_DARK = 0.4  # of white: below it two filters do not tell the third's things from dark ones
_VISIBLE = 2.0  # times what the others show under damage: the least that they would show else
_YELLOW = 40.0  # square pixels at a width of 390: larger dark pieces of the blue may be yellow
_GREEN, _BLUE = 1, 2
_BLACK, _WHITE = 0.015, 0.985  # beyond these an exposure shows nothing
_AROUND = 4.0  # pixels at a width of 390: how wide the surroundings are


class Verdict(enum.Enum):
    """What a piece that stands out in one exposure is."""

    PROVEN = "damage, and the others say what should be there"
    UNPROVEN = "like damage, but the others cannot tell"
    SCENE = "a colour or a movement of the scene"


def judge(
    channels: npt.NDArray[np.float32],
    channel: int,
    pieces: Mask,
    *,
    level: Field,
    odd: Mask,
    unit: float,
) -> dict[Verdict, Mask]:
    """Which pixels of `pieces`, connected by sides or corners, are what.

    Args:
        channels: 3×H×W levels: red, green, blue.
        channel: the exposure in which the pieces stand out, all to one side.
        pieces: H×W, what stands out.
        level: H×W, what the others predict.
        odd: H×W, what stands out in any exposure: it does not count as surroundings.
        unit: pixels for each pixel of the archive's small scans.
    """
    labels, _ = ndimage.label(pieces, np.ones((3, 3)))
    found = {verdict: np.zeros(pieces.shape, np.bool_) for verdict in Verdict}
    near, far, reach = (max(round(length * unit), 1) for length in (1.0, _AROUND, _SHIFTS))
    margin = far + reach
    for number, (rows, columns) in enumerate(ndimage.find_objects(labels), start=1):
        window = (
            slice(max(rows.start - margin, 0), rows.stop + margin),
            slice(max(columns.start - margin, 0), columns.stop + margin),
        )
        piece = labels[window] == number
        if piece.sum() < _LEAST_AREA * unit:
            continue
        around = grown(piece, far) & ~grown(piece, near) & ~grown(odd[window], near)
        levels = channels[:, window[0], window[1]]
        if _shown_by_others(levels, channel, piece, around) or _moved(
            levels[channel], level[window], grown(piece, near), reach
        ):
            verdict = Verdict.SCENE
        elif _others_can_tell(levels, channel, piece, around, unit):
            verdict = Verdict.PROVEN
        else:
            verdict = Verdict.UNPROVEN
        found[verdict][window] |= piece
    return found


def grown(mask: Mask, length: int) -> Mask:
    """`mask` grown by `length` pixels, in squares."""
    out: Mask = ndimage.maximum_filter(mask, 2 * length + 1)
    return out


def _shown_by_others(
    levels: npt.NDArray[np.float32], channel: int, piece: Mask, around: Mask
) -> bool:
    if not around.any():
        return False
    contrast = np.abs(levels[:, piece].mean(axis=1) - levels[:, around].mean(axis=1))
    return bool(np.delete(contrast, channel).max() > _QUIET * contrast[channel] + _GRAIN)


def _moved(exposure: Field, level: Field, place: Mask, reach: int) -> bool:
    """Whether the prediction explains the place far better from a little to the side."""
    padded = np.pad(level, reach, mode="edge")
    height, width = level.shape
    shifts = itertools.product(range(2 * reach + 1), repeat=2)
    energies = [
        float(np.sum((exposure - padded[y : y + height, x : x + width])[place] ** 2))
        for y, x in shifts
    ]
    here = energies[len(energies) // 2]
    return min(energies) < _MOVED * here


def _others_can_tell(
    levels: npt.NDArray[np.float32], channel: int, piece: Mask, around: Mask, unit: float
) -> bool:
    if not around.any():
        return False
    inner, outer = levels[:, piece].mean(axis=1), levels[:, around].mean(axis=1)
    others = np.delete(inner, channel)
    contrast = inner[channel] - outer[channel]
    if contrast > 0:
        if channel != _GREEN and others.max() < _DARK:
            return False  # it may be a red or a blue thing
    else:
        # A crack or a shadow darkens all three alike: would the others show it?
        expected = np.delete(outer, channel).max() * -contrast / outer[channel]
        if expected < _VISIBLE * (_QUIET * -contrast + _GRAIN):
            return False
        if channel == _BLUE and others.min() > _DARK and piece.sum() > _YELLOW * unit**2:
            return False  # it may be a yellow thing
    return bool(np.any((others > _BLACK) & (others < _WHITE)))
