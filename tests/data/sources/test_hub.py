"""Datasets of the Hub: from folders in its form, and over the network from a Hub on loopback."""

import http.server
import io
import json
import os
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from PIL import Image

from romnet_bench.data.records import PhotoSet
from romnet_bench.data.sources import hub as hub_source
from romnet_bench.data.sources.hub import HubSource, list_hub, parse_hub
from romnet_bench.errors import UserError

COUNT = 70  # more than two saves of the state
SHA = "0123456789abcdef0123456789abcdef01234567"


def jpeg(number: int) -> bytes:
    rows, columns = np.mgrid[:48, :64] / 8
    waves = [np.sin(rows * phase + columns + number) for phase in (1, 2, 3)]
    buffer = io.BytesIO()
    Image.fromarray(np.uint8(128 + 100 * np.stack(waves, -1))).save(buffer, "JPEG")
    return buffer.getvalue()


PICTURES = [jpeg(number) for number in range(COUNT)]


def write_parquet(folder: Path, noted: bool = True, columns: tuple[str, ...] = ("image",)) -> Path:
    """A dataset in the form that the Hub serves: two files, pictures as bytes with a path."""
    kinds = {"label": {"dtype": "int64", "_type": "Value"}}
    kinds |= {name: {"_type": "Image"} for name in columns}
    for part, numbers in enumerate((range(40), range(40, COUNT))):
        pictures = [{"bytes": PICTURES[n], "path": f"{n}.jpg"} for n in numbers]
        table = pa.table(dict.fromkeys(columns, pictures) | {"label": list(numbers)})
        if noted:
            note = json.dumps({"info": {"features": kinds}})
            table = table.replace_schema_metadata({"huggingface": note})
        path = folder / "data" / f"train-{part:05d}-of-00002.parquet"
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, path, row_group_size=16)
    return folder


@pytest.fixture(autouse=True)
def own_caches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import datasets.config

    for name in ("HF_DATASETS_CACHE", "HF_MODULES_CACHE"):
        monkeypatch.setattr(datasets.config, name, str(tmp_path / "hf"))


def contents(folder: Path, cache: Path, limit: int | None = None, **changes: str) -> list[bytes]:
    photos = list_hub(HubSource(str(folder), **changes), "CC0", cache, limit)
    return [photo.path.read_bytes() for photo in photos]


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("org/name", HubSource("org/name")),
        ("org/name@v1.0", HubSource("org/name", "v1.0")),
        ("org/name:test", HubSource("org/name", split="test")),
        ("org/name@ab:test:photo:large", HubSource("org/name", "ab", "test", "photo", "large")),
        ("org/name::photo", HubSource("org/name", column="photo")),
    ],
)
def test_what_a_name_means(text: str, source: HubSource) -> None:
    assert parse_hub(text) == source


@pytest.mark.parametrize("text", ["", ":train", "@v1", "a:b:c:d:e"])
def test_what_is_no_name(text: str) -> None:
    with pytest.raises(UserError, match=r"write hub:ORG/NAME\[@REVISION\]"):
        parse_hub(text)


@pytest.mark.parametrize("noted", [True, False])
def test_pictures_come_as_the_bytes_that_they_are(tmp_path: Path, noted: bool) -> None:
    folder = write_parquet(tmp_path / "photos", noted)
    assert contents(folder, tmp_path / "cache") == PICTURES
    photos = list_hub(HubSource(str(folder)), "CC BY 4.0", tmp_path / "cache", None)
    assert photos[3].id == "photos-train-0000003"
    assert photos[3].licence == "CC BY 4.0"
    assert not photos[3].free
    assert str(tmp_path) not in photos[3].origin
    assert [photo.id for photo in photos] == sorted(photo.id for photo in photos)


def test_a_limit_takes_the_first_and_more_are_added_later(tmp_path: Path) -> None:
    folder, cache = write_parquet(tmp_path / "photos"), tmp_path / "cache"
    assert contents(folder, cache, 5) == PICTURES[:5]
    kept = sorted(cache.rglob("*.picture"))
    times = [path.stat().st_mtime_ns for path in kept]
    assert len(kept) == 5
    assert contents(folder, cache, 45) == PICTURES[:45]
    assert [path.stat().st_mtime_ns for path in kept] == times  # none of them was fetched again
    assert contents(folder, cache, 9) == PICTURES[:9]
    assert contents(folder, cache, COUNT + 10) == PICTURES
    assert contents(folder, cache) == PICTURES


