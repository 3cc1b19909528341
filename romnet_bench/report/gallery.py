"""Every photo of a comparison as small and large pictures for the page, and which are telling."""

import dataclasses
import io
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from romnet_bench.data.records import PhotoSet
from romnet_bench.errors import UserError
from romnet_bench.files import write_bytes
from romnet_bench.images import Picture, limit_side
from romnet_bench.progress import track
from romnet_bench.protocol import METRICS
from romnet_bench.report.formats import EMPTY
from romnet_bench.report.pictures import Scene, input_psnr, list_shown, load_scene
from romnet_bench.report.runs import Comparison, Run, unique_slugs

THUMB_SIDE = 320
FULL_SIDE = 1600


@dataclasses.dataclass(frozen=True)
class Shot:
    """One picture on the page; `thumb` and `full` are relative to it, empty if there is none."""

    title: str
    facts: list[str]  # such as "PSNR 24.10"
    thumb: str
    full: str
    width: int  # of the target's thumbnail
    height: int


@dataclasses.dataclass(frozen=True)
class Entry:
    """One photo: input, outputs, target; `gain` is the outputs' mean PSNR over the input's, dB."""

    id: str
    shots: list[Shot]
    gain: float
    trouble: str  # why its pictures cannot be shown, empty if they can


def make_gallery(comparison: Comparison, photos: PhotoSet, out: Path) -> list[Entry]:
    """Writes the pictures of all photos below `out/images/<key>` and says where they are."""
    ids = comparison.ids
    runs = list_shown(comparison)
    columns = unique_slugs(["input", *(run.label for run in runs), "target"])
    folders = unique_slugs(ids)
    pairs = zip(ids, folders, strict=True)
    entries = []
    for identity, folder in track(pairs, f"pictures of {comparison.dataset}", total=len(ids)):
        try:
            scene = load_scene(photos, runs, identity)
        except KeyError:
            entries.append(Entry(identity, [], math.nan, "this id is not in the dataset"))
            continue
        except UserError as error:
            entries.append(Entry(identity, [], math.nan, str(error)))
            continue
        where = f"images/{comparison.key}/{folder}"
        entries.append(_write_entry(scene, runs, columns, out, where))
    return entries


def choose_telling(entries: Sequence[Entry], count: int) -> list[tuple[str, Entry]]:
    """Up to `count` photos as ("worst" | "median" | "best", entry) by gain; ties by id.

    With fewer photos than asked for all are taken, and each third gets its name.
    """
    ranked = sorted(
        (entry for entry in entries if not math.isnan(entry.gain)),
        key=lambda entry: (entry.gain, entry.id),
    )
    worst, median, best = (len(part) for part in np.array_split(range(min(count, len(ranked))), 3))
    # array_split gives the first parts more: with one photo it is "worst", with two no "best".
    middle = max((len(ranked) - median) // 2, worst)
    return [
        *(("worst", entry) for entry in ranked[:worst]),
        *(("median", entry) for entry in ranked[middle : middle + median]),
        *(("best", entry) for entry in ranked[len(ranked) - best :]),
    ]


def list_facts(run: Run, identity: str) -> list[str]:
    """The metrics of one output in words, such as "PSNR 24.10"; nothing if it was not scored."""
    if identity not in run.scores.index:
        return []
    facts = []
    for metric in METRICS:
        value = run.score(identity, metric.key)
        shown = EMPTY if math.isnan(value) else f"{value:.{metric.digits}f}"
        facts.append(f"{metric.label} {shown}")
    return facts


def _write_entry(scene: Scene, runs: list[Run], columns: list[str], out: Path, where: str) -> Entry:
    floor = input_psnr(scene)
    scores = [run.score(scene.id, "psnr") for run in runs]
    gains = [score - floor for score in scores if not math.isnan(score)]
    titles = ["Input", *(run.label for run in runs), "Target"]
    facts = [
        [] if math.isnan(floor) else [f"PSNR {floor:.2f}"],
        *([*list_facts(run, scene.id), *_list_reference(run, scene.id)] for run in runs),
        [],
    ]
    pictures = [scene.input, *scene.outputs, scene.target]
    height, width = limit_side(scene.target, THUMB_SIDE).shape[:2]
    shots = [
        Shot(title, words, *_write_picture(picture, out, f"{where}/{column}"), width, height)
        for picture, title, words, column in zip(pictures, titles, facts, columns, strict=True)
    ]
    return Entry(scene.id, shots, sum(gains) / len(gains) if gains else math.nan, "")


def _list_reference(run: Run, identity: str) -> list[str]:
    if identity not in run.scores.index:
        return []
    reference, rank = run.scores.loc[identity, ["reference_id", "reference_rank"]]
    if not isinstance(reference, str) or not reference:
        return []
    known = isinstance(rank, int | np.integer) and rank > 0
    return [f"reference {reference}" + (f" (rank {rank})" if known else "")]


def _write_picture(picture: Picture | None, out: Path, stem: str) -> tuple[str, str]:
    """Writes a small and a large copy and gives their links, empty if there is no picture."""
    if picture is None:
        return "", ""
    thumb, full = f"{stem}-thumb.jpg", f"{stem}.jpg"
    write_bytes(out / thumb, _encode_jpeg(limit_side(picture, THUMB_SIDE), quality=85))
    write_bytes(out / full, _encode_jpeg(limit_side(picture, FULL_SIDE), quality=95))
    return thumb, full


def _encode_jpeg(picture: Picture, quality: int) -> bytes:
    buffer = io.BytesIO()
    # 4:4:4, since halved colour is just what a reader of this page must not see.
    Image.fromarray(picture).save(buffer, format="JPEG", quality=quality, subsampling=0)
    return buffer.getvalue()
