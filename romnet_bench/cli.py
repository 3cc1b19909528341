"""The command line: each command reads its options, calls one library function and prints."""

import errno
import io
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from romnet_bench import __version__
from romnet_bench.errors import UserError, is_out_of_memory

if TYPE_CHECKING:
    from romnet_bench.bench.results import RunRecord
    from romnet_bench.bench.run import RunSettings
    from romnet_bench.data.records import PhotoSet
    from romnet_bench.references.choice import ReferenceChooser

FAILED = 1
PARTLY = 3  # done, but some photos had to be left out
INTERRUPTED = 130

_FOLDER = click.Path(path_type=Path, file_okay=False)
_FILE = click.Path(path_type=Path, dir_okay=False)
_PATH = click.Path(path_type=Path)

_data = click.option(
    "--data", type=_FOLDER, required=True, help="A dataset's folder, as build-synthetic makes it."
)
_split = click.option("--split", default="test", show_default=True, help="Which photos of it.")
_runs = click.option(
    "--out", type=_FOLDER, default=Path("runs"), show_default=True, help="The folder of all runs."
)
_device = click.option(
    "--device", default="auto", show_default=True, help="auto, cpu, cuda or cuda:N."
)
_weights = click.option(
    "--weights",
    type=_FOLDER,
    help="Folder with pretrained weights, before $ROMNET_BENCH_WEIGHTS and the torch hub cache.",
)
_download = click.option(
    "--download/--no-download",
    default=True,
    show_default=True,
    help="Fetch pretrained weights that are missing.",
)
_checkpoint = click.option(
    "--checkpoint", type=_FILE, help="A trained ROMNet.  [default: checkpoints/romnet/best…]"
)
_color_side = click.option(
    "--color-side",
    type=click.IntRange(min=32),
    default=256,
    show_default=True,
    help="Longest side at which colours are predicted.",
)
_SEED = click.IntRange(0, 2**63 - 1)
_seed = click.option("--seed", type=_SEED, default=0, show_default=True)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__)
def cli() -> None:
    """Restore and colourise old photographs, and measure how well.

    \b
    A first look (three minutes, no network):  romnet-bench demo
    One photo:  romnet-bench restore PHOTO --reference COLOUR_PHOTO
    """


@cli.command("build-synthetic")
@click.option("--source", help="A folder of photographs, or `sample`.  [default: the recipe's]")
@click.option(
    "--recipe", default="old-photos", show_default=True, help="A shipped recipe, or a .yaml file."
)
@click.option("--out", type=_FOLDER, required=True, help="The dataset's folder.")
@click.option(
    "--textures", type=_FOLDER, help="Scans of paper and cracks, instead of made-up ones."
)
@click.option("--split", help="Put all photos into this one split.")
@click.option("--seed", type=_SEED, help="Instead of the recipe's.")
@click.option("--workers", type=click.IntRange(min=1), help="Processes.  [default: one a core]")
def build_synthetic(
    source: str | None,
    recipe: str,
    out: Path,
    textures: Path | None,
    split: str | None,
    seed: int | None,
    workers: int | None,
) -> None:
    """Make degraded training pairs from clean photographs.

    The same command goes on with a build that was stopped, and gives the same bytes for any number
    of workers.

    \b
    Example:
      romnet-bench build-synthetic --source my-photos --out data/mine
    """
    from romnet_bench.data.build import build_dataset
    from romnet_bench.data.sources import list_source
    from romnet_bench.files import human_path
    from romnet_bench.synthesis.recipe import load_recipe
    from romnet_bench.synthesis.textures import open_textures

    chosen = load_recipe(recipe)
    if seed is not None:
        chosen = chosen.model_copy(update={"seed": seed})
    scans = open_textures(textures) if textures else None
    photos = list_source(source or chosen.source, chosen.licence)
    built = build_dataset(
        chosen,
        photos,
        out,
        textures=scans,
        split=split,
        workers=workers or len(os.sched_getaffinity(0)),
    )
    counts = ", ".join(f"{count} {name}" for name, count in built.pairs.items())
    click.echo(f"{human_path(out)}: {counts} pairs by the recipe {chosen.name}.")
    _left_out([*(scans.skipped if scans else ()), *built.skipped])


