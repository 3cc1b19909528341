"""package: test sets of real old photographs, from what their owners send or archives hold."""

from pathlib import Path

import click

from romnet_bench.cli import options
from romnet_bench.cli.common import left_out


@click.group()
def package() -> None:
    """Make a dataset of real old photographs."""


@package.command()
@click.option(
    "--source",
    type=options.PATH,
    required=True,
    help="Folder or archive of <id>o.* and <id>t.*, or of the old photos alone.",
)
@click.option("--out", type=options.FOLDER, required=True, help="The dataset's folder.")
@click.option(
    "--targets", type=options.PATH, help="The targets, if they lie in a place of their own."
)
@click.option("--references", type=options.PATH, help="Folder or archive of colour portraits.")
@click.option(
    "--rights", help='Who permitted you to give it on, and when: "NAME, by mail of DATE".'
)
def realold(
    source: Path, out: Path, targets: Path | None, references: Path | None, rights: str | None
) -> None:
    """Pair, check and package RealOld, as its owners send it by e-mail.

    What is wrong is reported and left out, what is odd is flagged and shown, the rest is packaged.
    The same command goes on where it was stopped.

    \b
    Example:
      romnet-bench package realold --source realold --references portraits --out data/realold
    """
    from romnet_bench.data.realold.package import package_realold
    from romnet_bench.files import human_path

    made = package_realold(source, out, targets=targets, references=references, rights=rights)
    portraits = f", {made.references} references" if made.references else ""
    click.echo(f"{human_path(out)}: {made.pairs} test pairs{portraits}.")
    if made.flagged:
        click.echo(f"Look at {len(made.flagged)} of the pairs:")
        for sentence in made.flagged:
            click.echo(f"  {sentence}")
    click.echo(f"Report: {human_path(made.report)}")
    if made.sheets:
        click.echo(f"Side by side: {', '.join(human_path(sheet) for sheet in made.sheets)}")
    if not made.rights.granted:
        click.echo(f"Before it can be published, answer with --rights: {made.rights.statement}")
    left_out(made.left_out)
