"""Files written beside and renamed, folders locked, shipped data found."""

import contextlib
import errno
import fcntl
import hashlib
import os
import re
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path

from romnet_bench.errors import UserError

LONGEST_SLUG = 120
"""Letters that `slug` gives at most; file systems take 255, and suffixes follow."""

# What a disk without hard links (FAT, some network disks) answers to one.
_NO_HARD_LINKS = (errno.EPERM, errno.ENOTSUP, errno.ENOSYS, errno.EMLINK)


@contextlib.contextmanager
def written_beside(path: Path) -> Iterator[Path]:
    """Yields a path beside `path` to write to; it takes `path`'s place only when all went well.

    A reader never sees half a file, and a full disk, Ctrl-C, a crash or a power cut leaves the old
    one whole.
    """
    with _part_of(path) as part:
        yield part
        _flush(part)
        part.replace(path)


def write_bytes(path: Path, content: bytes) -> None:
    """Writes `content` to `path` whole or not at all."""
    with written_beside(path) as part:
        part.write_bytes(content)


def write_new(path: Path, content: bytes) -> None:
    """Writes `content` to `path`, whole or not at all, and never over anything.

    Raises:
        FileExistsError: something has that name, be it since a moment ago.
    """
    with _part_of(path) as part:
        part.write_bytes(content)
        _flush(part)
        try:
            path.hardlink_to(part)
        except OSError as error:
            if error.errno not in _NO_HARD_LINKS:
                raise
            path.touch(exist_ok=False)  # claims the name
            part.replace(path)


def write_text(path: Path, content: str) -> None:
    """Writes `content` to `path` as UTF-8, whole or not at all."""
    write_bytes(path, content.encode())


@contextlib.contextmanager
def _part_of(path: Path) -> Iterator[Path]:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{uuid.uuid4().hex[:8]}.part")
    try:
        yield part
    finally:
        part.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    """Waits until a file stands on the disk: a rename may reach it before the bytes do."""
    with path.open("rb") as handle:
        os.fsync(handle.fileno())


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Holds `folder` for this process, so that two runs at once never mix their files.

    Raises:
        UserError: another process holds the folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    # The lock file stays: removing it would let a third process lock a new file of the same name.
    with (folder / ".lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(
                f"Another romnet-bench is writing to {folder}: wait, or choose another --out."
            ) from None
        yield


def require_writable(folder: Path) -> None:
    """Makes `folder` and proves that it takes files, before long work starts.

    Raises:
        UserError: it cannot be made or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".{uuid.uuid4().hex[:8]}.part"
        probe.touch()
        probe.unlink()
    except FileExistsError:
        raise UserError(f"{folder} is a file: choose a folder for --out.") from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise UserError(f"Cannot write to {folder} ({reason}): choose another --out.") from None


def resource(*parts: str) -> Path:
    """The path of a shipped data file or folder, in a checkout or in an installed wheel.

    Example:
        >>> resource("datasets", "sample", "recipe.yaml").name
        'recipe.yaml'

    Raises:
        FileNotFoundError: nothing of that name is shipped.
    """
    package = Path(__file__).resolve().parent
    for root in (package / "_resources", package.parent):
        path = root.joinpath(*parts)
        if path.exists():
            return path
    raise FileNotFoundError("/".join(parts))


def slug(name: str) -> str:
    """`name` as an id that is safe as a file name everywhere: letters, digits, `.`, `_` and `-`.

    A name that is safe already, and no longer than `LONGEST_SLUG`, stays as it is; any other ends
    in a piece of its hash, so that two names never share an id for what was taken out of them.

    Example:
        >>> slug("IMG_0042"), slug("my photo")
        ('IMG_0042', 'my-photo-5fe47574')
    """
    cleaned = re.sub(r"[^A-Za-z0-9._-]+", "-", name).strip(".-")
    if cleaned == name and 0 < len(name) <= LONGEST_SLUG:
        return name
    mark = short_hash(name)
    readable = cleaned[: LONGEST_SLUG - len(mark) - 1].rstrip(".-") or "photo"
    return f"{readable}-{mark}"


def short_hash(name: str) -> str:
    """Eight hex digits that stand for `name`, whatever is in it."""
    return hashlib.sha256(name.encode(errors="surrogatepass")).hexdigest()[:8]


def printable(name: str) -> str:
    """A file name for a line of text: line breaks, and bytes that are no text, are escaped."""
    return "".join(sign if sign.isprintable() else ascii(sign)[1:-1] for sign in name)


def sha256_file(path: Path) -> str:
    """The SHA-256 of a file's bytes, in hex."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def sha256_files(files: Mapping[str, Path]) -> str:
    """A SHA-256 in hex that changes with any name and any byte of these files."""
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(f"{name!r} {sha256_file(files[name])}\n".encode(errors="surrogatepass"))
    return digest.hexdigest()


def human_path(path: Path) -> str:
    """`path` as a person would type it from here: relative, or below `~`, where it can be."""
    absolute = path.resolve()
    for folder, prefix in ((Path.cwd(), ""), (Path.home(), "~/")):
        if absolute.is_relative_to(folder) and absolute != folder:
            return f"{prefix}{absolute.relative_to(folder)}"
    return str(path)