def test_what_is_complete_is_not_opened_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, cache = write_parquet(tmp_path / "photos"), tmp_path / "cache"
    contents(folder, cache)
    monkeypatch.setattr(hub_source, "_fetch", None)
    assert contents(folder, cache) == PICTURES


def test_a_stopped_fetch_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, cache = write_parquet(tmp_path / "photos"), tmp_path / "cache"
    write_bytes, written = hub_source.write_bytes, []

    def stops(path: Path, content: bytes) -> None:
        if len(written) == 50:
            raise KeyboardInterrupt
        written.append(path)
        write_bytes(path, content)

    monkeypatch.setattr(hub_source, "write_bytes", stops)
    with pytest.raises(KeyboardInterrupt):
        contents(folder, cache)
    monkeypatch.setattr(
        hub_source, "write_bytes", lambda *a: (written.append(a[0]), write_bytes(*a))
    )
    assert contents(folder, cache) == PICTURES
    assert len(written) < COUNT + 32  # at most one batch twice


def test_a_folder_whose_files_changed_is_read_anew(tmp_path: Path) -> None:
    folder, cache = write_parquet(tmp_path / "photos"), tmp_path / "cache"
    contents(folder, cache)
    path = folder / "data" / "train-00000-of-00002.parquet"
    turned = pq.read_table(path).take(list(range(39, -1, -1)))
    pq.write_table(turned, path)
    assert contents(folder, cache) == PICTURES[39::-1] + PICTURES[40:]


def test_columns(tmp_path: Path) -> None:
    two = write_parquet(tmp_path / "two", columns=("scan", "photo"))
    with pytest.raises(UserError, match=r"several columns of pictures \(scan, photo\): name one"):
        contents(two, tmp_path / "cache", 2)
    assert contents(two, tmp_path / "cache", 2, column="photo") == PICTURES[:2]
    with pytest.raises(UserError, match="has no column nothing: it has scan, photo, label"):
        contents(two, tmp_path / "cache", 2, column="nothing")
    with pytest.raises(UserError, match=r"The column label of .* holds no pictures"):
        contents(two, tmp_path / "cache", 2, column="label")
    (tmp_path / "text" / "data").mkdir(parents=True)
    pq.write_table(pa.table({"words": ["a"]}), tmp_path / "text" / "data" / "train-0.parquet")
    with pytest.raises(UserError, match=r"no column of pictures \(its columns: words\)"):
        contents(tmp_path / "text", tmp_path / "cache")


def test_plain_bytes_are_pictures_where_the_column_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "bytes"
    (folder / "data").mkdir(parents=True)
    table = pa.table({"jpg": pa.array(PICTURES[:3], pa.binary())})
    pq.write_table(table, folder / "data" / "train-0.parquet")
    assert contents(folder, tmp_path / "cache", column="jpg") == PICTURES[:3]


def test_pictures_in_files_of_their_own(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "train").mkdir(parents=True)
    for number in range(3):
        (folder / "train" / f"{number}.jpg").write_bytes(PICTURES[number])
    assert contents(folder, tmp_path / "cache") == PICTURES[:3]


@pytest.mark.parametrize("path", ["/etc/passwd", "{base}/secret", "hf://datasets/a/b@c/d.png"])
def test_a_row_that_points_outside_is_refused(tmp_path: Path, path: str) -> None:
    """A dataset is text by anybody: it must not read this machine's files into a dataset."""
    (tmp_path / "secret").write_text("mine")
    folder = tmp_path / "evil"
    (folder / "data").mkdir(parents=True)
    rows = [{"bytes": None, "path": path.format(base=tmp_path)}]
    kinds = pa.struct({"bytes": pa.binary(), "path": pa.string()})
    table = pa.table({"image": pa.array(rows, kinds)})
    note = {"info": {"features": {"image": {"_type": "Image"}}}}
    table = table.replace_schema_metadata({"huggingface": json.dumps(note)})
    pq.write_table(table, folder / "data" / "train-0.parquet")
    with pytest.raises(UserError, match="points outside of itself"):
        contents(folder, tmp_path / "cache")
    assert not list((tmp_path / "cache").rglob("*.picture"))


