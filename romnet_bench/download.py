"""A large file from the web: goes on after a cut, and is only there once it is what was meant."""

import contextlib
import dataclasses
import hashlib
import html
import http.client
import itertools
import json
import os
import re
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from email.message import Message
from pathlib import Path
from typing import IO, Any

from romnet_bench.errors import UserError
from romnet_bench.files import human_path, locked, printable, require_writable, write_text
from romnet_bench.progress import track

ATTEMPTS = 5
"""How often in a row a connection may fail without a single new byte, if nothing else is said."""

MOST = 4 * 10**9
"""Bytes that a file of unknown size may have: a server may send without end."""

_CHUNK = 2**20  # bytes; progress counts in these
_TIMEOUT = 60.0  # seconds without an answer or a byte

# What a connection that breaks raises, while it is made or while it is read.
_CUTS = (urllib.error.URLError, http.client.HTTPException, OSError)

# How a web page begins, and the note that Git keeps in the place of a large file.
_PAGE = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*<(?:!doctype\s+html|!--|html|head|body|script|\?xml)", re.IGNORECASE
)
_POINTER = b"version https://git-lfs.github.com/"


@dataclasses.dataclass(frozen=True)
class Remote:
    """A file that a publisher serves.

    Attributes:
        url: where.
        size: bytes; None where nobody published it.
        checksum: "sha256:…" or "md5:…", in hex, as published; the first digits are enough. None
            where nobody published it.
        file: the name it gets; None for the last part of `url`.
    """

    url: str
    size: int | None
    checksum: str | None
    file: str | None = None

    @property
    def name(self) -> str:
        """The file's own name."""
        return self.file or self.url.rpartition("/")[2]

    @property
    def how_large(self) -> str:
        """Its size for a person."""
        return "of unknown size" if self.size is None else f"{self.size / 1e9:.1f} GB"


@dataclasses.dataclass(frozen=True)
class _Version:
    """What a server says by which two answers can be told to be parts of one file."""

    size: int | None
    mark: str | None  # ETag, else Last-Modified

    @property
    def is_certain(self) -> bool:
        return self.size is not None and self.mark is not None


class _CutError(Exception):
    """A connection that can be tried again; its text says what happened."""


class _NoHostError(_CutError):
    """Nobody knows the server's name: most often there is no network."""


def download(
    remote: Remote,
    folder: Path,
    pause: float = 1.0,
    instead: str = "give it by --source",
    attempts: int = ATTEMPTS,
) -> Path:
    """The file in `folder`, fetched unless it is there.

    What came before a cut stays beside it as `NAME.part`; the next call goes on from there if the
    published checksum, or else the server's size and ETag or date, say that it is the same file.

    Args:
        remote: what to fetch.
        folder: where to put it.
        pause: seconds before the second attempt; doubled for each further one.
        instead: what a person is told to do with a file that was fetched another way.
        attempts: how often in a row a connection may fail without a single new byte.

    Raises:
        UserError: the server refuses or stays away, or what came is not the file that is meant.
    """
    path, part = folder / remote.name, folder / f"{remote.name}.part"
    if path.is_file() and remote.size in (None, path.stat().st_size):
        return path  # it got its name after it had been found right
    require_writable(folder)
    with locked(folder):
        _fetch(remote, part, pause, instead, attempts)
        if remote.checksum and not _checksum(part, remote.checksum).startswith(remote.checksum):
            part.unlink()
            raise UserError(
                f"What {remote.url} sent does not have the checksum {remote.checksum}; nothing was "
                f"kept. Try again, or fetch the file another way and {instead}."
            )
        part.replace(path)
        _version_path(part).unlink(missing_ok=True)
    return path


