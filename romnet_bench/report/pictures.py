"""The photographs behind the numbers: input, outputs and target of one photo."""

import dataclasses
import math
from pathlib import Path

from romnet_bench.bench.results import image_path
from romnet_bench.data.records import PhotoSet
from romnet_bench.errors import UserError
from romnet_bench.images import Picture, read_rgb, to_rgb
from romnet_bench.report.runs import Comparison, Run


@dataclasses.dataclass(frozen=True, eq=False)
class Scene:
    """One photo, all pictures H×W×3; `outputs` has one for each shown run, None where missing."""

    id: str
    input: Picture
    outputs: list[Picture | None]
    target: Picture


def list_shown(comparison: Comparison) -> list[Run]:
    """The runs whose outputs are worth a picture: not the floor, which is the input again."""
    return [run for run in comparison.runs if not run.is_floor]


def find_photos(comparison: Comparison, data: Path | None) -> tuple[PhotoSet | None, str]:
    """The dataset that a comparison was made on, and a sentence if something is wrong with it.

    Args:
        comparison: the runs; their records say where the dataset stood.
        data: where it stands now, tried first.

    Returns:
        None with a sentence that says how to give the dataset, if it is at none of the places.
    """
    recorded = [Path(run.record.dataset.path) for run in comparison.runs]
    changed: PhotoSet | None = None
    for place in dict.fromkeys([*([data] if data else []), *recorded]):
        try:
            photos = PhotoSet(place, comparison.split)
        except (UserError, OSError):
            continue
        if photos.fingerprint == comparison.fingerprint:
            return photos, ""
        if changed is None and any(identity in photos for identity in comparison.ids):
            changed = photos
    if changed is not None:
        return changed, (
            f"The dataset in {changed.folder} has the fingerprint {changed.fingerprint}, not "
            f"{comparison.fingerprint}: the inputs and targets shown may not be those that were "
            "scored."
        )
    return None, (
        f"The dataset {comparison.dataset} ({comparison.split}) was not found at "
        f"{', '.join(dict.fromkeys(map(str, recorded)))}, so no picture can be shown: give its "
        "folder with --data DIR and make the report again."
    )


def load_scene(photos: PhotoSet, runs: list[Run], identity: str) -> Scene:
    """The pictures of one photo.

    Raises:
        UserError: the dataset's own pictures cannot be read. A missing output is no error.
    """
    photo = photos[identity]
    outputs = [_read_output(run, identity) for run in runs]
    return Scene(identity, to_rgb(photo.input), outputs, photo.target)


def input_psnr(scene: Scene) -> float:
    """How near the input already is to the target, dB; NaN where their sizes differ."""
    from romnet_bench.metrics import picture_batch, psnr

    if scene.input.shape != scene.target.shape:
        return math.nan
    return float(psnr(picture_batch(scene.input), picture_batch(scene.target)))


def _read_output(run: Run, identity: str) -> Picture | None:
    path = image_path(run.folder, identity)
    if not path.is_file():
        return None
    try:
        return read_rgb(path)
    except UserError:
        return None
