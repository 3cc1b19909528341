"""Files written beside and renamed, folders locked, names made safe."""

import errno
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from romnet_bench.errors import UserError
from romnet_bench.files import (
    human_path,
    locked,
    require_writable,
    resource,
    sha256_file,
    sha256_files,
    slug,
    write_bytes,
    write_new,
    write_text,
    written_beside,
)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_written_whole_with_folders_made(tmp_path: Path) -> None:
    write_text(tmp_path / "deep" / "er" / "a.txt", "größer\n")
    write_bytes(tmp_path / "b", b"\0\1")
    assert (tmp_path / "deep" / "er" / "a.txt").read_bytes() == "größer\n".encode()
    assert (tmp_path / "b").read_bytes() == b"\0\1"
    assert names(tmp_path) == ["b", "deep"]
    assert names(tmp_path / "deep" / "er") == ["a.txt"]


def write_half(path: Path, error: BaseException) -> None:
    with written_beside(path) as part:
        part.write_bytes(b"half of the n")
        assert path.read_bytes() == b"old"
        assert part.parent == path.parent
        raise error


@pytest.mark.parametrize("error", [KeyboardInterrupt(), OSError(errno.ENOSPC, "full")])
def test_stopped_half_way_leaves_the_old_one(tmp_path: Path, error: BaseException) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    with pytest.raises(type(error)):
        write_half(path, error)
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


def test_full_disk_at_the_renaming_leaves_the_old_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    path = tmp_path / "a"
    path.write_bytes(b"old")
    monkeypatch.setattr(os, "rename", full)
    monkeypatch.setattr(os, "replace", full)
    with pytest.raises(OSError, match="No space"):
        write_bytes(path, b"new")
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["a"]


def test_bytes_are_on_the_disk_before_the_name_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or a power cut leaves an empty file under the name of a whole one."""
    path = tmp_path / "a"
    path.write_bytes(b"old")
    flushed = []

    def fsync(handle: int) -> None:
        assert path.read_bytes() == b"old"
        flushed.append(os.pread(handle, 9, 0))

    monkeypatch.setattr(os, "fsync", fsync)
    write_bytes(path, b"new")
    assert flushed == [b"new"]
    assert path.read_bytes() == b"new"


@pytest.mark.parametrize("links", [True, False])
def test_write_new_never_overwrites(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool
) -> None:
    def no_links(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    if not links:
        monkeypatch.setattr(os, "link", no_links)
    path, dangling = tmp_path / "new" / "a", tmp_path / "new" / "b"
    write_new(path, b"mine")
    assert path.read_bytes() == b"mine"
    dangling.symlink_to("nowhere")
    for taken in (path, dangling):
        with pytest.raises(FileExistsError):
            write_new(taken, b"other")
    assert path.read_bytes() == b"mine"
    assert not (tmp_path / "new" / "nowhere").exists()
    assert names(tmp_path / "new") == ["a", "b"]


def test_two_writers_never_share_a_part(tmp_path: Path) -> None:
    with written_beside(tmp_path / "a") as one, written_beside(tmp_path / "a") as two:
        assert one != two
        one.write_text("one")
        two.write_text("two")
    assert (tmp_path / "a").read_text() == "one"  # the outer one ends last
    assert names(tmp_path) == ["a"]


HOLD = """
import pathlib, sys
from romnet_bench.files import locked
with locked(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_lock_holds_between_processes_and_ends_with_them(tmp_path: Path) -> None:
    folder = tmp_path / "runs"
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with (
            pytest.raises(UserError, match=r"Another romnet-bench is writing to .*runs"),
            locked(folder),
        ):
            pass
        holder.kill()
    with locked(folder):
        pass


def test_lock_of_one_folder_leaves_others_free(tmp_path: Path) -> None:
    with locked(tmp_path / "a"), locked(tmp_path / "b"):
        pass
    with locked(tmp_path / "a"):
        pass


def test_require_writable_makes_the_folder_and_leaves_nothing_in_it(tmp_path: Path) -> None:
    require_writable(tmp_path / "a" / "b")
    assert names(tmp_path / "a" / "b") == []


def test_require_writable_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(UserError, match=r"file is a file: choose a folder for --out\.$"):
        require_writable(file)
    with pytest.raises(UserError, match=r"Cannot write to .*below \(not a directory\): choose"):
        require_writable(file / "below")

    def read_only(*_: object, **__: object) -> None:
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(Path, "touch", read_only)
    with pytest.raises(UserError, match=r"\(read-only file system\): choose another --out\.$"):
        require_writable(tmp_path)


@given(st.text())
def test_slug_is_safe_everywhere(name: str) -> None:
    safe = slug(name)
    assert re.fullmatch(r"[A-Za-z0-9_](?:[A-Za-z0-9._-]*[A-Za-z0-9_])?", safe)
    assert len(safe) <= 120
    assert slug(safe) == safe
    assert safe == name or re.search(r"-[0-9a-f]{8}$", safe)


@given(
    st.text("ab .-/写京", max_size=4),
    st.text("ab .-/写京", max_size=4),
    st.sampled_from(["", "x" * 119]),
)
def test_slug_keeps_names_apart(one: str, other: str, start: str) -> None:
    assert (slug(start + one) == slug(start + other)) == (one == other)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("photo-1.b_c", "photo-1.b_c"),
        ("x" * 120, "x" * 120),
        ("../../etc/passwd", "etc-passwd-3754d6cb"),
        ("two words\nand a line", "two-words-and-a-line-f05253f9"),
        ("-rf", "rf-"),
        (".hidden", "hidden-"),
        ("写真", "photo-"),
        ("..", "photo-"),
        ("", "photo-e3b0c442"),  # the known SHA-256 of nothing
        ("a" * 119 + ".b", "a" * 111 + "-"),
        ("no utf-8 \udcff", "no-utf-8-"),
    ],
)
def test_slug(name: str, expected: str) -> None:
    safe = slug(name)
    if expected.endswith("-"):
        assert safe[:-8] == expected
    else:
        assert safe == expected


def test_resource_finds_what_is_shipped_and_nothing_else() -> None:
    assert resource("datasets", "sample", "recipe.yaml").is_file()
    with pytest.raises(FileNotFoundError, match="datasets/nowhere"):
        resource("datasets", "nowhere")


def test_sha256_is_the_known_one(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"abc")
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert sha256_file(tmp_path / "a") == expected


def test_human_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here, home = tmp_path / "here", tmp_path / "home"
    for folder in (here, home):
        folder.mkdir()
    monkeypatch.chdir(here)
    monkeypatch.setenv("HOME", str(home))
    assert human_path(here / "a" / "b") == "a/b"
    assert human_path(Path("a")) == "a"
    assert human_path(Path()) == "."
    assert human_path(home / "photos" / "c") == "~/photos/c"
    assert human_path(tmp_path / "d") == str(tmp_path / "d")


def test_a_hash_of_files_changes_with_every_name_and_byte(tmp_path):
    for name, content in (("a", ""), ("b", " ")):
        (tmp_path / name).write_text(content)
    a, b = tmp_path / "a", tmp_path / "b"
    kinds = ({"x": a}, {"x": b}, {"y": a}, {"x": a, "y": a}, {"x": a, "y": b}, {})
    assert len({sha256_files(files) for files in kinds}) == len(kinds)
    assert sha256_files({"x": a, "y": b}) == sha256_files({"y": b, "x": a})