def _fetch(remote: Remote, part: Path, pause: float, instead: str, attempts: int) -> None:
    """Appends to `part` until it is as long as the file, over as many connections as that takes."""
    if remote.size is not None and _size(part) > remote.size:  # of another file
        part.unlink()
    failures, began, whole = 0, _size(part), _is_whole(remote, part)
    furthest = began
    while not whole:
        reason, allowed = "the connection was cut", attempts
        try:
            whole = _append(remote, part, instead)
        except urllib.error.HTTPError as error:
            if error.code < 500 and error.code not in (408, 416, 429):
                raise UserError(
                    f"{remote.url} answers {error.code} {printable(str(error.reason))}: fetch "
                    f"{remote.name} another way and {instead}."
                ) from None
            if error.code == 416:  # it has no such bytes: what we have is not the start of it
                part.unlink(missing_ok=True)
            reason = f"the server answers {error.code} {printable(str(error.reason))}"
        except _CutError as error:
            reason = str(error)
            if isinstance(error, _NoHostError) and furthest == began:
                allowed = 1
        if whole:
            return
        failures = 0 if _size(part) > furthest else failures + 1
        furthest = max(furthest, _size(part))
        if failures >= allowed:
            raise _unreachable(remote, part, reason)
        if failures:
            time.sleep(pause * 2 ** (failures - 1))


def _is_whole(remote: Remote, part: Path) -> bool:
    """Whether all was there already when an earlier process was killed."""
    version = _read_version(part)
    size = remote.size if remote.checksum else version and version.size
    return size is not None and _size(part) == size


def _unreachable(remote: Remote, part: Path, reason: str) -> UserError:
    kept = ""
    if _size(part):
        of = f" of {_megabytes(remote.size)}" if remote.size is not None else ""
        kept = f"; {_megabytes(_size(part))}{of} MB are in {human_path(part)}"
    goes_on = ", it goes on from there" if kept and (remote.checksum or _read_version(part)) else ""
    return UserError(
        f"{remote.url} could not be downloaded ({reason}){kept}. Run the same command again"
        f"{goes_on}."
    )


def _append(remote: Remote, part: Path, instead: str) -> bool:
    """One connection: what the server sends after what we have; whether that makes it whole."""
    have = _size(part) if remote.checksum or _read_version(part) else 0
    with _answer(remote, have) as response:
        version = _version(response.headers, response.status)
        total = remote.size if remote.size is not None else version.size
        _refuse_size(remote, version, instead)
        if response.status != 206:
            start = 0  # a server that knows no ranges sends everything again
        elif not (response.headers["Content-Range"] or "").startswith(f"bytes {have}-"):
            raise _CutError("the server sends another part than was asked for")
        else:
            start = have
        if start and not remote.checksum and version != _read_version(part):
            part.unlink()
            raise _CutError("the server has another file than before")
        limit = (total if total is not None else MOST + 1) - start
        chunks = _chunks(response, limit)
        first = next(chunks, b"")
        if not start:
            _refuse_page(remote, response.headers, first, instead)
            _version_path(part).unlink(missing_ok=True)
        with part.open("r+b" if start else "wb") as file:
            file.seek(start)
            if not start and version.is_certain:
                write_text(_version_path(part), json.dumps(dataclasses.asdict(version)))
            for chunk in _shown(itertools.chain([first], chunks), remote.name, start, total):
                file.write(chunk)
            file.flush()
            os.fsync(file.fileno())
    if total is None and _size(part) > MOST:
        part.unlink()
        raise UserError(
            f"{remote.url} sends more than {MOST / 1e9:g} GB without end: fetch {remote.name} "
            f"another way and {instead}."
        )
    # Without any size, the end of what is sent is the end of the file; a break there is an error.
    return total is None or _size(part) >= total


