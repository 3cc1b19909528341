"""The paper's ablation study (section IV-C): eight trainings, their scores, Tables IV, V and VI.

Everything stands below one folder: `checkpoints/<data>/<network>/`, `runs/<data>/<dataset>/
<network>/` and `tables/`. Whatever is finished there is not done again, so a study may be stopped,
and its trainings may be spread over several processes.
"""

import dataclasses
import os
from pathlib import Path

import pydantic

from romnet_bench import __version__, weights
from romnet_bench.bench.loop import require_distinct_names
from romnet_bench.bench.run import RunSettings, run_method
from romnet_bench.bench.scoring import load_scorer
from romnet_bench.data.records import PhotoSet
from romnet_bench.errors import UserError
from romnet_bench.files import require_writable, write_new
from romnet_bench.methods.contract import MethodOptions
from romnet_bench.methods.romnet import load
from romnet_bench.references.choice import RankedReferences
from romnet_bench.references.features import Features, load_features
from romnet_bench.report import ablation_formats
from romnet_bench.report.ablations import read_ablations, write_about
from romnet_bench.report.markdown import to_markdown
from romnet_bench.report.write import write_sheet
from romnet_bench.romnet.ablations import TABLES, TRAININGS, ablated, folder_name
from romnet_bench.romnet.precision import Precision
from romnet_bench.romnet.presets import RomnetConfig, differences
from romnet_bench.romnet.train import TrainSettings, train


@dataclasses.dataclass(frozen=True)
class AblateSettings:
    """How to make the study.

    Args:
        clean: the dataset of Tables IV and V, photos without damage, with splits train and test.
        degraded: the dataset of Table VI, likewise.
        out: the study's folder.
        config: the whole network; each ablation changes one part of it.
        steps: of each training; by default the preset's epochs.
        seed: of every training.
        device: "cpu" or "cuda".
        workers: processes that prepare patches.
        save_every: steps between two checkpoints; by default an epoch.
        weights: a file or folder with pretrained weights, before all other places.
        download: fetch pretrained weights that are missing.
        reference_features: by what references are ranked (see `references.features`).
        precision: of training, "fp32" or "bf16".
        compiled: trains through torch.compile.
        only: names of `TRAININGS`; by default all.
    """

    clean: Path
    degraded: Path
    out: Path
    config: RomnetConfig
    steps: int | None = None
    seed: int = 0
    device: str = "cpu"
    workers: int = 0
    save_every: int | None = None
    weights: Path | None = None
    download: bool = False
    reference_features: str = "vgg19"
    precision: Precision = "fp32"
    compiled: bool = False
    only: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Ablated:
    """What the study has so far: the tables as Markdown, their files, and what went wrong."""

    markdown: str
    folder: Path
    failed: list[str]


