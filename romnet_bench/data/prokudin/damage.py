"""Damage of one exposure: what it shows and the two others do not predict.

A speck of dust, a scratch or lost emulsion sits on one exposure of a plate: the other two agree
there with each other, and contradict the third. Every pixel is asked how far an exposure is from
what the two others predict, in units of how wrong such predictions are around, and of what a misfit
of a third of a pixel would do at an edge. Pixels far beyond that make up pieces; `verdicts` decides
which of them are damage.
"""

import dataclasses

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from romnet_bench.data.prokudin.fields import Mask
from romnet_bench.data.prokudin.plates import Field
from romnet_bench.data.prokudin.prediction import Prediction, predict
from romnet_bench.data.prokudin.verdicts import Verdict, grown, judge

RADII = (7, 18)
"""Of the windows, in pixels of the small scans: for specks and scratches, and for blots."""

_SEED, _GROWN = 6.0, 3.0  # residual / expected error: where damage starts, and how far it goes
_STRONG, _FAINT = 0.07, 0.035  # the same, of white
_OWN = 0.5  # of the residual: what the exposure itself shows, not only the others' lack
_AGREE = 3.0  # the most that the others may contradict each other, in expected errors
_MISFIT = 0.35  # pixels: what may be left of misalignment
_EDGE = 2.0  # pixels of the small scans beyond a piece: damage fades out


@dataclasses.dataclass(frozen=True)
class Damage:
    """What stands out in the three exposures, 3×H×W each: red, green, blue."""

    proven: Mask  # damage, and the other two say what should be there
    unproven: Mask  # like damage, but the other two cannot tell
    scene: Mask  # stands out by a colour of its own, or for it moved


def find_damage(channels: npt.NDArray[np.float32], unit: float) -> Damage:
    """Damage of aligned exposures, 3×H×W levels in 0…1: red, green, blue.

    In two rounds: what the first finds no longer speaks in the second.

    Args:
        channels: the exposures, aligned and without the plate's rims.
        unit: pixels for each pixel of the archive's small scans.
    """
    none = np.zeros(channels.shape, np.bool_)
    damaged = none
    for _ in range(2):
        found = {verdict: none.copy() for verdict in Verdict}
        standing = [_outstanding(channels, channel, damaged, unit) for channel in range(3)]
        odd = np.any(
            [mask for lighter, darker, _ in standing for mask in (lighter, darker)], axis=0
        )
        for channel, (lighter, darker, level) in enumerate(standing):
            for pieces in (lighter, darker):
                judged = judge(channels, channel, pieces, level=level, odd=odd, unit=unit)
                for verdict, mask in judged.items():
                    found[verdict][channel] |= mask
        damaged = found[Verdict.PROVEN] | found[Verdict.UNPROVEN]
    return Damage(*(found[v] for v in (Verdict.PROVEN, Verdict.UNPROVEN, Verdict.SCENE)))


def trusted(damaged: Mask, unit: float) -> Field:
    """How much pixels count in predictions, H×W: all but damage of these exposures, K×H×W."""
    any_damage = np.any(damaged, axis=0)
    return (~grown(any_damage, max(round(_EDGE * unit), 1))).astype(np.float32)


def _outstanding(
    channels: npt.NDArray[np.float32], channel: int, damaged: Mask, unit: float
) -> tuple[Mask, Mask, Field]:
    """Where one exposure is lighter, and where darker, than predicted; and the prediction."""
    target = channels[channel]
    one, two = (other for other in range(3) if other != channel)
    lighter, darker = np.zeros((2, *target.shape), np.bool_)
    for radius in (round(radius * unit) for radius in RADII):
        weight = trusted(damaged, unit)
        joint = predict(target, (channels[one], channels[two]), weight, radius)
        residual = target - joint.level
        sure = residual / _expected_error(joint)
        own = target - joint.usual
        weight = trusted(damaged[[one, two]], unit)
        agreed = (
            (_contradiction(channels[one], channels[two], weight, radius) < _AGREE)
            & (own * residual > 0)
            & (np.abs(own) > _OWN * np.abs(residual))
        )
        lighter |= _grown_from_seeds(sure, residual, agreed)
        darker |= _grown_from_seeds(-sure, -residual, agreed)
    return lighter, darker, joint.level


def _grown_from_seeds(sure: Field, residual: Field, agreed: Mask) -> Mask:
    """Where the residual is large, connected with where it is very large."""
    seed = agreed & (sure > _SEED) & (residual > _STRONG)
    faint = agreed & (sure > _GROWN) & (residual > _FAINT)
    labels, count = ndimage.label(faint | seed, np.ones((3, 3)))
    chosen = np.zeros(count + 1, np.bool_)
    chosen[labels[seed]] = True
    out: Mask = chosen[labels]
    return out


def _contradiction(one: Field, two: Field, weight: Field, radius: int) -> Field:
    """How far two exposures are from predicting each other, in expected errors."""
    worst = np.zeros_like(one)
    for target, witness in ((one, two), (two, one)):
        prediction = predict(target, (witness,), weight, radius)
        error = np.abs(target - prediction.level) / _expected_error(prediction)
        worst = np.maximum(worst, error)
    out: Field = ndimage.maximum_filter(worst, 3)
    return out


def _expected_error(prediction: Prediction) -> Field:
    down, across = np.gradient(prediction.level)
    steepest = ndimage.maximum_filter(np.hypot(across, down), 3)
    out: Field = np.sqrt(prediction.spread**2 + (_MISFIT * steepest) ** 2)
    return out
