"""What goes wrong at the Hub is one sentence, and the token is nowhere."""

import errno
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from romnet_bench.data.publishing.errors import hub_sentences
from romnet_bench.data.publishing.publish import publish_dataset
from romnet_bench.data.publishing.upload import check_name
from romnet_bench.errors import UserError

REPO = "someone/noise"


def fail(hub: Any, part: str, fault: Any) -> None:
    hub.fault = lambda request: fault if part in request.path else None


@pytest.mark.parametrize(
    ("part", "fault", "sentence"),
    [
        ("/api/repos/create", 401, "does not know the token"),
        ("/api/repos/create", 403, "may not write to someone/noise"),
        ("/api/repos/create", (409, "a model has that name"), "is taken .*a model has that name"),
        ("/api/repos/create", (402, "pay first"), "no room for someone/noise \\(pay first\\)"),
        ("/objects/batch", (403, "Private repository storage limit reached"), "no room"),
        ("/objects/batch", (400, "odd"), "status 400.*odd"),
        ("/preupload/", 404, "has no dataset"),
        ("/lfs/", 500, "failed with status 500.*run the same command again"),
        ("/lfs/", 0.5, "broke off.*run the same command again"),
        ("/complete/", 503, "failed with status 503"),
        ("/validate-yaml", (429, "too many"), "asks to wait \\(too many\\)"),
        ("/commit/", (403, "read only"), "may not write.*read only"),
        ("/commit/", 412, "status 412"),
        ("/api/datasets/", 0.0, "cannot be reached or broke off"),
    ],
)
def test_one_sentence(hub: Any, dataset: Path, part: str, fault: Any, sentence: str) -> None:
    fail(hub, part, fault)
    with pytest.raises(UserError, match=sentence) as caught:
        publish_dataset(dataset, REPO, endpoint=hub.url)
    assert "\n" not in str(caught.value)
    assert not hub.repos.get(REPO) or not hub.repos[REPO].commits


@pytest.mark.parametrize("status", [401, 403])
def test_xet_refuses(hub: Any, dataset: Path, monkeypatch: pytest.MonkeyPatch, status: int) -> None:
    """`hf_xet` raises errors of its own kinds, PermissionError among them."""
    pytest.importorskip("hf_xet")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_DISABLE_XET", False)
    fail(hub, "/xet-write-token/", status)
    with pytest.raises(UserError, match=f"store refuses.*{status}.*may write to someone/noise"):
        publish_dataset(dataset, REPO, endpoint=hub.url)


def test_a_full_disk_is_not_the_hub_s_fault() -> None:
    with pytest.raises(OSError, match="No space left"), hub_sentences(REPO, "hf_x"):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_no_hub_there(hub: Any, dataset: Path) -> None:
    with pytest.raises(UserError, match="cannot be reached"):
        publish_dataset(dataset, REPO, endpoint="http://127.0.0.1:9")


def test_offline(hub: Any, dataset: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub.utils import close_session

    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    close_session()
    try:
        with pytest.raises(UserError, match="HF_HUB_OFFLINE"):
            publish_dataset(dataset, REPO, endpoint=hub.url)
    finally:
        close_session()
    assert hub.requests == []


def test_no_token(hub: Any, dataset: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("HF_TOKEN")
    monkeypatch.setattr("huggingface_hub.constants.HF_TOKEN_PATH", str(tmp_path / "none"))
    with pytest.raises(UserError, match="set HF_TOKEN, or run `hf auth login`"):
        publish_dataset(dataset, REPO, endpoint=hub.url)
    assert hub.requests == []


@pytest.mark.parametrize(
    "name", ["noise", "a/b/c", "some one/noise", "../noise", "a/--", "a/b.git"]
)
def test_no_name_for_a_dataset(name: str) -> None:
    with pytest.raises(UserError, match="--repo"):
        check_name(name)


# Everything that can be logged is logged, to standard error; retries do not wait.
CODE = """
import logging, time
logging.basicConfig(level=logging.DEBUG)
from huggingface_hub.utils import _http, logging as hub_logging
hub_logging.set_verbosity_debug()
_http.time.sleep = lambda seconds: None
from romnet_bench.cli import cli, main
main()
"""


@pytest.mark.parametrize(
    ("part", "fault"),
    [
        (None, None),
        ("/api/repos/create", (401, "Invalid token {token}")),
        ("/objects/batch", (500, "Authorization: Bearer {token}")),
        ("/preupload/", (403, "{token}")),
        ("/lfs/", 0.5),
    ],
)
def test_the_token_is_nowhere(
    hub: Any, token: str, dataset: Path, part: str | None, fault: Any
) -> None:
    """Not in the log of all libraries, not in a file, not where the Hub itself repeats it."""
    if part is not None:
        told = (fault[0], fault[1].format(token=token)) if isinstance(fault, tuple) else fault
        fail(hub, part, told)
    home = dataset.parent / "home"
    home.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", CODE, "publish", str(dataset), "--repo", REPO],
        env={
            **os.environ,
            "HOME": str(home),
            "TMPDIR": str(home),
            "HF_ENDPOINT": hub.url,
            "HF_HUB_DISABLE_XET": "1",
            "HF_DEBUG": "1",
            "OMP_NUM_THREADS": "1",
        },
        cwd=home,
        capture_output=True,
        text=True,
        check=False,
    )
    assert any(each.authorised for each in hub.requests)  # the client did use it
    assert "DEBUG" in done.stderr
    assert done.returncode == (0 if part is None else 1)
    if part is not None:
        [sentence] = [line for line in done.stderr.splitlines() if line.startswith("Error: ")]
        assert "<token>" in sentence or not isinstance(fault, tuple) or fault[0] == 401
    assert token not in done.stdout
    assert token not in done.stderr
    files = [path for path in dataset.parent.rglob("*") if path.is_file()]
    assert files
    for path in files:
        assert token.encode() not in path.read_bytes(), path


def test_the_token_is_not_in_xets_log(
    hub: Any, token: str, dataset: Path, tmp_path: Path, make: Callable[..., Path]
) -> None:
    """`hf_xet` keeps a log of its own below HF_HOME."""
    pytest.importorskip("hf_xet")
    hub.xet = tmp_path / "xet"
    hub.xet.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", CODE, "publish", str(dataset), "--repo", REPO],
        env={**os.environ, "HF_ENDPOINT": hub.url, "RUST_LOG": "debug", "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Error: " in done.stderr  # this server cannot commit what it was not told the hash of
    logs = list((tmp_path / "hf-home").rglob("*.log"))
    assert logs
    for path in tmp_path.rglob("*"):
        assert not path.is_file() or token.encode() not in path.read_bytes(), path
    assert token not in done.stdout + done.stderr
