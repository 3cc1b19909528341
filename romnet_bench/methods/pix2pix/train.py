"""Training Pix2pix, so that a killed training goes on exactly."""

import contextlib
import dataclasses
import math
import os
from pathlib import Path

import torch
from torch.utils.data import DataLoader

from romnet_bench import __version__
from romnet_bench.data.records import PhotoSet, list_splits
from romnet_bench.errors import UserError
from romnet_bench.files import locked, require_writable
from romnet_bench.methods.pix2pix.checkpoint import Checkpoint, read_checkpoint, save_checkpoint
from romnet_bench.methods.pix2pix.patches import PairPatches
from romnet_bench.methods.pix2pix.presets import Pix2pixConfig, differences
from romnet_bench.methods.pix2pix.step import LOSSES, Nets, new_nets, training_step
from romnet_bench.methods.pix2pix.unet import UNet
from romnet_bench.methods.pix2pix.validation import Validation
from romnet_bench.progress import track
from romnet_bench.synthesis.degrade import random_stream
from romnet_bench.training.interrupts import interrupts_between_steps, leave_signals_to_the_parent
from romnet_bench.training.log import open_log
from romnet_bench.training.mistakes import mistakes_as_sentences, require_finite
from romnet_bench.training.optimizer_state import optimizer_tensors, restore_optimizer
from romnet_bench.training.resuming import misfits_as_sentences, require_same, where_it_stood
from romnet_bench.training.shares import shares


@dataclasses.dataclass(frozen=True)
class TrainSettings:
    """How to train.

    Args:
        data: a dataset's folder, with a split `train` and, for choosing the best, `validation`.
        out: where checkpoints, `log.csv` and pictures go; a training there goes on.
        config: the networks, their task and their optimisers (see `presets`).
        steps: optimiser steps in all; by default the preset's epochs.
        seed: of weights, patches and dropout.
        device: "cpu" or "cuda".
        workers: processes that prepare patches; 0 does so between steps.
        save_every: steps between two checkpoints; by default an epoch.
    """

    data: Path
    out: Path
    config: Pix2pixConfig
    steps: int | None = None
    seed: int = 0
    device: str = "cpu"
    workers: int = 0
    save_every: int | None = None


@dataclasses.dataclass(frozen=True)
class Trained:
    """What training left in its folder."""

    best: Path
    last: Path
    steps: int
    psnr: float | None  # of the best on the validation photos, dB; None without such photos


def train(settings: TrainSettings) -> Trained:
    """Trains, or goes on with, the Pix2pix in `settings.out`.

    Leaves `last.safetensors` (everything needed to go on), `best.safetensors` (the U-Net with the
    highest validation PSNR), `log.csv` (every loss of every step), the same under `tensorboard/`,
    and `pictures/`.

    Raises:
        UserError: the data is missing, `out` holds a training of other settings, there are several
            processes, memory ran out, or a loss stopped being a number.
    """
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise UserError("Pix2pix is trained by one process: start it without accelerate's launch.")
    config = settings.config
    photos = PhotoSet(settings.data, "train")
    patches = PairPatches(photos, config.crop, config.resized, settings.seed)
    steps = settings.steps or math.ceil(config.epochs * len(photos) / config.batch)
    save_every = settings.save_every or math.ceil(len(photos) / config.batch)
    last, best = settings.out / "last.safetensors", settings.out / "best.safetensors"
    require_writable(settings.out)
    with contextlib.ExitStack() as stack:
        stack.enter_context(locked(settings.out))
        nets = new_nets(config, settings.seed, settings.device)
        start, best_psnr = _resume(nets, last, settings, photos.fingerprint)
        validation = _validation(settings)
        stop_asked = stack.enter_context(interrupts_between_steps())
        log = stack.enter_context(open_log(settings.out, start, LOSSES))
        loader = DataLoader(
            patches,
            batch_sampler=shares(config.batch, start, steps, 0, 1),
            num_workers=settings.workers,
            worker_init_fn=leave_signals_to_the_parent,
            generator=torch.Generator(),
            pin_memory=nets.device.type == "cuda",
        )
        stack.enter_context(mistakes_as_sentences(config.batch, config.crop, last, shareable=False))
        for step, batch in track(enumerate(loader, start + 1), "training", steps, start):
            epoch = (step - 1) * config.batch // len(photos)
            parts = training_step(nets, batch, epoch, _noise(settings.seed, step, nets.device))
            losses = dict(zip(parts, torch.stack(list(parts.values())).tolist(), strict=True))
            stopping = stop_asked()
            log.write(step, epoch, config.rate(epoch), losses)
            require_finite(losses, step, last)
            due = step % save_every == 0 or step == steps
            if due or stopping:
                kept = nets.averaged.net if nets.averaged else nets.unet
                psnr = validation.score(kept, step) if validation and due else None
                better = psnr is None or best_psnr is None or psnr > best_psnr
                if (due and better) or not best.exists():
                    best_psnr = psnr
                    save_checkpoint(best, _unet_checkpoint(kept, config, step, psnr))
                save_checkpoint(
                    last, _checkpoint(nets, settings.seed, photos.fingerprint, step, best_psnr)
                )
                log.mark(step, losses, psnr)
            if stopping:
                raise KeyboardInterrupt
    return Trained(best, last, max(start, steps), best_psnr)


