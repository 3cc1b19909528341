"""Contact sheets: of each plate the input, the colours before and after repair, and what was found.

Read them before you trust the pairs. In the last panel, damage that was repaired is red in the
input's exposure and blue in the others; damage that nothing proves is yellow; what stands out for
the scene's own reasons is white.
"""

import io

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from romnet_bench.data.prokudin.pair import LeftOut, Pair
from romnet_bench.data.prokudin.plates import FILTERS
from romnet_bench.images import Picture, limit_side, resize, to_rgb

_SIDE = 480  # pixels: the longest side of a panel
_GAP = 8
_CAPTION = 26
_PANELS = 4
_LEGEND = (
    "input | colours as aligned | target | what was found: red repaired in the input's exposure, "
    "blue in another, yellow not proven, white the scene's own"
)
_PAPER, _INK = (255, 255, 255), (20, 20, 20)
_OWN, _OTHER, _UNPROVEN, _SCENE = (255, 40, 40), (70, 130, 255), (255, 220, 0), (255, 255, 255)


def strip(result: Pair | LeftOut) -> Picture:
    """One plate's line of a sheet; of a plate that was left out, its name and the reason."""
    if isinstance(result, LeftOut):
        return _captioned([], f"{result.row['id']}: LEFT OUT, {result.reason}")
    photo, row = result.photo, result.row
    panels = [to_rgb(photo.input), result.unrepaired, photo.target, _overlay(result)]
    caption = (
        f"{row['id']}: input {row['input']}; half of the parts within {row['median']:.2f} px, "
        f"nine tenths within {row['most']:.2f}; way round {row['loop']:.2f} px; repaired "
        f"{row['repaired_input']:.2%} of the input's exposure, {row['repaired']:.2%} of the picture"
    )
    return _captioned([limit_side(panel, _SIDE) for panel in panels], caption)


def page(strips: list[Picture]) -> bytes:
    """Strips below each other as a JPEG, the same bytes for the same pixels."""
    strips = [_captioned([], _LEGEND), *strips]
    width = max(each.shape[1] for each in strips)
    sheet = Image.new("RGB", (width, sum(each.shape[0] for each in strips)), _PAPER)
    top = 0
    for each in strips:
        sheet.paste(Image.fromarray(each), (0, top))
        top += each.shape[0]
    buffer = io.BytesIO()
    sheet.save(buffer, format="JPEG", quality=92, subsampling=0)
    return buffer.getvalue()


def _overlay(pair: Pair) -> Picture:
    height, width = pair.photo.input.shape
    shown = to_rgb(pair.photo.input) // 2
    own = FILTERS.index(pair.row["input"])
    others = [channel for channel in range(3) if channel != own]
    layers = (
        (pair.damage.scene.any(axis=0), _SCENE),
        (pair.damage.unproven.any(axis=0), _UNPROVEN),
        (pair.damage.proven[others].any(axis=0), _OTHER),
        (pair.damage.proven[own], _OWN),
    )
    for mask, colour in layers:
        shown[resize(np.where(mask, 255, 0).astype(np.uint8), height, width) > 127] = colour
    return shown


def _captioned(panels: list[Picture], caption: str) -> Picture:
    wide = max((panel.shape[1] for panel in panels), default=_SIDE * 3 // 4)
    high = max((panel.shape[0] for panel in panels), default=0)
    image = Image.new("RGB", (_PANELS * (wide + _GAP) + _GAP, high + _CAPTION + _GAP), _PAPER)
    ImageDraw.Draw(image).text((_GAP, 5), caption, _INK, ImageFont.load_default(14))
    for column, panel in enumerate(panels):
        image.paste(Image.fromarray(panel), (_GAP + column * (wide + _GAP), _CAPTION))
    return np.asarray(image).copy()
