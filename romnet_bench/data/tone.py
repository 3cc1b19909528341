"""Whether a picture is grey, grey with a tint (sepia, yellowed paper), or has colours."""

import dataclasses
from typing import Literal

import numpy as np

from romnet_bench.images import Picture, limit_side

GREY_CHROMA = 3.0
"""The 95th percentile of CIE Lab chroma up to which nobody sees a colour."""
TINT_SPREAD = 6.0
"""The spread up to which colours are a tint: plain and unevenly yellowed sepia made of 139 photos
stays below 5.9; nine in ten of the colour photos themselves lie above."""

Kind = Literal["grey", "tinted", "colour"]

_SIDE = 256  # the longest; JPEG's colour noise averages out


@dataclasses.dataclass(frozen=True)
class Tone:
    """What colours a picture has.

    Attributes:
        kind: what it is by the bounds above.
        chroma: the 95th percentile of its chroma in CIE Lab.
        spread: the root mean square distance of its (a, b) from those that a smooth curve gives to
            each lightness; 0 for a tint that depends on the lightness alone.
    """

    kind: Kind
    chroma: float
    spread: float


def measure_tone(picture: Picture) -> Tone:
    """The tone of a picture H×W or H×W×3."""
    if picture.ndim == 2:
        return Tone("grey", 0.0, 0.0)
    # Torch takes a second to import, which a folder of grey pictures never needs.
    from romnet_bench.color import picture_to_tensor, rgb_to_lab

    lab = rgb_to_lab(picture_to_tensor(limit_side(picture, _SIDE)))[0].double().numpy()
    lightness, a, b = lab.reshape(3, -1)
    colours = np.stack([a, b], axis=1)
    chroma = float(np.percentile(np.hypot(a, b), 95))
    curve = np.vander(lightness / 100, 4)  # a cubic
    fitted = curve @ np.linalg.lstsq(curve, colours, rcond=None)[0]
    spread = float(np.sqrt(np.square(colours - fitted).sum(axis=1).mean()))
    if chroma <= GREY_CHROMA:
        kind: Kind = "grey"
    elif spread <= TINT_SPREAD:
        kind = "tinted"
    else:
        kind = "colour"
    return Tone(kind, round(chroma, 1), round(spread, 1))