@cli.command()
@_data
@click.option("--preset", default="tiny", show_default=True, help="paper, lite or tiny.")
@click.option(
    "--out",
    type=_FOLDER,
    default=Path("checkpoints/romnet"),
    show_default=True,
    help="For checkpoints, log and pictures; a training there goes on.",
)
@click.option("--steps", type=click.IntRange(min=1), help="Optimiser steps in all.")
@click.option("--epochs", type=click.IntRange(min=1), help="Instead of the preset's.")
@click.option(
    "--batch", type=click.IntRange(min=1), help="Patches a step, instead of the preset's."
)
@click.option("--crop", type=click.IntRange(min=64), help="The patches' side, a multiple of 32.")
@click.option("--learning-rate", type=click.FloatRange(min=0, min_open=True))
@click.option("--backbone", help="Similarity features: resnet34, squeezenet1_1, alexnet, trained.")
@click.option("--perceptual", help="Perceptual loss on: vgg19, squeezenet1_1, alexnet, none.")
@click.option("--save-every", type=click.IntRange(min=1), help="Steps.  [default: an epoch]")
@_seed
@_device
@click.option("--workers", type=click.IntRange(min=0), help="Processes that prepare patches.")
@_weights
@_download
def train(
    data: Path,
    preset: str,
    out: Path,
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
    weights: Path | None,
    download: bool,
) -> None:
    """Train ROMNet on a dataset's split `train`; stop and start it as you like.

    Its split `validation` chooses the best network. The log holds every loss of every step.

    \b
    Example:
      romnet-bench train --data data/mine --preset lite --out checkpoints/mine
    """
    from romnet_bench.files import human_path
    from romnet_bench.romnet.presets import adjust, find_preset
    from romnet_bench.romnet.train import TrainSettings
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
    chosen = _choose_device(device)
    trained = train_romnet(
        TrainSettings(
            data=data,
            out=out,
            config=config,
            steps=steps,
            seed=seed,
            device=chosen,
            workers=workers if workers is not None else (0 if chosen == "cpu" else 4),
            save_every=save_every,
            weights=weights,
            download=download,
        )
    )
    best = "" if trained.psnr is None else f", best validation PSNR {trained.psnr:.2f} dB"
    click.echo(f"Trained {trained.steps} steps{best}: {human_path(trained.best)}")


@cli.command()
@click.option("--method", required=True, help="input, romnet, or one that another package adds.")
@_data
@_split
@_runs
@_checkpoint
@click.option("--reference", type=_FILE, help="One colour photo for all, instead of ranked ones.")
@click.option("--references", type=_FOLDER, help="A dataset to rank.  [default: --data]")
@click.option("--references-split", default="train", show_default=True, help="Which photos of it.")
@click.option(
    "--reference-features",
    default="vgg19",
    show_default=True,
    help="Rank by vgg19, resnet34, squeezenet1_1, alexnet, or filters (needs no weights).",
)
@click.option(
    "--rank", type=click.IntRange(min=1), default=1, show_default=True, help="1 is most similar."
)
@_color_side
@_device
@_weights
@_download
def run(
    method: str,
    data: Path,
    split: str,
    out: Path,
    checkpoint: Path | None,
    reference: Path | None,
    references: Path | None,
    references_split: str,
    reference_features: str,
    rank: int,
    color_side: int,
    device: str,
    weights: Path | None,
    download: bool,
) -> None:
    """Run a method on a dataset and score it; only what is missing or changed is computed.

    \b
    Example:
      romnet-bench run --method romnet --data data/mine --reference-features filters
    """
    from romnet_bench.bench.run import run_method
    from romnet_bench.data.records import PhotoSet
    from romnet_bench.methods.contract import MethodOptions
    from romnet_bench.methods.registry import load_method

    chosen = _choose_device(device)
    photos = PhotoSet(data, split)
    loaded = load_method(
        method,
        MethodOptions(checkpoint=checkpoint, device=chosen, weights=weights, color_side=color_side),
    )
    chooser: ReferenceChooser | None = None
    if loaded.needs_reference and reference is not None:
        chooser = _given_reference(reference)
    elif loaded.needs_reference:
        from romnet_bench.references.choice import RankedReferences
        from romnet_bench.references.features import load_features

        features = load_features(reference_features, chosen, weights, download)
        candidates = PhotoSet(references or data, references_split)
        chooser = RankedReferences(candidates, features, reference_features, rank)
    settings = _run_settings(chosen, weights, download)
    record = run_method(loaded, photos, out, references=chooser, settings=settings)
    _show_run(record, out, photos)


