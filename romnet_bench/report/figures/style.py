"""What all figures share: a calm look that survives grey print, and files without dates.

Nothing is told by colour alone: a method keeps its marker, hatch and line style everywhere.
"""

import contextlib
import dataclasses
import functools
import textwrap
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont, get_font
from matplotlib.layout_engine import ConstrainedLayoutEngine

from romnet_bench.files import written_beside
from romnet_bench.protocol import Metric
from romnet_bench.report.sheet import one_line

FORMATS = ("png", "svg", "pdf")
INK = "#1c1c1c"
SOFT = "#6b6b6b"
FAINT = "#c9c9c9"

_HATCHES = ("", "////", "....", "\\\\\\\\", "xxxx", "----", "oooo")
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


def look(index: int, style: Style = HOUSE) -> Look:
    """The look of the method of that number, from 0; the combination repeats after 70 or more."""
    import seaborn as sns

    colours = sns.color_palette(style.palette)
    return Look(
        colour=colours[index % len(colours)],
        marker=_MARKERS[index % len(_MARKERS)],
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
    wrapped = textwrap.wrap(text, width, max_lines=lines, placeholder=" …")
    return plain("\n".join(wrapped) or "(no name)")


def plain(text: str) -> str:
    """`text` with its dollar signs kept from being read as mathematics."""
    return text.replace("$", r"\$")


def signed(value: float, digits: int) -> str:
    """A difference with its sign, such as "−1.20"."""
    return f"{value:+.{digits}f}".replace("-", "−")


def save_figure(figure: Figure, stem: Path, formats: tuple[str, ...] = ()) -> list[Path]:
    """Writes `stem.png`, `.svg` and `.pdf`, or `formats` alone, without dates or random names."""
    undated: dict[str, dict[str, Any]] = {
        "png": {"Software": None},
        "svg": {"Date": None, "Creator": None},
        "pdf": {"CreationDate": None, "Creator": None, "Producer": None},
    }
    paths = []
    with rc_context({"svg.hashsalt": "romnet-bench", "pdf.fonttype": 42}):
        for form in formats or FORMATS:
            path = stem.with_name(f"{stem.name}.{form}")
            with written_beside(path) as part:
                figure.savefig(
                    part,
                    format=form,
                    dpi=200,
                    metadata=undated.get(form),
                    # The page shows the SVG on paper of its own, light or dark.
                    facecolor="none" if form == "svg" else "white",
                )
            paths.append(path)
    return paths


@functools.cache
def _letters(family: str) -> frozenset[int]:
    """The letters that a font has, as code points."""
    return frozenset(get_font(findfont(family)).get_charmap())
