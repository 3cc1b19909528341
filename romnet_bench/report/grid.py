"""The qualitative figure: input, outputs and target of a few telling photos, side by side."""

import math
import textwrap

from matplotlib.figure import Figure

from romnet_bench.data.records import PhotoSet
from romnet_bench.images import Picture, limit_side
from romnet_bench.report.figures import FAINT, INK, plain
from romnet_bench.report.gallery import Entry, list_facts
from romnet_bench.report.pictures import Scene, input_psnr, load_scene
from romnet_bench.report.runs import Run

# All in inches. A row is as high as its photo asks for, within reason.
_WIDTH = 2.2
_GAP = 0.08
_LEFT = 0.62
_HEAD = 0.42
_CAPTION = 0.24
_TALLEST = 3.3
_PIXELS = 480  # longest side in the file: what print needs at this size


def draw_grid(photos: PhotoSet, runs: list[Run], telling: list[tuple[str, Entry]]) -> Figure:
    """A row a photo, a column for the input, each of `runs` and the target; metrics below each.

    Args:
        photos: the dataset.
        runs: the systems, from left to right.
        telling: photos with the names of their rows, from top to bottom; at least one.
    """
    scenes = [load_scene(photos, runs, entry.id) for _, entry in telling]
    heights = [_row_height(scene.target) for scene in scenes]
    columns = len(runs) + 2
    width = _LEFT + columns * (_WIDTH + _GAP)
    height = _HEAD + sum(heights) + len(scenes) * (_CAPTION + _GAP)
    figure = Figure(figsize=(width, height))
    top = height - _HEAD
    for column, title in enumerate(["Input", *(run.label for run in runs), "Target"]):
        middle = _LEFT + column * (_WIDTH + _GAP) + _WIDTH / 2
        lines = "\n".join(textwrap.wrap(title, 26)[:2])
        _write(figure, (middle, top + 0.06), plain(lines), size=9.5, va="bottom")
    for (name, entry), scene, row_height in zip(telling, scenes, heights, strict=True):
        bottom = top - row_height
        label = f"{name}\n{entry.gain:+.1f} dB".replace("-", "−")
        _write(figure, (0.3, bottom + row_height / 2), label, size=8.5, va="center")
        pictures = [scene.input, *scene.outputs, scene.target]
        captions = [_caption_input(scene), *(list_facts(run, scene.id) for run in runs), []]
        for column, (picture, facts) in enumerate(zip(pictures, captions, strict=True)):
            left = _LEFT + column * (_WIDTH + _GAP)
            _show(figure, picture, left, bottom, row_height)
            caption = " · ".join(facts)
            _write(figure, (left + _WIDTH / 2, bottom - 0.05), caption, size=6.8, va="top")
        top = bottom - _CAPTION - _GAP
    return figure


def _row_height(picture: Picture) -> float:
    height, width = picture.shape[:2]
    return min(_WIDTH * float(height / width), _TALLEST)


def _caption_input(scene: Scene) -> list[str]:
    value = input_psnr(scene)
    return [] if math.isnan(value) else [f"PSNR {value:.2f}"]


def _show(figure: Figure, picture: Picture | None, left: float, bottom: float, high: float) -> None:
    width, height = figure.get_size_inches()
    axes = figure.add_axes((left / width, bottom / height, _WIDTH / width, high / height))
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_visible(False)
    if picture is None:
        axes.set_facecolor(FAINT)
        axes.text(0.5, 0.5, "no picture", ha="center", va="center", fontsize=8, color=INK)
    else:
        axes.imshow(limit_side(picture, _PIXELS))


def _write(figure: Figure, at: tuple[float, float], text: str, size: float, va: str) -> None:
    width, height = figure.get_size_inches()
    x, y = at[0] / width, at[1] / height
    figure.text(x, y, text, fontsize=size, color=INK, ha="center", va=va)
