"""What published weights were when they were first used here, so that no change goes unnoticed.

`weights/known.json` in the cache holds, for each `<system>/<file>`, the SHA-256 of what was found
at first use, and of what a person accepted since. Every use hashes the file again (some 0.2 s for
250 MB), wherever it lies.
"""

import contextlib
import datetime
import fcntl
import sys
from collections.abc import Iterator
from pathlib import Path

import pydantic

from romnet_bench.errors import WeightsError
from romnet_bench.files import human_path, sha256_file, write_text
from romnet_bench.published.manifest import WeightFile
from romnet_bench.published.places import cache_folder, find_file, short_name

_SHOWN = 12  # digits of a SHA-256 in a sentence


class Known(pydantic.BaseModel):
    """A file that was used.

    Attributes:
        sha256: of its bytes.
        bytes: how many they are.
        origin: the address it was fetched from, or the path where it was found.
        when: the day, as YYYY-MM-DD.
    """

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    sha256: str
    bytes: int
    origin: str
    when: str


class _Ledger(pydantic.RootModel[dict[str, list[Known]]]):
    """`<system>/<file>` → what is known of it, the oldest first."""


class ChangedError(WeightsError):
    """A file is not the one that was used first."""


def check(system: str, entry: WeightFile, path: Path) -> str:
    """The SHA-256 of the weights at `path`, which is recorded if they are used for the first time.

    Raises:
        ChangedError: they are not what was published, or not what they were at first.
    """
    sha256 = require_same(system, entry, path)
    remember(system, entry, path, sha256, str(path.absolute()))
    return sha256


def require_same(system: str, entry: WeightFile, path: Path) -> str:
    """As `check`, and nothing is recorded."""
    sha256 = sha256_file(path)
    if differs := difference(system, entry, sha256):
        name = short_name(system, entry)
        accept = f", or accept it by `{_accepting(system, entry, path)}`"
        raise ChangedError(
            f"{path} {differs}: remove it and run `romnet-bench weights fetch {name}`"
            f"{accept if was_published(entry, sha256) else ''}."
        )
    return sha256


def difference(system: str, entry: WeightFile, sha256: str) -> str | None:
    """How a file of this SHA-256 differs from the weights that are meant, as "is not …", if so."""
    key = _key(system, entry)
    digits = sha256[:_SHOWN]
    if not was_published(entry, sha256):
        wanted = (entry.sha256 or "")[:_SHOWN]
        return f"is not the {key} that was published (its SHA-256 begins {digits}, not {wanted})"
    known = read_ledger().get(key, [])
    if not known or sha256 in {each.sha256 for each in known}:
        return None
    return (
        f"is not the {key} that was first used on {known[0].when} (its SHA-256 begins {digits}, "
        f"not {known[0].sha256[:_SHOWN]})"
    )


def was_published(entry: WeightFile, sha256: str) -> bool:
    """Whether the weights may have this SHA-256 by what their manifest says."""
    return sha256.startswith(entry.sha256 or "")


def is_known(system: str, entry: WeightFile) -> bool:
    """Whether these weights were used here before."""
    return _key(system, entry) in read_ledger()


def accept(system: str, entry: WeightFile, path: Path) -> str:
    """Records the weights at `path` as good too, and gives their SHA-256.

    Raises:
        ChangedError: they are not what was published.
    """
    sha256 = sha256_file(path)
    if was_published(entry, sha256) and difference(system, entry, sha256):
        _append(system, entry, path, sha256, str(path.absolute()))
    return check(system, entry, path)


def remember(system: str, entry: WeightFile, path: Path, sha256: str, origin: str) -> None:
    """Records the weights at `path`, which came from `origin`, unless they are known.

    A machine may share its cache and let nobody write to it: then a line says that nothing is
    recorded.
    """
    if is_known(system, entry):
        return
    try:
        _append(system, entry, path, sha256, origin)
    except OSError as error:
        key = _key(system, entry)
        print(f"The SHA-256 of {key} is not recorded ({error}).", file=sys.stderr, flush=True)


def read_ledger() -> dict[str, list[Known]]:
    """What is known, by `<system>/<file>`.

    Raises:
        WeightsError: the ledger is damaged.
    """
    path = ledger_path()
    try:
        return _Ledger.model_validate_json(path.read_bytes()).root
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except pydantic.ValidationError:
        raise WeightsError(
            f"{path}, which holds the SHA-256 of all weights, is damaged: mend or remove it, then "
            "run `romnet-bench weights verify`."
        ) from None


def ledger_path() -> Path:
    """Where the ledger lies."""
    return cache_folder() / "known.json"


def _key(system: str, entry: WeightFile) -> str:
    return f"{system}/{entry.file}"


def _accepting(system: str, entry: WeightFile, path: Path) -> str:
    """The command that accepts the weights at `path`."""
    command = f"romnet-bench weights verify {short_name(system, entry)} --accept"
    if find_file(system, entry.file) == path:
        return command
    folder = path.parents[len(Path(entry.file).parts) - 1]
    return f"{command} --weights {human_path(folder.parent if folder.name == system else folder)}"


def _append(system: str, entry: WeightFile, path: Path, sha256: str, origin: str) -> None:
    today = datetime.datetime.now(datetime.UTC).date().isoformat()
    seen = Known(sha256=sha256, bytes=path.stat().st_size, origin=origin, when=today)
    with _alone():
        known = read_ledger()
        known.setdefault(_key(system, entry), []).append(seen)
        write_text(ledger_path(), _Ledger(known).model_dump_json(indent=1) + "\n")


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Waits until no other process writes to the ledger."""
    folder = ledger_path().parent
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".known.lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
