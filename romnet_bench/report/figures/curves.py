"""How training went: every loss by step, one small panel a loss."""

import dataclasses
import io
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from romnet_bench.errors import UserError
from romnet_bench.report.figures.style import (
    HOUSE,
    Style,
    drawing,
    finish_panel,
    label,
    leave_empty,
    look,
)
from romnet_bench.report.sheet import one_line

_NOT_LOSSES = ("step", "epoch", "learning_rate")
_GRADIENTS = ("gradient", "discriminator_gradient")
_WORDS = {  # what the logs of ROMNet and of Pix2pix hold
    "rec_L": "Reconstruction of L",
    "perc_L": "Perceptual, of L",
    "emd": "Earth mover's distance of the histograms",
    "rec_ab": "Reconstruction of ab",
    "l1": "L1 distance from the target",
    "adv": "Adversarial, of the network",
    "total": "Total, weighted",
    "discriminator": "Discriminator",
    "real": "Discriminator, on true pictures",
    "made": "Discriminator, on made pictures",
    "gradient": "Network",
    "discriminator_gradient": "Discriminator",
}
GRADIENTS_TITLE = "Norms of the gradients, before they are clipped"
_BINS = 300  # of the raw line, each drawn by its lowest and highest value
_DECADES = 20.0  # a panel whose smoothed values span more of a factor is logarithmic
_PANEL = 1.7  # inches high


@dataclasses.dataclass(frozen=True, eq=False)
class Training:
    """One training's log: its name, and a column a loss by step, NaN where nothing was written."""

    label: str
    losses: pd.DataFrame


def read_training(path: Path, name: str) -> Training:
    """Reads the `log.csv` of a training of ROMNet, Pix2pix or any network that logs like them.

    A last line that was cut short, as while a training goes on, is left out.

    Args:
        path: the file; its first line names the columns, of which "step" must be one.
        name: how the training is called.

    Raises:
        UserError: the file is missing, damaged, or no log of a training.
    """
    try:
        text = path.read_text(encoding="utf-8")
        whole = text[: text.rfind("\n") + 1]
        table = pd.read_csv(io.StringIO(whole), index_col=False)
        if "step" not in table.columns:
            raise ValueError("no column step")
        numbers = table.astype(np.float64)
    except (OSError, ValueError, pd.errors.ParserError) as error:
        said = getattr(error, "strerror", None) or str(error).strip() or type(error).__name__
        reason = said.splitlines()[0].lower()
        raise UserError(
            f"{path} is no log of a training ({reason}): give the log.csv that "
            "`romnet-bench train` wrote."
        ) from None
    steps = numbers["step"]
    losses = numbers.drop(columns=[name for name in _NOT_LOSSES if name in numbers])
    losses = losses.where(np.isfinite(losses)).dropna(axis="columns", how="all")
    if losses.empty or not steps.is_monotonic_increasing or not np.isfinite(steps).all():
        raise UserError(
            f"{path} is no log of a training (no losses by rising step): give the log.csv that "
            "`romnet-bench train` wrote."
        )
    return Training(name, losses.set_axis(steps.to_numpy(), axis="index"))


