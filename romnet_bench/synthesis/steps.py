"""What every degradation shares: checked ranges, a uniform draw, and what it gives back.

Lengths in a recipe are pixels of a photograph whose shorter side is `REFERENCE_SIDE`, and are
scaled with the photograph: a crack is as wide for the eye on a thumbnail as on a scan.
"""

import dataclasses
from typing import Annotated

import numpy as np
import numpy.typing as npt
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, FiniteFloat

FloatPicture = npt.NDArray[np.float32]
"""H×W grey values or opacities in [0, 1]."""

Drawn = dict[str, object]
"""The parameters that were drawn, by name: numbers, strings and lists of them."""

REFERENCE_SIDE = 375
"""The shorter side of most Pascal VOC photographs, on which the paper's numbers are meant."""


def _ordered(span: tuple[float, float]) -> tuple[float, float]:
    if span[0] > span[1]:
        raise ValueError(f"the range is upside down: {span[0]:g} is above {span[1]:g}")
    return span


def _not_negative(span: tuple[float, float]) -> tuple[float, float]:
    if span[0] < 0:
        raise ValueError(f"{span[0]:g} is below 0")
    return span


def _within_unit(span: tuple[float, float]) -> tuple[float, float]:
    if span[0] < 0 or span[1] > 1:
        raise ValueError(f"[{span[0]:g}, {span[1]:g}] does not lie within [0, 1]")
    return span


def _count(span: tuple[int, int]) -> tuple[int, int]:
    if not 0 <= span[0] <= span[1] <= 1000:
        raise ValueError(f"[{span[0]}, {span[1]}] is no range of counts from 0 to 1000")
    return span


_Pair = Annotated[tuple[FiniteFloat, FiniteFloat], AfterValidator(_ordered)]
Length = Annotated[_Pair, AfterValidator(_not_negative)]
"""(low, high), both ≥ 0: pixels at `REFERENCE_SIDE` where nothing else is said."""
Share = Annotated[_Pair, AfterValidator(_within_unit)]
"""(low, high) within [0, 1]: an opacity, a grey value, a part of something."""
Count = Annotated[tuple[int, int], AfterValidator(_count)]
"""(low, high), whole numbers, both ends can be drawn."""
Probability = Annotated[float, Field(ge=0, le=1)]


class Step(BaseModel):
    """A degradation in a recipe: how often it happens, and its ranges in subclasses."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    probability: Probability


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What a degradation gives back.

    Attributes:
        picture: H×W, within [0, 1].
        opacity: H×W in [0, 1], how much of the photograph is covered by structured damage; None
            for a degradation that changes the whole photograph (blur, grain, fading …).
        drawn: every parameter that was drawn.
    """

    picture: FloatPicture
    opacity: FloatPicture | None
    drawn: Drawn


def draw(rng: np.random.Generator, span: tuple[float, float]) -> float:
    """A number between the ends of `span`, rounded to six decimals so that records stay short."""
    value = round(float(rng.uniform(*span)), 6)
    return min(max(value, span[0]), span[1])


def draw_count(rng: np.random.Generator, span: tuple[int, int]) -> int:
    """A whole number from `span`, both ends included."""
    return int(rng.integers(span[0], span[1], endpoint=True))


def pixels_per_unit(shape: tuple[int, ...]) -> float:
    """How many pixels of a photograph, H×W, one reference pixel is."""
    return min(shape[:2]) / REFERENCE_SIDE
