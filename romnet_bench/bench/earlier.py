"""What a run finds in its folder: a run that it goes on with, an outdated one, or another's."""

from pathlib import Path

from romnet_bench import __version__
from romnet_bench.bench.results import RunRecord, read_run, read_scores
from romnet_bench.errors import UserError


def read_earlier(folder: Path, record: RunRecord) -> RunRecord | None:
    """The record of the run in `folder` if `record` only goes on with it, else None.

    Raises:
        UserError: the folder belongs to another run. Names may differ and still give one folder:
            never write one run over another.
    """
    try:
        earlier = read_run(folder)
    except UserError:
        return None  # none yet, or a damaged one: this run writes it
    if (earlier.method.name, earlier.dataset.split) != (record.method.name, record.dataset.split):
        raise UserError(
            f"{folder} holds a run of {earlier.method.name} on the split {earlier.dataset.split}: "
            "choose another --out."
        )
    if earlier.made_by != record.made_by:
        raise UserError(
            f"{folder} holds results that `romnet-bench {earlier.made_by}` made: choose another "
            "--out."
        )
    same_photos = earlier.dataset.fingerprint == record.dataset.fingerprint
    places = {Path(dataset.path).resolve() for dataset in (earlier.dataset, record.dataset)}
    if not same_photos and len(places) > 1:
        raise UserError(
            f"{folder} holds a run on another dataset of this name ({earlier.dataset.path}): "
            "choose another --out."
        )
    goes_on = (
        same_photos
        and earlier.method.fingerprint == record.method.fingerprint
        and earlier.protocol == record.protocol
        and earlier.references == record.references
        and earlier.device == record.device
        and earlier.packages.get("romnet-bench") == __version__
    )
    return earlier if goes_on else None


def scored_ids(folder: Path) -> set[str]:
    """The ids of the photos that have a row in the folder's scores; none if it has no scores."""
    try:
        return set(read_scores(folder)["id"])
    except UserError:
        return set()
