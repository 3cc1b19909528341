"""Downloads from a server on loopback that cuts, lies, refuses and stays away."""

import hashlib
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from torchvision.datasets import voc

from romnet_bench.data.sources import div2k, pascal
from romnet_bench.data.sources.download import ATTEMPTS, Remote, download
from romnet_bench.errors import UserError

CONTENT = np.random.default_rng(0).bytes(5_000_003)


class Server(http.server.ThreadingHTTPServer):
    """Serves CONTENT; what it does wrong is set by the test."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.content = CONTENT
        self.cut_after: list[int] = []  # for each request: bytes before the connection is cut
        self.knows_ranges = True
        self.shifted = 0  # bytes by which a range is answered wrongly
        self.statuses: list[int] = []  # for each request: an error instead of an answer
        self.ranges: list[str] = []  # what was asked for
        self.sent = 0

    def remote(self, content: bytes = CONTENT, kind: str = "sha256") -> Remote:
        url = f"http://127.0.0.1:{self.server_address[1]}/photos.zip"
        checksum = hashlib.new(kind, content).hexdigest()
        return Remote(url, len(content), f"{kind}:{checksum}")


class Handler(http.server.BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        server, asked = self.server, self.headers["Range"]
        server.ranges.append(asked)
        if server.statuses:
            self.send_error(server.statuses.pop(0))
            return
        start = int(asked.removeprefix("bytes=").rstrip("-")) if server.knows_ranges else 0
        rest = server.content[start:]
        if server.knows_ranges and not rest:
            self.send_error(416)
            return
        self.send_response(206 if server.knows_ranges else 200)
        if server.knows_ranges:
            first = start + server.shifted
            size = len(server.content)
            self.send_header("Content-Range", f"bytes {first}-{size - 1}/{size}")
        self.send_header("Content-Length", str(len(rest)))
        self.end_headers()
        part = rest[: server.cut_after.pop(0)] if server.cut_after else rest
        server.sent += len(part)
        self.wfile.write(part)
        if part != rest:
            self.connection.close()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def leave_out_lock(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {".lock"}


@pytest.mark.parametrize("kind", ["sha256", "md5"])
def test_the_file_comes_whole_and_once(server: Server, tmp_path: Path, kind: str) -> None:
    path = download(server.remote(kind=kind), tmp_path)
    assert path.read_bytes() == CONTENT
    assert download(server.remote(kind=kind), tmp_path) == path
    assert server.ranges == ["bytes=0-"]
    assert leave_out_lock(tmp_path) == {"photos.zip"}


def test_it_goes_on_after_each_cut_and_fetches_nothing_twice(
    server: Server, tmp_path: Path
) -> None:
    server.cut_after = [1_000_000, 0, 2_500_000, 1]
    assert download(server.remote(), tmp_path, pause=0).read_bytes() == CONTENT
    starts = [int(asked.removeprefix("bytes=").rstrip("-")) for asked in server.ranges]
    assert starts == sorted(starts)
    assert len(starts) == 5
    assert server.sent == len(CONTENT)


def test_a_second_call_goes_on_where_the_first_gave_up(server: Server, tmp_path: Path) -> None:
    server.cut_after = [1_234_567, *[0] * ATTEMPTS]
    with pytest.raises(UserError, match=r"1 of 5 MB are in .*photos\.zip\.part\. Run the same"):
        download(server.remote(), tmp_path, pause=0)
    assert (tmp_path / "photos.zip.part").read_bytes() == CONTENT[:1_234_567]
    assert not (tmp_path / "photos.zip").exists()
    assert download(server.remote(), tmp_path).read_bytes() == CONTENT
    assert server.ranges[-1] == "bytes=1234567-"
    assert leave_out_lock(tmp_path) == {"photos.zip"}


def test_a_server_without_ranges_sends_all_again(server: Server, tmp_path: Path) -> None:
    server.knows_ranges = False
    server.cut_after = [3_000_000]
    assert download(server.remote(), tmp_path, pause=0).read_bytes() == CONTENT
    assert server.sent == 3_000_000 + len(CONTENT)


def test_another_part_than_was_asked_for_is_not_put_in(server: Server, tmp_path: Path) -> None:
    server.cut_after = [1_000_000]
    server.shifted = 7
    with pytest.raises(UserError, match="another part than was asked for"):
        download(server.remote(), tmp_path, pause=0)
    server.shifted = 0
    assert download(server.remote(), tmp_path, pause=0).read_bytes() == CONTENT


@pytest.mark.parametrize("sent", [CONTENT[:-1] + b"x", CONTENT + b"more"])
def test_what_is_not_the_file_is_not_kept(server: Server, tmp_path: Path, sent: bytes) -> None:
    remote, server.content = server.remote(), sent
    if sent[: len(CONTENT)] == CONTENT:  # the rest is not even read
        assert download(remote, tmp_path).read_bytes() == CONTENT
        return
    with pytest.raises(UserError, match=r"does not have the checksum sha256:.*nothing was kept"):
        download(remote, tmp_path)
    assert not leave_out_lock(tmp_path)


def test_a_file_that_is_too_short_is_an_error_and_not_endless(
    server: Server, tmp_path: Path
) -> None:
    remote, server.content = server.remote(), CONTENT[:1000]
    with pytest.raises(UserError, match="could not be downloaded"):
        download(remote, tmp_path, pause=0)
    assert len(server.ranges) < 20


@pytest.mark.parametrize("have", [CONTENT + b"x", b"of another file"])
def test_leftovers_of_another_file(server: Server, tmp_path: Path, have: bytes) -> None:
    (tmp_path / "photos.zip.part").write_bytes(have)
    if len(have) > len(CONTENT):
        assert download(server.remote(), tmp_path).read_bytes() == CONTENT
        return
    with pytest.raises(UserError, match="nothing was kept"):
        download(server.remote(), tmp_path)
    assert download(server.remote(), tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_refusal_is_told_at_once(server: Server, tmp_path: Path, status: int) -> None:
    server.statuses = [status]
    with pytest.raises(UserError, match=rf"answers {status} .*: fetch photos\.zip another way"):
        download(server.remote(), tmp_path)
    assert len(server.ranges) == 1


def test_a_busy_server_is_asked_again(server: Server, tmp_path: Path) -> None:
    server.statuses = [503, 429, 500]
    assert download(server.remote(), tmp_path, pause=0).read_bytes() == CONTENT


def test_nobody_there(server: Server, tmp_path: Path) -> None:
    remote = server.remote()
    server.server_close()
    with pytest.raises(UserError, match=r"could not be downloaded.*0 of 5 MB"):
        download(remote, tmp_path, pause=0)
    assert not leave_out_lock(tmp_path)


def test_a_folder_that_takes_no_files_is_known_before(server: Server, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="is a file"):
        download(server.remote(), tmp_path / "file")
    assert not server.ranges


def test_pascal_is_the_file_that_torchvision_knows() -> None:
    known = voc.DATASET_YEAR_DICT["2012"]
    assert pascal.ARCHIVE.url == known["url"]
    assert pascal.ARCHIVE.checksum == f"md5:{known['md5']}"
    assert pascal.ARCHIVE.name == known["filename"]


def test_div2k_s_parts() -> None:
    assert [(part.split, part.photos) for part in div2k.PARTS] == [
        ("train", 800),
        ("validation", 100),
    ]
    for part in div2k.PARTS:
        assert part.archive.url.startswith("https://")
        assert part.archive.name == f"{part.folder}.zip"
        kind, _, checksum = part.archive.checksum.partition(":")
        assert (kind, len(checksum)) == ("sha256", 64)