@pytest.mark.parametrize(
    "path",
    [
        "{secret}::{own}",
        "zip://a.jpg::{secret}::{own}",
        "file://{secret}::{own}",
        "file://{secret}",
        "local://{secret}",
        "simplecache::{own}",
        "gzip://a.jpg::{own}",
        "zip://a.jpg::file://{secret}",
        "zip://a.jpg::{secret}",
        "{inside}/../secret.jpg",
        "{inside}/link.jpg",
        "zip://a.jpg::{inside}/l*.jpg",
        "::{own}",
        "{own}::",
        "secret.jpg",
    ],
)
@pytest.mark.parametrize("own", ["{inside}/own.zip", "hf://datasets/org/photos@abc/own.zip"])
def test_no_chain_of_paths_leads_outside(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, own: str
) -> None:
    """Of `a::b` the opener opens `a` where that is a file here, whatever `b` is."""
    inside, secret = tmp_path / "inside", tmp_path / "secret.jpg"
    inside.mkdir()
    secret.write_bytes(PICTURES[0])
    (inside / "link.jpg").symlink_to(secret)
    with zipfile.ZipFile(inside / "own.zip", "w") as archive:
        archive.writestr("a.jpg", PICTURES[1])
    monkeypatch.chdir(tmp_path)
    row = {
        "bytes": None,
        "path": path.format(secret=secret, inside=inside, own=own.format(inside=inside)),
    }
    source = HubSource(str(inside) if own.startswith("{") else "org/photos")
    with pytest.raises(UserError, match="points outside of itself"):
        hub_source._content(row, source)


@pytest.mark.parametrize(
    "path",
    [
        "hf://datasets/org/photos@abc/../../../org/other@abc/a.jpg",
        "zip://a.jpg::hf://datasets/org/photos@abc/x/../a.zip",
        "hf://datasets/org/photos-of-others@abc/a.jpg",
        "hf://org/photos@abc/a.jpg",
        "https://example.org/a.jpg",
    ],
)
def test_another_dataset_is_outside(path: str) -> None:
    with pytest.raises(UserError, match="points outside of itself"):
        hub_source._content({"bytes": None, "path": path}, HubSource("org/photos"))


def test_pictures_in_archives_of_the_dataset(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "own.zip", "w") as archive:
        archive.writestr("b/a.jpg", PICTURES[1])
    row = {"bytes": None, "path": f"zip://b/a.jpg::{tmp_path}/own.zip"}
    assert hub_source._content(row, HubSource(str(tmp_path))) == PICTURES[1]
    for path in ("a.jpg", "b/a..b.jpg"):
        for chain in (
            f"hf://datasets/org/photos@abc/{path}",
            f"zip://{path}::hf://datasets/org/photos@abc/a.zip",
        ):
            assert hub_source._own_file(chain, HubSource("org/photos")) == chain


def test_a_row_without_a_picture_is_named_by_the_build(tmp_path: Path) -> None:
    from romnet_bench.data.build import build_dataset
    from romnet_bench.synthesis.recipe import load_recipe

    folder = tmp_path / "gaps"
    (folder / "data").mkdir(parents=True)
    rows = [{"bytes": PICTURES[0], "path": None}, None, {"bytes": b"letter", "path": "a.jpg"}]
    kinds = pa.struct({"bytes": pa.binary(), "path": pa.string()})
    table = pa.table({"image": pa.array(rows, kinds)})
    note = {"info": {"features": {"image": {"_type": "Image"}}}}
    table = table.replace_schema_metadata({"huggingface": json.dumps(note)})
    pq.write_table(table, folder / "data" / "train-0.parquet")
    photos = list_hub(HubSource(str(folder)), "CC0", tmp_path / "cache", None)
    recipe = load_recipe("clean").model_copy(update={"min_side": 32})
    built = build_dataset(recipe, photos, tmp_path / "out", split="test")
    assert built.pairs == {"test": 1}
    assert [sentence.rsplit(":", 2)[1] for sentence in built.skipped] == ["1", "2"]
    assert "not a picture that can be read" in built.skipped[1]


def test_what_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    folder = write_parquet(tmp_path / "photos")
    with pytest.raises(UserError, match="Bad split: tset") as caught:
        contents(folder, tmp_path / "cache", split="tset")
    assert "\n" not in str(caught.value)
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="could not be read from the Hub"):
        contents(tmp_path / "empty", tmp_path / "cache")


def test_a_damaged_cache_is_named(tmp_path: Path) -> None:
    folder, cache = write_parquet(tmp_path / "photos"), tmp_path / "cache"
    contents(folder, cache, 3)
    (state,) = cache.rglob("state.json")
    state.write_text('{"rows": 1}')
    with pytest.raises(UserError, match="is damaged: delete it and run the same command again"):
        contents(folder, cache, 3)


