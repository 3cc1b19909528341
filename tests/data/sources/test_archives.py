"""Archives that were made to do harm: refused with a sentence, and nothing of them is written."""

import contextlib
import io
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from romnet_bench.data.sources import archives
from romnet_bench.data.sources.archives import is_archive, unpack, unpacked
from romnet_bench.errors import UserError

GOOD = {"top/a.png": b"first", "top/deep/b.png": b"second", "./top/c.png": b"", "notes.txt": b"n"}


def everything(_: PurePosixPath) -> bool:
    return True


def write_tar(path: Path, entries: dict[str, bytes], mode: str = "w") -> Path:
    with tarfile.open(path, mode) as file:  # type: ignore[call-overload]
        for name, content in entries.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            file.addfile(member, io.BytesIO(content))
    return path


def write_zip(path: Path, entries: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in entries.items():
            file.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return path


def found(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def assert_refused(archive: Path, words: str, base: Path) -> None:
    """Refused with one sentence; nothing is anywhere but what was there."""
    before = {path for path in base.rglob("*") if path.name != ".lock"}
    with pytest.raises(UserError, match=words) as caught:
        unpack(archive, base / "inside" / "into", everything)
    assert "\n" not in str(caught.value)
    after = {path for path in base.rglob("*") if path.name != ".lock"}
    assert after - before <= {base / "inside"}


@pytest.mark.parametrize("suffix", ["tar", "tar.gz", "tgz", "tar.bz2", "tar.xz", "zip"])
def test_what_is_in_it_comes_out(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"photos.{suffix}"
    if suffix == "zip":
        write_zip(path, GOOD)
    else:
        write_tar(path, GOOD, {"tgz": "w:gz"}.get(suffix, f"w:{suffix[4:]}"))
    assert is_archive(path)
    unpack(path, tmp_path / "all", everything)
    assert found(tmp_path / "all") == {name.removeprefix("./"): c for name, c in GOOD.items()}
    unpack(path, tmp_path / "some", lambda name: name.suffix == ".png")
    assert set(found(tmp_path / "some")) == {"top/a.png", "top/deep/b.png", "top/c.png"}


def test_it_is_unpacked_once_and_another_archive_of_that_name_anew(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "photos.zip", GOOD)
    first = unpacked(path, tmp_path / "cache", everything)
    (first / "top" / "a.png").write_bytes(b"seen")
    assert unpacked(path, tmp_path / "cache", everything) == first
    assert found(first)["top/a.png"] == b"seen"
    write_zip(path, {"top/a.png": b"newer"})
    second = unpacked(path, tmp_path / "cache", everything)
    assert second != first
    assert found(second) == {"top/a.png": b"newer"}


def test_what_a_killed_unpacking_left_is_taken_away(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "photos.zip", GOOD)
    left = tmp_path / ".into.part"
    (left / "top").mkdir(parents=True)
    (left / "top" / "half.png").write_bytes(b"half")
    unpack(path, tmp_path / "into", everything)
    assert not left.exists()
    assert "top/half.png" not in found(tmp_path / "into")


LEADING_OUT = [
    "../evil.png",
    "a/../../evil.png",
    "/evil.png",
    "//evil.png",
    "a/..",
    "C:/evil.png",
    "c:evil.png",
    "..\\evil.png",
    "a\\b.png",
]


@pytest.mark.parametrize("name", LEADING_OUT)
@pytest.mark.parametrize("write", [write_tar, write_zip])
def test_names_that_lead_out_are_refused(
    tmp_path: Path, name: str, write: Callable[[Path, dict[str, bytes]], Path]
) -> None:
    suffix = "tar" if write is write_tar else "zip"
    archive = write(tmp_path / f"evil.{suffix}", {"good.png": b"good", name: b"evil"})
    assert_refused(archive, "is refused: the name .* leads out of the folder", tmp_path)


def test_a_name_with_a_zero_byte_is_refused(tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "evil.zip", {"goodX../../evil": b"evil"})
    archive.write_bytes(archive.read_bytes().replace(b"goodX", b"good\0"))
    assert_refused(archive, "leads out", tmp_path)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (tarfile.SYMTYPE, "a link"),
        (tarfile.LNKTYPE, "a link"),
        (tarfile.CHRTYPE, "neither a file nor a folder"),
        (tarfile.BLKTYPE, "neither a file nor a folder"),
        (tarfile.FIFOTYPE, "neither a file nor a folder"),
    ],
)
def test_links_and_devices_in_a_tar_are_refused(tmp_path: Path, kind: bytes, words: str) -> None:
    with tarfile.open(tmp_path / "evil.tar", "w") as file:
        member = tarfile.TarInfo("top/a.png")
        member.type, member.linkname = kind, "/etc/passwd"
        file.addfile(member)
    assert_refused(tmp_path / "evil.tar", f"is refused: top/a.png is {words}", tmp_path)


@pytest.mark.parametrize(
    ("kind", "words"), [(stat.S_IFLNK, "a link"), (stat.S_IFIFO, "neither a file nor a folder")]
)
def test_links_and_pipes_in_a_zip_are_refused(tmp_path: Path, kind: int, words: str) -> None:
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as file:
        member = zipfile.ZipInfo("a.png")
        member.create_system, member.external_attr = 3, (kind | 0o777) << 16
        file.writestr(member, "/etc/passwd")
    assert_refused(tmp_path / "evil.zip", f"a.png is {words}", tmp_path)


def test_a_write_through_a_link_is_refused(tmp_path: Path) -> None:
    """The old trick: a link to a folder outside, then a file below that link's name."""
    outside = tmp_path / "outside"
    outside.mkdir()
    with tarfile.open(tmp_path / "evil.tar", "w") as file:
        link = tarfile.TarInfo("door")
        link.type, link.linkname = tarfile.SYMTYPE, str(outside)
        file.addfile(link)
        below = tarfile.TarInfo("door/evil.png")
        below.size = 4
        file.addfile(below, io.BytesIO(b"evil"))
    assert_refused(tmp_path / "evil.tar", "door is a link", tmp_path)
    assert not list(outside.iterdir())


@pytest.mark.parametrize("second", ["a.png", "./a.png", "a.png/b.png"])
def test_a_name_that_stands_twice_is_refused(tmp_path: Path, second: str) -> None:
    archive = write_tar(tmp_path / "evil.tar", {"a.png": b"one", second: b"two"})
    if second == "a.png":
        with tarfile.open(archive, "a") as file:
            member = tarfile.TarInfo("a.png")
            file.addfile(member)
    assert_refused(archive, "stands in it twice", tmp_path)


def test_an_encrypted_zip_is_refused(tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "evil.zip", {"a.png": b"secret"})
    content = bytearray(archive.read_bytes())
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    archive.write_bytes(content)
    assert_refused(archive, "a.png is encrypted", tmp_path)


@pytest.mark.parametrize("suffix", ["tar.gz", "zip"])
def test_bombs_are_refused(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"bomb.{suffix}"
    zeros = {f"{number}.png": bytes(20_000_000) for number in range(4)}
    if suffix == "zip":
        write_zip(path, zeros)
    else:
        write_tar(path, zeros, "w:gz")
    assert path.stat().st_size < 1_000_000
    assert_refused(path, "would unpack to far more", tmp_path)


def test_a_tar_that_promises_more_than_it_holds_is_refused(tmp_path: Path) -> None:
    member = tarfile.TarInfo("a.png")
    member.size = 2**40
    (tmp_path / "bomb.tar").write_bytes(member.tobuf() + bytes(4096))
    assert_refused(tmp_path / "bomb.tar", "would unpack to far more", tmp_path)


def test_too_many_entries_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MAX_ENTRIES", 10)
    archive = write_zip(tmp_path / "many.zip", {f"{number}.png": b"" for number in range(11)})
    assert_refused(archive, "would unpack to far more", tmp_path)


def test_too_long_names_are_refused(tmp_path: Path) -> None:
    archive = write_tar(tmp_path / "long.tar", {"ä" * 150: b""})
    assert_refused(archive, "too long", tmp_path)


@pytest.mark.parametrize("suffix", ["tar", "tar.gz", "zip"])
def test_damaged_archives_are_one_sentence(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"photos.{suffix}"
    noise = {"a.png": bytes(range(256)) * 40, "b.png": bytes(range(255, -1, -1)) * 40}
    write = (lambda: write_zip(path, noise)) if suffix == "zip" else (
        lambda: write_tar(path, noise, "w:gz" if "gz" in suffix else "w")
    )  # fmt: skip
    whole = write().read_bytes()
    for broken in (b"", b"no archive", whole[: len(whole) // 2]):
        path.write_bytes(broken)
        assert_refused(path, "is damaged, cut short or no archive", tmp_path)
    with pytest.raises(UserError, match="cannot be read"):
        unpacked(tmp_path / f"nothing.{suffix}", tmp_path, everything)


def test_a_zip_with_a_name_that_begins_with_zero_is_one_sentence(tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "photos.zip", {"a.png": bytes(range(256))})
    content = bytearray(archive.read_bytes())
    content[content.rindex(b"a.png")] = 0  # in the table of contents; what is before it is the name
    archive.write_bytes(content)
    assert_refused(archive, r"the name .x00.png leads out", tmp_path)


def test_a_zip_that_points_before_its_beginning_is_one_sentence(tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "photos.zip", {"a.png": bytes(range(256))})
    content = bytearray(archive.read_bytes())
    end = content.rindex(b"PK\x05\x06")
    start = int.from_bytes(content[end + 16 : end + 20], "little")
    content[end + 16 : end + 20] = (start + 2).to_bytes(4, "little")  # its entries move back by 2
    archive.write_bytes(content)
    assert_refused(archive, "is damaged, cut short or no archive", tmp_path)


@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_no_broken_byte_writes_outside_or_tracebacks(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    base = tmp_path_factory.mktemp("broken")
    suffix = data.draw(st.sampled_from(["tar", "zip"]))
    path = (write_tar if suffix == "tar" else write_zip)(base / f"photos.{suffix}", GOOD)
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, min(len(content) - 1, 3000)))] = data.draw(
            st.integers(0, 255)
        )
    path.write_bytes(content)
    with contextlib.suppress(UserError):
        unpack(path, base / "inside" / "into", everything)
    assert {each.name for each in base.iterdir()} <= {path.name, "inside"}
