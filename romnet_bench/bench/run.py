"""A method, or a folder of another program's outputs, scored over a dataset, one row a photo."""

import dataclasses
import time
from pathlib import Path
from typing import Literal

from romnet_bench import protocol
from romnet_bench.bench import environment, journal, results
from romnet_bench.bench.loop import Job, require_distinct_names, run_jobs
from romnet_bench.bench.scoring import load_scorer
from romnet_bench.data.catalog import recipe_of
from romnet_bench.data.records import Photo, PhotoSet
from romnet_bench.errors import UserError
from romnet_bench.files import sha256_file, slug
from romnet_bench.images import Picture
from romnet_bench.methods.contract import Method, fingerprint_of, restore_one
from romnet_bench.methods.folder import pair_outputs, read_output
from romnet_bench.methods.registry import list_methods
from romnet_bench.references.choice import ReferenceChooser


@dataclasses.dataclass(frozen=True)
class RunSettings:
    """How to run and score.

    Args:
        device: where LPIPS is measured; the method was loaded with its own.
        lpips_weights: a file or folder of AlexNet's weights, before all other places.
        download: fetch LPIPS's weights where they are missing.
    """

    device: str = "cpu"
    lpips_weights: Path | None = None
    download: bool = False


def run_method(
    method: Method,
    photos: PhotoSet,
    out: Path,
    *,
    references: ReferenceChooser | None = None,
    settings: RunSettings,
) -> results.RunRecord:
    """Runs `method` over `photos` and scores it, into `out/<dataset>/<method>/`.

    References of another rank than the first make a run of their own, `<method>-rank-NN`.

    A photo on which the method fails with a sentence is listed in the record's `failed`, and the
    run goes on. Photos differ in size, so the method gets one at a time.

    Args:
        method: the system to run.
        photos: the split to run it on.
        out: the folder of all runs.
        references: asked only if the method needs references.
        settings: how to run and score.

    Raises:
        UserError: the method needs references and there are none, two photos' file names are the
            same, or another run holds the folder.
    """
    chooser = references if method.needs_reference else None
    if method.needs_reference and chooser is None:
        raise UserError(
            f"{method.label} takes its colours from a reference: give some with --references."
        )
    fingerprint = fingerprint_of(method)

    def prepare(photo: Photo) -> Job:
        reference = chooser.choose(photo) if chooser else None

        def make() -> tuple[Picture, float]:
            start = time.perf_counter()
            picture = reference.picture if reference else None
            output = restore_one(method, photo.id, photo.input, picture)
            return output, time.perf_counter() - start

        parts: list[object] = [method.name, fingerprint, journal.picture_sha256(photo.input)]
        if reference is None:
            return Job(journal.digest(*parts), make)
        parts += [reference.id, reference.rank, journal.picture_sha256(reference.picture)]
        return Job(journal.digest(*parts), make, reference.id, reference.rank)

    origin = chooser.describe() if chooser else {}
    # Other ranks stand beside the first, as rows of their own (Fig. 6).
    rank = int(origin.get("rank", 1))
    described = results.MethodRecord(
        name=method.name if rank == 1 else f"{method.name}-rank-{rank:02d}",
        label=method.label if rank == 1 else f"{method.label}, reference of rank {rank}",
        restores=method.restores,
        colorizes=method.colorizes,
        needs_reference=method.needs_reference,
        fingerprint=fingerprint,
        notes=method.notes,
    )
    record = _record("run", described, photos, settings, origin)
    scorer = load_scorer(settings.device, settings.lpips_weights, settings.download)
    return run_jobs(
        record, photos, photos.ids, run_folder(out, record), prepare=prepare, scorer=scorer
    )


def score_folder(
    folder: Path,
    photos: PhotoSet,
    out: Path,
    name: str,
    *,
    partial: bool = False,
    restores: bool = True,
    colorizes: bool = True,
    settings: RunSettings,
) -> results.RunRecord:
    """Scores the pictures in `folder`, paired with `photos` by id, into `out/<dataset>/<name>/`.

    Args:
        folder: of outputs, `<id>.png` or another format.
        photos: the split that they were made from.
        out: the folder of all runs.
        name: of the method that made them.
        partial: score what is there, though outputs are missing or extra.
        restores: the method mends damage.
        colorizes: the method adds colour.
        settings: how to score.

    Raises:
        UserError: `name` is a method of ours, outputs are missing, extra or doubled (named, before
            any scoring), two photos' file names are the same, or another run holds the folder.
    """
    if slug(name) in {slug(known) for known in list_methods()}:
        raise UserError(
            f"{name} is a method that `romnet-bench run` runs: choose another --name for the "
            "outputs of another program."
        )
    require_distinct_names(photos.ids)
    paths = pair_outputs(folder, photos.ids, partial=partial)
    ids = [identity for identity in photos.ids if identity in paths]

    hashes = {identity: sha256_file(path) for identity, path in paths.items()}

    def prepare(photo: Photo) -> Job:
        path = paths[photo.id]

        def make() -> tuple[Picture, None]:
            return read_output(path, *photo.target.shape[:2]), None

        return Job(journal.digest(journal.picture_sha256(photo.input), hashes[photo.id]), make)

    notes = ["outputs of another program"]
    if len(ids) < len(photos):
        notes.append(f"outputs for {len(ids)} of {len(photos)} photos")
    method = results.MethodRecord(
        name=name,
        label=name,
        restores=restores,
        colorizes=colorizes,
        needs_reference=False,
        fingerprint={"folder": str(folder), "outputs": journal.digest(hashes)},
        notes=notes,
    )
    record = _record("score", method, photos, settings, {})
    scorer = load_scorer(settings.device, settings.lpips_weights, settings.download)
    return run_jobs(record, photos, ids, run_folder(out, record), prepare=prepare, scorer=scorer)


def run_folder(out: Path, record: results.RunRecord) -> Path:
    """The folder of a run below the folder of all runs: `<out>/<dataset>/<method>`."""
    return out / slug(record.dataset.name) / slug(record.method.name)


def _record(
    made_by: Literal["run", "score"],
    method: results.MethodRecord,
    photos: PhotoSet,
    settings: RunSettings,
    references: dict[str, str],
) -> results.RunRecord:
    return results.RunRecord(
        made_by=made_by,
        dataset=results.DatasetRecord(
            name=photos.name,
            path=str(photos.folder),
            split=photos.split,
            fingerprint=photos.fingerprint,
            photos=len(photos),
            originals=len(set(photos.originals.values())),
            recipe=recipe_of(photos.folder),
        ),
        method=method,
        protocol=results.ProtocolRecord(name=protocol.DEFAULT.name, hash=protocol.DEFAULT.hash),
        references=references,
        device=environment.describe_device(settings.device),
        command=environment.command_line(),
        commit=environment.describe_commit(),
        packages=environment.list_packages(),
        started=results.now(),
        finished="",
        unavailable={},
        failed={},
    )
