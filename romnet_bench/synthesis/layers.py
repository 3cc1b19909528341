"""Alpha compositing: everything that lies on a photograph is laid on as a tone with an opacity.

The paper blends its textures "using alpha compositing with erratic transparency level"
(section IV-A); Porter and Duff, "Compositing Digital Images", doi:10.1145/800031.808606.
"""

import dataclasses
from collections.abc import Sequence

import numpy as np

from romnet_bench.synthesis.steps import Drawn, FloatPicture, Outcome


@dataclasses.dataclass(frozen=True)
class Layer:
    """A grey value (H×W or one number) and how opaque it is at each pixel, H×W; all in [0, 1]."""

    tone: FloatPicture | float
    opacity: FloatPicture


def composite(picture: FloatPicture, layers: Sequence[Layer], drawn: Drawn) -> Outcome:
    """`picture` with `layers` over it, the first one lowest: p ← α·tone + (1 − α)·p for each.

    The outcome's opacity is that of all layers together, 1 − Π(1 − α).
    """
    picture = picture.copy()
    clear = np.ones_like(picture)
    for layer in layers:
        picture += layer.opacity * (layer.tone - picture)
        clear *= 1 - layer.opacity
    return Outcome(np.clip(picture, 0, 1), 1 - clear, drawn)