@cli.command()
@click.argument("outputs", type=_FOLDER)
@_data
@_split
@_runs
@click.option("--name", required=True, help="What tables call the method that made the outputs.")
@click.option("--partial", is_flag=True, help="Score what is there, though outputs are missing.")
@click.option("--restores/--no-restores", default=True, help="Whether the method mends damage.")
@click.option("--colorizes/--no-colorizes", default=True, help="Whether the method adds colour.")
@_device
@_weights
@_download
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
    settings = _run_settings(_choose_device(device), weights, download)
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


@cli.command()
@click.argument("runs", nargs=-1, required=True, type=_FOLDER)
@click.option("--out", type=_FOLDER, default=Path("romnet-bench-report"), show_default=True)
@click.option("--data", type=_FOLDER, help="The dataset, if it moved since the runs.")
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


@cli.command()
@click.argument("photos", nargs=-1, required=True, type=_PATH)
@click.option("--reference", type=_FILE, required=True, help="A colour photo of similar things.")
@_checkpoint
@click.option("--out", type=_PATH, help="A folder, or a .png file for one photo.")
@_color_side
@_device
def restore(
    photos: tuple[Path, ...],
    reference: Path,
    checkpoint: Path | None,
    out: Path | None,
    color_side: int,
    device: str,
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
        checkpoint=checkpoint, device=_choose_device(device), color_side=color_side
    )
    method = load_method("romnet", options)
    left_out = []
    for photo, result in restore_files(method, list(photos), reference, out):
        if isinstance(result, str):
            left_out.append(result)
        else:
            click.echo(f"{human_path(photo)} → {human_path(result)}")
    if len(left_out) == len(photos) == 1:
        raise UserError(left_out[0])
    _left_out(left_out)


@cli.command()
@click.option("--out", type=_FOLDER, default=Path("romnet-bench-demo"), show_default=True)
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


def _choose_device(name: str) -> str:
    import torch

    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        torch.empty(1, device=name)
    except (RuntimeError, AssertionError):
        raise UserError(f"There is no device {name} here: give --device cpu or auto.") from None
    return name


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
    from romnet_bench.protocol import METRICS

    folder = run_folder(out, record)
    scores = read_scores(folder)
    means = [
        f"{metric.label} {scores[metric.key].mean():.{metric.digits}f}"
        for metric in METRICS
        if scores[metric.key].notna().any()
    ]
    click.echo(
        f"{record.method.label} on {len(scores)} of {len(photos)} photos: {', '.join(means)} "
        f"({human_path(folder)})"
    )
    for metric, why in record.unavailable.items():
        click.echo(f"No {metric.upper()}: {why}")
    _left_out([f"{identity}: {why}" for identity, why in record.failed.items()])


def _left_out(sentences: list[str]) -> None:
    """Lists what had to be left out, and ends with the status that says so."""
    if sentences:
        click.echo(f"Left out {len(sentences)}:", err=True)
        for sentence in sentences:
            click.echo(f"  {sentence}", err=True)
        raise click.exceptions.Exit(PARTLY)


def main() -> None:
    """Runs the command line; a mistake is one sentence on standard error, never a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a file's name need not be text
    try:
        status = cli.main(standalone_mode=False)
    except click.exceptions.Abort:
        status = _interrupted()
    except click.ClickException as error:
        error.show()
        status = error.exit_code
    except UserError as error:
        status = _sentence(str(error))
    except KeyboardInterrupt:
        status = _interrupted()
    except BrokenPipeError:  # `romnet-bench … | head` closed the pipe: that is no failure of ours
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        status = FAILED
    except OSError as error:
        status = _sentence(_describe(error))
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        status = _sentence("Out of memory: lower --batch, --crop or --color-side.")
    sys.exit(status)


def _sentence(text: str) -> int:
    click.echo(f"Error: {text}", err=True)
    return FAILED


def _interrupted() -> int:
    goes_on = ": the same command goes on where it stopped" if _resumes(sys.argv) else ""
    click.echo(f"Interrupted{goes_on}.", err=True)
    return INTERRUPTED


def _resumes(words: list[str]) -> bool:
    """Whether a command line's command finds what it did before; `restore` and `report` begin."""
    return not {"build-synthetic", "train", "run", "score", "demo"}.isdisjoint(words[1:2])


def _describe(error: OSError) -> str:
    where = f" ({error.filename})" if error.filename else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"The disk is full{where}: free some space and run the same command again."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR):
        return f"Not allowed to write or read{where}: choose another folder."
    return f"{error.strerror or error}{where}."
