"""restore: one person's photos."""

from pathlib import Path

import click

from romnet_bench.cli import options
from romnet_bench.cli.common import choose_device, left_out, split_weights
from romnet_bench.errors import UserError


@click.command()
@click.argument("photos", nargs=-1, required=True, type=options.PATH)
@click.option(
    "--reference",
    type=options.FILE,
    help="A colour photo of similar things; without it, no colour.",
)
@click.option(
    "--method",
    help="What `romnet-bench methods` lists.  [default: romnet, without a reference romnet-grey]",
)
@options.checkpoint
@click.option("--out", type=options.PATH, help="A folder, or a .png file for one photo.")
@options.color_side
@options.render_factor
@options.boxes
@options.correspondences
@options.device
@options.method_weights
@options.download
def restore(
    photos: tuple[Path, ...],
    reference: Path | None,
    method: str | None,
    checkpoint: Path | None,
    out: Path | None,
    color_side: int,
    render_factor: int | None,
    boxes: Path | None,
    correspondences: Path | None,
    device: str,
    weights: Path | None,
    download: bool,
) -> None:
    """Restore and colourise PHOTOS; each result stands beside its photo, nothing is overwritten.

    \b
    Example:
      romnet-bench restore grandmother.jpg --reference holiday.jpg
    By another system, which needs no reference:
      romnet-bench restore grandmother.jpg --method ddcolor
    """
    from romnet_bench.files import human_path
    from romnet_bench.methods.contract import MethodOptions
    from romnet_bench.methods.registry import load_method
    from romnet_bench.published.manifest import require_taken
    from romnet_bench.restore import restore_files

    chosen = method or ("romnet-grey" if reference is None else "romnet")
    require_taken(
        chosen,
        {
            "checkpoint": checkpoint,
            "render_factor": render_factor,
            "boxes": boxes,
            "correspondences": correspondences,
        },
    )
    weights, untrained = split_weights(weights, checkpoint)
    options = MethodOptions(
        checkpoint=checkpoint,
        device=choose_device(device),
        weights=weights,
        download=download,
        color_side=color_side,
        untrained=untrained,
        render_factor=render_factor,
        boxes=boxes,
        correspondences=correspondences,
    )
    loaded = load_method(chosen, options)
    if loaded.needs_reference and reference is None:
        raise UserError(f"{loaded.label} takes its colours from a photo: give it by --reference.")
    failed = []
    for photo, result in restore_files(loaded, list(photos), reference, out):
        if isinstance(result, str):
            failed.append(result)
        else:
            click.echo(f"{human_path(photo)} → {human_path(result)}")
    if len(failed) == len(photos) == 1:
        raise UserError(failed[0])
    left_out(failed)
