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
from romnet_bench.romnet.ablations import ABLATIONS, TRAININGS, ablated

if TYPE_CHECKING:
    from romnet_bench.bench.results import RunRecord
    from romnet_bench.bench.run import RunSettings
    from romnet_bench.data.records import PhotoSet
    from romnet_bench.references.choice import ReferenceChooser
    from romnet_bench.romnet.precision import Precision
    from romnet_bench.speed.cases import Measure

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
    "--checkpoint",
    type=_FILE,
    help="A trained ROMNet.  [default: checkpoints/romnet/best.safetensors, else the shipped one]",
)
_ablation = click.option(
    "--ablation", type=click.Choice(list(ABLATIONS)), help="ROMNet without a part (section IV-C)."
)
_color_side = click.option(
    "--color-side",
    type=click.IntRange(min=32),
    default=256,
    show_default=True,
    help="Longest side at which colours are predicted.",
)
_precision = click.option(
    "--precision",
    type=click.Choice(["fp32", "bf16"]),
    default="fp32",
    show_default=True,
    help="Of forward passes; bf16 is faster on recent GPUs and slower on most CPUs.",
)
_compiled = click.option("--compile/--eager", "compiled", default=False, help="Use torch.compile.")
_reference_features = click.option(
    "--reference-features",
    default="vgg19",
    show_default=True,
    help="Rank by vgg19, resnet34, squeezenet1_1, alexnet, or filters (needs no weights).",
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
@click.option("--preset", default="tiny", show_default=True, help="paper, official, lite or tiny.")
@_ablation
@click.option(
    "--out",
    type=_FOLDER,
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
@_seed
@_device
@click.option("--workers", type=click.IntRange(min=0), help="Processes that prepare patches.")
@_precision
@_compiled
@_weights
@_download
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
    chosen = _choose_device(device)
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


@cli.command()
@click.option(
    "--method",
    required=True,
    help="input, romnet, romnet-grey (its lightness alone), or one that another package adds.",
)
@_data
@_split
@_runs
@_checkpoint
@_ablation
@click.option("--reference", type=_FILE, help="One colour photo for all, instead of ranked ones.")
@click.option("--references", type=_FOLDER, help="A dataset to rank.  [default: --data]")
@click.option("--references-split", default="train", show_default=True, help="Which photos of it.")
@_reference_features
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
    ablation: str | None,
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

    if ablation is not None and method != "romnet":
        raise UserError(f"--ablation is a part of ROMNet: give --method romnet, not {method}.")
    chosen = _choose_device(device)
    photos = PhotoSet(data, split)
    options = MethodOptions(
        checkpoint=checkpoint,
        device=chosen,
        weights=weights,
        download=download,
        color_side=color_side,
        ablation=ablation,
    )
    loaded = load_method(method, options)
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
@click.option("--clean", type=_FOLDER, required=True, help="Undamaged photos: Tables IV and V.")
@click.option("--degraded", type=_FOLDER, required=True, help="Degraded photos: Table VI.")
@click.option("--preset", default="tiny", show_default=True, help="paper, lite or tiny.")
@click.option("--steps", type=click.IntRange(min=1), help="Of each training.")
@click.option("--out", type=_FOLDER, default=Path("ablation"), show_default=True)
@click.option(
    "--only",
    type=click.Choice(list(TRAININGS)),
    multiple=True,
    help="This network alone, or those where given several times.  [default: all eight]",
)
@click.option("--save-every", type=click.IntRange(min=1), help="Steps.  [default: an epoch]")
@_reference_features
@_seed
@_device
@click.option("--workers", type=click.IntRange(min=0), help="Processes that prepare patches.")
@_precision
@_compiled
@_weights
@_download
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

    chosen = _choose_device(device)
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
    _left_out(made.failed)


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
@click.option(
    "--reference", type=_FILE, help="A colour photo of similar things; without it, no colour."
)
@_checkpoint
@click.option("--out", type=_PATH, help="A folder, or a .png file for one photo.")
@_color_side
@_device
@_weights
@_download
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
        device=_choose_device(device),
        weights=weights,
        download=download,
        color_side=color_side,
    )
    method = load_method("romnet-grey" if reference is None else "romnet", options)
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
@click.option("--preset", "presets", multiple=True, help="Repeatable.  [default: all of them]")
@click.option(
    "--size",
    "sizes",
    type=click.IntRange(min=1),
    multiple=True,
    default=(256, 512, 1024),
    show_default=True,
    help="The side of pictures and patches, a multiple of 32; repeatable.",
)
@click.option(
    "--measure",
    "works",
    type=click.Choice(["training", "photo", "parts"]),
    multiple=True,
    default=("training", "photo", "parts"),
    show_default=True,
    help="The training step, one photo from grey to colour, the network's parts; repeatable.",
)
@click.option(
    "--precision",
    "precisions",
    type=click.Choice(["fp32", "bf16"]),
    multiple=True,
    default=("fp32",),
    show_default=True,
    help="Repeatable.",
)
@click.option("--eager", is_flag=True, help="As it is written.  [default, without --compiled]")
@click.option("--compiled", is_flag=True, help="Through torch.compile.")
@click.option(
    "--batch", type=click.IntRange(min=1), help="Patches a step.  [default: the preset's]"
)
@click.option(
    "--data", type=_FOLDER, help="Measure how fast this dataset's patches are loaded, too."
)
@click.option(
    "--workers", type=click.IntRange(min=0), help="Processes that load.  [default: training's]"
)
@click.option("--rounds", type=click.IntRange(min=1), default=5, show_default=True)
@click.option(
    "--threads", type=click.IntRange(min=1), help="On the CPU.  [default: torch's choice]"
)
@_device
@click.option(
    "--out",
    type=_FILE,
    default=Path("romnet-bench-speed"),
    show_default=True,
    help="The table's name; .csv and .md are put behind it.",
)
def bench(
    presets: tuple[str, ...],
    sizes: tuple[int, ...],
    works: tuple["Measure", ...],
    precisions: tuple["Precision", ...],
    eager: bool,
    compiled: bool,
    batch: int | None,
    data: Path | None,
    workers: int | None,
    rounds: int,
    threads: int | None,
    device: str,
    out: Path,
) -> None:
    """Measure speed, memory and FLOPs of the presets on this machine; Ctrl-C keeps what is done.

    Every case runs in a process of its own, with random weights. Nothing is downloaded.

    \b
    Example:
      romnet-bench bench --preset paper --size 256 --batch 32 --precision bf16 --compiled
    The same for a CPU, and only for photos:
      romnet-bench bench --preset lite --size 256 --size 512 --measure photo --device cpu
    """
    from romnet_bench.files import human_path
    from romnet_bench.romnet.precision import require_possible
    from romnet_bench.romnet.presets import PRESETS
    from romnet_bench.romnet.train import default_workers
    from romnet_bench.speed.cases import plan_cases
    from romnet_bench.speed.machine import describe_machine
    from romnet_bench.speed.measure import measure_speed, output_files
    from romnet_bench.speed.table import to_text

    chosen = _choose_device(device)
    modes = (False, True) if eager and compiled else (compiled,)
    cases = plan_cases(
        presets or tuple(PRESETS),
        sizes,
        works,
        device=chosen,
        precisions=precisions,
        compiled=modes,
        batch=batch,
        rounds=rounds,
        threads=threads,
        data=data,
        workers=workers if workers is not None else default_workers(chosen),
    )
    require_possible(chosen, precisions, modes)
    machine = describe_machine(chosen, threads)
    rows = []
    try:
        for row in measure_speed(cases, out, machine):
            rows.append(row)
    finally:  # Ctrl-C shows what was measured
        if rows:
            facts = "\n".join(f"{name}: {fact}" for name, fact in machine.items())
            files = " and ".join(human_path(path) for path in output_files(out))
            click.echo(f"{facts}\n\n{to_text(rows)}\n\n{files}")


@cli.command()
@click.argument("checkpoint", type=_FILE)
@click.option("--out", type=_FILE, required=True, help="The file to write, .safetensors.")
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
        if torch.device(name).type not in ("cpu", "cuda"):
            raise RuntimeError
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
    return not {"build-synthetic", "train", "run", "score", "ablate", "demo"}.isdisjoint(words[1:2])


def _describe(error: OSError) -> str:
    where = f" ({error.filename})" if error.filename else ""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"The disk is full{where}: free some space and run the same command again."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR):
        return f"Not allowed to write or read{where}: choose another folder."
    return f"{error.strerror or error}{where}."
