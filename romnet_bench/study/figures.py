"""Figures of a ranking study: the places that people gave, and the scores."""

from collections.abc import Mapping

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from romnet_bench.report.figures.looks import assign_looks
from romnet_bench.report.figures.style import (
    HOUSE,
    INK,
    SOFT,
    Look,
    Style,
    add_note,
    drawing,
    finish_panel,
    label,
    make_panels,
)
from romnet_bench.report.sheet import signed
from romnet_bench.study.statistics.outcome import Outcome
from romnet_bench.study.statistics.resampling import Bounded
from romnet_bench.study.statistics.scores import PLACES

_MAP = "Blues"  # from light to dark in grey print too
_ROW = 0.5  # inches
_LETTER = 0.075  # inches that a digit takes at most


def draw_places(outcome: Outcome, style: Style = HOUSE) -> Figure:
    """A bar a method, cut into the shares of its places: the first k parts are its top k.

    Args:
        outcome: whose methods are drawn from top to bottom.
        style: width, font and colours.
    """
    names = outcome.rankings.methods
    k = len(names)
    tops = np.hstack([np.zeros((k, 1)), outcome.tops.value, np.full((k, 1), 100.0)])
    with drawing(style):
        figure, (panel,) = make_panels(1, 1.0 + _ROW * k, style)
        for place in range(k):
            shade = 0.85 - 0.8 * place / (k - 1)
            starts, widths = tops[:, place], tops[:, place + 1] - tops[:, place]
            panel.barh(
                range(k),
                widths,
                left=starts,
                height=0.72,
                color=colormaps[_MAP](shade),
                edgecolor=INK,
                linewidth=0.5,
                label=f"{place + 1}.",
                clip_on=False,  # the last edge stands on the panel's
            )
            ink = "white" if shade > 0.6 else INK
            for index in range(k):
                _write_share(panel, (starts[index], index), widths[index], ink, style)
        panel.set_xlim(0, 100)
        _finish(panel, [label(name, style) for name in names], "Share of rankings, %", style)
        panel.grid(visible=False)
        figure.legend(
            loc="outside upper center",
            ncols=k if not style.narrow else 5,
            title="Place in a ranking",
            title_fontsize=style.small,
            fontsize=style.small,
            frameon=False,
            handlelength=1.4,
            handleheight=1.0,
            columnspacing=1.4,
        )
    return figure


def draw_scores(
    outcome: Outcome, style: Style = HOUSE, looks: Mapping[str, Look] | None = None
) -> Figure:
    """Scores, and the probabilities of being the best, with their 95 % intervals.

    Behind each name stands its place, where there are places.

    Args:
        outcome: whose methods are drawn from top to bottom.
        style: width, font and colours.
        looks: of each method, by its label; without them, by the order here.
    """
    scores = outcome.scores
    known = assign_looks(outcome.rankings.methods, style=style) if looks is None else looks
    own = [known[name] for name in outcome.rankings.methods]
    names = [
        label(name, style) + (f" ({place})" if place else "")
        for name, place in zip(outcome.rankings.methods, scores.places, strict=True)
    ]
    with drawing(style):
        figure, panels = make_panels(2, 0.9 + 0.42 * len(names), style)
        _draw_intervals(panels[0], scores.worth, own)
        _finish(panels[0], names, "Score (log worth), its mean is 0", style)
        panels[0].axvline(0, color=SOFT, linewidth=0.8, dashes=(6, 3), zorder=1)
        _draw_intervals(panels[1], scores.best, own)
        named = names if style.narrow else [""] * len(names)
        _finish(panels[1], named, "Probability of being the best, %", style)
        panels[1].set_xlim(left=-0.03 * panels[1].get_xlim()[1])  # so that no mark is cut at 0
        if any(scores.places):
            add_note(figure, f"In brackets: the place, {PLACES}.", style)
    return figure


def describe_places(outcome: Outcome) -> str:
    """For those who do not see the figure: every method's share of first and of last places."""
    parts = [
        f"{name} first {tops[0]:.1f} %, last {100 - tops[-1]:.1f} %"
        for name, tops in zip(outcome.rankings.methods, outcome.tops.value, strict=True)
    ]
    return f"The places that people gave, as a bar a method: {'; '.join(parts)}."


def describe_scores(outcome: Outcome) -> str:
    """For those who do not see the figure: every method's score with its interval."""
    worth = outcome.scores.worth
    parts = [
        f"{name} {signed(value, 2)}"
        + ("" if np.isnan(low) else f" ({signed(low, 2)} to {signed(high, 2)})")
        for name, value, low, high in zip(
            outcome.rankings.methods, worth.value, worth.low, worth.high, strict=True
        )
    ]
    return f"Scores with 95 % intervals: {'; '.join(parts)}."


def _finish(panel: Axes, names: list[str], below: str, style: Style) -> None:
    panel.set_yticks(range(len(names)), names)
    panel.set_ylim(len(names) - 0.5, -0.5)
    panel.set_xlabel(below)
    finish_panel(panel, "x", style)


def _draw_intervals(panel: Axes, drawn: Bounded, looks: list[Look]) -> None:
    for index, (value, own) in enumerate(zip(drawn.value, looks, strict=True)):
        panel.errorbar(
            value,
            index,
            xerr=np.nan_to_num([[value - drawn.low[index]], [drawn.high[index] - value]]).clip(0),
            color=own.colour,
            marker=own.marker,
            markersize=7,
            markeredgecolor=INK,
            markeredgewidth=0.8,
            ecolor=INK,
            elinewidth=1.1,
            capsize=3,
        )


def _write_share(
    panel: Axes, corner: tuple[float, int], width: float, ink: str, style: Style
) -> None:
    """The number inside its part of a bar, if it fits."""
    text = f"{width:.0f}"
    inches = 0.7 * style.width * width / 100
    if inches < _LETTER * (len(text) + 1):
        return
    panel.text(
        corner[0] + width / 2,
        corner[1],
        text,
        ha="center",
        va="center",
        fontsize=style.small,
        color=ink,
    )
