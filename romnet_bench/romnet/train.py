"""Training ROMNet end to end (section IV-A), so that a killed training goes on exactly."""

import contextlib
import dataclasses
import json
import math
from pathlib import Path

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from romnet_bench import __version__
from romnet_bench.data.records import PhotoSet, list_splits
from romnet_bench.errors import UserError
from romnet_bench.files import locked, require_writable, short_hash
from romnet_bench.progress import track
from romnet_bench.references.features import load_features
from romnet_bench.references.ranked import Ranked, own_ranking
from romnet_bench.romnet.checkpoint import Checkpoint, read_checkpoint, save_checkpoint
from romnet_bench.romnet.patches import TrainingPatches
from romnet_bench.romnet.precision import Precision, require_possible
from romnet_bench.romnet.presets import RomnetConfig, differences
from romnet_bench.romnet.references import CANDIDATES
from romnet_bench.romnet.step import (
    GRADIENTS,
    LOSSES,
    Nets,
    new_accelerator,
    new_nets,
    training_step,
)
from romnet_bench.romnet.validation import Validation
from romnet_bench.training.interrupts import interrupts_between_steps, leave_signals_to_the_parent
from romnet_bench.training.log import open_log
from romnet_bench.training.mistakes import mistakes_as_sentences, require_finite
from romnet_bench.training.optimizer_state import optimizer_tensors, restore_optimizer
from romnet_bench.training.resuming import misfits_as_sentences, require_same, where_it_stood
from romnet_bench.training.shares import shares

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
        stop_asked = stack.enter_context(interrupts_between_steps())
        log = None
        if rank == 0:
            log = stack.enter_context(open_log(settings.out, start, (*LOSSES, *GRADIENTS)))
        loader = DataLoader(
            patches,
            batch_sampler=shares(training.batch, start, steps, rank, processes),
            num_workers=settings.workers,
            worker_init_fn=leave_signals_to_the_parent,
            generator=torch.Generator(),
            pin_memory=nets.device.type == "cuda",
        )
        batches = enumerate(loader, start + 1)
        stack.enter_context(mistakes_as_sentences(training.batch, training.crop, last))
        for step, batch in track(batches, "training", steps, start) if rank == 0 else batches:
            epoch = (step - 1) * training.batch // len(photos)
            parts = training_step(nets, batch, epoch)
            losses, stopping = agree(nets, parts, stop_asked())
            if log is not None:
                log.write(step, epoch, nets.model_optimizer.param_groups[0]["lr"], losses)
            require_finite(losses, step, last)
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
    require_same(settings.out, different)
    with misfits_as_sentences(last):
        nets.model.load_state_dict(saved.group("model"))
        nets.discriminator.load_state_dict(saved.group("discriminator"))
        restore_optimizer(nets.model_optimizer, saved.group("model_optimizer"))
        restore_optimizer(nets.discriminator_optimizer, saved.group("discriminator_optimizer"))
        if nets.averaged is not None:
            nets.averaged.restore(saved.group("averaged"))
    return where_it_stood(done)
