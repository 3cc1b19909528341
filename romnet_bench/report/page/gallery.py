"""Every photo of a comparison as small and large pictures for the page."""

import functools
import math
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

from romnet_bench.data.records import PhotoSet
from romnet_bench.errors import UserError
from romnet_bench.files import printable
from romnet_bench.images import Picture
from romnet_bench.progress import track
from romnet_bench.protocol import METRICS
from romnet_bench.report.formats import EMPTY
from romnet_bench.report.page.copies import fit_inside, thumb_side, write_copies
from romnet_bench.report.pictures import Scene, input_psnr, list_shown, load_scene
from romnet_bench.report.runs import Comparison, Run, unique_slugs
from romnet_bench.report.tables import find_incomparable
from romnet_bench.report.telling import Entry, Shot


def make_gallery(comparison: Comparison, photos: PhotoSet, out: Path) -> list[Entry]:
    """Writes the pictures of all photos below `out/images/<key>` and says where they are."""
    ids = comparison.ids
    runs = list_shown(comparison)
    floor = next((run for run in comparison.runs if run.is_floor), None)
    columns = unique_slugs(["input", *(run.label for run in runs), "target"])
    folders = unique_slugs(ids)
    pictures = len(ids) * len(columns)
    side, inside = thumb_side(pictures), fit_inside(pictures)
    fair = _find_fair(comparison, runs)
    entries = []
    # Compressing lets other threads run; reading the next photo would not gain as much.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        pairs = zip(ids, folders, strict=True)
        for identity, folder in track(
            pairs, f"pictures of {printable(comparison.dataset)}", total=len(ids)
        ):
            try:
                scene = load_scene(photos, runs, identity)
            except KeyError:
                entries.append(Entry(identity, (), math.nan, "this id is not in the dataset"))
                continue
            except UserError as error:
                entries.append(Entry(identity, (), math.nan, str(error)))
                continue
            stems = [f"images/{comparison.key}/{folder}/{column}" for column in columns]
            write = functools.partial(_write, out=out, side=side, inside=inside)
            addresses = list(pool.map(write, _list_pictures(scene), stems))
            entries.append(_describe(scene, runs, floor, addresses, fair=fair))
    return entries


def list_facts(run: Run, identity: str) -> list[str]:
    """The metrics of one output in words, such as "PSNR 24.10"; nothing if it was not scored."""
    if identity not in run.scores.index:
        return []
    return _put_in_words({metric.key: run.score(identity, metric.key) for metric in METRICS})


def _put_in_words(scores: dict[str, float]) -> list[str]:
    return [
        f"{metric.label} {_format(scores[metric.key], metric.digits)}"
        for metric in METRICS
        if metric.key in scores
    ]


def _format(value: float, digits: int) -> str:
    return EMPTY if math.isnan(value) else f"{value:.{digits}f}"


def _list_pictures(scene: Scene) -> list[Picture | None]:
    return [scene.input, *scene.outputs, scene.target]


def _write(
    picture: Picture | None, stem: str, out: Path, side: int, inside: bool
) -> tuple[str, str]:
    return ("", "") if picture is None else write_copies(picture, out, stem, side, inside)


def _find_fair(comparison: Comparison, shown: list[Run]) -> set[str]:
    """Whose PSNR says how hard a photo is: the methods that may be compared; all, if none may."""
    labels = {run.label for run in shown}
    return labels - find_incomparable(comparison)["psnr"] or labels


def _describe(
    scene: Scene,
    runs: list[Run],
    floor: Run | None,
    addresses: list[tuple[str, str]],
    *,
    fair: set[str],
) -> Entry:
    of_input = _score_input(scene, floor)
    of_outputs = [_list_scores(run, scene.id) for run in runs]
    titles = ["Input", *(run.label for run in runs), "Target"]
    facts = [
        _put_in_words(of_input),
        *([*list_facts(run, scene.id), *_list_reference(run, scene.id)] for run in runs),
        [],
    ]
    height, width = scene.target.shape[:2]
    shots = tuple(
        Shot(title, tuple(words), scores, thumb, full, width, height)
        for title, words, scores, (thumb, full) in zip(
            titles, facts, [of_input, *of_outputs, {}], addresses, strict=True
        )
    )
    measured = [
        scores["psnr"]
        for run, scores in zip(runs, of_outputs, strict=True)
        if run.label in fair and "psnr" in scores
    ]
    gains = [value - of_input["psnr"] for value in measured if "psnr" in of_input]
    return Entry(scene.id, shots, sum(gains) / len(gains) if gains else math.nan, "")


def _score_input(scene: Scene, floor: Run | None) -> dict[str, float]:
    """The input's own scores: all where a run of the floor measured them, else its PSNR."""
    value = input_psnr(scene)
    own = {} if math.isnan(value) else {"psnr": value}
    return own | (_list_scores(floor, scene.id) if floor else {})


def _list_scores(run: Run, identity: str) -> dict[str, float]:
    scores = {metric.key: run.score(identity, metric.key) for metric in METRICS}
    return {key: value for key, value in scores.items() if not math.isnan(value)}


def _list_reference(run: Run, identity: str) -> list[str]:
    if identity not in run.scores.index:
        return []
    reference, rank = run.scores.loc[identity, ["reference_id", "reference_rank"]]
    if not isinstance(reference, str) or not reference:
        return []
    known = isinstance(rank, int | np.integer) and rank > 0
    return [f"reference {reference}" + (f" (rank {rank})" if known else "")]
