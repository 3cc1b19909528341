"""Training Pix2pix: patches, exact resume, checkpoints, the log, both tasks."""

import csv
import re
import signal
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from torch.utils.data import DataLoader

from romnet_bench.cli import cli
from romnet_bench.color import lightness_grey
from romnet_bench.data.records import PhotoSet
from romnet_bench.errors import UserError
from romnet_bench.images import resize
from romnet_bench.methods.contract import MethodOptions
from romnet_bench.methods.pix2pix import step as step_module
from romnet_bench.methods.pix2pix import train as training
from romnet_bench.methods.pix2pix.checkpoint import read_checkpoint
from romnet_bench.methods.pix2pix.method import load, load_colour
from romnet_bench.methods.pix2pix.patches import PairPatches
from romnet_bench.methods.pix2pix.photo import as_seen
from romnet_bench.methods.pix2pix.presets import LITE, OFFICIAL, Pix2pixConfig, adjust
from romnet_bench.methods.pix2pix.step import LOSSES
from romnet_bench.methods.pix2pix.train import TrainSettings, train


def _settings(data: Path, out: Path, config: Pix2pixConfig, **changes: object) -> TrainSettings:
    values: dict[str, object] = {"steps": 6, "save_every": 3} | changes
    return TrainSettings(data=data, out=out, config=config, **values)  # type: ignore[arg-type]


def _log(folder: Path) -> list[dict[str, str]]:
    with (folder / "log.csv").open(newline="") as handle:
        return list(csv.DictReader(handle))


def _windows(picture: np.ndarray, patch: np.ndarray) -> bool:
    views = np.lib.stride_tricks.sliding_window_view(picture, patch.shape)
    return bool((views == patch).reshape(-1, patch.size).all(axis=1).any())


def test_patches_depend_on_seed_and_number_alone(pairs: Path) -> None:
    """Not on who asks, in which order, or from which process."""
    photos = PhotoSet(pairs, "train")
    patches = PairPatches(photos, 64, None, seed=0)
    in_order = [patches[n] for n in range(8)]
    backwards = [PairPatches(photos, 64, None, seed=0)[n] for n in reversed(range(8))][::-1]
    loader = DataLoader(patches, batch_size=None, sampler=range(8), num_workers=2)
    for triple in zip(in_order, backwards, loader, strict=True):
        for a, b, c in zip(*triple, strict=True):
            assert torch.equal(a, b)
            assert torch.equal(a, c)
    other = PairPatches(photos, 64, None, seed=1)
    assert not all(torch.equal(patches[n][0], other[n][0]) for n in range(8))


def test_a_patch_is_a_piece_of_its_pair_half_of_them_mirrored(pairs: Path) -> None:
    """Input and target from the same place of the same photo, each photo once an epoch."""
    photos = PhotoSet(pairs, "train")
    patches = PairPatches(photos, 64, None, seed=0)
    mirrored = 0
    for epoch in range(6):
        seen = []
        for number in range(4):
            grey, colour = (x.permute(1, 2, 0).numpy() for x in patches[epoch * 4 + number])
            for photo in photos:
                both = np.dstack([photo.input, photo.target])
                patch = np.dstack([grey, colour])
                straight, turned = _windows(both, patch), _windows(both, patch[:, ::-1])
                if straight or turned:
                    seen.append(photo.id)
                    mirrored += turned
        assert sorted(seen) == sorted(photos.ids)
    assert 4 < mirrored < 20


def test_the_papers_jitter_cuts_out_of_a_resized_square(pairs: Path) -> None:
    """286 and 256 in small: 70 and 64."""
    photos = PhotoSet(pairs, "train")
    squares = [resize(photo.target, 70, 70) for photo in photos]
    patches = PairPatches(photos, 64, 70, seed=0)
    for number in range(8):
        patch = patches[number][1].permute(1, 2, 0).numpy()
        assert any(
            _windows(square, turned) for square in squares for turned in (patch, patch[:, ::-1])
        )


