"""Training ROMNet end to end (section IV-A), so that a killed training goes on exactly."""

import contextlib
import dataclasses
import json
import math
import os
import signal
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from romnet_bench import __version__
from romnet_bench.data.records import PhotoSet, list_splits
from romnet_bench.errors import UserError, is_out_of_memory
from romnet_bench.files import locked, require_writable, short_hash
from romnet_bench.progress import track
from romnet_bench.references.features import load_features
from romnet_bench.references.ranked import Ranked, own_ranking
from romnet_bench.romnet.checkpoint import Checkpoint, read_checkpoint, save_checkpoint
from romnet_bench.romnet.log import open_log
from romnet_bench.romnet.optimizer_state import optimizer_tensors, restore_optimizer
from romnet_bench.romnet.patches import TrainingPatches
from romnet_bench.romnet.precision import Precision, require_possible
from romnet_bench.romnet.presets import RomnetConfig, TrainingConfig, differences
from romnet_bench.romnet.references import CANDIDATES
from romnet_bench.romnet.step import (
    Nets,
    new_accelerator,
    new_nets,
    training_step,
)
from romnet_bench.romnet.validation import Validation

RANDOM = "random"
"""References of a training set that nobody has ranked."""


@dataclasses.dataclass(frozen=True)
class TrainSettings:
    """How to train.

    Args:
        data: a dataset's folder, with a split `train` and, for choosing the best, `validation`.
        out: where checkpoints, `log.csv` and pictures go; a training there goes on.
        config: the network and its optimiser (see `presets`).
        steps: optimiser steps in all; by default the preset's epochs.
        seed: of weights, patches and references.
        device: "cpu" or "cuda".
        workers: processes that prepare patches; 0 does so between steps.
        save_every: steps between two checkpoints; by default an epoch.
        weights: a file or folder with pretrained backbones, before all other places.
        download: fetch pretrained backbones that are missing.
        precision: of forward passes, "fp32" or "bf16"; weights and losses stay float32.
        compiled: passes the networks through torch.compile.
    """

    data: Path
    out: Path
    config: RomnetConfig
    steps: int | None = None
    seed: int = 0
    device: str = "cpu"
    workers: int = 0
    save_every: int | None = None
    weights: Path | None = None
    download: bool = False
    precision: Precision = "fp32"
    compiled: bool = False


@dataclasses.dataclass(frozen=True)
class Trained:
    """What training left in its folder."""

    best: Path
    last: Path
    steps: int
    psnr: float | None  # of the best on the validation photos, dB; None without such photos
    rank: int = 0  # of this process among several; the first tells what was done


def train(settings: TrainSettings) -> Trained:
    """Trains, or goes on with, the ROMNet in `settings.out`.

    Leaves `last.safetensors` (everything needed to go on), `best.safetensors` (the network with
    the highest validation PSNR), `log.csv` (every loss of every step), the same under
    `tensorboard/`, and `pictures/`.

    Under `accelerate launch` or `torchrun` every process takes its share of each step's patches:
    the losses are those of one process within rounding. The first writes all files.

    Raises:
        UserError: the data or weights are missing, `out` holds a training of other settings, the
            patches of a step cannot be shared evenly, memory ran out, or a loss stopped being a
            number.
    """
    photos = PhotoSet(settings.data, "train")
    training = settings.config.training
    ranking = own_ranking(photos)
    patches = TrainingPatches(photos, training.crop, settings.seed, _ten(ranking))
    steps = settings.steps or math.ceil(training.epochs * len(photos) / training.batch)
    save_every = settings.save_every or math.ceil(len(photos) / training.batch)
    accelerator = new_accelerator(settings.device)
    rank, processes = accelerator.process_index, accelerator.num_processes
    if training.batch % processes:
        raise UserError(
            f"{training.batch} patches a step cannot be shared by {processes} processes: give a "
            f"--batch that {processes} divides."
        )
    require_possible(settings.device, (settings.precision,), (settings.compiled,))
    require_writable(settings.out)
    with contextlib.ExitStack() as stack:
        if rank == 0:
            stack.enter_context(locked(settings.out))
        nets = new_nets(
            settings.config,
            seed=settings.seed,
            accelerator=accelerator,
            device=settings.device,
            precision=settings.precision,
            compiled=settings.compiled,
            weights=settings.weights,
            download=settings.download,
        )
        last, best = settings.out / "last.safetensors", settings.out / "best.safetensors"
        start, best_psnr = _resume(nets, last, settings, _data(photos, ranking))
        accelerator.wait_for_everyone()
        validation = _validation(settings) if rank == 0 else None
        stop_asked = stack.enter_context(_interrupts_between_steps())
        log = stack.enter_context(open_log(settings.out, start)) if rank == 0 else None
        loader = DataLoader(
            patches,
            batch_sampler=shares(training.batch, start, steps, rank, processes),
            num_workers=settings.workers,
            worker_init_fn=_leave_signals_to_the_parent,
            generator=torch.Generator(),
            pin_memory=nets.device.type == "cuda",
        )
        batches = enumerate(loader, start + 1)
        stack.enter_context(_mistakes_as_sentences(training, last))
        for step, batch in track(batches, "training", steps, start) if rank == 0 else batches:
            epoch = (step - 1) * training.batch // len(photos)
            parts = training_step(nets, batch, epoch)
            losses, stopping = agree(nets, parts, stop_asked())
            if log is not None:
                log.write(step, epoch, nets.model_optimizer.param_groups[0]["lr"], losses)
            _require_finite(losses, step, last)
            due = step % save_every == 0 or step == steps
            if (due or stopping) and log is not None:
                kept = nets.averaged.net if nets.averaged else nets.model
                psnr = validation.score(kept, step) if validation and due else None
                better = psnr is None or best_psnr is None or psnr > best_psnr
                if (due and better) or not best.exists():
                    best_psnr = psnr
                    save_checkpoint(best, _model_checkpoint(nets, step, psnr, averaged=True))
                data = _data(photos, ranking)
                save_checkpoint(last, _checkpoint(nets, settings, data, step, best_psnr))
                log.mark(step, losses, psnr)
            if due or stopping:
                accelerator.wait_for_everyone()
            if stopping:
                raise KeyboardInterrupt
    return Trained(best, last, max(start, steps), best_psnr, rank)


