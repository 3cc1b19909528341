"""train, ablate, release: from pairs to a trained network."""

from pathlib import Path
from typing import TYPE_CHECKING

import click
from click.core import ParameterSource

from romnet_bench.cli import options
from romnet_bench.cli.common import choose_device, left_out
from romnet_bench.errors import UserError
from romnet_bench.romnet.ablations import TRAININGS, ablated

if TYPE_CHECKING:
    from romnet_bench.methods.pix2pix.presets import Task
    from romnet_bench.romnet.precision import Precision


ROMNET_ALONE = (
    *("ablation", "backbone", "perceptual"),
    *("precision", "compiled", "weights", "download"),
)
PIX2PIX_ALONE = ("task",)


@click.command()
@click.option(
    "--method",
    type=click.Choice(["romnet", "pix2pix"]),
    default="romnet",
    show_default=True,
    help="Which system to train.",
)
@options.data
@click.option(
    "--preset",
    help="Of romnet: paper, official, lite or tiny; of pix2pix: official or lite.  [default: tiny; "
    "for pix2pix, lite]",
)
@click.option(
    "--task",
    type=click.Choice(["restore", "colour"]),
    default="restore",
    show_default=True,
    help="Pix2pix's: degraded grey to clean colour, or clean grey to its colours alone.",
)
@options.ablation
@click.option(
    "--out",
    type=options.FOLDER,
    help="For checkpoints, log and pictures; a training there goes on.  [default: "
    "checkpoints/METHOD, with --ablation checkpoints/romnet-NAME, with --task colour "
    "checkpoints/pix2pix-colour]",
)
@click.option("--steps", type=click.IntRange(min=1), help="Optimiser steps in all.")
@click.option("--epochs", type=click.IntRange(min=1), help="Instead of the preset's.")
@click.option(
    "--batch", type=click.IntRange(min=1), help="Patches a step, instead of the preset's."
)
@click.option(
    "--crop",
    type=click.IntRange(min=64),
    help="The patches' side, a multiple of 32; for pix2pix, of 2 for each of its levels.",
)
@click.option("--learning-rate", type=click.FloatRange(min=0, min_open=True))
@click.option(
    "--backbone",
    type=click.Choice(["resnet34", "squeezenet1_1", "alexnet", "trained"]),
    help="ROMNet's similarity features, instead of the preset's.",
)
@click.option(
    "--perceptual",
    type=click.Choice(["vgg19", "squeezenet1_1", "alexnet", "none"]),
    help="Features of ROMNet's perceptual loss, instead of the preset's.",
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
    method: str,
    data: Path,
    preset: str | None,
    task: "Task",
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
    """Train ROMNet or Pix2pix on a dataset's split `train`; stop and start it as you like.

    Its split `validation` chooses the best network. The log holds every loss of every step.

    \b
    Example:
      romnet-bench train --data data/mine --preset lite --out checkpoints/mine
      romnet-bench train --method pix2pix --data data/mine --preset official
    ROMNet on several GPUs, each with its share of every step's patches:
      accelerate launch -m romnet_bench train --data data/mine --preset paper
    """
    from romnet_bench.training.shares import default_workers

    given = {
        "epochs": epochs,
        "batch": batch,
        "crop": crop,
        "learning_rate": learning_rate,
    }
    changes: dict[str, object] = {name: value for name, value in given.items() if value is not None}
    if method == "pix2pix":
        _refuse(ROMNET_ALONE, "romnet", "pix2pix")
        chosen = choose_device(device)
        _train_pix2pix(
            data=data,
            preset=preset or "lite",
            changes=changes | {"task": task},
            out=out,
            steps=steps,
            save_every=save_every,
            seed=seed,
            device=chosen,
            workers=workers if workers is not None else default_workers(chosen),
        )
        return
    _refuse(PIX2PIX_ALONE, "pix2pix", "romnet")

    from romnet_bench.methods.romnet import default_folder
    from romnet_bench.romnet.presets import adjust, find_preset
    from romnet_bench.romnet.train import TrainSettings
    from romnet_bench.romnet.train import train as train_romnet

    config = adjust(
        find_preset(preset or "tiny"),
        training=changes,
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
        _say_trained(trained.steps, trained.psnr, trained.best)


def _train_pix2pix(
    *,
    data: Path,
    preset: str,
    changes: dict[str, object],
    out: Path | None,
    steps: int | None,
    save_every: int | None,
    seed: int,
    device: str,
    workers: int,
) -> None:
    from romnet_bench.methods.pix2pix.method import default_folder
    from romnet_bench.methods.pix2pix.presets import adjust, find_preset
    from romnet_bench.methods.pix2pix.train import TrainSettings
    from romnet_bench.methods.pix2pix.train import train as train_it

    config = adjust(find_preset(preset), changes)
    trained = train_it(
        TrainSettings(
            data=data,
            out=out or default_folder(config.task),
            config=config,
            steps=steps,
            seed=seed,
            device=device,
            workers=workers,
            save_every=save_every,
        )
    )
    _say_trained(trained.steps, trained.psnr, trained.best)


def _say_trained(steps: int, psnr: float | None, best: Path) -> None:
    from romnet_bench.files import human_path

    quality = "" if psnr is None else f", best validation PSNR {psnr:.2f} dB"
    click.echo(f"Trained {steps} steps{quality}: {human_path(best)}")


def _refuse(names: tuple[str, ...], owner: str, method: str) -> None:
    """Stops where an option was given that only another method has."""
    context = click.get_current_context()
    for option in context.command.params:
        given = context.get_parameter_source(option.name or "")
        if option.name in names and given is ParameterSource.COMMANDLINE:
            raise UserError(
                f"{option.opts[0]} is for --method {owner} alone: leave it out with {method}."
            )


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
    from romnet_bench.training.shares import default_workers

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