def smooth(values: pd.Series) -> pd.Series:
    """The running mean over a 25th of the steps, centred; shorter at the ends."""
    window = max(len(values) // 25, 1)
    return values.rolling(window, center=True, min_periods=1).mean()


def draw_curves(trainings: list[Training], style: Style = HOUSE) -> Figure:
    """A panel a loss: the running mean as a line, raw values faint behind it.

    The norms of the gradients, where they were logged, stand below under a title of their own.

    Args:
        trainings: drawn over one another; each panel shows those that have its loss.
        style: width, font and colours.
    """
    names = list(dict.fromkeys(name for one in trainings for name in one.losses.columns))
    losses = [name for name in names if name not in _GRADIENTS]
    gradients = [name for name in names if name in _GRADIENTS]
    parts = [part for part in (losses, gradients) if part]
    columns = min(2 if style.narrow else 4, max(map(len, parts)))
    heights = [0.3 + _PANEL * -(-len(part) // columns) for part in parts]
    with drawing(style):
        figure = Figure(
            figsize=(style.width, 0.3 + sum(heights)),
            layout=ConstrainedLayoutEngine(wspace=0.05, hspace=0.05),
        )
        blocks = figure.subfigures(len(parts), 1, height_ratios=heights, squeeze=False)[:, 0]
        for block, part in zip(blocks, parts, strict=True):
            if part is gradients:
                block.suptitle(GRADIENTS_TITLE, fontsize=style.size, x=0.01, ha="left")
            _draw_block(block, trainings, part, columns, style)
        if len(trainings) > 1:
            handles = [
                figure.axes[0].plot([], [], **_line(index, style), label=_name(one, style))[0]
                for index, one in enumerate(trainings)
            ]
            blocks[0].legend(
                handles=handles, loc="outside upper left", ncols=columns, frameon=False
            )
    return figure


def describe_curves(trainings: list[Training]) -> str:
    """For those who do not see the figure: steps, and where the total loss began and ended."""
    parts = []
    for one in trainings:
        name = "total" if "total" in one.losses else one.losses.columns[0]
        values = smooth(one.losses[name].dropna())
        steps = f"{one.losses.index[-1]:.0f} steps"
        ends = f"{name} {values.iloc[0]:.3g} → {values.iloc[-1]:.3g}"
        parts.append(f"{one.label}, {steps}: {ends}")
    return one_line(f"Losses by step of training, running means. {'; '.join(parts)}.")


def _draw_block(
    block: SubFigure, trainings: list[Training], names: list[str], columns: int, style: Style
) -> None:
    """Panels of one kind."""
    rows = -(-len(names) // columns)
    panels = block.subplots(rows, columns, squeeze=False).ravel()
    for panel, name in zip(panels, names, strict=False):
        _draw_panel(panel, trainings, name, style)
        panel.set_xlim(0, max(one.losses.index[-1] for one in trainings))
    for panel in panels[len(names) :]:
        panel.remove()
    for panel in panels[max(len(names) - columns, 0) : len(names)]:
        panel.set_xlabel("Step")


def _draw_panel(panel: Axes, trainings: list[Training], name: str, style: Style) -> None:
    smoothed = []
    for index, one in enumerate(trainings):
        if name not in one.losses:
            continue
        raw = one.losses[name].dropna()
        line = smooth(raw)
        smoothed.append(line)
        drawn = look(index, style)
        panel.plot(*thin(raw), color=drawn.colour, alpha=0.25, linewidth=0.6)
        every = max(len(line) // _BINS, 1)
        panel.plot(line.index[::every], line.to_numpy()[::every], **_line(index, style))
    title = label(_WORDS.get(name, name), style, width=28, lines=2)
    panel.set_title(title, loc="left", fontsize=style.size)
    finish_panel(panel, "both", style)
    if not smoothed:
        leave_empty(panel)
        return
    values = pd.concat(smoothed)
    if values.min() > 0 and values.max() > _DECADES * values.min():
        panel.set_yscale("log", nonpositive="mask")
        panel.grid(visible=False, which="minor")
    else:
        # A few wild steps must not press all others flat.
        raw = pd.concat([one.losses[name].dropna() for one in trainings if name in one.losses])
        low, high = raw.quantile([0.005, 0.995])
        low, high = min(low, values.min()), max(high, values.max())
        if high > low:
            panel.set_ylim(low - 0.05 * (high - low), high + 0.05 * (high - low))


def thin(values: pd.Series) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Steps and values; of many only the lowest and highest of each bin, so nothing is hidden."""
    steps, column = values.index.to_numpy(np.float64), values.to_numpy(np.float64)
    if column.size <= 2 * _BINS:
        return steps, column
    kept = []
    for part in np.array_split(np.arange(column.size), _BINS):
        ends = {part[column[part].argmin()], part[column[part].argmax()]}
        kept += sorted(int(index) for index in ends)
    return steps[kept], column[kept]


def _line(index: int, style: Style) -> dict[str, Any]:
    drawn = look(index, style)
    return {"color": drawn.colour, "linestyle": drawn.line, "linewidth": 1.5}


def _name(training: Training, style: Style) -> str:
    return label(training.label, style, width=36, lines=1)
