"""What all figures share: a calm look that survives grey print, and files without dates.

Nothing is told by colour alone: methods differ in marker, hatch and line style too.
"""

import contextlib
import dataclasses
import functools
import math
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont, get_font
from matplotlib.layout_engine import ConstrainedLayoutEngine

from romnet_bench.bench.statistics import Interval
from romnet_bench.files import written_beside
from romnet_bench.protocol import Metric
from romnet_bench.report.sheet import one_line

FORMATS = ("png", "svg", "pdf")
INK = "#1c1c1c"
SOFT = "#6b6b6b"
FAINT = "#c9c9c9"

_HATCHES = ("////", "....", "\\\\\\\\", "xxxx", "----", "oooo", "||||")
_MARKERS = ("o", "s", "^", "D", "v", "P", "X")
_LINES = ("-", (0, (5, 1.5)), (0, (1.2, 1.2)), (0, (6, 1.5, 1.2, 1.5)), (0, (3, 1, 1, 1, 1, 1)))
_ONE_COLUMN = 6.0  # inches: what is narrower has its panels one below the other
_UNKNOWN = "\N{REPLACEMENT CHARACTER}"  # stands for a letter that the font lacks


@dataclasses.dataclass(frozen=True)
class Style:
    """What a journal may ask for.

    Attributes:
        width: of the whole figure, in inches; panels stand one below the other below 6.
        size: of the labels, in points; smaller print is 0.85 of it.
        family: a font that is installed.
        palette: the name of a seaborn palette, or colours, used in turn.
    """

    width: float = 9.6
    size: float = 9.5
    family: str = "DejaVu Sans"
    palette: str | tuple[str, ...] = "colorblind"

    @property
    def small(self) -> float:
        """Points of what stands beside the labels."""
        return 0.85 * self.size

    @property
    def narrow(self) -> bool:
        """Whether panels stand one below the other."""
        return self.width < _ONE_COLUMN


HOUSE = Style()


@dataclasses.dataclass(frozen=True)
class Look:
    """How one method is drawn; each of the four tells it apart from its neighbours."""

    colour: tuple[float, float, float]
    marker: str
    hatch: str
    line: str | tuple[float, tuple[float, ...]]

    @property
    def pale(self) -> tuple[float, ...]:
        """The colour for areas, under a hatch or a number."""
        return tuple(0.75 + 0.25 * part for part in self.colour)


NEUTRAL = Look(colour=(0.3, 0.3, 0.3), marker="<", hatch="", line=(0, (6, 3)))
"""The input itself: what it is not is a method."""


def look(index: int, style: Style = HOUSE) -> Look:
    """The look of the method of that number, from 0.

    No two of the first 7·n have the same colour and marker, n being the palette's colours: where
    the two cycles meet again, the markers move on by one.
    """
    import seaborn as sns

    colours = sns.color_palette(style.palette)
    met = index // math.lcm(len(colours), len(_MARKERS))
    return Look(
        colour=colours[index % len(colours)],
        marker=_MARKERS[(index + met) % len(_MARKERS)],
        hatch=_HATCHES[index % len(_HATCHES)],
        line=_LINES[index % len(_LINES)],
    )


@contextlib.contextmanager
def drawing(style: Style) -> Iterator[None]:
    """Texts made inside have the style's font; the global settings are as before afterwards."""
    with rc_context({"font.family": [style.family], "font.size": style.size}):
        yield


def make_panels(count: int, height: float, style: Style) -> tuple[Figure, list[Axes]]:
    """`count` panels of `height` inches, side by side or, in a narrow figure, stacked."""
    rows, columns = (count, 1) if style.narrow else (1, count)
    engine = ConstrainedLayoutEngine(wspace=0.06, hspace=0.04)
    figure = Figure(figsize=(style.width, height * rows), layout=engine)
    return figure, list(figure.subplots(rows, columns, squeeze=False).ravel())


