"""Tar and zip files, which may have been made to do harm: whole and as promised, or not at all.

Every entry of an archive is judged before anything of it is written, and one bad entry refuses the
whole: names that lead out of the folder, links, devices, names that stand twice, bombs.
"""

import contextlib
import dataclasses
import errno
import lzma
import os
import re
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from romnet_bench.errors import UserError
from romnet_bench.files import locked, printable, short_hash, slug

MAX_ENTRIES = 1_000_000
MAX_RATIO = 20
"""How many times its own size an archive may unpack to; photographs hardly compress."""
_SLACK = 64 * 2**20  # bytes that any archive may unpack to: an empty file compresses well

_CHUNK = 2**20
_SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
_DAMAGED = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    ValueError,
    NotImplementedError,  # a compression that Python does not know
)


@dataclasses.dataclass(frozen=True)
class _Entry:
    name: str
    size: int
    unfit: str | None  # why it must not be unpacked: "a link" and the like
    folder: bool
    open: Callable[[], IO[bytes]]


def is_archive(path: Path) -> bool:
    """Whether `path` is a file that is named like an archive we can unpack."""
    return path.name.lower().endswith(_SUFFIXES) and path.is_file()


def unpacked(archive: Path, folder: Path, keep: Callable[[PurePosixPath], bool]) -> Path:
    """Where below `folder` the files of `archive` lie; they are unpacked only once.

    Raises:
        UserError: see `unpack`.
    """
    facts = _facts(archive)
    # Another archive of that name is another archive.
    mark = short_hash(f"{archive.resolve()}/{facts.st_size}/{facts.st_mtime_ns}")
    into = folder / f"{slug(archive.name)}-{mark}"
    unpack(archive, into, keep)
    return into


def unpack(archive: Path, into: Path, keep: Callable[[PurePosixPath], bool]) -> None:
    """Unpacks those files of `archive` that `keep` says yes to; nothing if `into` is there already.

    `into` takes its name only when all is unpacked. Every entry of the archive is checked, kept or
    not; owners, permissions and times are not taken over.

    Raises:
        UserError: the archive cannot be read, is damaged, or has an entry that could do harm.
    """
    part = into.with_name(f".{into.name}.part")
    with locked(into.parent):
        if into.is_dir():
            return
        shutil.rmtree(part, ignore_errors=True)  # by a process that was killed
        part.mkdir()
        try:
            _check(archive)
            _write(archive, part, keep)
            part.rename(into)
        finally:
            shutil.rmtree(part, ignore_errors=True)


def _check(archive: Path) -> None:
    """Judges every entry, without writing any."""
    seen: set[PurePosixPath] = set()
    total, limit = 0, MAX_RATIO * _facts(archive).st_size + _SLACK
    with _opened(archive) as entries:
        for entry in entries:
            path = _safe_path(archive, entry.name)
            if entry.unfit:
                raise _refusal(archive, f"{printable(entry.name)} is {entry.unfit}")
            if entry.folder:
                continue
            if path in seen:
                raise _refusal(archive, f"{printable(entry.name)} stands in it twice")
            seen.add(path)
            total += entry.size
            if total > limit or len(seen) > MAX_ENTRIES:
                raise _refusal(archive, "it would unpack to far more than photographs can")


def _write(archive: Path, folder: Path, keep: Callable[[PurePosixPath], bool]) -> None:
    with _opened(archive) as entries:
        for entry in entries:
            path = _safe_path(archive, entry.name)
            if entry.folder or not keep(path):
                continue
            target = folder / path
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                with entry.open() as source, target.open("xb") as file:
                    _copy(source, file, entry.size)
            except (FileExistsError, NotADirectoryError):
                # A file where another entry needs a folder, or names that this disk holds for one.
                raise _refusal(archive, f"{printable(entry.name)} stands in it twice") from None


def _copy(source: IO[bytes], file: IO[bytes], size: int) -> None:
    while size and (chunk := source.read(min(_CHUNK, size))):
        file.write(chunk)
        size -= len(chunk)
    if size:
        raise EOFError("an entry is cut short")


def _safe_path(archive: Path, name: str) -> PurePosixPath:
    path = PurePosixPath(name)
    leads_out = path.is_absolute() or ".." in path.parts or re.match(r"[A-Za-z]:", name)
    if leads_out or "\\" in name or "\0" in name:
        raise _refusal(archive, f"the name {printable(name)} leads out of the folder")
    if any(len(part.encode(errors="surrogateescape")) > 255 for part in path.parts):
        raise _refusal(archive, "it holds a name that is too long for a file")
    return path


@contextlib.contextmanager
def _opened(archive: Path) -> Iterator[Iterator[_Entry]]:
    """The archive's entries; what is wrong with it is one sentence."""
    try:
        if archive.name.lower().endswith(".zip"):
            with zipfile.ZipFile(archive) as file:
                yield _zip_entries(file)
        else:
            with tarfile.open(archive) as file:
                yield _tar_entries(file)
    except (*_DAMAGED, OSError) as error:
        # A zip whose directory points before its beginning: `zipfile` seeks there.
        if isinstance(error, OSError) and error.errno != errno.EINVAL:
            raise
        reason = (str(error) or type(error).__name__).splitlines()[0].rstrip(".:")
        raise UserError(
            f"{archive} is damaged, cut short or no archive ({reason}): fetch it again."
        ) from None


def _tar_entries(file: tarfile.TarFile) -> Iterator[_Entry]:
    for member in file:
        unfit = None
        if member.issym() or member.islnk():
            unfit = "a link"
        elif not (member.isreg() or member.isdir()):
            unfit = "neither a file nor a folder"

        def opened(member: tarfile.TarInfo = member) -> IO[bytes]:
            content = file.extractfile(member)
            if content is None:
                raise tarfile.ReadError(f"{member.name} cannot be read")
            return content

        yield _Entry(member.name, member.size, unfit, member.isdir(), opened)


def _zip_entries(file: zipfile.ZipFile) -> Iterator[_Entry]:
    for member in file.infolist():
        mode = member.external_attr >> 16  # Unix's, where the archive was made there
        unfit = None
        if stat.S_ISLNK(mode):
            unfit = "a link"
        elif stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
            unfit = "neither a file nor a folder"
        elif member.flag_bits & 1:
            unfit = "encrypted"
        # orig_filename: `filename` ends at a zero byte, so that a check of it would pass.
        name = member.orig_filename

        def opened(member: zipfile.ZipInfo = member) -> IO[bytes]:
            return file.open(member)

        # Not `is_dir()`, which before Python 3.12 fails on a member without a name.
        yield _Entry(name, member.file_size, unfit, member.filename.endswith("/"), opened)


def _facts(archive: Path) -> os.stat_result:
    try:
        return archive.stat()
    except OSError as error:
        raise UserError(f"{archive} cannot be read ({error.strerror or error}).") from None


def _refusal(archive: Path, reason: str) -> UserError:
    return UserError(f"{archive} is refused: {reason}. Fetch it anew from its publisher.")
