"""demo: the whole line on the sample photos."""

from pathlib import Path

import click

from romnet_bench.cli import options


@click.command()
@click.option("--out", type=options.FOLDER, default=Path("romnet-bench-demo"), show_default=True)
@click.option("--steps", type=click.IntRange(min=1), help="Training steps.  [default: 300]")
def demo(out: Path, steps: int | None) -> None:
    """Build, train, run and report on seven sample photographs: three minutes, no network.

    \b
    Example:
      romnet-bench demo
    """
    from romnet_bench.demo import STEPS, run_demo
    from romnet_bench.files import human_path

    result = run_demo(out, steps or STEPS)
    click.echo(f"\n{result.table}\nOpen {human_path(result.page)}")