def finish_panel(panel: Axes, grid: Literal["x", "y", "both"], style: Style) -> None:
    """Thin grid lines along `grid`, and no frame but the foot of x."""
    panel.set_facecolor("none")
    panel.tick_params(
        which="both", labelsize=style.small, labelfontfamily=style.family, length=0, colors=INK
    )
    panel.spines[["top", "right", "left"]].set_visible(False)
    panel.spines["bottom"].set_color(FAINT)
    panel.grid(axis=grid, color=FAINT, linewidth=0.5)
    panel.set_axisbelow(True)


def leave_empty(panel: Axes, why: str = "not measured") -> None:
    """Says in the middle of a panel that nothing is known."""
    panel.set_xticks([])
    panel.set_yticks([])
    panel.text(0.5, 0.5, why, transform=panel.transAxes, ha="center", va="center", color=SOFT)


def add_note(figure: Figure, text: str, style: Style) -> None:
    """What is needed to read a figure, small below it."""
    letters = int(style.width * 72 / (0.53 * style.small))
    figure.supxlabel(textwrap.fill(text, letters), fontsize=style.small, color=SOFT)


def name_metric(metric: Metric) -> str:
    """Such as "PSNR (dB) ↑"."""
    unit = " (dB)" if metric.key == "psnr" else ""
    return f"{metric.label}{unit} {metric.arrow}"


def label(text: str, style: Style = HOUSE, width: int = 22, lines: int = 3) -> str:
    """A name from outside as matplotlib is to draw it: wrapped, cut, nothing read as mathematics.

    Args:
        text: anything, with line breaks, control signs or letters that the font lacks.
        style: whose font.
        width: letters a line.
        lines: how many lines at most; what is longer ends in "…".
    """
    known = _letters(style.family)
    text = "".join(sign if ord(sign) in known else _UNKNOWN for sign in one_line(text))
    wrapped = textwrap.wrap(text, width)
    if len(wrapped) > lines:
        wrapped[lines - 1 :] = [f"{textwrap.wrap(wrapped[lines - 1], width - 2)[0]} …"]
    return plain("\n".join(wrapped) or "(no name)")


def reach(cell: Interval) -> list[list[float]]:
    """Lengths of an error bar below and above; NaN, no bar, where there is no spread, as of one."""
    if not cell.high > cell.low:
        return [[math.nan], [math.nan]]
    return [[max(cell.mean - cell.low, 0)], [max(cell.high - cell.mean, 0)]]  # rounding: −1e−16


def plain(text: str) -> str:
    """`text` with its dollar signs kept from being read as mathematics."""
    return text.replace("$", r"\$")


def save_figure(figure: Figure, stem: Path, formats: tuple[str, ...] = ()) -> list[Path]:
    """Writes `stem.png`, `.svg` and `.pdf`, or `formats` alone, without dates or random names."""
    undated: dict[str, dict[str, Any]] = {
        # Packed without loss: matplotlib's level 6 takes four times as long to save 9 %.
        "png": {"metadata": {"Software": None}, "pil_kwargs": {"compress_level": 2}},
        "svg": {"metadata": {"Date": None, "Creator": None}},
        "pdf": {"metadata": {"CreationDate": None, "Creator": None, "Producer": None}},
    }
    paths = []
    with rc_context({"svg.hashsalt": "romnet-bench", "pdf.fonttype": 42}), _laid_out(figure):
        for form in formats or FORMATS:
            path = stem.with_name(f"{stem.name}.{form}")
            with written_beside(path) as part:
                figure.savefig(
                    part,
                    format=form,
                    dpi=200,
                    # The page shows the SVG on paper of its own, light or dark.
                    facecolor="none" if form == "svg" else "white",
                    **undated.get(form, {}),
                )
            paths.append(path)
    return paths


@contextlib.contextmanager
def _laid_out(figure: Figure) -> Iterator[None]:
    """Inside, the layout stays as it is: found once, not for every format."""
    engine = figure.get_layout_engine()
    if engine is None:
        yield
        return
    engine.execute(figure)
    figure.set_layout_engine("none")
    try:
        yield
    finally:
        figure.set_layout_engine(engine)


@functools.cache
def _letters(family: str) -> frozenset[int]:
    """The letters that a font has, as code points."""
    return frozenset(get_font(findfont(family)).get_charmap())
