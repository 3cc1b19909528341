"""The qualitative figure: input, outputs and target of a few telling photos, side by side."""

import dataclasses
import math

import numpy as np
from matplotlib import colormaps
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from romnet_bench.data.records import PhotoSet
from romnet_bench.images import limit_side
from romnet_bench.protocol import METRICS, Metric
from romnet_bench.report.figures.canvas import Area, Canvas
from romnet_bench.report.figures.differences import (
    Box,
    ErrorMap,
    colour_error,
    find_telling_box,
    lightness,
    shared_limit,
)
from romnet_bench.report.figures.grid_plan import (
    BETWEEN,
    FOOT,
    GAP,
    HEADINGS,
    LEFT,
    Plan,
    count_letters,
    make_plan,
)
from romnet_bench.report.figures.style import (
    FAINT,
    HOUSE,
    INK,
    Style,
    drawing,
    label,
    plain,
)
from romnet_bench.report.formats import EMPTY
from romnet_bench.report.pictures import Scene, input_psnr, load_scene
from romnet_bench.report.runs import Run
from romnet_bench.report.sheet import one_line, signed
from romnet_bench.report.telling import Entry

MOST_ROWS = 8
"""Photos on one sheet: more are too small or too long for a page."""

_WORKED_ON = 512  # longest side of the pictures that errors are measured on
_ERRORS = "magma_r"  # even steps of lightness: pale is right, dark is wrong, in grey print too


@dataclasses.dataclass(frozen=True, eq=False)
class GridRow:
    """One photo as it is drawn.

    Attributes:
        name: such as "worst".
        gain: the outputs' mean PSNR over the input's, dB.
        scene: its pictures.
        errors: a map for the input and each output, None where there is no picture.
        box: what is enlarged; None where no window tells the methods apart.
    """

    name: str
    gain: float
    scene: Scene
    errors: list[ErrorMap | None]
    box: Box | None


def draw_grid(
    photos: PhotoSet,
    runs: list[Run],
    telling: list[tuple[str, Entry]],
    style: Style = HOUSE,
    *,
    zoom: bool = True,
    errors: bool = True,
) -> Figure:
    """A row a photo, a column for the input, each of `runs` and the target; metrics below each.

    Below each picture stand, half as large, the window in which the methods differ most, and a map
    of its error (CIE Lab ΔE*ab against the target), all on one scale.

    Args:
        photos: the dataset.
        runs: the systems, from left to right.
        telling: photos with the names of their rows, from top to bottom; 1 to `MOST_ROWS`.
        style: width, font and colours.
        zoom: whether to enlarge a window of each photo; it is framed in the large pictures.
        errors: whether to show maps of errors.

    Raises:
        ValueError: more rows than that; `split_sheets` splits any number.
    """
    if len(telling) > MOST_ROWS:
        raise ValueError(f"{len(telling)} photos are too many for one sheet: use split_sheets.")
    ids = [entry.id for _, entry in telling]
    metrics = [metric for metric in METRICS if _is_known(runs, ids, metric)]
    titles = ["Input", *(run.label for run in runs), "Target"]
    plan = make_plan(titles, len(metrics), zoom + errors, style)
    rows = [make_row(photos, runs, name, entry, plan.window) for name, entry in telling]
    heights = [plan.row_height(row.scene.target) for row in rows]
    top = plan.head + sum(heights) + BETWEEN * (len(rows) - 1) + FOOT
    limit = shared_limit([one for row in rows for one in row.errors if one is not None])
    with drawing(style):
        canvas = Canvas(style.width, top)
        top -= plan.head
        for column, title in enumerate(titles):
            text = label(title, style, plan.letters, HEADINGS)
            canvas.write(plan.middle(column), top + 0.05, text, size=style.size, va="bottom")
        for row, height, (_, entry) in zip(rows, heights, telling, strict=True):
            _draw_pictures(canvas, plan, row, top, zoom=zoom)
            if errors:
                _draw_errors(canvas, plan, row, top, limit=limit)
            middle = top - (height - plan.caption) / 2
            name = _name_row(row, height, style)
            canvas.write(LEFT / 2, middle, name, size=style.small, rotation=90)
            top -= height
            captions = [_caption_input(row.scene, entry, metrics)]
            captions += [_caption(run, row.scene.id, metrics) for run in runs]
            for column, words in enumerate(captions):
                text = plan.joined_by.join(words)
                at = plan.middle(column), top + plan.caption - 0.03
                canvas.write(*at, text, size=plan.caption_size, va="top")
            top -= BETWEEN
        if metrics:
            names = " · ".join(f"{metric.label} {metric.arrow}" for metric in metrics)
            canvas.write(LEFT, 0.2, f"Below each: {names}", size=style.small, ha="left")
        if errors:
            _draw_scale(canvas, limit, style)
    return canvas.figure


