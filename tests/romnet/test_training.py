"""Training: patches, exact resume, checkpoints, the log."""

import csv
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader

from romnet_bench.data.records import PhotoSet, encode_photo, shard_path, write_shard
from romnet_bench.errors import PictureError, UserError
from romnet_bench.images import Picture
from romnet_bench.references.features import load_features
from romnet_bench.references.ranked import own_ranking, rank_split
from romnet_bench.romnet import patches as patches_module
from romnet_bench.romnet import step as step_module
from romnet_bench.romnet import train as training
from romnet_bench.romnet.checkpoint import load_model, read_checkpoint
from romnet_bench.romnet.model import new_model
from romnet_bench.romnet.patches import TrainingPatches
from romnet_bench.romnet.presets import PAPER, RomnetConfig, adjust
from romnet_bench.romnet.references import draw_crop, draw_other_crop, ten_others
from romnet_bench.romnet.train import TrainSettings, shares, train
from romnet_bench.training.averaging import AveragedWeights


def _settings(data: Path, out: Path, config: RomnetConfig, **changes: object) -> TrainSettings:
    values: dict[str, object] = {"steps": 6, "save_every": 3} | changes
    return TrainSettings(data=data, out=out, config=config, **values)  # type: ignore[arg-type]


def _log(folder: Path) -> list[dict[str, str]]:
    with (folder / "log.csv").open(newline="") as handle:
        return list(csv.DictReader(handle))


def test_patches_depend_on_seed_and_number_alone(training_data: Path) -> None:
    """Not on who asks, in which order, or from which process."""
    photos = PhotoSet(training_data, "train")
    patches = TrainingPatches(photos, 64, seed=0)
    in_order = [patches[n] for n in range(8)]
    backwards = [TrainingPatches(photos, 64, seed=0)[n] for n in reversed(range(8))][::-1]
    loader = DataLoader(patches, batch_size=None, sampler=range(8), num_workers=2)
    for first, second, third in zip(in_order, backwards, loader, strict=True):
        for a, b, c in zip(first, second, third, strict=True):
            assert torch.equal(a, b)
            assert torch.equal(a, c)
    other = TrainingPatches(photos, 64, seed=1)
    assert not all(torch.equal(patches[n][0], other[n][0]) for n in range(8))


class Asked(PhotoSet):
    """Remembers which pairs were read."""

    def pair(self, identity: str) -> tuple[Picture, Picture]:
        """Input and target."""
        self.__dict__.setdefault("read", []).append(identity)
        return super().pair(identity)


