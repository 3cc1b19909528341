"""The ablation study end to end: generated photos, two steps of a network cut down from `tiny`."""

import csv
import dataclasses
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from romnet_bench import ablate as study
from romnet_bench.ablate import Ablated, AblateSettings, ablate
from romnet_bench.bench.results import read_run, read_scores
from romnet_bench.cli import main
from romnet_bench.color import lightness_grey
from romnet_bench.data.records import Photo, encode_photo, shard_path, write_shard
from romnet_bench.errors import UserError
from romnet_bench.files import resource
from romnet_bench.methods.contract import MethodOptions
from romnet_bench.methods.romnet import default_folder, load
from romnet_bench.protocol import DEFAULT
from romnet_bench.romnet.ablations import TABLES, TRAININGS, ablation_of
from romnet_bench.romnet.checkpoint import read_checkpoint
from romnet_bench.romnet.presets import (
    OFFICIAL,
    TINY,
    ColorizationConfig,
    HistogramConfig,
    MatchingConfig,
    RestorationConfig,
    RomnetConfig,
    TrainingConfig,
)
from romnet_bench.romnet.train import Trained, TrainSettings

SMALL = RomnetConfig(
    name="tiny",
    restoration=RestorationConfig(features=4, growth=4, blocks=1, units=1),
    matching=MatchingConfig(backbone="trained", level_channels=4, channels=4, temperature=0.05),
    histogram=HistogramConfig(bins=4),
    colorization=ColorizationConfig(
        stem=4, units=(1, 1, 1, 1), growth=4, bottleneck=1, fusion_units=1
    ),
    losses=TINY.losses.model_copy(update={"discriminator_features": 4}),
    training=TrainingConfig(crop=64, batch=2, end_to_end=False),
)


def write_data(folder: Path, noise: float) -> Path:
    """Three training and two test photos of coloured waves, their grey with noise."""
    for split, ids in (("train", "abc"), ("test", "de")):
        photos = []
        for identity in ids:
            random = np.random.default_rng(ord(identity))
            rows, columns = np.mgrid[:64, :96] / 12
            waves = [
                np.sin(rows * a + columns * b + c) for a, b, c in random.uniform(0.5, 2, (3, 3))
            ]
            target = np.uint8(128 + 100 * np.stack(waves, axis=-1))
            grey = lightness_grey(target) + random.normal(0, noise, target.shape[:2])
            degraded = np.uint8(np.clip(grey, 0, 255))
            photos.append(Photo(identity, degraded, target, None, {"photo": identity}))
        path = shard_path(folder, split, 0, 1)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_shard(path, map(encode_photo, photos))
    return folder


