"""report: tables, figures and a page."""

from pathlib import Path

import click

from romnet_bench.cli import options


@click.command()
@click.argument("runs", nargs=-1, required=True, type=options.FOLDER)
@click.option("--out", type=options.FOLDER, default=Path("romnet-bench-report"), show_default=True)
@click.option("--data", type=options.FOLDER, help="The dataset, if it moved since the runs.")
def report(runs: tuple[Path, ...], out: Path, data: Path | None) -> None:
    """Write tables, figures and a page from RUNS, folders that `run` and `score` made.

    \b
    Example:
      romnet-bench report runs --out report
    """
    from romnet_bench.files import human_path
    from romnet_bench.report.build import build_report

    page = build_report(list(runs), out, data)
    click.echo(f"Open {human_path(page)}")
