"""Where outputs differ from a target, and from one another."""

import dataclasses

import numpy as np
import numpy.typing as npt

from romnet_bench.color import picture_to_tensor, rgb_to_lab
from romnet_bench.images import Picture

ErrorMap = npt.NDArray[np.float64]
"""H×W, 0 where a pixel is right."""


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
    """CIE Lab ΔE*ab (CIE 1976, the distance in Lab) of every pixel.

    Args:
        output: H×W×3, sRGB.
        target: of the same size.
    """
    one, other = (rgb_to_lab(picture_to_tensor(picture)) for picture in (output, target))
    error: ErrorMap = (one - other).square().sum(dim=1).sqrt()[0].double().numpy()
    return error


def lightness(picture: Picture) -> ErrorMap:
    """CIE L of every pixel, from 0 to 100."""
    values: ErrorMap = rgb_to_lab(picture_to_tensor(picture))[0, 0].double().numpy()
    return values


def find_telling_box(errors: list[ErrorMap], light: ErrorMap, share: float) -> Box | None:
    """The window in which methods differ most and there is something to see.

    It has the largest product of two numbers: the mean of the errors' spread over the methods, and
    1 + the standard deviation of L, so that an empty sky loses against what stands before it.

    Args:
        errors: a map a method, all of one size; the input's may be one of them.
        light: L of the target, of their size.
        share: the most that the window takes of the photo's height and of its width.

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
    down, across = max(int(share * high), 1), max(int(share * wide), 1)
    centred = light - light.mean()  # squares of small numbers, so that little is lost
    mean = _window_means(centred, down, across)
    variance = _window_means(centred**2, down, across) - mean**2
    worth = _window_means(spread, down, across) * (1 + np.sqrt(variance.clip(0)))
    top, left = np.unravel_index(np.argmax(worth), worth.shape)
    return Box(int(top) / high, int(left) / wide, down / high, across / wide)


def shared_limit(errors: list[ErrorMap]) -> float:
    """Where one colour scale for all maps ends: their 98th percentile, up to the next five."""
    if not errors:
        return 5.0
    return max(5.0, 5.0 * float(np.ceil(np.percentile(np.concatenate(errors, axis=None), 98) / 5)))


def _window_means(values: ErrorMap, down: int, across: int) -> ErrorMap:
    """The mean of every window of that many rows and columns, by its upper left corner."""
    total = np.pad(values.cumsum(axis=0).cumsum(axis=1), ((1, 0), (1, 0)))  # of all above and left
    lower, upper = total[down:], total[:-down]
    sums: ErrorMap = lower[:, across:] - upper[:, across:] - lower[:, :-across] + upper[:, :-across]
    return sums / (down * across)