@pytest.fixture(scope="module", autouse=True)
def bare_machine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """One thread, and none of the weights that this machine may have, for the fixtures too."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("ROMNET_BENCH_WEIGHTS", raising=False)
        patch.setenv("TORCH_HOME", str(tmp_path_factory.mktemp("torch-home")))
        yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ablate")
    write_data(folder / "plain", noise=0)
    write_data(folder / "old", noise=12)
    return folder


def settings(data: Path, out: Path, **changes: object) -> AblateSettings:
    """Two steps of the small network."""
    wanted = AblateSettings(
        clean=data / "plain",
        degraded=data / "old",
        out=out,
        config=SMALL,
        steps=2,
        reference_features="filters",
    )
    return dataclasses.replace(wanted, **changes)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def made(data: Path) -> Ablated:
    """The whole study, made once."""
    return ablate(settings(data, data / "study"))


def run_folder(out: Path, training: str) -> Path:
    where = TRAININGS[training]
    dataset = {"clean": "plain", "degraded": "old"}[where.data]
    return out / "runs" / where.data / dataset / f"romnet-{where.ablation}"


def read_table(folder: Path, key: str) -> list[dict[str, str]]:
    with (folder / f"{key}.csv").open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


def stamps(folder: Path) -> dict[Path, int]:
    """When each checkpoint, log and output was written; locks and tables may be written again."""
    kinds = ("*.safetensors", "images/*.png", "journal.jsonl")
    return {path: path.stat().st_mtime_ns for kind in kinds for path in folder.rglob(kind)}


def test_every_cell_is_the_mean_of_its_runs_scores(data: Path, made: Ablated) -> None:
    assert made.failed == []
    for table in TABLES:
        with resource("reports", "paper", f"{table.key}.csv").open(newline="") as handle:
            paper = {(row["method"], row["metric"]): row["value"] for row in csv.DictReader(handle)}
        lines = read_table(made.folder, table.key)
        assert [line["label"] for line in lines] == list(table.rows)
        for line, training in zip(lines, table.rows.values(), strict=True):
            scores = read_scores(run_folder(data / "study", training))
            assert sorted(scores["id"]) == ["d", "e"]
            for metric in ("psnr", "ssim"):
                mean = scores[metric].mean()
                assert float(line[f"{metric}_mean"]) == pytest.approx(mean, rel=1e-12)
                value = paper[line["label"], metric]
                assert line[f"{metric}_paper"] == value
                assert float(line[f"{metric}_difference"]) == pytest.approx(mean - float(value))
            assert line["lpips_mean"] == ""
            assert line["protocol_hash"] == DEFAULT.hash
            assert line["dataset"] == ("old" if table.key == "table6" else "plain")


def test_the_tables_say_how_they_came_about(made: Ablated) -> None:
    for table in TABLES:
        text = (made.folder / f"{table.key}.md").read_text(encoding="utf-8")
        assert text in made.markdown
        for words in (
            f"Protocol {DEFAULT.name} ({DEFAULT.hash})",
            "Preset tiny, 2 steps each, fp32, seed 0",
            "(train, 3 photos, fingerprint ",
            "(test, 2 photos), references ranked by filters",
            "not comparable with its own in level, only in the order",
            "LPIPS is empty (–): The alexnet weights are missing",
        ):
            assert words in text.replace("\\", "")
        assert (made.folder / f"{table.key}.tex").read_text().count(r"\begin{tabular}") == 1


def test_each_row_comes_from_its_own_network(data: Path, made: Ablated) -> None:
    sha256 = set()
    for training in TRAININGS.values():
        folder = data / "study" / "checkpoints" / training.data / f"romnet-{training.ablation}"
        checkpoint = read_checkpoint(folder / "best.safetensors")
        assert ablation_of(checkpoint.config) == training.ablation
        assert checkpoint.progress["step"] == 2
    for name, training in TRAININGS.items():
        method = read_run(run_folder(data / "study", name)).method
        assert method.name == f"romnet-{training.ablation}"
        named = [note for note in method.notes if note.startswith("ablation: ")]
        assert len(named) == (training.ablation != "full")
        sha256.add(method.fingerprint["checkpoint_sha256"])
    assert len(sha256) == 8
    assert read_run(run_folder(data / "study", "no-similarity")).method.label == (
        "ROMNet, No similarity map"
    )


def test_a_finished_study_is_not_made_again(data: Path, made: Ablated, tmp_path: Path) -> None:
    out = shutil.copytree(data / "study", tmp_path / "study")
    before, tables = stamps(out), [read_table(out / "tables", table.key) for table in TABLES]
    assert ablate(settings(data, out)).markdown == made.markdown
    assert stamps(out) == before
    assert [read_table(out / "tables", table.key) for table in TABLES] == tables


def test_a_stopped_study_goes_on_to_the_same_tables(
    data: Path, made: Ablated, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Stopped between the second training and its run."""
    out = tmp_path / "study"
    trained = []
    real = study.train

    def stops(wanted: TrainSettings) -> Trained:
        done = real(wanted)
        trained.append(wanted.out.name)
        if len(trained) == 2:
            raise KeyboardInterrupt
        return done

    parts = ("single-level-rdn", "full-degraded")
    monkeypatch.setattr(study, "train", stops)
    with pytest.raises(KeyboardInterrupt):
        ablate(settings(data, out, only=parts))
    monkeypatch.undo()
    assert trained == ["romnet-single-level-rdn", "romnet-full"]
    assert [line["psnr_mean"] != "" for line in read_table(out / "tables", "table6")] == [
        True,
        False,
    ]
    before = stamps(out)
    again = ablate(settings(data, out, only=parts))
    assert again.failed == []
    assert not (out / "tables" / "table4.csv").exists()
    assert {path: when for path, when in stamps(out).items() if path in before} == before
    assert read_table(out / "tables", "table6") == read_table(made.folder, "table6")