@pytest.mark.parametrize("task", ["restore", "colour"])
def test_a_stopped_training_goes_on_with_the_same_losses(
    pairs: Path, small: Pix2pixConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, task: str
) -> None:
    """Killed between two checkpoints it repeats what was lost, dropout too: the same numbers."""
    config = adjust(small, {"task": task, "ema": 0.9 if task == "restore" else None})
    train(_settings(pairs, tmp_path / "whole", config))
    step = training.training_step
    count = 0

    def dies_at_the_fifth(*arguments: object) -> dict[str, torch.Tensor]:
        nonlocal count
        count += 1
        if count == 5:
            raise RuntimeError("power cut")
        return step(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(training, "training_step", dies_at_the_fifth)
    with pytest.raises(RuntimeError, match="power cut"):
        train(_settings(pairs, tmp_path / "cut", config))
    monkeypatch.undo()
    assert read_checkpoint(tmp_path / "cut" / "last.safetensors").progress["step"] == 3
    torch.manual_seed(5)  # what others draw must not matter
    train(_settings(pairs, tmp_path / "cut", config))
    assert _log(tmp_path / "cut") == _log(tmp_path / "whole")
    assert len(_log(tmp_path / "whole")) == 6
    for name in ("last", "best"):
        whole, cut = (
            read_checkpoint(tmp_path / place / f"{name}.safetensors") for place in ("whole", "cut")
        )
        assert whole.tensors.keys() == cut.tensors.keys()
        assert all(torch.equal(whole.tensors[key], cut.tensors[key]) for key in whole.tensors)


def test_the_average_is_what_is_kept(pairs: Path, small: Pix2pixConfig, tmp_path: Path) -> None:
    """`best` holds averaged weights, `last` both; either file gives the same U-Net."""
    config = adjust(small, {"ema": 0.9})
    trained = train(_settings(pairs, tmp_path, config, save_every=6))
    best, last = read_checkpoint(trained.best), read_checkpoint(trained.last)
    learnt = last.group("unet")
    for name, tensor in best.group("unet").items():
        assert torch.equal(tensor, last.group("averaged.net")[name])
        assert not torch.equal(tensor, learnt[name])
    photo = PhotoSet(pairs, "validation")["e"].input
    outputs = [
        load(MethodOptions(checkpoint=path)).restore([photo], [None])[0]
        for path in (trained.best, trained.last)
    ]
    assert np.array_equal(*outputs)


def test_the_discriminator_keeps_its_pace(pairs: Path, small: Pix2pixConfig) -> None:
    """Both rates fall together."""
    nets = step_module.new_nets(adjust(small, {"discriminator_pace": 0.1}), 0, "cpu")
    batch = [torch.randint(0, 256, (2, channels, 64, 64), dtype=torch.uint8) for channels in (1, 3)]
    for epoch in (0, 3):
        step_module.training_step(nets, (batch[0], batch[1]), epoch, torch.Generator())
        unet, judge = (
            optimizer.param_groups[0]["lr"]
            for optimizer in (nets.unet_optimizer, nets.discriminator_optimizer)
        )
        assert unet == pytest.approx(nets.config.rate(epoch))
        assert judge == pytest.approx(0.1 * unet)


def test_interrupt_saves_the_step_at_hand(
    pairs: Path, small: Pix2pixConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C in the middle of a step loses nothing."""
    step = training.training_step

    def interrupted(*arguments: object) -> dict[str, torch.Tensor]:
        signal.raise_signal(signal.SIGINT)
        return step(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(training, "training_step", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train(_settings(pairs, tmp_path, small))
    assert read_checkpoint(tmp_path / "last.safetensors").progress["step"] == 1
    assert [row["step"] for row in _log(tmp_path)] == ["1"]
    assert (tmp_path / "best.safetensors").is_file()


def test_what_training_leaves(pairs: Path, small: Pix2pixConfig, tmp_path: Path) -> None:
    """Best and last network, every loss, validation pictures; the losses add up."""
    trained = train(_settings(pairs, tmp_path, small))
    assert trained.psnr is not None
    names = {path.name for path in tmp_path.iterdir()}
    assert {"best.safetensors", "last.safetensors", "log.csv", "pictures"} <= names
    assert len(list((tmp_path / "pictures").glob("step-*.png"))) == 2
    scores = {}
    for row in _log(tmp_path):
        values = {name: float(row[name]) for name in LOSSES}
        assert values["total"] == pytest.approx(values["adv"] + 100 * values["l1"], rel=1e-5)
        halves = values["real"] + values["made"]
        assert values["discriminator"] == pytest.approx(halves / 2, rel=1e-5)
        scores[int(row["step"])] = float(row["learning_rate"])
    # Two steps an epoch; of four epochs the last two are on the way down.
    rates = [2e-4] * 2 + [2e-4 * (1 - 0 / 3)] * 2 + [2e-4 * (1 - 1 / 3)] * 2
    assert list(scores.values()) == pytest.approx(rates)
    best = read_checkpoint(trained.best)
    assert best.progress["step"] in (3, 6)
    assert best.config == small
    (output,) = load(MethodOptions(checkpoint=trained.best)).restore(
        [PhotoSet(pairs, "validation")["e"].input], [None]
    )
    assert output.shape == (72, 90, 3)


def test_training_lowers_the_difference(pairs: Path, small: Pix2pixConfig, tmp_path: Path) -> None:
    """Eighty steps bring outputs nearer to the targets, in both networks' game."""
    config = adjust(small, {"learning_rate": 2e-3, "epochs": 40, "filters": 8})
    train(_settings(pairs, tmp_path, config, steps=80, save_every=80))
    losses = [float(row["l1"]) for row in _log(tmp_path)]
    assert sum(losses[-10:]) < 0.6 * sum(losses[:10])


def test_the_colour_task_sees_the_targets_lightness_and_keeps_it(
    pairs: Path, small: Pix2pixConfig, tmp_path: Path
) -> None:
    """The degraded photo plays no part; its method paints on the photo's own lightness."""
    target = torch.randint(0, 256, (2, 3, 8, 8), dtype=torch.uint8)
    seen, wanted = as_seen("colour", torch.zeros(2, 1, 8, 8, dtype=torch.uint8), target)
    grey = np.stack([lightness_grey(x.permute(1, 2, 0).numpy()) for x in target])
    again, _ = as_seen(
        "colour", target[:, :1], torch.from_numpy(grey)[:, None].expand(-1, 3, -1, -1)
    )
    assert torch.allclose(seen, again, atol=0.01)
    assert wanted.shape == (2, 2, 8, 8)
    trained = train(_settings(pairs, tmp_path, adjust(small, {"task": "colour"}), steps=2))
    method = load_colour(MethodOptions(checkpoint=trained.best))
    assert (method.name, method.restores, method.colorizes) == ("pix2pix-colour", False, True)
    photo = PhotoSet(pairs, "validation")["e"].input // 2 + 64
    (output,) = method.restore([photo], [None])
    assert np.abs(lightness_grey(output).astype(int) - photo).mean() < 2
    with pytest.raises(UserError, match="trained with --task colour: give --method pix2pix-colour"):
        load(MethodOptions(checkpoint=trained.best))


def test_other_settings_are_refused(pairs: Path, small: Pix2pixConfig, tmp_path: Path) -> None:
    """A folder holds one training."""
    train(_settings(pairs, tmp_path, small, steps=1, save_every=1))
    with pytest.raises(UserError, match=r"another --seed"):
        train(_settings(pairs, tmp_path, small, steps=2, seed=1))
    for change in ({"task": "colour"}, {"epochs": 5}, {"filters": 8}):
        with pytest.raises(UserError, match=f"another {next(iter(change))}"):
            train(_settings(pairs, tmp_path, adjust(small, change), steps=2))
    train(_settings(pairs, tmp_path, small, steps=2))
    assert len(_log(tmp_path)) == 2


@pytest.mark.parametrize(
    ("name", "gradient"),
    [("l1_loss", "gradient"), ("discriminator_loss", "discriminator_gradient")],
)
def test_a_gradient_that_is_no_number_stops_training(
    pairs: Path,
    small: Pix2pixConfig,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    name: str,
    gradient: str,
) -> None:
    """Even where every loss of that step still was one: the weights are lost by then."""

    def poisoned(one: torch.Tensor, other: torch.Tensor) -> object:
        loss = one.mean() + other.mean() + ((one + other) * 0).abs().sqrt().sum()
        return loss if name == "l1_loss" else (loss, loss)

    monkeypatch.setattr(step_module, name, poisoned)
    # A discriminator without sound weights judges nothing soundly: all that follows is lost too.
    with pytest.raises(UserError, match=rf"diverged at step 1 \(.*{gradient} is not a number\)"):
        train(_settings(pairs, tmp_path, small, steps=1, save_every=1))
    assert not (tmp_path / "last.safetensors").exists()
    assert not (tmp_path / "best.safetensors").exists()


def test_out_of_memory_names_what_to_lower(
    pairs: Path, small: Pix2pixConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And not more processes, which cannot share it."""

    def too_much(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr(training, "training_step", too_much)
    with pytest.raises(UserError, match=r"lower --batch \(now 2\) and train into another --out\.$"):
        train(_settings(pairs, tmp_path, small))


def test_several_processes_are_refused(
    pairs: Path, small: Pix2pixConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They would each train the same network into the same folder."""
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(UserError, match="one process"):
        train(_settings(pairs, tmp_path, small))


def test_presets_are_checked_and_say_what_was_changed() -> None:
    """A smaller network does not pass for the paper's."""
    assert OFFICIAL.notes == []
    assert LITE.notes == [
        "lite preset: smaller than the paper's network",
        "discriminator with 0.02 of the learning rate, not all of it",
    ]
    changed = adjust(OFFICIAL, {"epochs": 3, "task": "colour"})
    assert changed.notes == ["official preset with other settings (epochs)"]
    with pytest.raises(UserError, match="crop cannot be 96: a U-Net of 7 levels takes multiples"):
        adjust(LITE, {"crop": 96})
    with pytest.raises(UserError, match="crop cannot be 512: patches are cut out of 286×286"):
        adjust(OFFICIAL, {"crop": 512})


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ["--method", "pix2pix", "--ablation", "no-similarity"],
            "--ablation is for --method romnet",
        ),
        (["--method", "pix2pix", "--precision", "fp32"], "--precision is for --method romnet"),
        (["--method", "pix2pix", "--no-download"], "--download is for --method romnet"),
        (
            ["--method", "pix2pix", "--preset", "tiny"],
            "no preset tiny: choose one of official, lite",
        ),
        (["--task", "restore"], "--task is for --method pix2pix alone"),
    ],
)
def test_options_of_the_other_method_are_refused(
    pairs: Path, tmp_path: Path, arguments: list[str], sentence: str
) -> None:
    """One sentence, before anything is made."""
    out = tmp_path / "out"
    command = ["train", "--data", str(pairs), "--out", str(out), *arguments]
    result = CliRunner().invoke(cli, command)
    message = str(result.exception) + result.output
    assert sentence in message
    assert result.exit_code != 0
    assert not out.exists()


def test_the_command_trains(pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing is said, into the folder that `run` looks into."""
    monkeypatch.chdir(tmp_path)
    command = ["train", "--method", "pix2pix", "--task", "colour", "--data", str(pairs)]
    result = CliRunner().invoke(cli, [*command, "--steps", "1", "--crop", "128"])
    assert result.exit_code == 0, result.output
    assert re.search(r"Trained 1 steps, best validation PSNR .* dB: checkpoints/", result.output)
    method = load_colour(MethodOptions())
    assert method.fingerprint()["steps"] == "1"
    assert method.notes[1] == "lite preset with other settings (crop)"
