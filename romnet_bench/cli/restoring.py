"""restore: one person's photos."""

from pathlib import Path

import click

from romnet_bench.cli import options
from romnet_bench.cli.common import choose_device, left_out
from romnet_bench.errors import UserError


@click.command()
@click.argument("photos", nargs=-1, required=True, type=options.PATH)
@click.option(
    "--reference",
    type=options.FILE,
    help="A colour photo of similar things; without it, no colour.",
)
@options.checkpoint
@click.option("--out", type=options.PATH, help="A folder, or a .png file for one photo.")
@options.color_side
@options.device
@options.weights
@options.download
def restore(
    photos: tuple[Path, ...],
    reference: Path | None,
    checkpoint: Path | None,
    out: Path | None,
    color_side: int,
    device: str,
    weights: Path | None,
    download: bool,
) -> None:
    """Restore and colourise PHOTOS; each result stands beside its photo, nothing is overwritten.

    \b
    Example:
      romnet-bench restore grandmother.jpg --reference holiday.jpg
    """
    from romnet_bench.files import human_path
    from romnet_bench.methods.contract import MethodOptions
    from romnet_bench.methods.registry import load_method
    from romnet_bench.restore import restore_files

    options = MethodOptions(
        checkpoint=checkpoint,
        device=choose_device(device),
        weights=weights,
        download=download,
        color_side=color_side,
    )
    method = load_method("romnet-grey" if reference is None else "romnet", options)
    failed = []
    for photo, result in restore_files(method, list(photos), reference, out):
        if isinstance(result, str):
            failed.append(result)
        else:
            click.echo(f"{human_path(photo)} → {human_path(result)}")
    if len(failed) == len(photos) == 1:
        raise UserError(failed[0])
    left_out(failed)
