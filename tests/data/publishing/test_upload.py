"""Uploads by the real client of the Hub to a server that speaks its protocol."""

import hashlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from romnet_bench.data.publishing.publish import prepare_repository, publish_dataset
from romnet_bench.data.publishing.repository import write_repository
from romnet_bench.data.publishing.upload import upload_repository
from romnet_bench.data.records import PhotoSet
from romnet_bench.errors import UserError

REPO = "someone/noise"
COMMAND = [sys.executable, "-m", "romnet_bench"]


def tree(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def held(hub: Any, repo: str = REPO) -> dict[str, bytes]:
    """What the Hub holds, but for what it put there itself."""
    return {name: raw for name, raw in hub.repos[repo].files.items() if name != ".gitattributes"}


def test_the_hub_holds_what_a_dry_run_writes(hub: Any, dataset: Path, tmp_path: Path) -> None:
    published = publish_dataset(dataset, REPO, endpoint=hub.url)
    write_repository(prepare_repository(dataset, REPO), tmp_path / "tree")
    assert held(hub) == tree(tmp_path / "tree")
    assert published.url == f"{hub.url}/datasets/{REPO}"
    assert published.private
    assert hub.repos[REPO].private
    assert hub.repos[REPO].commits == 1
    shards = sorted(name for name in held(hub) if name.startswith("data/"))
    assert [name for name in shards if "train" in name] == [
        f"data/train-{index:05d}-of-00003.parquet" for index in range(3)
    ]
    for name in shards:  # as they are
        assert held(hub)[name] == (dataset / name).read_bytes()
    assert any("/complete/" in each.path for each in hub.requests)  # in parts, and in one piece:
    assert any(each.method == "PUT" and each.path.count("/") == 2 for each in hub.requests)


def test_a_second_call_uploads_nothing(hub: Any, dataset: Path) -> None:
    publish_dataset(dataset, REPO, endpoint=hub.url)
    before, sent = held(hub), hub.uploaded()
    assert sent > sum(len(raw) for name, raw in before.items() if name.startswith("data/"))
    publish_dataset(dataset, REPO, endpoint=hub.url)
    assert hub.uploaded() == sent
    assert held(hub) == before
    assert hub.repos[REPO].commits == 1


@pytest.mark.parametrize("share", [0.0, 0.4])
def test_an_upload_cut_off_goes_on(hub: Any, dataset: Path, share: float) -> None:
    """From the ninth PUT on, the line is dead; then it is mended."""
    puts = []

    def fault(request: Any) -> float | None:
        if request.method == "PUT":
            puts.append(request)
        return share if request.method == "PUT" and len(puts) >= 9 else None

    hub.fault = fault
    with pytest.raises(UserError, match="run the same command again"):
        publish_dataset(dataset, REPO, endpoint=hub.url)
    assert held(hub) == {}  # nobody sees half a dataset
    kept = {oid: len(raw) for oid, raw in hub.store.items()}
    assert kept
    hub.fault = lambda request: None
    sent = hub.uploaded()
    publish_dataset(dataset, REPO, endpoint=hub.url)
    large = {name: raw for name, raw in held(hub).items() if name.endswith((".parquet", ".jpg"))}
    missing = sum(len(raw) for raw in large.values() if hashlib.sha256(raw).hexdigest() not in kept)
    assert hub.uploaded() - sent == missing
    assert missing < sum(map(len, large.values()))
    for name in large:
        assert held(hub)[name] == (dataset / name).read_bytes()


def command(dataset: Path) -> list[str]:
    return [*COMMAND, "publish", str(dataset), "--repo", REPO]


def environment(hub: Any) -> dict[str, str]:
    return {**os.environ, "HF_ENDPOINT": hub.url, "HF_HUB_DISABLE_XET": "1", "OMP_NUM_THREADS": "1"}


def test_a_killed_client_goes_on(hub: Any, dataset: Path) -> None:
    reached, go_on = threading.Event(), threading.Event()

    def fault(request: Any) -> None:
        if request.method == "PUT" and len(hub.store) == 2:
            reached.set()
            go_on.wait(20)

    hub.fault = fault
    client = subprocess.Popen(command(dataset), env=environment(hub), stderr=subprocess.PIPE)
    came = reached.wait(30)
    client.send_signal(signal.SIGKILL)
    words = client.communicate()
    hub.fault = lambda request: None
    go_on.set()
    assert came, words
    kept, sent = dict(hub.store), hub.uploaded()
    assert held(hub) == {}
    done = subprocess.run(
        command(dataset), env=environment(hub), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert f"{hub.url}/datasets/{REPO} (for you alone" in done.stdout
    assert "uploading: 7/7" in done.stderr
    fresh = sum(len(raw) for oid, raw in hub.store.items() if oid not in kept)
    assert hub.uploaded() - sent <= fresh + 20_000  # the piece that was under way when it died
    assert {name for name in held(hub) if name.startswith("data/")} == {
        path.relative_to(dataset).as_posix() for path in dataset.glob("data/*")
    }


def test_load_dataset_gives_equal_pixels(hub: Any, dataset: Path, tmp_path: Path) -> None:
    publish_dataset(dataset, REPO, endpoint=hub.url)
    code = """
import sys, datasets, numpy as np
loaded = datasets.load_dataset(sys.argv[1])
arrays = {}
for split, rows in loaded.items():
    for row in rows:
        for column in ("input", "target", "mask"):
            if row[column] is not None:
                arrays[f"{split}/{row['id']}/{column}"] = np.asarray(row[column])
np.savez(sys.argv[2], **arrays)
print(loaded["test"].features)
"""
    out = tmp_path / "loaded.npz"
    env = {**environment(hub), "HF_HOME": str(tmp_path / "fresh")}
    done = subprocess.run(
        [sys.executable, "-c", code, REPO, str(out)],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("Image(") == 3
    loaded = np.load(out)
    expected = {
        f"{split}/{photo.id}/{column}": picture
        for split in ("train", "test")
        for photo in PhotoSet(dataset, split)
        for column in ("input", "target", "mask")
        if (picture := getattr(photo, column)) is not None
    }
    assert set(loaded.files) == set(expected)
    for name, picture in expected.items():
        np.testing.assert_array_equal(loaded[name], picture, err_msg=name)


def test_a_new_version_takes_the_place_of_the_old(
    hub: Any, dataset: Path, make: Callable[..., Path], tmp_path: Path
) -> None:
    publish_dataset(dataset, REPO, endpoint=hub.url)
    hub.repos[REPO].files["notes.txt"] = b"by hand"
    smaller = make(tmp_path / "smaller", {"test": 2}, start=100)
    publish_dataset(smaller, REPO, endpoint=hub.url)
    assert sorted(name for name in held(hub) if name.startswith("data/")) == [
        "data/test-00000-of-00002.parquet",
        "data/test-00001-of-00002.parquet",
    ]
    assert held(hub)["notes.txt"] == b"by hand"
    assert hub.repos[REPO].commits == 2


def test_public_must_be_said(hub: Any, dataset: Path) -> None:
    publish_dataset(dataset, REPO, endpoint=hub.url)
    assert not publish_dataset(dataset, REPO, public=True, endpoint=hub.url).private
    assert not hub.repos[REPO].private
    with pytest.raises(UserError, match="open to everybody: add --public"):
        publish_dataset(dataset, REPO, endpoint=hub.url)
    publish_dataset(dataset, "someone/open", public=True, endpoint=hub.url)
    assert not hub.repos["someone/open"].private


def test_another_dataset_is_never_written_over(hub: Any, dataset: Path) -> None:
    publish_dataset(dataset, REPO, endpoint=hub.url)
    hub.repos[REPO].files = {"README.md": b"---\ntags: [cats]\n---\n", "cats.csv": b"a"}
    with pytest.raises(UserError, match="not of romnet-bench"):
        publish_dataset(dataset, REPO, endpoint=hub.url)
    assert set(hub.repos[REPO].files) == {"README.md", "cats.csv"}


def test_xet_brings_the_same_bytes(
    hub: Any, dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The client's own choice where `hf_xet` is installed; a store on disk stands for the Hub's."""
    hf_xet = pytest.importorskip("hf_xet")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", False)
    hub.xet = tmp_path / "xet"
    hub.xet.mkdir()
    files = [str(path) for path in (*dataset.glob("data/*"), dataset / "samples.jpg")]
    for path, info in zip(files, hf_xet.hash_files(files), strict=True):
        hub.xet_hashes[hashlib.sha256(Path(path).read_bytes()).hexdigest()] = info.hash
    upload_repository(prepare_repository(dataset, REPO), REPO, endpoint=hub.url)
    assert hub.uploaded() == 0  # nothing by Git LFS
    for name in (*(f"data/{path.name}" for path in dataset.glob("data/*")), "samples.jpg"):
        assert held(hub)[name] == (dataset / name).read_bytes()
