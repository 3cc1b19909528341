"""A large file from the web: goes on after a cut, and is only there once its checksum is right."""

import dataclasses
import hashlib
import http.client
import os
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from romnet_bench.errors import UserError
from romnet_bench.files import human_path, locked, require_writable
from romnet_bench.progress import track

ATTEMPTS = 5
"""How often in a row a connection may fail without a single new byte."""

_CHUNK = 2**20  # bytes; progress counts in these
_TIMEOUT = 60.0  # seconds without an answer or a byte

# What a connection that breaks raises, while it is made or while it is read.
_CUTS = (urllib.error.URLError, http.client.HTTPException, OSError)


@dataclasses.dataclass(frozen=True)
class Remote:
    """A file that a publisher serves.

    Attributes:
        url: where.
        size: bytes.
        checksum: "sha256:…" or "md5:…", in hex, as published.
    """

    url: str
    size: int
    checksum: str

    @property
    def name(self) -> str:
        """The file's own name."""
        return self.url.rpartition("/")[2]


def download(remote: Remote, folder: Path, pause: float = 1.0) -> Path:
    """The file in `folder`, fetched unless it is there.

    What came before a cut stays beside it as `NAME.part`; the next call goes on from there.

    Args:
        remote: what to fetch.
        folder: where to put it.
        pause: seconds before the second attempt; doubled for each further one.

    Raises:
        UserError: the server refuses or stays away, or what came is not the file that is meant.
    """
    path, part = folder / remote.name, folder / f"{remote.name}.part"
    if path.is_file() and path.stat().st_size == remote.size:
        return path  # it got its name after its checksum had been found right
    require_writable(folder)
    with locked(folder):
        _fetch(remote, part, pause)
        if _checksum(part, remote.checksum) != remote.checksum:
            part.unlink()
            raise UserError(
                f"What {remote.url} sent does not have the checksum {remote.checksum}; nothing was "
                "kept. Try again, or fetch the file another way and give it by --source."
            )
        part.replace(path)
    return path


def _fetch(remote: Remote, part: Path, pause: float) -> None:
    """Appends to `part` until it is as long as the file, over as many connections as that takes."""
    if _size(part) > remote.size:  # of another file
        part.unlink()
    failures, furthest = 0, _size(part)
    while (have := _size(part)) < remote.size:
        try:
            _append(remote, part, have)
            reason = "the connection was cut"
        except urllib.error.HTTPError as error:
            if error.code < 500 and error.code not in (408, 416, 429):
                raise UserError(
                    f"{remote.url} answers {error.code} {error.reason}: fetch {remote.name} "
                    "another way and give it by --source."
                ) from None
            if error.code == 416:  # it has no such bytes: what we have is not the start of it
                part.unlink(missing_ok=True)
            reason = f"the server answers {error.code} {error.reason}"
        except _CUTS as error:
            reason = str(error) or type(error).__name__
        failures = 0 if _size(part) > furthest else failures + 1
        furthest = max(furthest, _size(part))
        if failures >= ATTEMPTS:
            raise UserError(
                f"{remote.url} could not be downloaded ({reason}); {_megabytes(_size(part))} of "
                f"{_megabytes(remote.size)} MB are in {human_path(part)}. Run the same command "
                "again, it goes on from there."
            )
        if failures:
            time.sleep(pause * 2 ** (failures - 1))


def _append(remote: Remote, part: Path, have: int) -> None:
    """One connection: what the server sends, from byte `have` on."""
    opener = urllib.request.build_opener()
    opener.addheaders = [("User-Agent", "romnet-bench"), ("Range", f"bytes={have}-")]
    with opener.open(remote.url, timeout=_TIMEOUT) as response:
        if response.status != 206:
            have = 0  # a server that knows no ranges sends everything again
        elif not (response.headers["Content-Range"] or "").startswith(f"bytes {have}-"):
            raise http.client.HTTPException("the server sends another part than was asked for")
        with part.open("r+b" if have else "wb") as file:
            file.seek(have)
            chunks = _chunks(response, remote.size - have)
            total = -(-remote.size // _CHUNK)
            for chunk in track(chunks, f"{remote.name} (MiB)", total, done=have // _CHUNK):
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())


def _chunks(response: BinaryIO, left: int) -> Iterator[bytes]:
    """What comes, but never more than `left` bytes: a server may send without end."""
    while left > 0 and (chunk := response.read(min(_CHUNK, left))):
        left -= len(chunk)
        yield chunk


def _checksum(path: Path, like: str) -> str:
    name = like.partition(":")[0]
    with path.open("rb") as file:
        # MD5 finds a broken transfer; who can forge a file can also forge what we are told of it.
        digest = hashlib.file_digest(file, lambda: hashlib.new(name, usedforsecurity=False))
    return f"{name}:{digest.hexdigest()}"


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _megabytes(size: int) -> int:
    return size // 1_000_000
