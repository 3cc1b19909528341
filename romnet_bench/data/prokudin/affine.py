"""Affine maps between two pictures, and one picture resampled through one."""

import dataclasses

import numpy as np
import numpy.typing as npt
from scipy import ndimage

from romnet_bench.data.prokudin.plates import Field

Points = npt.NDArray[np.float64]
"""N×2 positions (x, y) in pixels, x to the right and y down, (0, 0) the first pixel's centre."""


@dataclasses.dataclass(frozen=True)
class Affine:
    """Where a point of a fixed picture lies in a moving one: p ↦ M p + t."""

    matrix: npt.NDArray[np.float64]  # M, 2×2
    shift: npt.NDArray[np.float64]  # t, 2

    def __call__(self, points: Points) -> Points:
        """The points mapped."""
        moved: Points = points @ self.matrix.T + self.shift
        return moved

    def then(self, after: "Affine") -> "Affine":
        """First this map, then `after`."""
        return Affine(after.matrix @ self.matrix, after.matrix @ self.shift + after.shift)

    def inverse(self) -> "Affine":
        """The map back."""
        matrix = np.linalg.inv(self.matrix).astype(np.float64)
        return Affine(matrix, -matrix @ self.shift)

    def from_corner(self, left: int, top: int) -> "Affine":
        """The same map from a part of the fixed picture that begins at (left, top)."""
        return Affine(self.matrix, self(np.array([[left, top]], np.float64))[0])

    def rescaled(self, fixed: tuple[float, float], moving: tuple[float, float]) -> "Affine":
        """The same map between pictures enlarged (x, y) times, pixels being squares."""
        before, after = np.array(fixed), np.array(moving)
        matrix = after[:, None] * self.matrix / before
        shift = after * (self.matrix @ (0.5 / before - 0.5) + self.shift + 0.5) - 0.5
        return Affine(matrix, shift)

    @property
    def rotation(self) -> float:
        """In degrees, of the similarity nearest to the map; clockwise as one looks at it."""
        turn = np.arctan2(
            self.matrix[1, 0] - self.matrix[0, 1], self.matrix[0, 0] + self.matrix[1, 1]
        )
        return float(np.degrees(turn))

    @property
    def scale(self) -> float:
        """How many times longer lengths become, on average over directions."""
        return float(np.sqrt(abs(np.linalg.det(self.matrix))))


def identity() -> Affine:
    """The map that leaves every point where it is."""
    return Affine(np.eye(2), np.zeros(2))


def corners(shape: tuple[int, ...]) -> Points:
    """The four corners of a picture H×W, 4×2."""
    height, width = shape[:2]
    right, bottom = width - 1, height - 1
    return np.array([(0, 0), (right, 0), (0, bottom), (right, bottom)], np.float64)


def warped(moving: Field, affine: Affine, shape: tuple[int, int]) -> Field:
    """`moving` resampled into the fixed picture's frame, H×W: one cubic spline interpolation.

    Points outside `moving` take its nearest pixel; `inside` tells which they are.
    """
    # scipy's map goes over (row, column), ours over (x, y).
    out: Field = ndimage.affine_transform(
        moving,
        affine.matrix[::-1, ::-1],
        offset=affine.shift[::-1],
        output_shape=shape,
        order=3,
        mode="nearest",
    )
    return out


def inside(
    moving: tuple[int, ...], affine: Affine, shape: tuple[int, int], rim: float = 0.0
) -> npt.NDArray[np.bool_]:
    """Which pixels of the fixed picture lie in the moving one, `rim` pixels from its border."""
    y, x = np.ogrid[: shape[0], : shape[1]]
    (a, b), (c, d) = affine.matrix
    across, down = a * x + b * y + affine.shift[0], c * x + d * y + affine.shift[1]
    height, width = moving[:2]
    found: npt.NDArray[np.bool_] = (
        (across >= rim) & (across <= width - 1 - rim) & (down >= rim) & (down <= height - 1 - rim)
    )
    return found
