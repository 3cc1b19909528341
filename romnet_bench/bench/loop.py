"""The loop of every run: each photo's row is saved as it comes, and what is saved is not redone.

A finished photo is first its picture, `images/<id>.png`, then a line of `journal.jsonl`, from
which `scores.parquet` is made at the end, after Ctrl-C and after an error too. The journal is what
a second run goes on from: it computes only what is missing or changed. `scores.parquet` never
stands beside the `run.json` of another method, dataset or protocol, even after a power cut.
"""

import dataclasses
import hashlib
from collections.abc import Callable
from pathlib import Path

from romnet_bench import __version__, protocol
from romnet_bench.bench import journal, results
from romnet_bench.bench.earlier import read_earlier, scored_ids
from romnet_bench.bench.scoring import Scorer, score
from romnet_bench.data.records import Photo, PhotoSet
from romnet_bench.errors import UserError, is_out_of_memory
from romnet_bench.files import locked, sha256_file, slug, write_bytes
from romnet_bench.images import Picture, encode_png, read_rgb
from romnet_bench.progress import track


@dataclasses.dataclass(frozen=True)
class Job:
    """One output to be had.

    Args:
        made_from: a `journal.digest` of the input, the reference and the method.
        make: gives the output, H×W×3, and the seconds it took (None if another program made it).
        reference_id: which photo lends its colours, empty where none is needed.
        reference_rank: see `results.SCORE_COLUMNS`.
    """

    made_from: str
    make: Callable[[], tuple[Picture, float | None]]
    reference_id: str = ""
    reference_rank: int | None = None


def run_jobs(
    record: results.RunRecord,
    photos: PhotoSet,
    ids: list[str],
    folder: Path,
    *,
    prepare: Callable[[Photo], Job],
    scorer: Scorer,
) -> results.RunRecord:
    """Does the job of every photo, scores it and writes the run's folder.

    Args:
        record: the run, not finished yet.
        photos: where the photos of `ids` are read from.
        ids: of the photos to score.
        folder: the run's folder, `<out>/<dataset>/<method>`.
        prepare: gives a photo's job, cheaply: it is asked for saved photos too.
        scorer: the metrics.

    Returns:
        The record with what failed and what is unavailable. Where nothing was computed, the
        earlier run made the rows, and the record says when, where and with which command.

    Raises:
        UserError: two photos' file names are the same, or the folder belongs to another run.
    """
    require_distinct_names(ids)
    with locked(folder):
        earlier = read_earlier(folder, record)
        saved = journal.read_rows(folder / "journal.jsonl")
        rows: dict[str, journal.Row] = {}
        failed: dict[str, str] = {}
        if earlier is None:
            results.remove_scores(folder)
            results.write_run(folder, record)
        else:
            # What this run does not reach before Ctrl-C holds as it stands.
            kept = scored_ids(folder) & set(saved)
            rows = {identity: saved[identity] for identity in ids if identity in kept}
            failed = {identity: why for identity, why in earlier.failed.items() if identity in ids}
        computed, finished = False, ""
        try:
            for identity in track(ids, record.method.name, total=len(ids)):
                try:
                    photo = photos[identity]
                    job = prepare(photo)
                    made_from = journal.digest(job.made_from, __version__, record.device)
                    row = _row(
                        folder,
                        photo,
                        dataclasses.replace(job, made_from=made_from),
                        saved.get(identity),
                        original=photos.originals[identity],
                        scorer=scorer,
                    )
                except UserError as error:
                    failed[identity] = str(error)
                    rows.pop(identity, None)
                except (MemoryError, RuntimeError) as error:
                    if not is_out_of_memory(error):
                        raise
                    failed[identity] = (
                        f"More memory is needed than {record.device} has: make the photo "
                        "smaller, or run it with --device cpu on a larger machine."
                    )
                    rows.pop(identity, None)
                else:
                    computed |= row is not saved.get(identity)
                    rows[identity] = row
                    failed.pop(identity, None)
            finished = results.now()
        finally:
            if earlier is not None and not computed:
                origin = {"command", "commit", "packages", "device", "started"}
                record = record.model_copy(update=earlier.model_dump(include=origin))
                whole = len(rows) + len(failed) == len(ids)
                finished = (earlier.finished or finished) if whole else ""
            used = sorted({row.lpips_weights for row in rows.values()} - {""})
            without = any(not row.lpips_weights for row in rows.values()) or not rows
            record = record.model_copy(
                update={
                    "finished": finished,
                    "failed": failed,
                    "unavailable": {"lpips": scorer.missing} if scorer.missing and without else {},
                    "weights": {"lpips": ", ".join(used)} if used else {},
                }
            )
            results.write_scores(folder, [row.model_dump() for row in rows.values()])
            results.write_run(folder, record)
    return record


def _row(
    folder: Path,
    photo: Photo,
    job: Job,
    saved: journal.Row | None,
    *,
    original: str,
    scorer: Scorer,
) -> journal.Row:
    """The row of `photo`: the saved one if it holds, its picture scored again, or all made anew."""
    path = results.image_path(folder, photo.id)
    target = journal.picture_sha256(photo.target)
    scored_by = journal.digest(protocol.DEFAULT.hash, target, original)
    if (
        saved is not None
        and saved.made_from == job.made_from
        and path.is_file()
        and sha256_file(path) == saved.output_sha256
    ):
        weights = scorer.weights_sha256 or saved.lpips_weights
        if saved.scored_by == scored_by and saved.lpips_weights == weights:
            return saved
        output, seconds, output_sha256 = read_rgb(path), saved.seconds, saved.output_sha256
    else:
        output, seconds = job.make()
        content = encode_png(output)
        write_bytes(path, content)
        output_sha256 = hashlib.sha256(content).hexdigest()
    scores = score(scorer, output, photo.target)
    row = journal.Row(
        id=photo.id,
        **dataclasses.asdict(scores),
        seconds=seconds,
        reference_id=job.reference_id,
        reference_rank=job.reference_rank,
        original=original,
        input_sha256=journal.picture_sha256(photo.input),
        output_sha256=output_sha256,
        made_from=job.made_from,
        scored_by=scored_by,
    )
    journal.append_row(folder / "journal.jsonl", row)
    return row


def require_distinct_names(ids: list[str]) -> None:
    """Makes sure that no two ids share an image file, on disks that do not tell A from a either.

    Raises:
        UserError: two do; the sentence names them.
    """
    seen: dict[str, str] = {}
    for identity in ids:
        other = seen.setdefault(slug(identity).casefold(), identity)
        if other != identity:
            raise UserError(
                f"The photos {other} and {identity} would share one file name: rename one in the "
                "dataset."
            )
