"""train, ablate, release: from pairs to a trained ROMNet."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from romnet_bench.cli import options
from romnet_bench.cli.common import choose_device, left_out
from romnet_bench.romnet.ablations import TRAININGS, ablated

if TYPE_CHECKING:
    from romnet_bench.romnet.precision import Precision


@click.command()
@options.data
@click.option("--preset", default="tiny", show_default=True, help="paper, official, lite or tiny.")
@options.ablation
@click.option(
    "--out",
    type=options.FOLDER,
    help="For checkpoints, log and pictures; a training there goes on.  [default: "
    "checkpoints/romnet, with --ablation checkpoints/romnet-NAME]",
)
@click.option("--steps", type=click.IntRange(min=1), help="Optimiser steps in all.")
@click.option("--epochs", type=click.IntRange(min=1), help="Instead of the preset's.")
@click.option(
    "--batch", type=click.IntRange(min=1), help="Patches a step, instead of the preset's."
)
@click.option("--crop", type=click.IntRange(min=64), help="The patches' side, a multiple of 32.")
@click.option("--learning-rate", type=click.FloatRange(min=0, min_open=True))
@click.option(
    "--backbone",
    type=click.Choice(["resnet34", "squeezenet1_1", "alexnet", "trained"]),
    help="Similarity features, instead of the preset's.",
)
@click.option(
    "--perceptual",
    type=click.Choice(["vgg19", "squeezenet1_1", "alexnet", "none"]),
    help="Features of the perceptual loss, instead of the preset's.",
)
@click.option("--save-every", type=click.IntRange(min=1), help="Steps.  [default: an epoch]")
@options.seed
@options.device
@click.option("--workers", type=click.IntRange(min=0), help="Processes that prepare patches.")
@options.precision
@options.compiled
@options.weights
@options.download
def train(
    data: Path,
    preset: str,
    ablation: str | None,
    out: Path | None,
    steps: int | None,
    epochs: int | None,
    batch: int | None,
    crop: int | None,
    learning_rate: float | None,
    backbone: str | None,
    perceptual: str | None,
    save_every: int | None,
    seed: int,
    device: str,
    workers: int | None,
    precision: "Precision",
    compiled: bool,
    weights: Path | None,
    download: bool,
) -> None:
    """Train ROMNet on a dataset's split `train`; stop and start it as you like.

    Its split `validation` chooses the best network. The log holds every loss of every step.

    \b
    Example:
      romnet-bench train --data data/mine --preset lite --out checkpoints/mine
    Several GPUs, each with its share of every step's patches:
      accelerate launch -m romnet_bench train --data data/mine --preset paper
    """
    from romnet_bench.files import human_path
    from romnet_bench.methods.romnet import default_folder
    from romnet_bench.romnet.presets import adjust, find_preset
    from romnet_bench.romnet.train import TrainSettings, default_workers
    from romnet_bench.romnet.train import train as train_romnet

    training: dict[str, object] = {
        "epochs": epochs,
        "batch": batch,
        "crop": crop,
        "learning_rate": learning_rate,
    }
    config = adjust(
        find_preset(preset),
        training={name: value for name, value in training.items() if value is not None},
        matching={} if backbone is None else {"backbone": backbone},
        losses={}
        if perceptual is None
        else {"perceptual_backbone": None if perceptual == "none" else perceptual},
    )
    if ablation is not None:
        config = ablated(config, ablation)
    chosen = choose_device(device)
    trained = train_romnet(
        TrainSettings(
            data=data,
            out=out or default_folder(ablation),
            config=config,
            steps=steps,
            seed=seed,
            device=chosen,
            workers=workers if workers is not None else default_workers(chosen),
            save_every=save_every,
            weights=weights,
            download=download,
            precision=precision,
            compiled=compiled,
        )
    )
    if trained.rank == 0:
        best = "" if trained.psnr is None else f", best validation PSNR {trained.psnr:.2f} dB"
        click.echo(f"Trained {trained.steps} steps{best}: {human_path(trained.best)}")


@click.command()
@click.option(
    "--clean", type=options.FOLDER, required=True, help="Undamaged photos: Tables IV and V."
)
@click.option("--degraded", type=options.FOLDER, required=True, help="Degraded photos: Table VI.")
@click.option("--preset", default="tiny", show_default=True, help="paper, lite or tiny.")
@click.option("--steps", type=click.IntRange(min=1), help="Of each training.")
@click.option("--out", type=options.FOLDER, default=Path("ablation"), show_default=True)
@click.option(
    "--only",
    type=click.Choice(list(TRAININGS)),
    multiple=True,
    help="This network alone, or those where given several times.  [default: all eight]",
)
@click.option("--save-every", type=click.IntRange(min=1), help="Steps.  [default: an epoch]")
@options.reference_features
@options.seed
@options.device
@click.option("--workers", type=click.IntRange(min=0), help="Processes that prepare patches.")
@options.precision
@options.compiled
@options.weights
@options.download
def ablate(
    clean: Path,
    degraded: Path,
    preset: str,
    steps: int | None,
    out: Path,
    only: tuple[str, ...],
    save_every: int | None,
    reference_features: str,
    seed: int,
    device: str,
    workers: int | None,
    precision: "Precision",
    compiled: bool,
    weights: Path | None,
    download: bool,
) -> None:
    """Train and score ROMNet without one part at a time: the paper's Tables IV, V and VI.

    Eight networks of the preset, each scored on its dataset's split `test`; what is finished in the
    folder is not done again. Several processes with different `--only` may share one folder.

    \b
    Example:
      romnet-bench ablate --clean data/clean --degraded data/mine --preset tiny --out ablation
    """
    from romnet_bench.ablate import AblateSettings
    from romnet_bench.ablate import ablate as make_study
    from romnet_bench.files import human_path
    from romnet_bench.romnet.presets import find_preset
    from romnet_bench.romnet.train import default_workers

    chosen = choose_device(device)
    made = make_study(
        AblateSettings(
            clean=clean,
            degraded=degraded,
            out=out,
            config=find_preset(preset),
            steps=steps,
            seed=seed,
            device=chosen,
            workers=workers if workers is not None else default_workers(chosen),
            save_every=save_every,
            weights=weights,
            download=download,
            reference_features=reference_features,
            precision=precision,
            compiled=compiled,
            only=only,
        )
    )
    click.echo(f"\n{made.markdown}\nTables: {human_path(made.folder)}")
    left_out(made.failed)


@click.command()
@click.argument("checkpoint", type=options.FILE)
@click.option("--out", type=options.FILE, required=True, help="The file to write, .safetensors.")
def release(checkpoint: Path, out: Path) -> None:
    """Make a small file to share of a trained CHECKPOINT, half of its size or less.

    It holds the network in half precision; its pretrained features stay with their publishers.

    \b
    Example:
      romnet-bench release checkpoints/romnet/best.safetensors --out mine.safetensors
    """
    from romnet_bench.files import human_path
    from romnet_bench.romnet.checkpoint import release_checkpoint

    release_checkpoint(checkpoint, out)
    click.echo(f"{human_path(out)}: {out.stat().st_size / 1e6:.1f} MB")
