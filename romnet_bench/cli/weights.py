"""weights: what other systems' authors published, fetched once and checked ever after."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from romnet_bench.cli import options
from romnet_bench.cli.common import PARTLY, left_out
from romnet_bench.errors import UserError

if TYPE_CHECKING:
    from romnet_bench.published.inventory import Item, Stand


@click.group("weights")
def weights() -> None:
    """Published weights: list them, fetch them, verify them.

    They are looked for in the folder that --weights names, in $ROMNET_BENCH_WEIGHTS, and in the
    cache ($ROMNET_BENCH_CACHE, else ~/.cache/romnet-bench), backbones also in the torch hub cache.
    The SHA-256 of each is recorded at first use; a file that changes later is refused.

    \b
    Example, with a second machine that has no network:
      romnet-bench weights fetch deoldify-artistic --out /media/stick/weights
      romnet-bench run --method deoldify-artistic --weights /media/stick/weights --data data/mine
    """


@weights.command("list")
@click.argument("names", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@options.weights
def list_(names: tuple[str, ...], as_json: bool, weights: Path | None) -> None:
    """List the weights of methods, systems or backbones of these NAMES, or all, and their state.

    \b
    Example:
      romnet-bench weights list
      romnet-bench weights list deoldify vgg19 --json
    """
    from romnet_bench.published.inventory import compare_item, list_items, select_items

    items = select_items(names) if names else list_items()
    stands = [compare_item(item, weights) for item in items]
    if as_json:
        click.echo(json.dumps(list(map(_plain, items, stands)), indent=1))
        return
    _show(items, stands)
    for stand in stands:
        if stand.problem:
            click.echo(f"\n{stand.problem}")
    missing = [item for item, stand in zip(items, stands, strict=True) if stand.state == "missing"]
    if any(item.entry.urls for item in missing):
        click.echo("\nFetch what is missing:  romnet-bench weights fetch NAME")


@weights.command("fetch")
@click.argument("names", nargs=-1)
@click.option("--all", "everything", is_flag=True, help="All weights that there are.")
@click.option(
    "--out",
    type=options.FOLDER,
    help="Fill this folder, to carry it to another machine, instead of the cache.",
)
def fetch(names: tuple[str, ...], everything: bool, out: Path | None) -> None:
    """Fetch the weights of methods, systems or backbones of these NAMES.

    What is on this machine is not fetched again, and what was cut goes on where it stopped. A
    server that fails or sends something else is told of, and the next one is tried. If some weights
    cannot be had, the others are fetched all the same, and the exit status is 3.

    \b
    Example:
      romnet-bench weights fetch deoldify-artistic
      romnet-bench weights fetch --all --out weights
    """
    from romnet_bench.files import human_path
    from romnet_bench.published.fetch import fetch_backbone, fetch_file
    from romnet_bench.published.inventory import list_items, select_items

    if everything == bool(names):
        raise UserError("Give the NAMES of methods, systems or backbones, or --all.")
    items = list_items() if everything else select_items(names)
    if not items:
        click.echo(f"There is nothing to fetch for {', '.join(names)}.")
    failures = []
    for item in items:
        try:
            if item.backbone:
                path = fetch_backbone(item.backbone, out)
            else:
                path = fetch_file(item.system, item.entry, out)
        except UserError as error:
            failures.append(str(error))
        else:
            click.echo(f"{item.system}/{item.entry.file}: {human_path(path)}")
    left_out(failures)


@weights.command("verify")
@click.argument("names", nargs=-1)
@click.option(
    "--accept", is_flag=True, help="Record the NAMES' files as good, though they changed."
)
@options.weights
def verify(names: tuple[str, ...], accept: bool, weights: Path | None) -> None:
    """Check weights that are here: their SHA-256, and that they hold tensors and nothing else.

    Without NAMES, all. The SHA-256 must be as published, where it was, and as at first use. If a
    file is bad, the exit status is 3; missing files are only mentioned.

    \b
    Example:
      romnet-bench weights verify
      romnet-bench weights verify deoldify-artistic --accept
    """
    from romnet_bench.files import human_path
    from romnet_bench.published.inventory import list_items, select_items, verify_item

    if accept and not names:
        raise UserError("Give the NAMES of what to accept: --accept is for files you have checked.")
    bad = False
    for item in select_items(names) if names else list_items():
        stand = verify_item(item, weights, accept)
        name = f"{item.system}/{item.entry.file}"
        if stand.path is None:
            click.echo(f"missing  {name}")
        elif stand.problem:
            click.echo(f"{stand.state:<7}  {name}: {stand.problem}")
            bad = True
        else:
            click.echo(f"good     {name}: {human_path(stand.path)}")
    if bad:
        raise click.exceptions.Exit(PARTLY)


def _plain(item: "Item", stand: "Stand") -> dict[str, object]:
    return {
        "system": item.system,
        **item.entry.model_dump(),
        "state": stand.state,
        "path": str(stand.path) if stand.path else None,
        "problem": stand.problem,
    }


def _show(items: "list[Item]", stands: "list[Stand]") -> None:
    from romnet_bench.files import human_path

    rows = []
    for item, stand in zip(items, stands, strict=True):
        size = stand.path.stat().st_size if stand.path else item.entry.bytes
        name = human_path(stand.path) if stand.path else item.entry.file
        methods = ", ".join(item.entry.methods)
        rows.append(
            (
                stand.state,
                f"{size / 1e6:,.0f} MB" if size else "?",
                item.entry.licence,
                f"{name} ({methods})" if methods else name,
            )
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    system = None
    for item, (state, megabytes, licence, name) in zip(items, rows, strict=True):
        if item.system != system:
            system = item.system
            click.echo(system)
        cells = (state.ljust(widths[0]), megabytes.rjust(widths[1]), licence.ljust(widths[2]), name)
        click.echo(f"  {'  '.join(cells)}")
