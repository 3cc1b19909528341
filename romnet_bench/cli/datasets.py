"""What datasets there are, and what could be built."""

import dataclasses
import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from romnet_bench.cli.options import FOLDER
from romnet_bench.errors import UserError

if TYPE_CHECKING:
    from romnet_bench.data.catalog import Buildable, Present

DATA = Path("data")


@click.command("datasets")
@click.argument("folders", type=FOLDER, nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def datasets(folders: tuple[Path, ...], as_json: bool) -> None:
    """List the datasets that can be built, and those that are below FOLDERS (by default ./data).

    \b
    Example:
      romnet-bench datasets
      romnet-bench datasets /disk/data --json
    """
    from romnet_bench.data.catalog import find_datasets, list_buildable

    for folder in folders:
        if not folder.is_dir():
            raise UserError(f"{folder} is no folder: give folders that hold datasets.")
    roots = list(folders) or [DATA]
    buildable = list_buildable()
    present = find_datasets(roots)
    if as_json:
        click.echo(json.dumps(_plain(buildable, present), indent=1))
        return
    _show_buildable(buildable)
    _show_present(present, roots)


def _plain(buildable: dict[str, "Buildable"], present: list["Present"]) -> dict[str, object]:
    return {
        "buildable": {name: about.model_dump() for name, about in buildable.items()},
        "present": [dataclasses.asdict(each) | {"folder": str(each.folder)} for each in present],
    }


def _show_buildable(buildable: dict[str, "Buildable"]) -> None:
    click.echo("Can be built")
    for name, about in buildable.items():
        click.echo(f"\n{name}: {about.summary}")
        click.echo(f"  needs    {about.needs}")
        click.echo(f"  licence  {about.licence}")
        click.echo(f"  {about.command}")


def _show_present(present: list["Present"], roots: list[Path]) -> None:
    from romnet_bench.files import human_path, printable

    where = ", ".join(printable(human_path(root)) for root in roots)
    click.echo(f"\nOn this machine, below {where}{'' if present else ': nothing yet'}")
    rows = [("folder", "size", "recipe", "may be published", "pairs")] if present else []
    for each in present:
        pairs = ", ".join(f"{count:,} {split}" for split, count in each.pairs.items())
        rows.append(
            (
                printable(human_path(each.folder)),
                f"{each.size / 1e6:,.1f} MB",
                printable(each.recipe) or "–",
                "yes" if each.may_be_published else "not settled",
                printable(each.problem) or pairs,
            )
        )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        click.echo(f"  {'  '.join(cells)}".rstrip())
