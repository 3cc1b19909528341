"""report: tables, figures and a page, or two runs side by side."""

from pathlib import Path

import click
from click.core import ParameterSource

from romnet_bench.cli import options
from romnet_bench.errors import UserError

WORSE = 4
"""The second run is worse than `--fail-if-worse` allows."""


@click.command()
@click.argument("runs", nargs=-1, type=options.FOLDER)
@click.option("--out", type=options.FOLDER, default=Path("romnet-bench-report"), show_default=True)
@click.option("--data", type=options.FOLDER, help="The dataset, if it moved since the runs.")
@click.option(
    "--ablations", type=options.FOLDER, help="What `ablate` made: Tables IV, V and VI, with bars."
)
@click.option("--study", metavar="DB", help="Answers of `study serve`, or their export: Table III.")
@click.option(
    "--training",
    "trainings",
    type=click.Path(path_type=Path),
    multiple=True,
    help="A folder of checkpoints, or its log.csv, for curves; repeatable.",
)
@click.option("--inline", is_flag=True, help="One file that holds all pictures, to be sent alone.")
@click.option(
    "--photos",
    type=click.IntRange(min=1, max=24),
    default=6,
    show_default=True,
    help="In the figure of worst, median and best photographs.",
)
@click.option(
    "--compare",
    type=options.FOLDER,
    nargs=2,
    metavar="BEFORE AFTER",
    help="Two runs on the same photos, side by side, instead of a report.",
)
@click.option(
    "--fail-if-worse",
    "limits",
    multiple=True,
    metavar="METRIC:BY",
    help="With --compare: exit status 4 if AFTER's mean is worse by more than BY; repeatable.",
)
def report(
    runs: tuple[Path, ...],
    out: Path,
    data: Path | None,
    ablations: Path | None,
    study: str | None,
    trainings: tuple[Path, ...],
    inline: bool,
    photos: int,
    compare: tuple[Path, Path] | None,
    limits: tuple[str, ...],
) -> None:
    """Write tables, figures and a page from RUNS, folders that `run` and `score` made.

    \b
    Example:
      romnet-bench report runs --out report
    Everything that a paper needs, on one page that may be sent:
      romnet-bench report runs --ablations study --training checkpoints/romnet --inline
    Whether a change made a method worse, for a program that watches over it:
      romnet-bench report --compare old/mine/romnet runs/mine/romnet --fail-if-worse PSNR:0.1
    """
    if compare is not None:
        _refuse_others(click.get_current_context())
        _compare(*compare, limits)
        return
    if limits:
        raise UserError("--fail-if-worse needs two runs: give them by --compare BEFORE AFTER.")
    if not runs:
        raise click.UsageError("Missing argument 'RUNS...'.")
    from romnet_bench.files import human_path
    from romnet_bench.report.build import build_report
    from romnet_bench.report.page.inline import warn_of_weight

    more = []
    if study is not None:
        from romnet_bench.study.report import prepare_study_part

        more.append(prepare_study_part(study))
    page = build_report(
        list(runs),
        out,
        data,
        ablations=ablations,
        trainings=trainings,
        more=more,
        inline=inline,
        grid_photos=photos,
    )
    if inline and (warning := warn_of_weight(page.read_text(encoding="utf-8"))):
        click.echo(warning, err=True)
    click.echo(f"Open {human_path(page)}")


def _refuse_others(context: click.Context) -> None:
    """Makes sure that nothing is asked for that only a report would do."""
    for param in context.command.params:
        given = context.get_parameter_source(param.name or "")
        if param.name in ("compare", "limits") or given in (None, ParameterSource.DEFAULT):
            continue
        name = param.opts[0] if isinstance(param, click.Option) else "RUNS"
        raise UserError(f"--compare takes two runs and writes no report: leave out {name}.")


def _compare(before: Path, after: Path, limits: tuple[str, ...]) -> None:
    from romnet_bench.report.versus import compare_two, find_worse, parse_tolerance, to_text

    parsed = [parse_tolerance(limit) for limit in limits]
    versus = compare_two(before, after)
    click.echo(to_text(versus))
    broken = find_worse(versus, parsed)
    for sentence in broken:
        click.echo(sentence, err=True)
    if broken:
        raise click.exceptions.Exit(WORSE)