def test_an_epoch_sees_every_pair_once(
    training_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In another order each time; a patch reads its own pair first, then the reference."""
    monkeypatch.setattr(patches_module, "KEPT_BYTES", 0)
    photos = Asked(training_data, "train")
    patches = TrainingPatches(photos, 64, seed=0)
    orders = []
    for epoch in range(4):
        order = []
        for n in range(4):
            photos.__dict__["read"] = []
            patches[epoch * 4 + n]
            order.append(photos.__dict__["read"][0])
        orders.append(order)
        assert sorted(order) == sorted(photos.ids)
    assert len({tuple(order) for order in orders}) > 1


def test_decoded_pictures_are_kept_while_there_is_room(
    training_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same patches; each file is decoded once, or each time where nothing fits."""
    kept = Asked(training_data, "train")
    patches = TrainingPatches(kept, 64, seed=0)
    expected = [patches[n] for n in range(12)]
    assert sorted(kept.__dict__["read"]) == sorted(kept.ids)
    monkeypatch.setattr(patches_module, "KEPT_BYTES", 100 * 100 * 4)  # one pair of the four
    short = Asked(training_data, "train")
    patches = TrainingPatches(short, 64, seed=0)
    for n, patch in enumerate(expected):
        assert all(map(torch.equal, patches[n], patch))
    assert len(short.__dict__["read"]) > len(kept.ids)


def _contains(picture: np.ndarray, patch: np.ndarray) -> bool:
    windows = np.lib.stride_tricks.sliding_window_view(picture, patch.shape)
    return bool((windows[:, :, 0] == patch).all(axis=(2, 3, 4)).any())


def test_both_ways_of_making_references_occur(training_data: Path) -> None:
    """Option 2 takes a patch of another photo as it is; option 1 alters one of the photo itself."""
    photos = PhotoSet(training_data, "train")
    patches = TrainingPatches(photos, 64, seed=0)
    by_epoch = []
    for epoch in range(8):
        untouched = []
        for n in range(4):
            reference = patches[epoch * 4 + n][2].permute(1, 2, 0).numpy()
            untouched.append(any(_contains(photo.target, reference) for photo in photos))
        assert len(set(untouched)) == 1, "one option an epoch"
        by_epoch.append(untouched[0])
    assert set(by_epoch) == {True, False}


def test_reference_patch_lies_elsewhere_and_ten_exclude_the_photo() -> None:
    """As the paper states both options."""
    generator = np.random.default_rng(0)
    picture = np.zeros((33, 32), np.uint8)
    for _ in range(20):
        crop = draw_crop(picture, 32, generator)
        assert draw_other_crop(picture, crop, generator) != crop
    assert draw_other_crop(picture[:32], draw_crop(picture[:32], 32, generator), generator)
    photos = [str(n) for n in range(30)]
    ten = ten_others("7", photos, np.random.default_rng(0))
    assert len(set(ten)) == 10
    assert "7" not in ten
    assert len(ten_others("7", photos[5:9], np.random.default_rng(0))) == 3


def test_ranked_references_are_drawn_from(training_data: Path) -> None:
    """Option 2 takes one of the ten that stand with the dataset, and no other photo."""
    photos = PhotoSet(training_data, "train")
    lender = photos.ids[-1]
    ranked = {identity: [lender] for identity in photos.ids}
    target = photos.target(lender)
    whole = min(target.shape[:2]) // 32 * 32
    found = 0
    for number in range(12 * len(photos)):
        plain = TrainingPatches(photos, whole, seed=0)[number]
        patch = TrainingPatches(photos, whole, seed=0, ranked=ranked)[number]
        assert torch.equal(plain[0], patch[0])
        if not torch.equal(plain[2], patch[2]):  # another lender, in an epoch of option 2
            reference = patch[2].permute(1, 2, 0).numpy()
            windows = np.lib.stride_tricks.sliding_window_view(target, reference.shape)
            assert (windows == reference).all(axis=(-3, -2, -1)).any()
            found += 1
    assert found


def test_training_learns_from_the_ranking_that_stands_there(
    training_data: Path, small: RomnetConfig, tmp_path: Path
) -> None:
    """And does not go on with another one."""
    photos = PhotoSet(training_data, "train")
    train(_settings(training_data, tmp_path / "random", small))
    rank_split(photos, photos, lambda: load_features("filters"), "filters")
    ranking = own_ranking(photos)
    assert ranking is not None
    assert set(ranking.matches) == set(photos.ids)
    train(_settings(training_data, tmp_path / "ranked", small))
    logs = [(tmp_path / name / "log.csv").read_text() for name in ("random", "ranked")]
    assert logs[0] != logs[1]
    with pytest.raises(UserError, match="another ranking of references"):
        train(_settings(training_data, tmp_path / "random", small))


def test_a_stopped_training_goes_on_with_the_same_losses(
    training_data: Path, small: RomnetConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between two checkpoints, it repeats what was lost; every loss is the same number."""
    train(_settings(training_data, tmp_path / "whole", small))
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
        train(_settings(training_data, tmp_path / "cut", small))
    monkeypatch.undo()
    assert read_checkpoint(tmp_path / "cut" / "last.safetensors").progress["step"] == 3
    train(_settings(training_data, tmp_path / "cut", small))
    assert _log(tmp_path / "cut") == _log(tmp_path / "whole")
    assert len(_log(tmp_path / "whole")) == 6
    whole = read_checkpoint(tmp_path / "whole" / "last.safetensors")
    cut = read_checkpoint(tmp_path / "cut" / "last.safetensors")
    assert whole.tensors.keys() == cut.tensors.keys()
    assert all(torch.equal(whole.tensors[name], cut.tensors[name]) for name in whole.tensors)


def test_interrupt_saves_the_step_at_hand(
    training_data: Path, small: RomnetConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C in the middle of a step loses nothing, and the old handler is back afterwards."""
    before = signal.getsignal(signal.SIGINT)
    step = training.training_step

    def interrupted(*arguments: object) -> dict[str, torch.Tensor]:
        signal.raise_signal(signal.SIGINT)
        return step(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(training, "training_step", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train(_settings(training_data, tmp_path, small))
    assert read_checkpoint(tmp_path / "last.safetensors").progress["step"] == 1
    assert [row["step"] for row in _log(tmp_path)] == ["1"]
    assert signal.getsignal(signal.SIGINT) is before


def test_what_training_leaves(training_data: Path, small: RomnetConfig, tmp_path: Path) -> None:
    """Best and last network, the log, validation pictures; the best one loads."""
    trained = train(_settings(training_data, tmp_path, small))
    assert trained.psnr is not None
    assert trained.psnr > 5
    names = {path.name for path in tmp_path.iterdir()}
    assert {"best.safetensors", "last.safetensors", "log.csv", "pictures"} <= names
    assert len(list((tmp_path / "pictures").glob("step-*.png"))) == 2
    model, saved = load_model(trained.best, torch.device("cpu"))
    assert saved.progress["step"] in (3, 6)
    assert model.config == small
    assert not model.training
    row = _log(tmp_path)[0]
    parts = ("rec_L", "emd", "rec_ab", "adv")
    weights = (1.0, 0.5, 1.0, 0.2)
    total = sum(w * float(row[name]) for name, w in zip(parts, weights, strict=True))
    assert float(row["total"]) == pytest.approx(total, rel=1e-5)
    assert row["perc_L"] == ""


def test_training_lowers_the_restoration_loss(
    training_data: Path, small: RomnetConfig, tmp_path: Path
) -> None:
    """Fifty steps take noise away from waves."""
    train(_settings(training_data, tmp_path, small, steps=50, save_every=50))
    losses = [float(row["rec_L"]) for row in _log(tmp_path)]
    assert sum(losses[-10:]) < 0.75 * sum(losses[:10])


def test_a_validation_split_without_photos_costs_nothing(
    training_data: Path, small: RomnetConfig, tmp_path: Path
) -> None:
    """Its photos may all have been left out when it was built: the last network is the best."""
    data = shutil.copytree(training_data, tmp_path / "data")
    write_shard(shard_path(data, "validation", 0, 1), map(encode_photo, []))
    trained = train(_settings(data, tmp_path / "out", small, steps=2, save_every=1))
    assert trained.psnr is None
    assert read_checkpoint(trained.best).progress["step"] == 2


def test_more_epochs_go_on_and_fewer_change_nothing(
    training_data: Path, small: RomnetConfig, tmp_path: Path
) -> None:
    """Epochs say how long, not what; four pairs in patches of two are two steps an epoch."""
    for epochs, steps in ((1, 2), (2, 4), (1, 4)):
        longer = small.training.model_copy(update={"epochs": epochs})
        config = small.model_copy(update={"training": longer})
        trained = train(_settings(training_data, tmp_path, config, steps=None))
        assert trained.steps == steps
        assert len(_log(tmp_path)) == steps


def test_changed_numbers_of_a_preset_are_named() -> None:
    """Results of `paper` with a smaller crop do not pass for the paper's."""
    assert PAPER.notes == []
    changed = adjust(PAPER, training={"crop": 64}, matching={"backbone": "alexnet"}, losses={})
    assert changed.notes == ["paper preset with other settings (matching.backbone, training.crop)"]
    with pytest.raises(UserError, match="crop cannot be 65"):
        adjust(PAPER, training={"crop": 65}, matching={}, losses={})


def test_other_settings_are_refused(
    training_data: Path, small: RomnetConfig, tmp_path: Path
) -> None:
    """A folder holds one training."""
    train(_settings(training_data, tmp_path, small, steps=1, save_every=1))
    with pytest.raises(UserError, match=r"another --seed"):
        train(_settings(training_data, tmp_path, small, steps=2, seed=1))
    train(_settings(training_data, tmp_path, small, steps=2))
    assert len(_log(tmp_path)) == 2


def test_divergence_is_a_sentence_and_keeps_the_good_checkpoint(
    training_data: Path, small: RomnetConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A loss that is no number stops training before it reaches a checkpoint."""
    train(_settings(training_data, tmp_path, small, steps=1, save_every=1))
    monkeypatch.setattr(training, "training_step", lambda *_: {"rec_L": torch.tensor(torch.nan)})
    with pytest.raises(UserError, match=r"diverged at step 2 \(rec_L is not a number\)"):
        train(_settings(training_data, tmp_path, small, steps=2, save_every=1))
    assert read_checkpoint(tmp_path / "last.safetensors").progress["step"] == 1


def test_foreign_and_damaged_checkpoints_are_refused(
    training_data: Path, small: RomnetConfig, tmp_path: Path
) -> None:
    """Each in one sentence that names the file."""
    trained = train(_settings(training_data, tmp_path / "run", small, steps=1))
    damaged = tmp_path / "damaged.safetensors"
    damaged.write_bytes(trained.best.read_bytes()[:5000])
    text = tmp_path / "text.safetensors"
    text.write_text("no checkpoint at all")
    for path in (damaged, text, tmp_path / "missing.safetensors"):
        with pytest.raises(UserError, match=path.name):
            load_model(path, torch.device("cpu"))


def test_pretrained_features_are_loaded(shared: Path, tmp_path: Path, training_data: Path) -> None:
    """Lite trains on SqueezeNet's features from a folder of weights."""
    from romnet_bench.romnet.presets import LITE

    smaller = LITE.training.model_copy(update={"crop": 64, "batch": 1})
    config = LITE.model_copy(update={"training": smaller})
    settings = _settings(
        training_data, tmp_path, config, steps=1, save_every=1, weights=shared / "weights"
    )
    trained = train(settings)
    row = _log(tmp_path)[0]
    assert float(row["perc_L"]) > 0
    from safetensors.torch import load_file

    state = load_file(shared / "weights" / "squeezenet1_1-features.safetensors")
    saved = read_checkpoint(trained.best).group("model")
    assert torch.equal(saved["backbone.stages.0.0.weight"], state["features.0.weight"])


def test_a_gradient_that_is_no_number_stops_training(
    training_data: Path, small: RomnetConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Even where every loss of that step still was one: the weights are lost by then."""

    def poisoned(output: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        loss = (output - target).abs().mean()
        return loss + (output * 0).abs().sqrt().sum()  # zero, with an infinite slope

    def poisoned_judge(real: torch.Tensor, made: torch.Tensor) -> torch.Tensor:
        return real.mean() + (made * 0).abs().sqrt().sum()

    for name, loss, gradient in (
        ("reconstruction_loss", poisoned, "gradient"),
        ("discriminator_loss", poisoned_judge, "discriminator_gradient"),
    ):
        monkeypatch.setattr(step_module, name, loss)
        with pytest.raises(UserError, match=rf"diverged at step 1 \({gradient} is not a number\)"):
            train(_settings(training_data, tmp_path, small, steps=1, save_every=1))
        assert not (tmp_path / "last.safetensors").exists()
        monkeypatch.undo()


def test_out_of_memory_names_the_options_to_lower(
    training_data: Path, small: RomnetConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With their values of now."""

    def too_much(*_: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory.")

    monkeypatch.setattr(training, "training_step", too_much)
    cropped = small.training.model_copy(update={"crop": 96})
    config = small.model_copy(update={"training": cropped})
    with pytest.raises(UserError, match=r"lower --batch \(now 2\) or --crop \(now 96\)"):
        train(_settings(training_data, tmp_path, config))


def test_averaged_weights_trail_the_network(small: RomnetConfig) -> None:
    """Against the recursion written out in float64, and they go on after a checkpoint."""
    net = new_model(small, seed=0)
    averaged = AveragedWeights(net, decay=0.9)
    expected = net.sphist.centers.detach().double()
    for step in range(30):
        with torch.no_grad():
            net.sphist.centers.add_(0.1)
        share = min(0.9, (1 + step) / (10 + step))
        expected = share * expected + (1 - share) * net.sphist.centers.detach().double()
        averaged.update(net)
        if step == 15:
            saved = {name: tensor.clone() for name, tensor in averaged.tensors().items()}
            averaged = AveragedWeights(new_model(small, seed=1), decay=0.9)
            averaged.restore(saved)
    assert torch.allclose(averaged.net.sphist.centers.double(), expected, atol=1e-5)
    assert not any(weight.requires_grad for weight in averaged.net.parameters())


def test_the_average_is_what_is_kept_and_resumes_exactly(
    training_data: Path, small: RomnetConfig, tmp_path: Path
) -> None:
    """`best` holds averaged weights, `last` both; a stop in between changes nothing."""
    averaging = small.training.model_copy(update={"ema": 0.9, "clip": 0.5})
    config = small.model_copy(update={"training": averaging})
    train(_settings(training_data, tmp_path / "whole", config, steps=4, save_every=4))
    train(_settings(training_data, tmp_path / "cut", config, steps=2, save_every=2))
    train(_settings(training_data, tmp_path / "cut", config, steps=4, save_every=4))
    whole, cut = (
        read_checkpoint(tmp_path / name / "last.safetensors") for name in ("whole", "cut")
    )
    assert all(torch.equal(whole.tensors[name], cut.tensors[name]) for name in whole.tensors)
    best = read_checkpoint(tmp_path / "whole" / "best.safetensors").group("model")
    averaged = whole.group("averaged")
    assert all(torch.equal(best[name], averaged[f"net.{name}"]) for name in best)
    assert not torch.equal(best["sphist.centers"], whole.group("model")["sphist.centers"])


def test_bf16_gives_nearly_the_same_losses(
    training_data: Path, small: RomnetConfig, tmp_path: Path
) -> None:
    """Within two per cent in three steps; the weights stay float32."""
    for precision in ("fp32", "bf16"):
        out = tmp_path / precision
        train(_settings(training_data, out, small, steps=3, precision=precision))
    for exact, rounded in zip(_log(tmp_path / "fp32"), _log(tmp_path / "bf16"), strict=True):
        assert float(rounded["total"]) == pytest.approx(float(exact["total"]), rel=0.02)
        assert rounded["rec_ab"] != exact["rec_ab"]
    saved = read_checkpoint(tmp_path / "bf16" / "best.safetensors")
    assert {tensor.dtype for tensor in saved.tensors.values()} == {torch.float32}
    with pytest.raises(UserError, match="another --precision"):
        train(_settings(training_data, tmp_path / "bf16", small, steps=4))


def test_tensorboard_holds_what_the_log_holds(
    training_data: Path, small: RomnetConfig, tmp_path: Path
) -> None:
    """Read back by TensorBoard itself, after a resume too."""
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    train(_settings(training_data, tmp_path, small, steps=2, save_every=1))
    train(_settings(training_data, tmp_path, small, steps=3, save_every=1))
    events = EventAccumulator(str(tmp_path / "tensorboard")).Reload()
    shown = {event.step: event.value for event in events.Scalars("loss/rec_L")}
    logged = {int(row["step"]): float(row["rec_L"]) for row in _log(tmp_path)}
    assert shown == pytest.approx(logged)
    assert len(events.Scalars("validation/PSNR")) == 3


ON_TWO = """
import sys
from pathlib import Path
from romnet_bench.romnet.presets import RomnetConfig
from romnet_bench.romnet.train import TrainSettings, train

data, out, config = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
settings = TrainSettings(data, out, RomnetConfig.model_validate_json(config), 4, save_every=2)
sys.stdout.write(f"rank {train(settings).rank}\\n")  # one write: two processes share the pipe
"""


def test_two_processes_give_the_losses_of_one(
    training_data: Path, small: RomnetConfig, tmp_path: Path
) -> None:
    """Steps shared by torchrun's two: every loss within 1e-4, gradients too, after a resume."""
    averaging = small.training.model_copy(update={"ema": 0.9, "clip": 0.5})
    config = small.model_copy(update={"training": averaging})
    train(_settings(training_data, tmp_path / "one", config, steps=4, save_every=2))
    # The first two steps by one process, the rest by two.
    train(_settings(training_data, tmp_path / "two", config, steps=2, save_every=2))
    script = tmp_path / "on_two.py"
    script.write_text(ON_TWO)
    command = [
        *(sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"),
        *(str(script), str(training_data), str(tmp_path / "two"), config.model_dump_json()),
    ]
    # What a user's Accelerate configuration says must not change what is learnt.
    environment = os.environ | {"ACCELERATE_GRADIENT_ACCUMULATION_STEPS": "4"}
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=240, check=False, env=environment
    )
    assert done.returncode == 0, done.stderr
    assert sorted(re.findall(r"rank \d", done.stdout)) == ["rank 0", "rank 1"]
    one, two = _log(tmp_path / "one"), _log(tmp_path / "two")
    assert len(one) == len(two) == 4
    for alone, together in zip(one, two, strict=True):
        for name in set(alone) - {"perc_L"}:
            # Adam does not notice a gradient of another length, so lengths are compared.
            expected = pytest.approx(float(alone[name]), abs=1e-4, rel=1e-4)
            assert float(together[name]) == expected, name
    averaged = [
        read_checkpoint(tmp_path / name / "last.safetensors").group("averaged.net")
        for name in ("one", "two")
    ]
    for name, tensor in averaged[0].items():
        assert torch.allclose(tensor, averaged[1][name], atol=1e-5), name


def test_processes_share_every_step() -> None:
    """Shares cover every patch of every step once, in the order of one process."""
    alone = shares(6, 2, 5, rank=0, processes=1)
    three = [shares(6, 2, 5, rank, processes=3) for rank in range(3)]
    assert alone == [[*a, *b, *c] for a, b, c in zip(*three, strict=True)]


def test_a_stop_before_the_first_checkpoint_leaves_a_network_too(
    training_data: Path, small: RomnetConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is said to be there is there."""
    step = training.training_step

    def interrupted(*arguments: object) -> dict[str, torch.Tensor]:
        signal.raise_signal(signal.SIGINT)
        return step(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(training, "training_step", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train(_settings(training_data, tmp_path, small))
    monkeypatch.undo()
    trained = train(_settings(training_data, tmp_path, small, steps=1))
    assert trained.best.is_file()


def test_a_damaged_picture_in_a_worker_is_one_sentence(
    training_data: Path, small: RomnetConfig, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As it is without workers; no traceback of the worker's."""

    def damaged(*_: object) -> None:
        raise PictureError("a-0 (input): it is damaged.")

    monkeypatch.setattr(PhotoSet, "pair", damaged)
    for workers in (0, 1):
        with pytest.raises(UserError) as caught:
            train(_settings(training_data, tmp_path / str(workers), small, workers=workers))
        assert str(caught.value) == "a-0 (input): it is damaged."