def default_workers(device: str) -> int:
    """Processes that prepare patches: none beside a CPU, else this process's share of the cores.

    A patch takes some 25 ms of a core, 4 where its photo is decoded already (`patches.KEPT_BYTES`).
    """
    if device == "cpu":
        return 0
    return max(len(os.sched_getaffinity(0)) // int(os.environ.get("LOCAL_WORLD_SIZE", "1")) - 1, 1)


def shares(batch: int, start: int, steps: int, rank: int, processes: int) -> list[list[int]]:
    """The numbers of the patches of every step that are this process's to do."""
    share = batch // processes
    first = (step * batch + rank * share for step in range(start, steps))
    return [list(range(number, number + share)) for number in first]


def agree(nets: Nets, losses: dict[str, Tensor], stopping: bool) -> tuple[dict[str, float], bool]:
    """The losses averaged over processes, and whether somebody asked any of them to stop."""
    values = torch.stack([*losses.values(), torch.tensor(float(stopping), device=nets.device)])
    *means, asked = nets.accelerator.reduce(values.double(), "mean").tolist()
    return dict(zip(losses, means, strict=True)), asked > 0


def _validation(settings: TrainSettings) -> Validation | None:
    if "validation" not in list_splits(settings.data):
        return None
    photos = PhotoSet(settings.data, "validation")
    references = PhotoSet(settings.data, "train")
    # A split whose photos were all left out has shards without rows.
    if not len(photos):
        return None
    matching = settings.config.matching
    name = matching.backbone if matching.scales and matching.backbone != "trained" else "filters"
    features = load_features(name, settings.device, settings.weights, settings.download)
    return Validation(photos, references, settings.out / "pictures", features)


def _ten(ranking: Ranked | None) -> dict[str, list[str]] | None:
    """For every pair the ten photos that option 2 draws from, where they have been ranked."""
    if ranking is None:
        return None
    return {
        identity: [match.id for match in matches[:CANDIDATES]]
        for identity, matches in ranking.matches.items()
    }


def _data(photos: PhotoSet, ranking: Ranked | None) -> dict[str, str]:
    """What a training learns from: it goes on with nothing else."""
    ten = RANDOM if ranking is None else short_hash(json.dumps(_ten(ranking), sort_keys=True))
    return {"data": photos.fingerprint, "references": ten}


def _model_checkpoint(
    nets: Nets, step: int, psnr: float | None, *, averaged: bool = False
) -> Checkpoint:
    model = nets.averaged.net if averaged and nets.averaged else nets.model
    tensors = {f"model.{name}": value for name, value in model.state_dict().items()}
    return Checkpoint(tensors, model.config, {"step": step, "psnr": psnr})


def _checkpoint(
    nets: Nets, settings: TrainSettings, data: dict[str, str], step: int, best_psnr: float | None
) -> Checkpoint:
    model = _model_checkpoint(nets, step, None)
    discriminator = nets.discriminator.state_dict()
    tensors = {
        **model.tensors,
        **{f"discriminator.{name}": value for name, value in discriminator.items()},
        **optimizer_tensors("model_optimizer", nets.model_optimizer),
        **optimizer_tensors("discriminator_optimizer", nets.discriminator_optimizer),
    }
    if nets.averaged is not None:
        tensors |= {f"averaged.{name}": value for name, value in nets.averaged.tensors().items()}
    progress = model.progress | {
        "seed": settings.seed,
        **data,
        "best_psnr": best_psnr,
        "precision": settings.precision,
        "version": __version__,
    }
    return Checkpoint(tensors, model.config, progress)


def _resume(
    nets: Nets, last: Path, settings: TrainSettings, data: dict[str, str]
) -> tuple[int, float | None]:
    """Loads the last checkpoint, if there is one; the steps done and the best PSNR so far."""
    if not last.exists():
        return 0, None
    saved = read_checkpoint(last)
    done = saved.progress
    wanted = settings.config.model_dump()
    found = saved.config.model_dump()
    for values in (wanted, found):
        del values["training"]["epochs"]  # a training may go on for longer
    different = differences(wanted, found)
    different += ["--seed"] if done.get("seed") != settings.seed else []
    different += ["--precision"] if done.get("precision") != settings.precision else []
    different += ["--data"] if done.get("data") != data["data"] else []
    if done.get("references", RANDOM) != data["references"]:
        different.append("ranking of references (see `romnet-bench references`)")
    different += ["version of romnet-bench"] if done.get("version") != __version__ else []
    if different:
        raise UserError(
            f"{settings.out} holds a training with another {', '.join(different)}: choose another "
            "--out, or give the same settings to go on."
        )
    try:
        nets.model.load_state_dict(saved.group("model"))
        nets.discriminator.load_state_dict(saved.group("discriminator"))
        restore_optimizer(nets.model_optimizer, saved.group("model_optimizer"))
        restore_optimizer(nets.discriminator_optimizer, saved.group("discriminator_optimizer"))
        if nets.averaged is not None:
            nets.averaged.restore(saved.group("averaged"))
    except (RuntimeError, ValueError, KeyError):
        raise UserError(
            f"{last} does not fit the network it describes: train into another --out."
        ) from None
    psnr = done.get("best_psnr")
    return int(done["step"]), None if psnr is None else float(psnr)


def _require_finite(losses: dict[str, float], step: int, last: Path) -> None:
    bad = [name for name, value in losses.items() if not torch.isfinite(torch.tensor(value))]
    if bad:
        kept = f"the last good checkpoint is {last}" if last.exists() else "none was saved yet"
        raise UserError(
            f"Training diverged at step {step} ({', '.join(bad)} is not a number); {kept}: lower "
            "--learning-rate and train into another --out."
        )


@contextlib.contextmanager
def _mistakes_as_sentences(training: TrainingConfig, last: Path) -> Iterator[None]:
    """What goes wrong in a step or in a worker, as one sentence."""
    try:
        yield
    except UserError as error:
        if "Original Traceback" not in str(error):
            raise
        # A worker's comes with its traceback around it: the sentence is the last line.
        _, _, sentence = str(error).strip().splitlines()[-1].partition("Error: ")
        raise UserError(sentence) from None
    except (MemoryError, RuntimeError) as error:
        if "DataLoader worker" in str(error):
            raise UserError(
                "A process that prepares patches was ended, most often for want of memory: lower "
                "--workers; the same command then goes on."
            ) from None
        if not is_out_of_memory(error):
            raise
        raise UserError(_out_of_memory(training.batch, training.crop, last)) from None


def _out_of_memory(batch: int, crop: int, last: Path) -> str:
    kept = f"; what was learnt until then is in {last}" if last.exists() else ""
    smaller = f"--batch (now {batch})" if batch > 1 else ""
    crops = f"--crop (now {crop})" if crop > 64 else ""
    options = [option for option in (smaller, crops) if option] or ["the preset"]
    return (
        f"Memory ran out: lower {' or '.join(options)} and train into another --out, or share "
        f"each step with more processes{kept}."
    )


@contextlib.contextmanager
def _interrupts_between_steps() -> Iterator[Callable[[], bool]]:
    """Ctrl-C and SIGTERM wait for the step at hand, so that a whole checkpoint can be saved."""
    asked = threading.Event()
    previous = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def ask(number: int, _: FrameType | None) -> None:
        asked.set()
        signal.signal(number, previous[signal.Signals(number)])  # a second one stops at once

    try:
        for number in previous:
            signal.signal(number, ask)
    except ValueError:  # not in the main thread: nobody presses Ctrl-C there
        previous = {}
    try:
        yield asked.is_set
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _leave_signals_to_the_parent(_: int) -> None:
    """Ctrl-C reaches the whole group of processes; only the parent knows when a step is whole."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Not that: it is how a parent that ends with an error ends its workers, and would wait forever.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