def _noise(seed: int, step: int, device: torch.device) -> torch.Generator:
    """What a step's dropout is drawn from: depends on (seed, step) alone."""
    drawn = int(random_stream(seed, "", f"noise {step}").integers(2**63))
    return torch.Generator(device).manual_seed(drawn)


def _validation(settings: TrainSettings) -> Validation | None:
    if "validation" not in list_splits(settings.data):
        return None
    photos = PhotoSet(settings.data, "validation")
    # A split whose photos were all left out has shards without rows.
    if not len(photos):
        return None
    return Validation(photos, settings.out / "pictures", settings.config.task)


def _unet_checkpoint(
    unet: UNet, config: Pix2pixConfig, step: int, psnr: float | None
) -> Checkpoint:
    tensors = {f"unet.{name}": value for name, value in unet.state_dict().items()}
    return Checkpoint(tensors, config, {"step": step, "psnr": psnr})


def _checkpoint(nets: Nets, seed: int, data: str, step: int, best_psnr: float | None) -> Checkpoint:
    unet = _unet_checkpoint(nets.unet, nets.config, step, None)
    discriminator = nets.discriminator.state_dict()
    tensors = {
        **unet.tensors,
        **{f"discriminator.{name}": value for name, value in discriminator.items()},
        **optimizer_tensors("unet_optimizer", nets.unet_optimizer),
        **optimizer_tensors("discriminator_optimizer", nets.discriminator_optimizer),
    }
    if nets.averaged is not None:
        tensors |= {f"averaged.{name}": value for name, value in nets.averaged.tensors().items()}
    progress = {"step": step, "seed": seed, "data": data, "best_psnr": best_psnr}
    return Checkpoint(tensors, nets.config, progress | {"version": __version__})


def _resume(nets: Nets, last: Path, settings: TrainSettings, data: str) -> tuple[int, float | None]:
    """Loads the last checkpoint, if there is one; the steps done and the best PSNR so far."""
    if not last.exists():
        return 0, None
    saved = read_checkpoint(last)
    different = differences(settings.config, saved.config)
    wanted = {"seed": settings.seed, "data": data, "version": __version__}
    names = {"seed": "--seed", "data": "--data", "version": "version of romnet-bench"}
    different += [names[key] for key, value in wanted.items() if saved.progress.get(key) != value]
    require_same(settings.out, different)
    with misfits_as_sentences(last):
        nets.unet.load_state_dict(saved.group("unet"))
        nets.discriminator.load_state_dict(saved.group("discriminator"))
        restore_optimizer(nets.unet_optimizer, saved.group("unet_optimizer"))
        restore_optimizer(nets.discriminator_optimizer, saved.group("discriminator_optimizer"))
        if nets.averaged is not None:
            nets.averaged.restore(saved.group("averaged"))
    return where_it_stood(saved.progress)
