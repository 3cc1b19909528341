"""Published weights onto this machine: used where they lie, copied, or fetched."""

import shutil
from pathlib import Path

from romnet_bench import weights
from romnet_bench.download import Remote, download
from romnet_bench.errors import WeightsError
from romnet_bench.files import human_path, written_beside
from romnet_bench.published import ledger
from romnet_bench.published.backbones import BACKBONES, describe_backbone
from romnet_bench.published.manifest import WeightFile
from romnet_bench.published.mirrors import Wanted, fetch_from_mirrors
from romnet_bench.published.places import cache_folder, find_below, find_file


def fetch_file(system: str, entry: WeightFile, out: Path | None = None, pause: float = 1.0) -> Path:
    """The weights, fetched unless they are on this machine.

    Args:
        system: whose weights they are.
        entry: what its manifest says of them.
        out: a folder to fill, in which they become `<system>/<file>`; what lies elsewhere on this
            machine is copied. By default they go into the cache if they are nowhere yet.
        pause: seconds before the second attempt at a mirror; see `download`.

    Raises:
        UserError: no mirror gave them, or those that are there have changed.
    """
    wanted = Wanted(system, entry, cache_folder() if out is None else out)
    there = find_file(system, entry.file) if out is None else find_below(out, system, entry.file)
    if there is not None and _stands(system, entry, there):
        return there
    if out is not None and (elsewhere := find_file(system, entry.file)) is not None:
        _require_good(system, entry, elsewhere)
        return _copy(elsewhere, wanted.target)
    fetch_from_mirrors(wanted, pause)
    return wanted.target


def fetch_backbone(name: weights.Name, out: Path | None = None, pause: float = 1.0) -> Path:
    """A backbone's weights, fetched into the torch hub cache unless they are on this machine.

    Args:
        name: which network.
        out: a folder to fill instead; what lies elsewhere on this machine is copied.
        pause: seconds before the second attempt; see `download`.

    Raises:
        UserError: they could not be fetched, or are not what was published.
    """
    folder = weights.hub_cache() if out is None else out
    there = weights.find(name) if out is None else weights.find_below(name, out)
    if there is not None:
        _require_good(BACKBONES, describe_backbone(name, there), there)
        return there
    if out is not None and (elsewhere := weights.find(name)) is not None:
        _require_good(BACKBONES, describe_backbone(name, elsewhere), elsewhere)
        return _copy(elsewhere, out / elsewhere.name)
    source = weights.SOURCES[name]
    remote = Remote(source.url, None, f"sha256:{source.sha256}")
    return download(remote, folder, pause, f"put it into {human_path(folder)}")


def _stands(system: str, entry: WeightFile, path: Path) -> bool:
    """Whether weights that are there are good; a bad file in the cache may be replaced."""
    try:
        _require_good(system, entry, path)
    except WeightsError:
        if path.is_relative_to(cache_folder()):
            return False
        raise
    return True


def _require_good(system: str, entry: WeightFile, path: Path) -> None:
    weights.require_readable(path)
    ledger.check(system, entry, path)


def _copy(path: Path, target: Path) -> Path:
    with written_beside(target) as part:
        shutil.copyfile(path, part)
    return target