@contextlib.contextmanager
def _answer(remote: Remote, have: int) -> Iterator[http.client.HTTPResponse]:
    opener = urllib.request.build_opener(_Redirects)
    opener.addheaders = [("User-Agent", "romnet-bench"), ("Range", f"bytes={have}-")]
    try:
        response = opener.open(remote.url, timeout=_TIMEOUT)
    except urllib.error.HTTPError:
        raise
    except (*_CUTS, ValueError) as error:  # ValueError: it leads to an address that is none
        reason = error.reason if isinstance(error, urllib.error.URLError) else error
        kind = _NoHostError if isinstance(reason, socket.gaierror) else _CutError
        raise kind(_words(reason)) from None
    with response:
        yield response


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirections, but never from https to where anybody could change the file."""

    def redirect_request(self, *asked: Any, **named: Any) -> urllib.request.Request | None:
        request = super().redirect_request(*asked, **named)
        before, body, code, _, headers, _ = asked
        if request and before.type == "https" and request.type != "https":
            raise urllib.error.HTTPError(before.full_url, code, "out of https", headers, body)
        return request


def _version(headers: Message, status: int) -> _Version:
    if status == 206:
        size = (headers["Content-Range"] or "").rpartition("/")[2]
    else:
        size = headers["Content-Length"] or ""
    mark = headers["ETag"] or headers["Last-Modified"]
    return _Version(int(size) if size.isdecimal() else None, mark)


def _read_version(part: Path) -> _Version | None:
    """What the server said of the file that `part` is the beginning of, if that is enough."""
    try:
        version = _Version(**json.loads(_version_path(part).read_bytes()))
    except (OSError, ValueError, TypeError):
        return None
    return version if version.is_certain else None


def _version_path(part: Path) -> Path:
    return part.with_name(f"{part.name}.version")


def _refuse_size(remote: Remote, version: _Version, instead: str) -> None:
    """A checksum decides where there is one; otherwise the size that the server announces does."""
    if remote.checksum or version.size is None:
        return
    if remote.size is not None and version.size != remote.size:
        raise UserError(
            f"{remote.url} has {version.size} bytes where {remote.name} has {remote.size}: fetch "
            f"it another way and {instead}."
        )
    if remote.size is None and version.size > MOST:
        raise UserError(
            f"{remote.url} would send {version.size} bytes, more than {remote.name} can have: "
            f"fetch it another way and {instead}."
        )


def _refuse_page(remote: Remote, headers: Message, first: bytes, instead: str) -> None:
    """Some servers send a page that asks, warns or apologises, and say that all is well."""
    if first.startswith(_POINTER):
        what = "Git LFS's note of where the file is"
    elif _PAGE.match(first) or headers.get_content_type() == "text/html":
        what = "a web page"
        if title := re.search(
            rb"<title[^>]*>(.*?)</title", first[:_CHUNK], re.IGNORECASE | re.DOTALL
        ):
            words = html.unescape(title[1].decode(errors="replace"))
            what += f' ("{printable(" ".join(words.split()))[:80]}")'
    else:
        return
    raise UserError(
        f"{remote.url} sends {what} in the place of the file: open it in a browser, fetch "
        f"{remote.name} there and {instead}."
    )


def _chunks(response: IO[bytes], left: int) -> Iterator[bytes]:
    """What comes, but never more than `left` bytes."""
    while left > 0:
        try:
            chunk = response.read(min(_CHUNK, left))
        except _CUTS as error:
            raise _CutError(_words(error)) from None
        if not chunk:
            return
        left -= len(chunk)
        yield chunk


def _shown(chunks: Iterator[bytes], name: str, start: int, total: int | None) -> Iterator[bytes]:
    if total is None:
        print(f"{name}: its size is not known", file=sys.stderr, flush=True)
        return chunks
    return track(chunks, f"{name} (MiB)", -(-total // _CHUNK), done=start // _CHUNK)


def _checksum(path: Path, like: str) -> str:
    name = like.partition(":")[0]
    with path.open("rb") as file:
        # MD5 finds a broken transfer; who can forge a file can also forge what we are told of it.
        digest = hashlib.file_digest(file, lambda: hashlib.new(name, usedforsecurity=False))
    return f"{name}:{digest.hexdigest()}"


def _words(reason: BaseException | str) -> str:
    return printable(str(reason)) or type(reason).__name__


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _megabytes(size: int) -> int:
    return size // 1_000_000
