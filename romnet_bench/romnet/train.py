"""Training ROMNet end to end (section IV-A), so that a killed training goes on exactly."""

import contextlib
import csv
import dataclasses
import math
import signal
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

import torch
from torch import Tensor
from torch.utils.data import DataLoader

from romnet_bench import __version__
from romnet_bench.backbones import PyramidFeatures, build_features, load_weights
from romnet_bench.color import rgb_to_lab, scale_lab
from romnet_bench.data.records import PhotoSet, list_splits
from romnet_bench.errors import UserError
from romnet_bench.files import locked, require_writable, write_text
from romnet_bench.progress import track
from romnet_bench.romnet.checkpoint import Checkpoint, read_checkpoint, save_checkpoint
from romnet_bench.romnet.discriminator import PatchDiscriminator, new_discriminator
from romnet_bench.romnet.losses import (
    adversarial_loss,
    discriminator_loss,
    histogram_loss,
    perceptual_loss,
    reconstruction_loss,
    relative_perceptual_loss,
    total_loss,
)
from romnet_bench.romnet.model import ROMNet, new_model
from romnet_bench.romnet.optimizer_state import optimizer_tensors, restore_optimizer
from romnet_bench.romnet.patches import TrainingPatches
from romnet_bench.romnet.presets import RomnetConfig, differences
from romnet_bench.romnet.validation import Validation

LOG_COLUMNS = (
    "step",
    "epoch",
    "learning_rate",
    "rec_L",
    "perc_L",
    "emd",
    "rec_ab",
    "adv",
    "total",
    "discriminator",
)


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


@dataclasses.dataclass(frozen=True)
class Trained:
    """What training left in its folder."""

    best: Path
    last: Path
    steps: int
    psnr: float | None  # of the best on the validation photos, dB; None without such photos


@dataclasses.dataclass
class Nets:
    """The networks that learn, their optimisers, and the frozen one of the perceptual loss."""

    model: ROMNet
    discriminator: PatchDiscriminator
    model_optimizer: torch.optim.Optimizer
    discriminator_optimizer: torch.optim.Optimizer
    perceptual: PyramidFeatures | None
    device: torch.device


def train(settings: TrainSettings) -> Trained:
    """Trains, or goes on with, the ROMNet in `settings.out`.

    Leaves `last.safetensors` (everything needed to go on), `best.safetensors` (the network with
    the highest validation PSNR), `log.csv` (every loss of every step) and `pictures/`.

    Raises:
        UserError: the data or weights are missing, `out` holds a training of other settings, or
            a loss stopped being a number.
    """
    photos = PhotoSet(settings.data, "train")
    training = settings.config.training
    patches = TrainingPatches(photos, training.crop, settings.seed)
    steps = settings.steps or math.ceil(training.epochs * len(photos) / training.batch)
    save_every = settings.save_every or math.ceil(len(photos) / training.batch)
    require_writable(settings.out)
    with contextlib.ExitStack() as stack:
        stack.enter_context(locked(settings.out))
        nets = _new_nets(settings)
        last, best = settings.out / "last.safetensors", settings.out / "best.safetensors"
        start, best_psnr = _resume(nets, last, settings, photos)
        validation = _validation(settings)
        stop_asked = stack.enter_context(_interrupts_between_steps())
        log = settings.out / "log.csv"
        _cut_log(log, start)
        loader = DataLoader(
            patches,
            batch_size=training.batch,
            sampler=range(start * training.batch, steps * training.batch),
            num_workers=settings.workers,
            worker_init_fn=_leave_signals_to_the_parent,
            generator=torch.Generator(),
        )
        with log.open("a", newline="", encoding="utf-8") as handle:
            rows = csv.DictWriter(handle, LOG_COLUMNS)
            batches = track(enumerate(loader, start + 1), "training", steps, start)
            for step, batch in batches:
                epoch = (step - 1) * training.batch // len(photos)
                losses = training_step(nets, batch, epoch)
                rate = nets.model_optimizer.param_groups[0]["lr"]
                row = {"step": step, "epoch": epoch, "learning_rate": rate}
                rows.writerow(row | {name: repr(value) for name, value in losses.items()})
                _require_finite(losses, step, last)
                due = step % save_every == 0 or step == steps
                if due or stop_asked():
                    handle.flush()
                    psnr = validation.score(nets.model, step) if validation and due else None
                    if due and (psnr is None or best_psnr is None or psnr > best_psnr):
                        best_psnr = psnr
                        save_checkpoint(best, _model_checkpoint(nets, step, psnr))
                    save_checkpoint(last, _checkpoint(nets, settings, photos, step, best_psnr))
                    _report(step, losses, psnr)
                if stop_asked():
                    raise KeyboardInterrupt
    return Trained(best, last, max(start, steps), best_psnr)