class Study(pydantic.BaseModel):
    """`study.json`: what all trainings of a study share, so that its rows may be compared."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    config: RomnetConfig
    steps: int | None
    seed: int
    clean: dict[str, str]  # split → fingerprint
    degraded: dict[str, str]
    reference_features: str
    precision: Precision
    version: str


@dataclasses.dataclass(frozen=True)
class _Data:
    """The two splits of a dataset that a study reads."""

    train: PhotoSet
    test: PhotoSet

    @property
    def fingerprints(self) -> dict[str, str]:
        return {"train": self.train.fingerprint, "test": self.test.fingerprint}


def ablate(settings: AblateSettings) -> Ablated:
    """Trains, runs and scores the networks that are asked for, and writes the tables.

    The tables are written again after each network, from all that the folder holds. A network that
    fails with a sentence (its training diverged, say) is listed, and the others go on.

    Raises:
        UserError: before the first training: a dataset, weights or features are missing, the
            configuration is not the paper's whole network, or the folder holds another study.
    """
    names = list(settings.only) or list(TRAININGS)
    if int(os.environ.get("WORLD_SIZE", "1")) > 1:
        raise UserError(
            "The networks of a study are trained one after the other in one process: start it "
            "without a launcher, or several times with another --only each."
        )
    data, features = _check(settings, names)
    study = _claim(settings, data)
    failed: list[str] = []
    markdown = ""
    references: dict[str, RankedReferences] = {}
    for number, name in enumerate(names, 1):
        which = TRAININGS[name].data
        print(f"{number}/{len(names)} {name} on {data[which].train.folder}", flush=True)
        try:
            if which not in references:
                references[which] = RankedReferences(data[which].train, features)
            failed += _train_and_score(name, settings, data[which], references[which])
        except UserError as error:
            failed.append(f"{name}: {error}")
        markdown = _write_tables(settings.out, study, data)
    return Ablated(markdown, settings.out / "tables", failed)


def _check(settings: AblateSettings, names: list[str]) -> tuple[dict[str, _Data], Features]:
    """Everything that could end a study after days, looked at before it begins."""
    unknown = [name for name in names if name not in TRAININGS]
    if unknown:
        raise UserError(f"There is no training {unknown[0]}: choose among {', '.join(TRAININGS)}.")
    for training in TRAININGS.values():
        ablated(settings.config, training.ablation)
    data = {
        which: _Data(PhotoSet(folder, "train"), PhotoSet(folder, "test"))
        for which, folder in (("clean", settings.clean), ("degraded", settings.degraded))
    }
    for photos in (split for one in data.values() for split in (one.train, one.test)):
        if not len(photos):
            raise UserError(f"{photos.folder} has no photos in its split {photos.split}.")
        require_distinct_names(photos.ids)
    if data["clean"].test.fingerprint == data["degraded"].test.fingerprint:
        raise UserError(
            "--clean and --degraded hold the same photos: build the clean ones with "
            "`romnet-bench build-synthetic --recipe clean`."
        )
    matching, perceptual = settings.config.matching, settings.config.losses
    if matching.backbone != "trained":
        weights.require(matching.backbone, settings.weights, settings.download)
    if perceptual.perceptual_backbone is not None:
        weights.require(perceptual.perceptual_backbone, settings.weights, settings.download)
    features = load_features(
        settings.reference_features, settings.device, settings.weights, settings.download
    )
    require_writable(settings.out)
    missing = load_scorer(settings.device, settings.weights, settings.download).missing
    if missing:
        print(f"LPIPS will be empty: {missing}", flush=True)
    return data, features


def _claim(settings: AblateSettings, data: dict[str, _Data]) -> Study:
    """The study of `settings`, which is the one that the folder holds, if it holds any.

    Raises:
        UserError: it holds another, or its file is damaged.
    """
    study = Study(
        config=settings.config,
        steps=settings.steps,
        seed=settings.seed,
        clean=data["clean"].fingerprints,
        degraded=data["degraded"].fingerprints,
        reference_features=settings.reference_features,
        precision=settings.precision,
        version=__version__,
    )
    path = settings.out / "study.json"
    try:
        write_new(path, (study.model_dump_json(indent=2) + "\n").encode())
    except FileExistsError:
        try:
            found = Study.model_validate_json(path.read_bytes())
        except ValueError as error:
            reason = str(error).splitlines()[0]
            raise UserError(f"{path} is no study ({reason}): choose another --out.") from None
        different = differences(study.model_dump(), found.model_dump())
        if different:
            raise UserError(
                f"{settings.out} holds a study with another {', '.join(different)}: choose "
                "another --out, or give the same settings to go on."
            ) from None
    return study


def _train_and_score(
    name: str, settings: AblateSettings, data: _Data, references: RankedReferences
) -> list[str]:
    """One network from its first step to its scores; the photos on which it failed."""
    training = TRAININGS[name]
    trained = train(
        TrainSettings(
            data=data.train.folder,
            out=settings.out / "checkpoints" / training.data / folder_name(training.ablation),
            config=ablated(settings.config, training.ablation),
            steps=settings.steps,
            seed=settings.seed,
            device=settings.device,
            workers=settings.workers,
            save_every=settings.save_every,
            weights=settings.weights,
            download=settings.download,
            precision=settings.precision,
            compiled=settings.compiled,
        )
    )
    options = MethodOptions(
        checkpoint=trained.best,
        device=settings.device,
        weights=settings.weights,
        download=settings.download,
        ablation=training.ablation,
    )
    record = run_method(
        load(options),
        data.test,
        settings.out / "runs" / training.data,
        references=references,
        settings=RunSettings(settings.device, settings.weights, settings.download),
    )
    return [f"{name}, {photo}: {why}" for photo, why in record.failed.items()]


def _write_tables(out: Path, study: Study, data: dict[str, _Data]) -> str:
    """Writes what can be written of the three tables; all of them as Markdown."""
    write_about(
        out,
        {
            paper.key: _describe(study, data[TRAININGS[next(iter(paper.rows.values()))].data])
            for paper in TABLES
        },
    )
    tables = read_ablations(out)
    for table in tables:
        sheet = ablation_formats.to_sheet(table)
        write_sheet(sheet, ablation_formats.to_csv(table), out / "tables")
    return "\n".join(to_markdown(ablation_formats.to_sheet(table)) for table in tables)


def _describe(study: Study, data: _Data) -> list[str]:
    """How every network of a table was trained, sentences for its foot."""
    config = study.config
    length = f"{study.steps} steps" if study.steps else f"{config.training.epochs} epochs"
    train, test = data.train, data.test
    return [
        f"Preset {config.name}, {length} each, {study.precision}, seed {study.seed}, romnet-bench "
        f"{study.version}",
        *config.notes,
        f"Trained on {train.name} (train, {len(train)} photos, fingerprint {train.fingerprint}), "
        f"scored on {test.name} (test, {len(test)} photos), references ranked by "
        f"{study.reference_features} from the photos trained on",
    ]
