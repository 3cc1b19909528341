"""One file of published weights from its mirrors: tried in turn, judged, then put in its place.

A file is fetched into a hidden folder near its place, one for each address, so that parts of two
mirrors are never mixed and each goes on where it was cut. It is moved to its place only when it can
be read, is what was published, and is what was used first here.
"""

import dataclasses
import shutil
import sys
import zipfile
from pathlib import Path, PurePosixPath

from romnet_bench import weights
from romnet_bench.data.sources.archives import unpack
from romnet_bench.download import ATTEMPTS, Remote, download
from romnet_bench.errors import UserError, WeightsError
from romnet_bench.files import human_path, locked, require_writable, sha256_file, short_hash
from romnet_bench.published import ledger
from romnet_bench.published.manifest import WeightFile, read_manifest
from romnet_bench.published.places import find_below

_IMPATIENT = 2
"""Attempts at a mirror that is not the last."""


@dataclasses.dataclass(frozen=True)
class Wanted:
    """Weights that are to be fetched.

    Attributes:
        system: whose they are.
        entry: what its manifest says of them.
        root: the folder in which they become `<system>/<file>`.
    """

    system: str
    entry: WeightFile
    root: Path

    @property
    def target(self) -> Path:
        """Their place."""
        return self.root / self.system / self.entry.file


def fetch_from_mirrors(wanted: Wanted, pause: float) -> None:
    """Tries the mirrors in turn until the weights are in their place; says what each did wrong.

    What an archive holds besides of the system's weights gets its place too.

    Args:
        wanted: which weights.
        pause: seconds before the second attempt at a mirror; see `download`.

    Raises:
        WeightsError: none of them gives the weights.
    """
    urls = wanted.entry.urls
    require_writable(wanted.root / wanted.system)
    staging = wanted.root / wanted.system / ".fetching"
    failures = []
    with locked(staging):
        for url in urls:
            attempts = ATTEMPTS if url == urls[-1] else _IMPATIENT
            try:
                _fetch(wanted, url, staging / short_hash(url), pause, attempts)
            except UserError as error:
                failures.append(str(error))
                if len(urls) > 1:
                    print(error, file=sys.stderr, flush=True)
            else:
                for each in urls:  # what other mirrors began
                    shutil.rmtree(staging / short_hash(each), ignore_errors=True)
                break
        if not any(staging.rglob("*.part")):
            shutil.rmtree(staging)
    if len(failures) == len(urls):
        raise WeightsError(_given_up(wanted, failures))


def _given_up(wanted: Wanted, failures: list[str]) -> str:
    if len(failures) == 1:
        return failures[0]
    how = f"none of its {len(failures)} addresses gives it" if failures else "nobody publishes it"
    return (
        f"{wanted.system}/{wanted.entry.file} could not be fetched, {how}: get it another way and "
        f"put it there as {human_path(wanted.target)}."
    )


def _fetch(wanted: Wanted, url: str, folder: Path, pause: float, attempts: int) -> None:
    """The weights from one address, through `folder`.

    Raises:
        UserError: they cannot be had there.
    """
    entry = wanted.entry
    name = Path(entry.file).name
    if entry.member is None:
        checksum = f"sha256:{entry.sha256}" if entry.sha256 else None
        remote = Remote(url, entry.bytes, checksum, name)
    else:  # the facts are those of the file inside, and others are inside too
        remote = Remote(url, None, None, f"{wanted.system}.zip")
    instead = f"put {entry.file} there as {human_path(wanted.target)}"
    path = download(remote, folder, pause, instead, attempts)
    try:
        if entry.member is None:
            _place(wanted, path, url)
        elif _is_archive(path):
            _place_members(wanted, path, url)
        else:
            _place(wanted, path.rename(path.with_name(name)), url)
    except UserError:
        shutil.rmtree(folder)  # another time it may send something else
        raise


def _is_archive(path: Path) -> bool:
    """Whether a file is a zip archive, and not the one that torch makes of tensors."""
    if not zipfile.is_zipfile(path):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return not any(name.endswith("/data.pkl") for name in archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return True  # `unpack` says what is wrong with it


def _place_members(wanted: Wanted, archive: Path, url: str) -> None:
    """The weights out of an archive, and what else of it is missing: it is fetched only once."""
    others = [
        dataclasses.replace(wanted, entry=entry)
        for entry in read_manifest(wanted.system).weights
        if url in entry.urls and entry.member and entry.file != wanted.entry.file
    ]
    missing = [each for each in others if not find_below(each.root, each.system, each.entry.file)]
    members = {each: PurePosixPath(each.entry.member or "") for each in (wanted, *missing)}
    unpacked = archive.with_name("members")
    shutil.rmtree(unpacked, ignore_errors=True)  # of a process that was killed
    unpack(archive, unpacked, lambda path: path in members.values())
    for each, member in members.items():
        if (unpacked / member).is_file():
            _place(each, unpacked / member, url)
        elif each is wanted:
            raise WeightsError(f"What {url} sends holds no {member}.")


def _place(wanted: Wanted, path: Path, url: str) -> None:
    """Moves good weights to their place and records them.

    Raises:
        WeightsError: they are not good.
    """
    sha256 = sha256_file(path)
    if differs := ledger.difference(wanted.system, wanted.entry, sha256):
        raise WeightsError(f"What {url} sends {differs}.")
    try:
        weights.require_readable(path)
    except WeightsError as error:
        reason = str(error).replace(str(path), "it")
        raise WeightsError(f"What {url} sends is of no use: {reason}") from None
    wanted.target.parent.mkdir(parents=True, exist_ok=True)
    path.replace(wanted.target)
    ledger.remember(wanted.system, wanted.entry, wanted.target, sha256, url)
