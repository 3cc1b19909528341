"""Weights from mirrors that are gone, lie, send pages or other files: the good one wins."""

import hashlib
import io
import pickle
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from romnet_bench import download, weights
from romnet_bench.errors import UserError, WeightsError
from romnet_bench.methods.contract import MethodOptions
from romnet_bench.methods.fill import fill
from romnet_bench.published import ledger
from romnet_bench.published.fetch import fetch_backbone, fetch_file
from romnet_bench.published.manifest import Manifest
from romnet_bench.published.places import require_file

Declare = Callable[..., Manifest]
Tensors = Callable[..., bytes]


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def zipped(members: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def files_below(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


class Harmful:
    """Unpickled, this would write a file."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[object, ...]]:
        return Path.touch, (self.path,)


def test_a_file_is_fetched_once_and_recorded(
    server: Any, declare: Declare, tensors: Tensors, cache: Path
) -> None:
    content = tensors()
    url = server.serve("a.pth", content)
    system = declare("mine", [{"file": "deep/a.pth", "urls": [url]}])
    path = fetch_file("mine", system.weights[0])
    assert path == cache / "mine" / "deep" / "a.pth"
    assert path.read_bytes() == content
    assert fetch_file("mine", system.weights[0]) == path
    assert server.names == ["a.pth"]
    [known] = ledger.read_ledger()["mine/deep/a.pth"]
    assert (known.sha256, known.bytes, known.origin) == (sha256(content), len(content), url)
    assert files_below(cache) == {"mine/deep/a.pth", "known.json", ".known.lock"}
    assert require_file("mine", "deep/a.pth") == (path, sha256(content))


def test_a_method_that_may_download_does_so_and_fills_its_network(
    server: Any, declare: Declare, cache: Path
) -> None:
    source, target = torch.nn.Linear(3, 2), torch.nn.Linear(3, 2)
    buffer = io.BytesIO()
    old = {"model": source.state_dict(), "opt": {"lr": 1e-3, "betas": (0.9, 0.99)}}
    torch.save(old, buffer, _use_new_zipfile_serialization=False)
    url = server.serve("a.pth", buffer.getvalue())
    declare("mine", [{"file": "a.pth", "urls": [url]}])
    with pytest.raises(WeightsError, match="missing: run `romnet-bench weights fetch mine`"):
        fill(target, "mine", "a.pth", MethodOptions(), inside="model")
    origin = fill(target, "mine", "a.pth", MethodOptions(download=True), inside="model")
    assert origin == sha256(buffer.getvalue())
    assert torch.equal(source.weight, target.weight)


@pytest.mark.parametrize("published", [True, False])
def test_mirrors_in_turn_each_failure_told_in_a_line(
    *, server: Any, declare: Declare, tensors: Tensors, capsys: Any, tmp_path: Path, published: bool
) -> None:
    content, harm = tensors(), tmp_path / "harm"
    checksum = f"does not have the checksum sha256:{sha256(content)[:16]}"
    unfit = "is of no use: it holds no weights that can be read"
    mirrors = {
        "page": (b"<!DOCTYPE html><title>Sign in</title>", 'sends a web page ("Sign in")'),
        "cut": (content[:-1000], checksum if published else unfit),
        "harm": (
            pickle.dumps({"weight": Harmful(harm)}, protocol=2),
            checksum if published else f"{unfit} (it is a pickle that would run getattr",
        ),
        "torch": (
            tensors(more=Harmful(harm)),
            checksum if published else f"{unfit} (it is a pickle that would run getattr",
        ),
        "other": (b"Not found, sorry", checksum if published else unfit),
    }
    urls = [server.url("gone"), *(server.serve(name, sent) for name, (sent, _) in mirrors.items())]
    urls += [server.serve("good", content), server.serve("unused", content)]
    system = declare(
        "mine",
        [{"file": "a.pth", "urls": urls, "sha256": sha256(content)[:16] if published else None}],
    )
    assert fetch_file("mine", system.weights[0]).read_bytes() == content
    told = [line for line in capsys.readouterr().err.splitlines() if "(MiB)" not in line]
    expected = {"gone": "answers 404 Not Found: fetch a.pth another way and put a.pth there as"}
    expected |= {name: words for name, (_, words) in mirrors.items()}
    assert len(told) == len(expected)
    for line, (name, words) in zip(told, expected.items(), strict=True):
        assert server.url(name) in line
        assert words in line
    assert not harm.exists()
    assert "unused" not in server.names
    assert files_below(tmp_path / "cache" / "weights" / "mine") == {"a.pth"}


def test_when_no_mirror_is_left(
    server: Any, declare: Declare, cache: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    urls = [server.url("gone"), server.url("lost")]
    system = declare("mine", [{"file": "a.pth", "urls": urls}, {"file": "b.pth", "urls": urls[:1]}])
    with pytest.raises(WeightsError) as refused:
        fetch_file("mine", system.weights[0])
    said = str(refused.value)
    assert said.startswith("mine/a.pth could not be fetched, none of its 2 addresses gives it: get")
    assert said.endswith("/weights/mine/a.pth.")
    assert len(capsys.readouterr().err.splitlines()) == 2
    with pytest.raises(WeightsError, match=r"gone answers 404 .*put b\.pth there as .*b\.pth\.$"):
        fetch_file("mine", system.weights[1])
    assert not files_below(cache)
    system = declare("mine", [{"file": "c.pth"}])
    with pytest.raises(WeightsError, match="nobody publishes it: get it another way"):
        fetch_file("mine", system.weights[0])


def test_what_was_cut_goes_on_in_the_next_call_and_mirrors_are_never_mixed(
    server: Any, declare: Declare, tensors: Tensors, cache: Path
) -> None:
    first, second = tensors(count=800_000), tensors(seed=1, count=800_000)
    urls = [server.serve("first", first), server.serve("second", second)]
    for name in ("first", "second"):
        server.files[name].etag = '"one"'  # the same word for different files
        server.files[name].cut_after = [1_500_000, *[0] * download.ATTEMPTS]
    system = declare("mine", [{"file": "a.pth", "urls": urls}])
    with pytest.raises(WeightsError, match="none of its 2 addresses"):
        fetch_file("mine", system.weights[0], pause=0)
    server.asked.clear()
    server.files["first"].cut_after.clear()
    path = fetch_file("mine", system.weights[0])
    assert path.read_bytes() == first
    assert server.asked == [("first", "bytes=1500000-")]
    assert files_below(cache / "mine") == {"a.pth"}


def test_a_mirror_with_another_file_than_the_first_is_refused(
    server: Any, declare: Declare, tensors: Tensors, cache: Path
) -> None:
    url = server.serve("a.pth", tensors())
    system = declare("mine", [{"file": "a.pth", "urls": [url]}])
    path = fetch_file("mine", system.weights[0])
    path.unlink()
    server.serve("a.pth", tensors(seed=1))
    with pytest.raises(WeightsError, match=f"What {url} sends is not the mine/a.pth that was firs"):
        fetch_file("mine", system.weights[0])
    assert files_below(cache / "mine") == set()
    server.serve("a.pth", tensors())
    assert fetch_file("mine", system.weights[0]) == path


def test_a_bad_file_in_the_cache_is_replaced_and_one_of_the_person_s_is_not(
    server: Any, declare: Declare, tensors: Tensors, tmp_path: Path, monkeypatch: Any
) -> None:
    url = server.serve("a.pth", tensors())
    system = declare("mine", [{"file": "a.pth", "urls": [url]}])
    path = fetch_file("mine", system.weights[0])
    path.write_bytes(tensors()[:-5])
    assert fetch_file("mine", system.weights[0]).read_bytes() == tensors()
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    (theirs / "a.pth").write_bytes(tensors(seed=1))
    monkeypatch.setenv("ROMNET_BENCH_WEIGHTS", str(theirs))
    with pytest.raises(ledger.ChangedError, match=r"theirs/a\.pth is not the mine/a\.pth"):
        fetch_file("mine", system.weights[0])
    assert (theirs / "a.pth").read_bytes() == tensors(seed=1)


def test_a_folder_to_carry_away(
    server: Any, declare: Declare, tensors: Tensors, tmp_path: Path, monkeypatch: Any
) -> None:
    urls = [server.serve("a.pth", tensors()), server.serve("b.pth", tensors(seed=1))]
    published = [
        {"file": f"x/{name}.pth", "urls": [url]} for name, url in zip("ab", urls, strict=True)
    ]
    system = declare("mine", published)
    fetch_file("mine", system.weights[0])
    stick, cache = tmp_path / "stick", tmp_path / "cache" / "weights"
    for entry in system.weights:
        assert fetch_file("mine", entry, stick) == stick / "mine" / entry.file
    assert server.names == ["a.pth", "b.pth"]  # the first was copied out of the cache
    assert files_below(stick) == {"mine/x/a.pth", "mine/x/b.pth"}
    assert files_below(cache / "mine") == {"x/a.pth"}
    # The other machine has neither network nor cache.
    server.files.clear()
    shutil.rmtree(cache)
    monkeypatch.setenv("ROMNET_BENCH_CACHE", str(tmp_path / "another-cache"))
    for name, seed in (("x/a.pth", 0), ("x/b.pth", 1)):
        assert require_file("mine", name, stick) == (stick / "mine" / name, sha256(tensors(seed)))
    for entry in system.weights:
        assert fetch_file("mine", entry, stick) == stick / "mine" / entry.file
    assert len(server.names) == 2


# Archives

INSIDE = {"file": "a.pth", "member": "models/a/net.pth"}
BESIDE = {"file": "b/net.pth", "member": "models/b/net.pth"}


def test_members_of_an_archive_share_one_download(
    server: Any, declare: Declare, tensors: Tensors, cache: Path
) -> None:
    members = {"models/a/net.pth": tensors(), "models/b/net.pth": tensors(1), "README": b"Hello"}
    url = server.serve("all.zip", zipped(members))
    system = declare("mine", [{**entry, "urls": [url]} for entry in (INSIDE, BESIDE)])
    for entry, seed in zip(system.weights, (0, 1), strict=True):
        assert fetch_file("mine", entry).read_bytes() == tensors(seed)
    assert server.names == ["all.zip"]
    assert files_below(cache / "mine") == {"a.pth", "b/net.pth"}
    assert {known[0].origin for known in ledger.read_ledger().values()} == {url}


def test_a_cut_archive_goes_on_for_whichever_member_is_asked_for(
    server: Any, declare: Declare, tensors: Tensors, cache: Path
) -> None:
    members = {"models/a/net.pth": tensors(), "models/b/net.pth": tensors(1, count=10**6)}
    content = zipped(members)
    url = server.serve("all.zip", content)
    server.files["all.zip"].etag = '"one"'
    server.files["all.zip"].cut_after = [2_000_000, *[0] * download.ATTEMPTS]
    system = declare("mine", [{**entry, "urls": [url]} for entry in (INSIDE, BESIDE)])
    with pytest.raises(UserError, match="could not be downloaded"):
        fetch_file("mine", system.weights[0], pause=0)
    assert fetch_file("mine", system.weights[1]).read_bytes() == members["models/b/net.pth"]
    assert server.ranges[-1] == "bytes=2000000-"
    assert server.sent == len(content)
    assert files_below(cache / "mine") == {"a.pth", "b/net.pth"}


def test_one_mirror_serves_the_archive_and_another_the_file(
    server: Any, declare: Declare, tensors: Tensors, cache: Path
) -> None:
    urls = [server.serve("a.zip", zipped({"else": b""})), server.serve("plain", tensors())]
    entry = {**INSIDE, "urls": urls, "sha256": sha256(tensors())}
    system = declare("mine", [entry])
    assert fetch_file("mine", system.weights[0]).read_bytes() == tensors()
    assert files_below(cache / "mine") == {"a.pth"}


def linked(members: dict[str, bytes]) -> bytes:
    link = zipfile.ZipInfo("models/link")
    link.external_attr = 0o120777 << 16
    buffer = io.BytesIO(zipped(members))
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr(link, "/etc/passwd")
    return buffer.getvalue()


def flipped(content: bytes) -> bytes:
    """With one bit wrong in the middle."""
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


HOSTILE: dict[str, tuple[Callable[[dict[str, bytes]], bytes], str]] = {
    "without": (lambda good: zipped({"models/b/net.pth": b""}), "holds no models/a/net.pth"),
    "out": (lambda good: zipped({**good, "../../out.pth": b""}), "leads out of the folder"),
    "link": (linked, "is a link"),
    "bomb": (lambda good: zipped({**good, "zeros": b"\0" * 80_000_000}), "far more"),
    "cut": (lambda good: zipped(good)[:-30], "is of no use: it holds no weights"),
    "flipped": (lambda good: flipped(zipped(good)), "is damaged, cut short"),
    "empty": (lambda good: zipped({"models/a/net.pth": b""}), "is of no use"),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_archives_leave_nothing(
    server: Any, declare: Declare, tensors: Tensors, tmp_path: Path, kind: str
) -> None:
    make, told = HOSTILE[kind]
    url = server.serve("all.zip", make({"models/a/net.pth": tensors()}))
    system = declare("mine", [{**INSIDE, "urls": [url]}])
    with pytest.raises(UserError, match=told) as refused:
        fetch_file("mine", system.weights[0])
    assert "\n" not in str(refused.value)
    assert not files_below(tmp_path / "cache")
    assert not list(tmp_path.rglob("out.pth"))


# Backbones


@pytest.fixture
def alexnet(server: Any, tensors: Tensors, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """The server serves alexnet's weights, in the place of torchvision's; gives them."""
    content = tensors()
    url = server.serve("alexnet-owt-7be5be79.pth", content)
    source = weights.Source("alexnet", url, sha256(content)[:8])
    monkeypatch.setitem(weights.SOURCES, "alexnet", source)
    return content


def test_backbones_go_into_the_hub_cache_or_a_folder(
    server: Any, alexnet: bytes, no_weights: Path, tmp_path: Path
) -> None:
    name = "alexnet-owt-7be5be79.pth"
    assert fetch_backbone("alexnet", tmp_path / "one") == tmp_path / "one" / name
    assert fetch_backbone("alexnet") == no_weights / name
    assert weights.find("alexnet") == no_weights / name
    assert fetch_backbone("alexnet") == no_weights / name
    assert fetch_backbone("alexnet", tmp_path / "two").read_bytes() == alexnet
    assert fetch_backbone("alexnet", tmp_path / "two") == tmp_path / "two" / name
    assert len(server.names) == 2


def test_a_backbone_with_another_checksum_is_not_kept(
    server: Any, alexnet: bytes, no_weights: Path
) -> None:
    server.serve("alexnet-owt-7be5be79.pth", alexnet[::-1])
    with pytest.raises(UserError, match=r"does not have the checksum .* put it into"):
        fetch_backbone("alexnet")
    assert weights.find("alexnet") is None
