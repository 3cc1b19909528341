"""One exposure as the others predict it: linear in them within every window.

In a small window a scene has few colours, so its third channel is nearly a linear function of the
other two: the model of the guided filter (He et al., 2013, doi:10.1109/TPAMI.2012.213), fitted
again with less weight for outliers (Geman and McClure's function), so that damage does not predict
itself.
"""

import dataclasses

import numpy as np

from romnet_bench.data.prokudin.fields import box
from romnet_bench.data.prokudin.plates import Field

_NOISE = 0.006  # standard deviation, of white: film grain and JPEG; it also keeps the fits stable
_ROUNDS = 3
_SEEN = 1e-4  # weight that even an untrusted pixel has: no window is empty


@dataclasses.dataclass(frozen=True)
class Prediction:
    """What witnesses say about an exposure, H×W each."""

    level: Field  # what it should be, 0 to 1
    usual: Field  # what it is around, without outliers
    spread: Field  # how wrong such predictions are around: one standard deviation
    slopes: tuple[Field, ...]  # level = Σ slope × witness + offset, before it is clipped
    offset: Field


def predict(target: Field, witnesses: tuple[Field, ...], trusted: Field, radius: int) -> Prediction:
    """`target` from one or two `witnesses`, in windows of (2 radius + 1)² pixels.

    Args:
        target: H×W levels, 0 to 1.
        witnesses: of the same size.
        trusted: H×W, 0 to 1, how much each pixel counts in the fits; known damage has 0.
        radius: in pixels.
    """
    weight = trusted + np.float32(_SEEN)
    for left in reversed(range(_ROUNDS)):
        slopes, offset, usual = _fit(target, witnesses, weight, radius)
        level = offset + sum(s * witness for s, witness in zip(slopes, witnesses, strict=True))
        error = target - level
        total = box(weight, radius)
        spread = np.sqrt(box(weight * error**2, radius) / total + np.float32(_NOISE**2))
        if left:
            weight = trusted / (1 + (error / spread / 3) ** 2) ** 2 + np.float32(_SEEN)
    return Prediction(np.clip(level, 0, 1), usual, spread, slopes, offset)


def _fit(
    target: Field, witnesses: tuple[Field, ...], weight: Field, radius: int
) -> tuple[tuple[Field, ...], Field, Field]:
    """Weighted least squares in every window: slopes, offset, and the target's mean."""
    total = box(weight, radius)

    def mean(field: Field) -> Field:
        return box(weight * field, radius) / total

    usual = mean(target)
    means = [mean(witness) for witness in witnesses]
    ridge = np.float32(_NOISE**2)
    variances: list[Field] = [
        mean(w * w) - m * m + ridge for w, m in zip(witnesses, means, strict=True)
    ]
    shared: list[Field] = [
        mean(w * target) - m * usual for w, m in zip(witnesses, means, strict=True)
    ]
    if len(witnesses) == 1:
        slopes: tuple[Field, ...] = (shared[0] / variances[0],)
    else:
        across = mean(witnesses[0] * witnesses[1]) - means[0] * means[1]
        size = variances[0] * variances[1] - across**2
        slopes = (
            (variances[1] * shared[0] - across * shared[1]) / size,
            (variances[0] * shared[1] - across * shared[0]) / size,
        )
    offset = usual - sum(slope * m for slope, m in zip(slopes, means, strict=True))
    return slopes, offset, usual
