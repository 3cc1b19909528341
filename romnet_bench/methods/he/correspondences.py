"""Which place of the reference each place of the photo looks most like: from coarse to fine.

The authors use Deep Image Analogy (Liao et al. 2017, arXiv 1705.01088): at each of VGG-19's levels
a random search (PatchMatch) around the match of the coarser level. Here the coarsest level is
searched everywhere and each finer one in a window: the same idea without chance.
"""

import torch
from torch import Tensor
from torch.nn import functional

REACH = 3
"""Places to each side of a coarser match that are tried on the next level."""
ROWS = 1024
"""Places that are compared with all others at once."""


def match(photo: list[Tensor], reference: list[Tensor]) -> Tensor:
    """The row and column in the reference for each pixel of the photo.

    Args:
        photo: maps 1×C×h×w, fine to coarse, the finest of the photo's size, each half of the last.
        reference: the same of the reference.

    Returns:
        2×H×W, long.
    """
    levels = [(_places(m), _places(theirs)) for m, theirs in zip(photo, reference, strict=True)]
    field = _search_everywhere(*levels[-1])
    for mine, theirs in levels[-2::-1]:
        field = _search_nearby(_enlarge(field, mine, theirs), mine, theirs)
    return field


def _search_everywhere(mine: Tensor, theirs: Tensor) -> Tensor:
    """Best matches of patches of 3×3 places, h×w×C → 2×h×w."""
    height, width, _ = mine.shape
    keys = _patches(theirs)
    best = torch.cat([(rows @ keys).argmax(dim=1) for rows in torch.split(_patches(mine).T, ROWS)])
    columns = theirs.shape[1]
    return torch.stack([best // columns, best % columns]).reshape(2, height, width)


def _search_nearby(field: Tensor, mine: Tensor, theirs: Tensor) -> Tensor:
    """The best of all matches at most `REACH` from `field`, which is 2×h×w.

    A place's neighbours have a say: the similarity of each shift is averaged over 3×3 places.
    """
    span = range(-REACH, REACH + 1)
    # The nearest first: among equals, the match stays where it was.
    shifts = sorted(((y, x) for y in span for x in span), key=lambda s: s[0] ** 2 + s[1] ** 2)
    scores = []
    for shift in shifts:
        rows, columns = _inside(field, shift, theirs)
        scores.append((mine * theirs[rows, columns]).sum(-1))
    averaged = functional.avg_pool2d(
        torch.stack(scores)[None], 3, stride=1, padding=1, count_include_pad=False
    )
    best = averaged[0].argmax(dim=0)
    chosen = torch.tensor(shifts, device=field.device)[best].permute(2, 0, 1)
    return _inside(field, chosen, theirs)


def _enlarge(field: Tensor, mine: Tensor, theirs: Tensor) -> Tensor:
    """A field 2×h×w on maps of twice the size: what was in a cell stays together."""
    height, width, _ = mine.shape
    rows = torch.arange(height, device=field.device)[:, None].expand(height, width)
    columns = torch.arange(width, device=field.device)[None, :].expand(height, width)
    places = torch.stack([rows, columns])
    cells = torch.stack(
        [(rows // 2).clamp(max=field.shape[1] - 1), (columns // 2).clamp(max=field.shape[2] - 1)]
    )
    moved = 2 * field[:, cells[0], cells[1]] + places - 2 * cells
    return _inside(moved, (0, 0), theirs)


def _inside(field: Tensor, shift: Tensor | tuple[int, int], theirs: Tensor) -> Tensor:
    """`field` shifted, and held inside the map h×w×C."""
    height, width, _ = theirs.shape
    rows = (field[0] + shift[0]).clamp(0, height - 1)
    columns = (field[1] + shift[1]).clamp(0, width - 1)
    return torch.stack([rows, columns])


def _places(x: Tensor) -> Tensor:
    """1×C×h×w → h×w×C, every place's features of length 1 and side by side in memory."""
    return functional.normalize(x[0], dim=0).permute(1, 2, 0).contiguous()


def _patches(x: Tensor) -> Tensor:
    """h×w×C → 9C×hw: each place with its eight neighbours, edges repeated."""
    padded = functional.pad(x.permute(2, 0, 1)[None], (1, 1, 1, 1), mode="replicate")
    return functional.unfold(padded, 3)[0]
