"""Downloads from a server on loopback that cuts, lies, refuses and stays away."""

import dataclasses
import hashlib
import socket
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from torchvision.datasets import voc

from romnet_bench import download as module
from romnet_bench.data.sources import div2k, pascal
from romnet_bench.download import ATTEMPTS, Remote, download
from romnet_bench.errors import UserError

CONTENT = np.random.default_rng(0).bytes(5_000_003)
NAME = "photos.zip"


@pytest.fixture
def server(file_server: ModuleType) -> Iterator[Any]:
    """A `FileServer` that serves CONTENT; what it does wrong is set by the test."""
    with file_server.serve_files() as running:
        running.serve(NAME, CONTENT)
        yield running


@pytest.fixture
def served(server: Any) -> Any:
    return server.files[NAME]


@pytest.fixture
def remote(server: Any) -> Remote:
    """The file as its publisher tells of it: its size and its checksum."""
    return Remote(server.url(NAME), len(CONTENT), f"sha256:{hashlib.sha256(CONTENT).hexdigest()}")


@pytest.fixture
def bare(server: Any) -> Remote:
    """The file of which nobody tells anything."""
    return Remote(server.url(NAME), None, None)


def leave_out_lock(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {".lock"}


@pytest.mark.parametrize("kind", ["sha256", "md5"])
def test_the_file_comes_whole_and_once(server: Any, tmp_path: Path, kind: str) -> None:
    checksum = f"{kind}:{hashlib.new(kind, CONTENT).hexdigest()}"
    remote = Remote(server.url(NAME), len(CONTENT), checksum)
    path = download(remote, tmp_path)
    assert path.read_bytes() == CONTENT
    assert download(remote, tmp_path) == path
    assert server.ranges == ["bytes=0-"]
    assert leave_out_lock(tmp_path) == {"photos.zip"}


def test_it_goes_on_after_each_cut_and_fetches_nothing_twice(
    server: Any, served: Any, remote: Remote, tmp_path: Path
) -> None:
    served.cut_after = [1_000_000, 0, 2_500_000, 1]
    assert download(remote, tmp_path, pause=0).read_bytes() == CONTENT
    starts = [int(asked.removeprefix("bytes=").rstrip("-")) for asked in server.ranges]
    assert starts == sorted(starts)
    assert len(starts) == 5
    assert server.sent == len(CONTENT)


def test_a_second_call_goes_on_where_the_first_gave_up(
    server: Any, served: Any, remote: Remote, tmp_path: Path
) -> None:
    served.cut_after = [1_234_567, *[0] * ATTEMPTS]
    with pytest.raises(UserError, match=r"1 of 5 MB are in .*photos\.zip\.part\. Run the same"):
        download(remote, tmp_path, pause=0)
    assert (tmp_path / "photos.zip.part").read_bytes() == CONTENT[:1_234_567]
    assert not (tmp_path / "photos.zip").exists()
    assert download(remote, tmp_path).read_bytes() == CONTENT
    assert server.ranges[-1] == "bytes=1234567-"
    assert leave_out_lock(tmp_path) == {"photos.zip"}


def test_a_server_without_ranges_sends_all_again(
    server: Any, served: Any, remote: Remote, tmp_path: Path
) -> None:
    served.knows_ranges = False
    served.cut_after = [3_000_000]
    assert download(remote, tmp_path, pause=0).read_bytes() == CONTENT
    assert server.sent == 3_000_000 + len(CONTENT)


def test_another_part_than_was_asked_for_is_not_put_in(
    server: Any, served: Any, remote: Remote, tmp_path: Path
) -> None:
    served.cut_after = [1_000_000]
    served.shifted = 7
    with pytest.raises(UserError, match="another part than was asked for"):
        download(remote, tmp_path, pause=0)
    served.shifted = 0
    assert download(remote, tmp_path, pause=0).read_bytes() == CONTENT


@pytest.mark.parametrize("sent", [CONTENT[:-1] + b"x", CONTENT + b"more"])
def test_what_is_not_the_file_is_not_kept(
    server: Any, served: Any, remote: Remote, tmp_path: Path, sent: bytes
) -> None:
    served.content = sent
    if sent[: len(CONTENT)] == CONTENT:  # the rest is not even read
        assert download(remote, tmp_path).read_bytes() == CONTENT
        return
    with pytest.raises(UserError, match=r"does not have the checksum sha256:.*nothing was kept"):
        download(remote, tmp_path)
    assert not leave_out_lock(tmp_path)


def test_a_file_that_is_too_short_is_an_error_and_not_endless(
    server: Any, served: Any, remote: Remote, tmp_path: Path
) -> None:
    served.content = CONTENT[:1000]
    with pytest.raises(UserError, match="could not be downloaded"):
        download(remote, tmp_path, pause=0)
    assert len(server.ranges) < 20


@pytest.mark.parametrize("have", [CONTENT + b"x", b"of another file"])
def test_leftovers_of_another_file(
    server: Any, served: Any, remote: Remote, tmp_path: Path, have: bytes
) -> None:
    (tmp_path / "photos.zip.part").write_bytes(have)
    if len(have) > len(CONTENT):
        assert download(remote, tmp_path).read_bytes() == CONTENT
        return
    with pytest.raises(UserError, match="nothing was kept"):
        download(remote, tmp_path)
    assert download(remote, tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_refusal_is_told_at_once(
    server: Any, served: Any, remote: Remote, tmp_path: Path, status: int
) -> None:
    served.statuses = [status]
    with pytest.raises(UserError, match=rf"answers {status} .*: fetch photos\.zip another way"):
        download(remote, tmp_path)
    assert len(server.ranges) == 1


def test_a_busy_server_is_asked_again(
    server: Any, served: Any, remote: Remote, tmp_path: Path
) -> None:
    served.statuses = [503, 429, 500]
    assert download(remote, tmp_path, pause=0).read_bytes() == CONTENT


def test_nobody_there(server: Any, served: Any, remote: Remote, tmp_path: Path) -> None:
    server.server_close()
    with pytest.raises(
        UserError, match=r"could not be downloaded \(.*refused\)\. Run the same command again\.$"
    ):
        download(remote, tmp_path, pause=0)
    assert not leave_out_lock(tmp_path)


def test_a_folder_that_takes_no_files_is_known_before(
    server: Any, served: Any, remote: Remote, tmp_path: Path
) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="is a file"):
        download(remote, tmp_path / "file")
    assert not server.ranges


def test_a_name_that_nobody_knows_is_told_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    monkeypatch.setattr(module.time, "sleep", lambda _: pytest.fail("it waited"))
    with pytest.raises(UserError, match=r"not known\)\. Run the same command again\.$"):
        download(Remote("http://nowhere.invalid/file", None, None), tmp_path)


# Files of which nobody published a size or a checksum.


def test_unpublished_facts_and_a_name_of_its_own(server: Any, bare: Remote, tmp_path: Path) -> None:
    path = download(dataclasses.replace(bare, file="weights.pth"), tmp_path)
    assert path == tmp_path / "weights.pth"
    assert path.read_bytes() == CONTENT
    assert leave_out_lock(tmp_path) == {"weights.pth"}


def test_the_first_digits_of_a_checksum_are_enough(
    server: Any, remote: Remote, tmp_path: Path
) -> None:
    short = dataclasses.replace(remote, size=None, checksum=(remote.checksum or "")[:15])
    assert download(short, tmp_path).read_bytes() == CONTENT
    wrong = dataclasses.replace(short, checksum="sha256:00000000", file="other")
    with pytest.raises(UserError, match="does not have the checksum sha256:00000000"):
        download(wrong, tmp_path)
    assert leave_out_lock(tmp_path) == {NAME}


@pytest.mark.parametrize("mark", [{"etag": '"one"'}, {"modified": "Mon, 02 Nov 2026 08:00:00 GMT"}])
def test_it_goes_on_where_the_server_says_that_it_is_the_same_file(
    server: Any, served: Any, bare: Remote, tmp_path: Path, mark: dict[str, str]
) -> None:
    server.files[NAME] = served = dataclasses.replace(served, **mark)
    served.cut_after = [1_234_567, *[0] * ATTEMPTS]
    with pytest.raises(UserError, match=r"1 MB are in .* again, it goes on from there\."):
        download(bare, tmp_path, pause=0)
    assert download(bare, tmp_path).read_bytes() == CONTENT
    assert server.ranges[-1] == "bytes=1234567-"
    assert server.sent == len(CONTENT)
    assert leave_out_lock(tmp_path) == {NAME}


@pytest.mark.parametrize("change", [{"etag": '"two"'}, {"etag": None}, {}])
def test_parts_of_two_files_are_never_mixed(
    server: Any, served: Any, bare: Remote, tmp_path: Path, change: dict[str, Any]
) -> None:
    served.etag = '"one"'
    served.cut_after = [1_234_567, *[0] * ATTEMPTS]
    with pytest.raises(UserError):
        download(bare, tmp_path, pause=0)
    after = CONTENT[::-1] + b"longer"
    server.files[NAME] = type(served)(**{"content": after, "etag": '"one"', **change})
    assert download(bare, tmp_path, pause=0).read_bytes() == server.files[NAME].content
    assert leave_out_lock(tmp_path) == {NAME}


def test_without_such_a_word_of_the_server_it_begins_again(
    server: Any, served: Any, bare: Remote, tmp_path: Path
) -> None:
    served.cut_after = [3_000_000]
    assert download(bare, tmp_path, pause=0).read_bytes() == CONTENT
    assert server.ranges == ["bytes=0-", "bytes=0-"]
    assert server.sent == 3_000_000 + len(CONTENT)


def test_what_lies_there_unexplained_is_not_gone_on_from(
    server: Any, served: Any, bare: Remote, tmp_path: Path
) -> None:
    served.etag = '"one"'
    (tmp_path / f"{NAME}.part").write_bytes(CONTENT[:1000][::-1])
    (tmp_path / f"{NAME}.part.version").write_text("no JSON")
    assert download(bare, tmp_path).read_bytes() == CONTENT


def test_all_was_there_when_the_process_was_killed(
    server: Any, served: Any, bare: Remote, tmp_path: Path
) -> None:
    served.etag = '"one"'
    served.cut_after = [1_234_567, *[0] * ATTEMPTS]
    with pytest.raises(UserError):
        download(bare, tmp_path, pause=0)
    (tmp_path / f"{NAME}.part").write_bytes(CONTENT)
    asked = len(server.ranges)
    assert download(bare, tmp_path).read_bytes() == CONTENT
    assert len(server.ranges) == asked
    assert leave_out_lock(tmp_path) == {NAME}


def test_a_size_that_nobody_knows(
    server: Any, served: Any, bare: Remote, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    served.tells_size = served.knows_ranges = False
    assert download(bare, tmp_path).read_bytes() == CONTENT
    assert "photos.zip: its size is not known" in capfd.readouterr().err


def test_a_size_that_was_published_is_held_against_the_server_s(
    server: Any, served: Any, bare: Remote, tmp_path: Path
) -> None:
    with pytest.raises(UserError, match=r"has 5000003 bytes where photos\.zip has 5: fetch it"):
        download(dataclasses.replace(bare, size=5), tmp_path)
    assert not leave_out_lock(tmp_path)


def test_an_endless_answer_ends(
    server: Any, served: Any, bare: Remote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST", 20_000_000)
    served.endless, served.tells_size, served.knows_ranges = True, False, False
    with pytest.raises(UserError, match=r"more than 0\.02 GB without end: fetch"):
        download(bare, tmp_path)
    assert not leave_out_lock(tmp_path)


def test_a_size_beyond_measure_is_refused_before_a_byte_is_kept(
    server: Any, bare: Remote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST", 5_000_000)
    with pytest.raises(UserError, match="would send 5000003 bytes, more than"):
        download(bare, tmp_path)
    assert not leave_out_lock(tmp_path)


DRIVE = b"""<!DOCTYPE html><html><head><title>Google Drive - Quota
exceeded</title></head><body>Sorry, you can&#39;t view or download this file</body></html>"""


@pytest.mark.parametrize(
    ("content", "kind", "told"),
    [
        (DRIVE, "text/html; charset=utf-8", r'a web page \("Google Drive - Quota exceeded"\)'),
        (DRIVE, None, r'a web page \("Google Drive - Quota exceeded"\)'),
        (b"\xef\xbb\xbf \n<HTML><body>Sign in", "application/zip", "a web page in the place"),
        (b"<html><title>&#27;[2J&lt;" + b"x" * 500, None, r"a web page in the place"),
        (b"Please wait", "text/html", "a web page in the place"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00", None, "Git LFS's note"),
    ],
)
def test_a_page_in_the_place_of_the_file(
    server: Any, tmp_path: Path, content: bytes, kind: str | None, told: str
) -> None:
    server.serve("page", content)
    server.files["page"].kind = kind
    for facts in ((None, None), (10**6, "sha256:00")):
        with pytest.raises(UserError, match=f"page sends {told}") as caught:
            download(Remote(server.url("page"), *facts), tmp_path, instead="put it into X")
        end = "in a browser, fetch page there and put it into X."
        assert str(caught.value).endswith(end)
        assert str(caught.value).isprintable()
        assert not leave_out_lock(tmp_path)


def test_a_page_does_not_cost_what_came_before(
    server: Any, served: Any, remote: Remote, tmp_path: Path
) -> None:
    served.cut_after = [1_234_567, *[0] * ATTEMPTS]
    with pytest.raises(UserError, match="goes on from there"):
        download(remote, tmp_path, pause=0)
    server.files[NAME] = type(served)(DRIVE, knows_ranges=False)
    with pytest.raises(UserError, match="a web page"):
        download(remote, tmp_path)
    assert (tmp_path / f"{NAME}.part").read_bytes() == CONTENT[:1_234_567]


def test_redirections_are_followed_but_not_for_ever(
    server: Any, bare: Remote, tmp_path: Path
) -> None:
    server.serve("moved", b"")
    server.files["moved"].leads_to = server.url(NAME)
    moved = Remote(server.url("moved"), None, None, NAME)
    assert download(moved, tmp_path).read_bytes() == CONTENT
    server.files["moved"].leads_to = server.url("moved")
    with pytest.raises(UserError, match="answers 302 "):
        download(dataclasses.replace(moved, file="again"), tmp_path)
    server.files["moved"].leads_to = "file:///etc/hostname"
    with pytest.raises(UserError, match="answers 302 "):
        download(dataclasses.replace(moved, file="again"), tmp_path)


@pytest.mark.parametrize(("start", "end", "follows"), [
    ("https", "http", False), ("https", "https", True), ("http", "http", True),
    ("http", "https", True),
])  # fmt: skip
def test_no_redirection_leads_out_of_https(start: str, end: str, follows: bool) -> None:
    handler = module._Redirects()
    asked = urllib.request.Request(f"{start}://example.org/a")
    answer = (asked, None, 302, "Found", {}, f"{end}://example.org/b")
    if follows:
        request = handler.redirect_request(*answer)
        assert request is not None
        assert request.full_url == f"{end}://example.org/b"
        return
    with pytest.raises(urllib.request.HTTPError, match="out of https"):
        handler.redirect_request(*answer)


def test_a_full_disk_is_no_fault_of_the_server_s(
    server: Any, remote: Remote, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(module.os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        download(remote, tmp_path)
    assert len(server.ranges) == 1


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