def training_step(nets: Nets, batch: tuple[Tensor, Tensor, Tensor], epoch: int) -> dict[str, float]:
    """One step of ROMNet and one of the discriminator on a batch of patches; every loss."""
    degraded, target, reference = (_lab(patches.to(nets.device)) for patches in batch)
    lightness = degraded[0]
    target_lightness, target_ab = target
    reference_lightness, reference_ab = reference
    model, config = nets.model, nets.model.config
    decay = config.training.decay**epoch
    _set_rate(nets.model_optimizer, config.training.learning_rate * decay)
    _set_rate(nets.discriminator_optimizer, config.training.discriminator_learning_rate * decay)

    restored = model(lightness, reference_lightness, reference_ab)
    parts = {
        "rec_L": reconstruction_loss(restored.lightness, target_lightness),
        "emd": histogram_loss(
            model.sphist(restored.ab), model.sphist(reference_ab), config.histogram.bins
        ),
        "rec_ab": reconstruction_loss(restored.ab, target_ab),
    }
    if nets.perceptual is not None:
        with torch.no_grad():
            target_maps = nets.perceptual(target_lightness)
        paper = config.losses.perceptual_backbone == "vgg19"
        loss = perceptual_loss if paper else relative_perceptual_loss
        parts["perc_L"] = loss(nets.perceptual(restored.lightness), target_maps)
    # L_adv,ab is about chroma (E over G_ab and I'_ab): real and made stand on the same lightness,
    # the true one. On their own they are told apart by the damage that is left in I'_L, which
    # chroma cannot mend: in 900 steps the discriminator won and rec_ab rose from 0.09 to 0.16.
    nets.discriminator.requires_grad_(False)
    parts["adv"] = adversarial_loss(nets.discriminator(target_lightness, restored.ab))
    total = total_loss(parts, config.losses)
    nets.model_optimizer.zero_grad(set_to_none=True)
    torch.autograd.backward(total)
    nets.model_optimizer.step()

    nets.discriminator.requires_grad_(True)
    judged = discriminator_loss(
        nets.discriminator(target_lightness, target_ab),
        nets.discriminator(target_lightness, restored.ab.detach()),
    )
    nets.discriminator_optimizer.zero_grad(set_to_none=True)
    torch.autograd.backward(judged)
    nets.discriminator_optimizer.step()
    losses = parts | {"total": total, "discriminator": judged}
    return {name: float(value.detach()) for name, value in losses.items()}


def _set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = rate


def _lab(patches: Tensor) -> tuple[Tensor, Tensor]:
    """uint8 patches, B×1×S×S or B×3×S×S → L/50 − 1 and ab/110."""
    return scale_lab(rgb_to_lab(patches.float().expand(-1, 3, -1, -1) / 255))


def _new_nets(settings: TrainSettings) -> Nets:
    config, device = settings.config, torch.device(settings.device)
    model = new_model(config, settings.seed)
    if config.matching.backbone != "trained":
        load_weights(model.backbone, config.matching.backbone, settings.weights, settings.download)
    perceptual = None
    if config.losses.perceptual_backbone is not None:
        perceptual = build_features(config.losses.perceptual_backbone)
        load_weights(
            perceptual, config.losses.perceptual_backbone, settings.weights, settings.download
        )
        perceptual = perceptual.to(device).eval()
    # The layout in which convolutions run fastest, here by a quarter on a CPU; same numbers.
    model = model.to(device).to(memory_format=torch.channels_last).train()
    discriminator = new_discriminator(config.losses.discriminator_features, settings.seed)
    discriminator = discriminator.to(device).to(memory_format=torch.channels_last)
    betas = (config.training.beta1, config.training.beta2)
    learning = [weight for weight in model.parameters() if weight.requires_grad]
    return Nets(
        model,
        discriminator,
        torch.optim.Adam(learning, betas=betas),
        torch.optim.Adam(discriminator.parameters(), betas=betas),
        perceptual,
        device,
    )