def test_a_training_that_fails_does_not_cost_the_others(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = study.train

    def diverges(wanted: TrainSettings) -> Trained:
        if wanted.out.name == "romnet-single-level-rdn":
            raise UserError("Training diverged at step 1 (rec_L is not a number).")
        return real(wanted)

    monkeypatch.setattr(study, "train", diverges)
    done = ablate(settings(data, tmp_path, only=("single-level-rdn", "full-degraded")))
    assert done.failed == ["single-level-rdn: Training diverged at step 1 (rec_L is not a number)."]
    first, second = read_table(tmp_path / "tables", "table6")
    assert first["psnr_mean"] == ""
    assert float(second["psnr_mean"]) > 5
    assert "Single-level RDN: not trained and scored yet." in done.markdown


def test_a_folder_holds_one_study(data: Path, made: Ablated, tmp_path: Path) -> None:
    out = data / "study"
    for changes, named in (
        ({"steps": 3}, "steps"),
        ({"seed": 1}, "seed"),
        ({"precision": "bf16"}, "precision"),
        ({"config": TINY}, "config.restoration.features"),
    ):
        with pytest.raises(UserError, match=f"holds a study with another {named}"):
            ablate(settings(data, out, **changes))
    write_data(tmp_path / "old", noise=3)
    with pytest.raises(UserError, match=r"another degraded\.train, degraded\.test"):
        ablate(settings(data, out, degraded=tmp_path / "old"))
    (tmp_path / "study.json").write_text("{}")
    with pytest.raises(UserError, match=r"study\.json is no study"):
        ablate(settings(data, tmp_path))


def test_everything_is_looked_at_before_the_first_training(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(study, "train", lambda _: pytest.fail("trained"))
    untested = shutil.copytree(data / "old", tmp_path / "untested")
    next((untested / "data").glob("test*")).unlink()
    empty = shutil.copytree(data / "old", tmp_path / "empty")
    write_shard(shard_path(empty, "train", 0, 1), [])
    perceptual = SMALL.losses.model_copy(update={"perceptual_backbone": "vgg19"})
    matching = SMALL.matching.model_copy(update={"backbone": "resnet34"})
    for changes, words in (
        ({"degraded": untested}, "no dataset with a split named test: it has train"),
        ({"degraded": empty}, "no photos in its split train"),
        ({"degraded": data / "plain"}, "hold the same photos"),
        ({"config": OFFICIAL}, "official is not the paper's whole network"),
        ({"config": SMALL.model_copy(update={"losses": perceptual})}, "vgg19 weights are missing"),
        ({"config": SMALL.model_copy(update={"matching": matching})}, "resnet34 weights"),
        ({"reference_features": "colours"}, "There are no features colours"),
        ({"reference_features": "alexnet"}, "alexnet weights are missing"),
        ({"only": ("full",)}, "no training full: choose among input-ab"),
    ):
        with pytest.raises(UserError, match=words):
            ablate(settings(data, tmp_path / "out", **changes))
    assert not (tmp_path / "out" / "study.json").exists()


def test_a_checkpoint_of_another_ablation_is_refused(data: Path, made: Ablated) -> None:
    folder = data / "study" / "checkpoints" / "clean"
    checkpoint = folder / "romnet-no-similarity" / "best.safetensors"
    with pytest.raises(UserError, match="holds no-similarity, not full: give one that"):
        load(MethodOptions(checkpoint=checkpoint, ablation="full"))
    assert load(MethodOptions(checkpoint=checkpoint, ablation="no-similarity")).name == (
        "romnet-no-similarity"
    )
    plain = load(MethodOptions(checkpoint=checkpoint))
    assert (plain.name, plain.label) == ("romnet", "ROMNet")
    assert "ablation: No similarity map" in plain.notes


Call = Callable[..., int]


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch) -> Call:
    """Runs `romnet-bench WORDS` in this process; its exit status."""

    def run(*words: object) -> int:
        monkeypatch.setattr(sys, "argv", ["romnet-bench", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            main()
        return int(ended.value.code or 0)

    return run


def test_the_command_prints_the_tables_and_names_what_failed(
    data: Path,
    tmp_path: Path,
    call: Call,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("romnet_bench.romnet.presets.find_preset", lambda _: SMALL)
    real = study.train

    def diverges(wanted: TrainSettings) -> Trained:
        if "no-similarity" in wanted.out.name:
            raise UserError("Training diverged.")
        return real(wanted)

    monkeypatch.setattr(study, "train", diverges)
    words = ["ablate", "--clean", data / "plain", "--degraded", data / "old", "--steps", 1]
    words += ["--out", tmp_path / "out", "--reference-features", "filters", "--no-download"]
    words += ["--device", "cpu", "--only", "no-similarity", "--only", "single-scale-similarity"]
    assert call(*words) == 3
    shown = capsys.readouterr()
    assert "### Ablation study of multi-scale similarity maps (the paper's Table V)" in shown.out
    assert "  no-similarity: Training diverged." in shown.err.splitlines()
    assert call("ablate", "--clean", data, "--degraded", data, "--only", "full") == 2


def test_train_and_run_of_an_ablation_find_each_other(
    data: Path,
    tmp_path: Path,
    call: Call,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """`run --ablation` takes what `train --ablation` left, beside other runs and not over them."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("romnet_bench.romnet.presets.find_preset", lambda _: SMALL)
    name = "single-level-rdn"
    train = ["train", "--data", data / "old", "--steps", 1, "--device", "cpu", "--ablation", name]
    assert call(*train) == 0
    best = default_folder(name) / "best.safetensors"
    assert best == Path("checkpoints/romnet-single-level-rdn/best.safetensors")
    assert ablation_of(read_checkpoint(best).config) == name
    run = ["run", "--method", "romnet", "--data", data / "old", "--reference-features", "filters"]
    run += ["--device", "cpu", "--no-download"]
    assert call(*run, "--ablation", name) == 0
    assert call(*run, "--checkpoint", best) == 0
    assert sorted(path.name for path in Path("runs/old").iterdir()) == ["romnet", f"romnet-{name}"]
    assert read_run(Path("runs/old") / f"romnet-{name}").method.label == "ROMNet, Single-level RDN"
    capsys.readouterr()
    assert call(*run, "--ablation", "full", "--checkpoint", best) == 1
    assert capsys.readouterr().err == (
        f"Error: {best} holds single-level-rdn, not full: give one that `romnet-bench train "
        "--ablation full` made.\n"
    )
    assert call(*run, "--ablation", "full") == 1
    assert "no checkpoint checkpoints/romnet-full/best.safetensors" in capsys.readouterr().err
    assert call("run", "--method", "input", "--data", data / "old", "--ablation", name) == 1
    assert "--ablation does not concern input, only romnet" in capsys.readouterr().err
    assert call(*train, "--preset", "tiny", "--ablation", "colours") == 2
