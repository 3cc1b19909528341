"""package prokudin: a test set of real old photographs with true colours, from glass plates."""

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from romnet_bench.cli import options
from romnet_bench.cli.common import left_out

if TYPE_CHECKING:
    from romnet_bench.data.prokudin.pair import Choice


@click.command()
@click.option(
    "--source", type=options.FOLDER, required=True, help="A folder of scans of whole plates."
)
@click.option("--out", type=options.FOLDER, required=True, help="The dataset's folder.")
@click.option(
    "--input",
    "choice",
    type=click.Choice(["green", "red", "blue", "damaged"]),
    default="green",
    show_default=True,
    help="Which exposure is the input; damaged: the one with most damage that is proven.",
)
@click.option(
    "--max-side",
    type=click.IntRange(min=128),
    help="Makes exposures smaller.  [default: the scan's own size]",
)
@click.option("--limit", type=click.IntRange(min=1), help="Only the first plates, by name.")
@click.option("--sheets/--no-sheets", default=True, show_default=True, help="Write contact sheets.")
@click.option(
    "--workers",
    type=click.IntRange(min=1),
    help="Processes, each up to 1.5 GB for full TIFFs.  [default: one a core]",
)
def prokudin(
    source: Path,
    out: Path,
    choice: "Choice",
    max_side: int | None,
    limit: int | None,
    sheets: bool,
    workers: int | None,
) -> None:
    """Make real old photographs with true colours from Prokudin-Gorskii's plates.

    Each plate holds a scene three times, through a blue, a green and a red filter: JPEG or full
    TIFF of the Library of Congress (LC-DIG-prok). The input is one exposure as it is, the target
    the aligned colours, repaired where the others prove the damage. Look at sheets/ and quality.csv
    in the dataset's folder. The same command goes on with one that was stopped.

    \b
    Example:
      romnet-bench package prokudin --source plates --out data/prokudin
    """
    from romnet_bench.data.prokudin.package import package_prokudin
    from romnet_bench.files import human_path

    packaged = package_prokudin(
        source,
        out,
        choice=choice,
        max_side=max_side,
        limit=limit,
        sheets=sheets,
        workers=workers or len(os.sched_getaffinity(0)),
    )
    click.echo(
        f"{human_path(out)}: {packaged.pairs} pairs, {packaged.repaired} of them repaired in the "
        f"input's exposure; {len(packaged.left_out)} plates left out."
    )
    for sentence in packaged.left_out:
        click.echo(f"  {sentence}")
    left_out(packaged.unreadable)
