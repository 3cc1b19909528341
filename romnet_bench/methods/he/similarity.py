"""How far matched places are from each other, and the reference's colours at their places.

As the authors' program `similarity_combo` does with features of its own network (He et al. 2018,
section 4.1).
"""

import numpy as np
import torch
from torch import Tensor

from romnet_bench.images import Picture
from romnet_bench.methods.he.combo import Correspondence

_PLACES = 1 << 12  # as many are compared at once: memory stays bounded


def compare(
    there: Tensor,
    back: Tensor,
    photo: list[Tensor],
    reference: list[Tensor],
    colors: Picture,
) -> Correspondence:
    """What the network is told about a photo and its reference.

    Args:
        there: for each pixel of the photo, its row and column in the reference, 2×H×W.
        back: for each pixel of the reference, its row and column in the photo, 2×H'×W'.
        photo: maps of the photo, 1×C×h×w at ×1, ×1/2, ×1/4 …, fine to coarse.
        reference: maps of the reference.
        colors: the reference, H'×W'×3.
    """
    errors_there, errors_back = [], []
    for level in reversed(range(len(photo))):
        mine, theirs = photo[level][0], reference[level][0]
        errors_there.append(_as_picture(distances(there, mine, theirs, 2**level)))
        other = distances(back, theirs, mine, 2**level)
        errors_back.append(_as_picture(other[there[0], there[1]]))
    return Correspondence(vote(colors, there), tuple(errors_there), tuple(errors_back))


def distances(field: Tensor, mine: Tensor, theirs: Tensor, scale: int) -> Tensor:
    """1 − cosine of the features of matched pixels, H×W.

    Args:
        field: for each pixel, the row and column that it is matched with, 2×H×W.
        mine: C×h×w, a map at 1/`scale` of the field's size.
        theirs: C×h'×w', the map of the other picture.
        scale: a power of 2.
    """
    _, height, width = field.shape
    rows = torch.arange(height, device=field.device)[:, None].expand(height, width)
    columns = torch.arange(width, device=field.device)[None, :].expand(height, width)
    here = torch.split(torch.stack([rows, columns]).flatten(1), _PLACES, dim=1)
    matched = torch.split(field.flatten(1), _PLACES, dim=1)
    # A place's features side by side in memory: they are fetched together.
    mine, theirs = (x.permute(1, 2, 0).contiguous() for x in (mine, theirs))
    parts = []
    for place, partner in zip(here, matched, strict=True):
        a, b = _sample(mine, place, scale), _sample(theirs, partner, scale)
        lengths = a.norm(dim=1).clamp_min(1e-8) * b.norm(dim=1).clamp_min(1e-8)
        parts.append(1 - (a * b).sum(1) / lengths)
    return torch.cat(parts).reshape(height, width)


def vote(colors: Picture, field: Tensor) -> Picture:
    """The reference H'×W'×3 on the photo's pixels: each is the mean of what 3×3 matches say.

    A neighbour of a pixel, matched with a place, says the colour beside that place on the other
    side. Means are cut to whole levels, as in the authors' program.

    Args:
        colors: the reference.
        field: for each pixel, its row and column in the reference, 2×H×W.
    """
    _, height, width = field.shape
    rows, columns = field.cpu().numpy()
    total = np.zeros((height, width, 3))
    count = np.zeros((height, width, 1))
    for down in (-1, 0, 1):
        for right in (-1, 0, 1):
            # Pixels whose neighbour at (down, right) lies in the photo, and those neighbours.
            here, there = (
                _overlap(height, width, down, right),
                _overlap(height, width, -down, -right),
            )
            y, x = rows[there] - down, columns[there] - right
            valid = (y >= 0) & (y < colors.shape[0]) & (x >= 0) & (x < colors.shape[1])
            said = colors[np.where(valid, y, 0), np.where(valid, x, 0)]
            total[here] += said * valid[..., None]
            count[here] += valid[..., None]
    return (total / count).astype(np.uint8)


def _overlap(height: int, width: int, down: int, right: int) -> tuple[slice, slice]:
    """The pixels that stay inside when moved by (down, right)."""
    return (
        slice(max(-down, 0), height - max(down, 0)),
        slice(max(-right, 0), width - max(right, 0)),
    )


def _sample(x: Tensor, places: Tensor, scale: int) -> Tensor:
    """Features N×C of a map h×w×C at pixels 2×N of the full size, between four places.

    A pixel p lies at p/scale + 1/2 (at p on the finest map), as in the authors' program.
    """
    at = places / scale + (0.5 if scale > 1 else 0)
    limits = torch.tensor(x.shape[:2], device=x.device)[:, None] - 1
    low = torch.minimum(at.long(), limits)
    high = torch.minimum(low + 1, limits)
    down, right = (at - low).to(x.dtype)[..., None]
    top = torch.lerp(x[low[0], low[1]], x[low[0], high[1]], right)
    bottom = torch.lerp(x[high[0], low[1]], x[high[0], high[1]], right)
    return torch.lerp(top, bottom, down)


def _as_picture(distance: Tensor) -> Picture:
    """Distances in [0, 1] as levels 0…255, cut."""
    levels: Picture = (distance.clamp(0, 1) * 255).to(torch.uint8).cpu().numpy()
    return levels
