"""Where published weights lie on this machine.

In this order: the folder that was given, the folder `$ROMNET_BENCH_WEIGHTS`, the cache, the torch
hub cache; each holds them as `<system>/<file>` or `<file>`.
"""

import os
from pathlib import Path

from romnet_bench.cache import default_cache
from romnet_bench.errors import WeightsError
from romnet_bench.files import human_path
from romnet_bench.published.manifest import WeightFile, read_manifest
from romnet_bench.weights import VARIABLE, hub_cache


def find_file(system: str, file: str, explicit: Path | None = None) -> Path | None:
    """The published weights `file` of `system`, or None where there are none.

    Raises:
        WeightsError: the folder `explicit` does not exist.
    """
    if explicit is not None and not explicit.is_dir():
        raise WeightsError(f"{explicit} is no folder: give --weights a folder that holds weights.")
    folders = [explicit] if explicit is not None else []
    if os.environ.get(VARIABLE):
        folders.append(Path(os.environ[VARIABLE]))
    folders += [cache_folder(), hub_cache()]  # torchvision's own may be in the second already
    found = (find_below(folder, system, file) for folder in folders)
    return next((path for path in found if path is not None), None)


def find_below(folder: Path, system: str, file: str) -> Path | None:
    """The weights in one such folder, or None."""
    candidates = (folder / system / file, folder / file)
    return next((path for path in candidates if path.is_file()), None)


def require_file(
    system: str, file: str, explicit: Path | None = None, download: bool = False
) -> tuple[Path, str]:
    """The published weights `file` of `system` with their SHA-256, fetched first if `download`.

    They are not recorded yet: `record_use` does that, once they have proved to be of use.

    Raises:
        WeightsError: they are missing, or not the file that they were at first.
    """
    from romnet_bench.published import ledger

    entry = read_manifest(system).weight_file(file)
    path = find_file(system, file, explicit)
    if path is None:
        if not (download and entry.urls):
            raise WeightsError(_missing(system, entry, explicit))
        from romnet_bench.published.fetch import fetch_file

        path = fetch_file(system, entry)
    return path, ledger.require_same(system, entry, path)


def record_use(system: str, file: str, path: Path, sha256: str) -> None:
    """Records that the weights at `path` were used: they are the ones that are meant ever after."""
    from romnet_bench.published import ledger

    entry = read_manifest(system).weight_file(file)
    ledger.remember(system, entry, path, sha256, str(path.absolute()))


def cache_folder() -> Path:
    """The folder of all fetched weights."""
    return default_cache() / "weights"


def short_name(system: str, entry: WeightFile) -> str:
    """What `romnet-bench weights` calls the files that `entry` is one of."""
    return entry.methods[0] if entry.methods else system


def _missing(system: str, entry: WeightFile, explicit: Path | None) -> str:
    fetch = (
        f"run `romnet-bench weights fetch {short_name(system, entry)}`, or " if entry.urls else ""
    )
    folder = explicit if explicit is not None else cache_folder()
    return (
        f"The weights {system}/{entry.file} are missing: {fetch}put them there as "
        f"{human_path(folder / system / entry.file)}."
    )
