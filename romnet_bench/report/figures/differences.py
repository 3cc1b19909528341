"""Where outputs differ from a target, and from one another."""

import dataclasses

import numpy as np
import numpy.typing as npt

from romnet_bench.color import picture_to_tensor, rgb_to_lab
from romnet_bench.images import Picture

ErrorMap = npt.NDArray[np.float64]
"""H×W, 0 where a pixel is right."""

_SHARE = 0.3  # of each side of the photo


@dataclasses.dataclass(frozen=True)
class Box:
    """A window of a picture, as shares of its height and width, from 0 to 1."""

    top: float
    left: float
    height: float
    width: float

    def crop(self, picture: Picture) -> Picture:
        """What lies in the window, whatever the picture's size; one pixel at least."""
        high, wide = picture.shape[:2]
        top, left = min(round(self.top * high), high - 1), min(round(self.left * wide), wide - 1)
        down, across = max(round(self.height * high), 1), max(round(self.width * wide), 1)
        return picture[top : top + down, left : left + across]


def colour_error(output: Picture, target: Picture) -> ErrorMap:
    """CIE Lab ΔE*ab (CIE 1976, the distance in Lab) of every pixel; about 2.3 is just seen.

    Args:
        output: H×W×3, sRGB.
        target: of the same size.
    """
    one, other = (rgb_to_lab(picture_to_tensor(picture)) for picture in (output, target))
    error: ErrorMap = (one - other).square().sum(dim=1).sqrt()[0].double().numpy()
    return error


def find_telling_box(errors: list[ErrorMap], share: float = _SHARE) -> Box | None:
    """The window in which methods differ most: the largest mean of the errors' spread over them.

    Args:
        errors: a map a method, all of one size; the input's may be one of them.
        share: of the photo's height and of its width that the window takes.

    Returns:
        None with fewer than two maps, or where they are all alike. Of equal windows the topmost,
        then the leftmost.
    """
    if len(errors) < 2:
        return None
    spread = np.std(errors, axis=0)
    if not spread.any():
        return None
    high, wide = spread.shape
    down, across = max(round(share * high), 1), max(round(share * wide), 1)
    total = np.pad(spread.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))  # of all above and left
    sums = (total[down:, across:] - total[:-down, across:] - total[down:, :-across]) + total[
        :-down, :-across
    ]
    top, left = np.unravel_index(np.argmax(sums), sums.shape)
    return Box(int(top) / high, int(left) / wide, down / high, across / wide)


def shared_limit(errors: list[ErrorMap]) -> float:
    """Where one colour scale for all maps ends: their 98th percentile, up to the next five."""
    if not errors:
        return 5.0
    return max(5.0, 5.0 * float(np.ceil(np.percentile(np.concatenate(errors, axis=None), 98) / 5)))
