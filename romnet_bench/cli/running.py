"""run and score: every photo through a method, or another program's outputs, measured."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from romnet_bench.cli import options
from romnet_bench.cli.common import choose_device, left_out, split_weights

if TYPE_CHECKING:
    from romnet_bench.bench.results import RunRecord
    from romnet_bench.bench.run import RunSettings
    from romnet_bench.data.records import PhotoSet
    from romnet_bench.references.choice import ReferenceChooser


@click.command()
@click.option(
    "--method",
    required=True,
    help="What `romnet-bench methods` lists, such as input, romnet, wan or ddcolor.",
)
@options.data
@options.split
@options.runs
@options.checkpoint
@options.ablation
@click.option(
    "--reference", type=options.FILE, help="One colour photo for all, instead of ranked ones."
)
@click.option("--references", type=options.FOLDER, help="A dataset to rank.  [default: --data]")
@options.references_split
@options.reference_features
@click.option(
    "--rank", type=click.IntRange(min=1), default=1, show_default=True, help="1 is most similar."
)
@options.color_side
@options.render_factor
@options.boxes
@options.correspondences
@options.device
@options.method_weights
@options.download
def run(
    method: str,
    data: Path,
    split: str,
    out: Path,
    checkpoint: Path | None,
    ablation: str | None,
    reference: Path | None,
    references: Path | None,
    references_split: str | None,
    reference_features: str,
    rank: int,
    color_side: int,
    render_factor: int | None,
    boxes: Path | None,
    correspondences: Path | None,
    device: str,
    weights: Path | None,
    download: bool,
) -> None:
    """Run a method on a dataset and score it; only what is missing or changed is computed.

    \b
    Example:
      romnet-bench run --method romnet --data data/mine --reference-features filters
    The machinery of another system, without its weights; the results say so:
      romnet-bench run --method wan --data data/mine --weights none
    """
    from romnet_bench.bench.run import run_method
    from romnet_bench.data.records import PhotoSet
    from romnet_bench.methods.contract import MethodOptions
    from romnet_bench.methods.registry import load_method
    from romnet_bench.published.manifest import require_taken

    require_taken(
        method,
        {
            "checkpoint": checkpoint,
            "ablation": ablation,
            "render_factor": render_factor,
            "boxes": boxes,
            "correspondences": correspondences,
        },
    )
    chosen = choose_device(device)
    photos = PhotoSet(data, split)
    weights, untrained = split_weights(weights, checkpoint)
    options = MethodOptions(
        checkpoint=checkpoint,
        device=chosen,
        weights=weights,
        download=download,
        color_side=color_side,
        ablation=ablation,
        untrained=untrained,
        render_factor=render_factor,
        boxes=boxes,
        correspondences=correspondences,
    )
    loaded = load_method(method, options)
    chooser: ReferenceChooser | None = None
    if loaded.needs_reference and reference is not None:
        chooser = _given_reference(reference)
    elif loaded.needs_reference:
        from romnet_bench.references.choice import choose_references
        from romnet_bench.references.features import load_features
        from romnet_bench.references.lenders import find_lenders

        chooser = choose_references(
            photos,
            find_lenders(references or data, references_split),
            lambda: load_features(reference_features, chosen, weights, download),
            reference_features,
            rank,
        )
    settings = _run_settings(chosen, weights, download)
    record = run_method(loaded, photos, out, references=chooser, settings=settings)
    _show_run(record, out, photos)


@click.command()
@click.argument("outputs", type=options.FOLDER)
@options.data
@options.split
@options.runs
@click.option("--name", required=True, help="What tables call the method that made the outputs.")
@click.option("--partial", is_flag=True, help="Score what is there, though outputs are missing.")
@click.option("--restores/--no-restores", default=True, help="Whether the method mends damage.")
@click.option("--colorizes/--no-colorizes", default=True, help="Whether the method adds colour.")
@options.device
@options.weights
@options.download
def score(
    outputs: Path,
    data: Path,
    split: str,
    out: Path,
    name: str,
    partial: bool,
    restores: bool,
    colorizes: bool,
    device: str,
    weights: Path | None,
    download: bool,
) -> None:
    """Score a folder of another program's OUTPUTS, `<id>.png` for every photo of the dataset.

    \b
    Example:
      romnet-bench score their-outputs --data data/mine --name "Their method"
    """
    from romnet_bench.bench.run import score_folder
    from romnet_bench.data.records import PhotoSet

    photos = PhotoSet(data, split)
    settings = _run_settings(choose_device(device), weights, download)
    record = score_folder(
        outputs,
        photos,
        out,
        name,
        partial=partial,
        restores=restores,
        colorizes=colorizes,
        settings=settings,
    )
    _show_run(record, out, photos)


def _given_reference(path: Path) -> "ReferenceChooser":
    from romnet_bench.images import read_rgb
    from romnet_bench.references.choice import GivenReference, Reference

    return GivenReference(Reference(read_rgb(path), path.name, rank=0))


def _run_settings(device: str, weights: Path | None, download: bool) -> "RunSettings":
    from romnet_bench.bench.run import RunSettings

    return RunSettings(device=device, lpips_weights=weights, download=download)


def _show_run(record: "RunRecord", out: Path, photos: "PhotoSet") -> None:
    from romnet_bench.bench.results import read_scores
    from romnet_bench.bench.run import run_folder
    from romnet_bench.files import human_path
    from romnet_bench.methods.contract import UNTRAINED
    from romnet_bench.protocol import METRICS

    folder = run_folder(out, record)
    scores = read_scores(folder)
    means = [
        f"{metric.label} {scores[metric.key].mean():.{metric.digits}f}"
        for metric in METRICS
        if scores[metric.key].notna().any()
    ]
    how = f", {UNTRAINED}," if UNTRAINED in record.method.notes else ""
    click.echo(
        f"{record.method.label}{how} on {len(scores)} of {len(photos)} photos: "
        f"{', '.join(means) or 'no score'} ({human_path(folder)})"
    )
    for metric, why in record.unavailable.items():
        click.echo(f"No {metric.upper()}: {why}")
    left_out([f"{identity}: {why}" for identity, why in record.failed.items()])
