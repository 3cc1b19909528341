"""A figure of a report, drawn anew for a journal: one column of 88 mm, serif letters of 8 points.

    python docs/examples/restyle.py runs figures/sensitivity

writes `figures/sensitivity.pdf`: how much the reference matters where a method was run with
references of several ranks, else every photo's scores. Copy it and change what your journal asks.
"""

import argparse
from pathlib import Path

import numpy as np

from romnet_bench.report.figures.distributions import draw_distributions
from romnet_bench.report.figures.rank_curves import find_rank_curves, to_csv
from romnet_bench.report.figures.sensitivity import draw_sensitivity
from romnet_bench.report.figures.style import Style, save_figure
from romnet_bench.report.runs import compare_runs

JOURNAL = Style(
    width=88 / 25.4,  # inches; below 6 the panels stand one below the other
    size=8,  # points
    family="DejaVu Serif",  # comes with matplotlib; or any font that is installed
    palette=("#222222", "#b5651d", "#2f6690"),  # or the name of a seaborn palette
)


def main() -> None:
    """Reads the runs, draws the first dataset's figure, and writes it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", type=Path, help="folder with runs of one dataset or of several")
    parser.add_argument("stem", type=Path, help="the figure's path without its ending")
    options = parser.parse_args()
    comparison = compare_runs([options.runs])[0]
    curves = find_rank_curves(comparison)
    if curves:
        figure = draw_sensitivity(curves, JOURNAL)
        options.stem.parent.mkdir(parents=True, exist_ok=True)
        numbers = options.stem.with_name(f"{options.stem.name}.csv")
        numbers.write_text(to_csv(curves), encoding="utf-8")
    else:
        figure = draw_distributions(comparison, np.random.default_rng(0), JOURNAL)
    for panel in figure.axes:  # what is drawn are matplotlib's own objects: change any of them
        panel.grid(linestyle=":")
        panel.spines["left"].set_visible(True)
    for path in save_figure(figure, options.stem, formats=("pdf",)):
        print(path)


if __name__ == "__main__":
    main()