# Over the network


class Hub(http.server.ThreadingHTTPServer):
    """Speaks as much of the Hub's protocol as reading a public dataset takes."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), HubHandler)
        self.folder = folder
        self.asked: list[str] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class HubHandler(http.server.BaseHTTPRequestHandler):
    server: Hub
    protocol_version = "HTTP/1.1"

    def do_HEAD(self) -> None:
        self.do_GET()

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        place = self.path.partition("?")[0]
        api, files = "/api/datasets/org/photos", f"/datasets/org/photos/resolve/{SHA}/"
        if place in (api, f"{api}/revision/{SHA}"):
            self.answer({"id": "org/photos", "sha": SHA, "siblings": []})
        elif place.startswith(f"{api}/tree/{SHA}"):
            self.answer(self.tree(place.removeprefix(f"{api}/tree/{SHA}").strip("/")))
        elif (
            place.startswith(files) and (path := self.server.folder / place[len(files) :]).exists()
        ):
            self.send_file(path)
        else:
            self.reply(404, b"", {"X-Error-Code": "EntryNotFound"})

    def tree(self, below: str) -> list[dict[str, object]]:
        found = sorted((self.server.folder / below).glob("*"))
        return [
            {
                "type": "file" if path.is_file() else "directory",
                "path": path.relative_to(self.server.folder).as_posix(),
                "size": path.stat().st_size,
                "oid": SHA,
            }
            for path in found
        ]

    def send_file(self, path: Path) -> None:
        content = path.read_bytes()
        size, first, last = len(content), 0, len(content) - 1
        headers = {"ETag": '"1"', "X-Repo-Commit": SHA, "Accept-Ranges": "bytes"}
        if asked := self.headers["Range"]:
            start, _, end = asked.removeprefix("bytes=").partition("-")
            first, last = int(start), min(int(end or last), last)
            headers["Content-Range"] = f"bytes {first}-{last}/{size}"
        part = content[first : last + 1]
        self.reply(206 if asked else 200, part, headers)

    def answer(self, facts: object) -> None:
        self.reply(200, json.dumps(facts).encode(), {"Content-Type": "application/json"})

    def reply(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    with Hub(write_parquet(tmp_path / "served")) as running:
        thread = threading.Thread(target=running.serve_forever, args=(0.01,))
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def build(hub: Hub, base: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """The command itself, in a process whose Hub is ours: the client looks when it is imported."""
    ours = {"HF_ENDPOINT": hub.url, "HF_HOME": str(base / "hf"), "HF_HUB_DISABLE_TELEMETRY": "1"}
    command = [sys.executable, "-m", "romnet_bench", "build-synthetic", "--recipe", "clean"]
    options = ["--split", "test", "--out", str(base / "out"), "--cache", str(base / "cache")]
    return subprocess.run(
        [*command, *options, "--workers", "1", *words],
        env={**os.environ, **ours, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )


def small_recipe(base: Path) -> str:
    import yaml

    from romnet_bench.synthesis.recipe import load_recipe

    content = load_recipe("clean").model_copy(update={"min_side": 32}).model_dump(mode="json")
    (base / "recipe.yaml").write_text(yaml.safe_dump(content))
    return str(base / "recipe.yaml")


def test_a_dataset_of_the_hub_is_built_and_pinned(hub: Hub, tmp_path: Path) -> None:
    recipe = small_recipe(tmp_path)
    words = ["--recipe", recipe, "--source", "hub:org/photos", "--limit", "12"]
    done = build(hub, tmp_path, *words)
    assert done.returncode == 0, done.stderr
    assert "12 test pairs" in done.stdout
    pairs = PhotoSet(tmp_path / "out", "test")
    assert pairs.ids == [f"org-photos-train-{row:07d}" for row in range(12)]
    for number, pair in enumerate(pairs):
        picture = np.asarray(Image.open(io.BytesIO(PICTURES[number])))
        assert np.array_equal(pair.target, picture)
        assert pair.meta["source"] == f"hub:org/photos@{SHA[:12]}:train:{number}"
    asked = len(hub.asked)
    again = build(hub, tmp_path, *words)
    assert again.returncode == 0, again.stderr
    assert len(hub.asked) == asked  # all is in the cache: no network