def split_sheets(telling: list[tuple[str, Entry]]) -> list[list[tuple[str, Entry]]]:
    """The rows of as many sheets as it takes, of about as many each, in order."""
    parts = np.array_split(np.arange(len(telling)), max(-(-len(telling) // MOST_ROWS), 1))
    return [[telling[row] for row in part] for part in parts if part.size]


def describe_grid(runs: list[Run], telling: list[tuple[str, Entry]]) -> str:
    """For those who do not see the figure: what it shows, and how much each photo gains."""
    gains = [f"{entry.id} ({name}, {signed(entry.gain, 1)} dB)" for name, entry in telling]
    return one_line(
        f"Input, {', '.join(run.label for run in runs)} and target side by side for "
        f"{len(telling)} photos, with the PSNR that the outputs gain over the input: "
        f"{', '.join(gains)}."
    )


def make_row(photos: PhotoSet, runs: list[Run], name: str, entry: Entry, window: float) -> GridRow:
    """A photo with its errors and the window to enlarge, which takes that share of its sides.

    Errors are measured on pictures whose longest side is 512 pixels at most: more than is seen.

    Raises:
        UserError: the dataset's own pictures cannot be read.
    """
    scene = load_scene(photos, runs, entry.id)
    target = limit_side(scene.target, _WORKED_ON)
    errors = [
        None
        if picture is None or picture.shape != scene.target.shape
        else colour_error(limit_side(picture, _WORKED_ON), target)
        for picture in (scene.input, *scene.outputs)
    ]
    known = [error for error in errors[1:] if error is not None]
    if len(known) < 2:  # one method differs from nothing but its input
        known = [error for error in errors if error is not None]
    box = find_telling_box(known, lightness(target), window)
    return GridRow(name, entry.gain, scene, errors, box)


def _draw_pictures(canvas: Canvas, plan: Plan, row: GridRow, top: float, *, zoom: bool) -> None:
    large, small = plan.heights(row.scene.target)
    for column, picture in enumerate([row.scene.input, *row.scene.outputs, row.scene.target]):
        left = plan.left(column)
        place = Area(left, top - large, plan.column, large)
        if picture is None:
            canvas.fill(place, FAINT)
            canvas.write(plan.middle(column), top - large / 2, "no picture", size=plan.caption_size)
            continue
        place = place.fitting(picture)
        canvas.show(picture, place)
        if zoom and row.box is not None:
            # A light line in a dark one: seen on every picture, in grey print too.
            canvas.frame(place.part(row.box), INK, 2.2)
            canvas.frame(place.part(row.box), "white", 1.0)
            below = Area(left, top - large - GAP - small, plan.extra, small)
            cut = row.box.crop(picture)
            canvas.show(cut, below.fitting(cut))


def _draw_errors(canvas: Canvas, plan: Plan, row: GridRow, top: float, *, limit: float) -> None:
    """In the last of the small pictures' places; that of the target stays free."""
    large, small = plan.heights(row.scene.target)
    for column, error in enumerate(row.errors):
        if error is not None:
            left = plan.left(column) + (plan.extras - 1) * (plan.extra + GAP)
            place = Area(left, top - large - GAP - small, plan.extra, small).fitting(error)
            canvas.show_map(error, place, _ERRORS, limit)
            canvas.frame(place, FAINT, 0.5)


def _draw_scale(canvas: Canvas, limit: float, style: Style) -> None:
    width = min(0.25 * style.width, 1.8)
    left = style.width - width - 0.15
    shades = ScalarMappable(Normalize(0, limit), colormaps[_ERRORS])
    axes = canvas.add_axes(Area(left, 0.26, width, 0.09))
    bar = canvas.figure.colorbar(shades, cax=axes, orientation="horizontal", extend="max")
    bar.set_ticks([0, limit / 2, limit], labels=["0", f"{limit / 2:g}", f"{limit:g}"])
    axes.tick_params(length=0, pad=2, labelsize=style.small, labelfontfamily=style.family)
    words = "ΔE*ab" if style.narrow else "Error: ΔE*ab (CIE Lab)"
    canvas.write(left - 0.1, 0.3, words, size=style.small, ha="right")


def _name_row(row: GridRow, height: float, style: Style) -> str:
    """What the photo shows, such as "worst, −2.0 dB", and below it the photo's id."""
    letters = max(count_letters(height, style.small), 8)
    name = label(_shorten(row.scene.id, letters), style, letters, lines=1)
    return f"{plain(row.name)}, {signed(row.gain, 1)} dB\n{name}"


def _shorten(identity: str, letters: int) -> str:
    """An id without its middle where it is longer: ids differ at their ends."""
    if len(identity) <= letters:
        return identity
    end = (letters - 1) // 2
    return f"{identity[: letters - 1 - end]}…{identity[-end:]}"


def _is_known(runs: list[Run], ids: list[str], metric: Metric) -> bool:
    return any(not math.isnan(run.score(one, metric.key)) for run in runs for one in ids)


def _caption(run: Run, identity: str, metrics: list[Metric]) -> list[str]:
    return [_number(run.score(identity, metric.key), metric) for metric in metrics]


def _caption_input(scene: Scene, entry: Entry, metrics: list[Metric]) -> list[str]:
    """The input's scores where it was run as a method; else its PSNR alone, measured here."""
    known = {"psnr": input_psnr(scene)} | (entry.shots[0].scores if entry.shots else {})
    return [_number(known.get(metric.key, math.nan), metric) for metric in metrics]


def _number(value: float, metric: Metric) -> str:
    return EMPTY if math.isnan(value) else f"{value:.{metric.digits}f}"