def _validation(settings: TrainSettings) -> Validation | None:
    if "validation" not in list_splits(settings.data):
        return None
    photos = PhotoSet(settings.data, "validation")
    references = PhotoSet(settings.data, "train")
    # A split whose photos were all left out has shards without rows.
    return Validation(photos, references, settings.out / "pictures") if len(photos) else None


def _model_checkpoint(nets: Nets, step: int, psnr: float | None) -> Checkpoint:
    tensors = {f"model.{name}": value for name, value in nets.model.state_dict().items()}
    return Checkpoint(tensors, nets.model.config, {"step": step, "psnr": psnr})


def _checkpoint(
    nets: Nets, settings: TrainSettings, photos: PhotoSet, step: int, best_psnr: float | None
) -> Checkpoint:
    model = _model_checkpoint(nets, step, best_psnr)
    discriminator = nets.discriminator.state_dict()
    tensors = {
        **model.tensors,
        **{f"discriminator.{name}": value for name, value in discriminator.items()},
        **optimizer_tensors("model_optimizer", nets.model_optimizer),
        **optimizer_tensors("discriminator_optimizer", nets.discriminator_optimizer),
    }
    progress = model.progress | {
        "seed": settings.seed,
        "data": photos.fingerprint,
        "version": __version__,
    }
    return Checkpoint(tensors, model.config, progress)


def _resume(
    nets: Nets, last: Path, settings: TrainSettings, photos: PhotoSet
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
    different += ["--data"] if done.get("data") != photos.fingerprint else []
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
    except (RuntimeError, ValueError, KeyError):
        raise UserError(
            f"{last} does not fit the network it describes: train into another --out."
        ) from None
    psnr = done.get("psnr")
    return int(done["step"]), None if psnr is None else float(psnr)


def _cut_log(log: Path, steps: int) -> None:
    """Keeps the log's rows up to the checkpoint: what came after it is done again."""
    rows: list[dict[str, str]] = []
    if log.exists():
        with log.open(newline="", encoding="utf-8") as handle:
            rows = [row for row in csv.DictReader(handle) if _step(row) in range(1, steps + 1)]
    lines = [",".join(LOG_COLUMNS)]
    lines += [",".join(row.get(name) or "" for name in LOG_COLUMNS) for row in rows]
    write_text(log, "\r\n".join(lines) + "\r\n")


def _step(row: dict[str, str]) -> int:
    text = row.get("step") or ""
    return int(text) if text.isdigit() else 0


def _require_finite(losses: dict[str, float], step: int, last: Path) -> None:
    bad = [name for name, value in losses.items() if not torch.isfinite(torch.tensor(value))]
    if bad:
        kept = f"the last good checkpoint is {last}" if last.exists() else "none was saved yet"
        raise UserError(
            f"Training diverged at step {step} ({', '.join(bad)} is not a number); {kept}: lower "
            "--learning-rate and train into another --out."
        )


def _report(step: int, losses: dict[str, float], psnr: float | None) -> None:
    held_out = "" if psnr is None else f", validation PSNR {psnr:.2f} dB"
    print(f"step {step}: loss {losses['total']:.4f}{held_out}", flush=True)


@contextlib.contextmanager
def _interrupts_between_steps() -> Iterator["StopAsked"]:
    """Ctrl-C and SIGTERM wait for the step at hand, so that a whole checkpoint can be saved."""
    asked = StopAsked()
    previous = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def ask(number: int, _: FrameType | None) -> None:
        asked.yes = True
        signal.signal(number, previous[signal.Signals(number)])  # a second one stops at once

    try:
        for number in previous:
            signal.signal(number, ask)
    except ValueError:  # not in the main thread: nobody presses Ctrl-C there
        previous = {}
    try:
        yield asked
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _leave_signals_to_the_parent(_: int) -> None:
    """Ctrl-C reaches the whole group of processes; only the parent knows when a step is whole."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)


class StopAsked:
    """Whether somebody asked to stop."""

    yes = False

    def __call__(self) -> bool:
        """True once somebody did."""
        return self.yes
