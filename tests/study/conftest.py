"""A small dataset, runs of three made-up systems on it, and a study of them."""

import dataclasses
import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest

from romnet_bench.bench import results
from romnet_bench.color import lightness_grey
from romnet_bench.data.records import Photo, PhotoSet, encode_photo, shard_path, write_shard
from romnet_bench.files import write_bytes
from romnet_bench.images import Picture, decode_picture, encode_png
from romnet_bench.protocol import DEFAULT
from romnet_bench.study.gather import Gathered, Settings, gather_study
from romnet_bench.study.serve import Place, Words, open_service
from romnet_bench.study.service import Service

PHOTOS = 9
LABELS = {"one": "First <system>", "two": "Second system", "three": "Third & last"}
TOKEN = "a token of the tests"


class StudyRuns:
    """A folder with a dataset and runs on it; `add_run` adds one more."""

    def __init__(self, root: Path) -> None:
        self.root, self.runs = root, root / "runs"
        photos = [make_photo(index) for index in range(PHOTOS)]
        path = shard_path(root / "drawn", "test", 0, 1)
        path.parent.mkdir(parents=True)
        write_shard(path, map(encode_photo, photos))
        self.photos = PhotoSet(root / "drawn", "test")

    def add_run(self, name: str, label: str, ids: list[str] | None = None) -> Path:
        """A run whose outputs have one colour each, by name and photo; all photos by default."""
        folder = self.runs / "drawn" / name
        rows = []
        for identity in ids if ids is not None else self.photos.ids:
            output = paint(name, identity, self.photos[identity].input.shape)
            write_bytes(results.image_path(folder, identity), encode_png(output))
            rows.append(make_row(identity, output))
        results.write_run(folder, make_record(self.photos, name, label))
        results.write_scores(folder, rows)
        return folder

    def gather(self, **settings: int) -> Gathered:
        """The study of all runs."""
        chosen = {"people": 3, "photos": 6, "checks": 2, **settings}
        return gather_study([self.runs], None, Settings(**chosen))


def make_photo(index: int) -> Photo:
    height, width = ((48, 64), (64, 48), (40, 40))[index % 3]
    rows, columns = np.mgrid[:height, :width]
    bands = [rows * (index + 3) % 256, columns * 4 % 256, (rows + columns) * 2 % 256]
    target = np.stack(bands, axis=-1).astype(np.uint8)
    return Photo(f"scan {index}", lightness_grey(target), target, None, {})


def paint(name: str, identity: str, shape: tuple[int, ...]) -> Picture:
    """One colour that only this system gives only this photo."""
    colour = list(hashlib.sha256(f"{name} {identity}".encode()).digest()[:3])
    return np.full((*shape, 3), colour, np.uint8)


def make_row(identity: str, output: Picture) -> dict[str, object]:
    empty = dict.fromkeys(results.SCORE_COLUMNS, "")
    numbers = {"psnr": 20.0, "ssim": 0.5, "lpips": None, "seconds": 0.1, "reference_rank": 0}
    digest = hashlib.sha256(encode_png(output)).hexdigest()
    return {**empty, **numbers, "id": identity, "original": identity, "output_sha256": digest}


def make_record(photos: PhotoSet, name: str, label: str) -> results.RunRecord:
    return results.RunRecord.model_validate(
        {
            "made_by": "run",
            "dataset": {
                "name": photos.name,
                "path": str(photos.folder),
                "split": photos.split,
                "fingerprint": photos.fingerprint,
                "photos": len(photos),
                "originals": len(photos),
            },
            "method": {
                "name": name,
                "label": label,
                "restores": name != "input",
                "colorizes": name != "input",
                "needs_reference": False,
                "fingerprint": {},
                "notes": [],
            },
            "protocol": {"name": DEFAULT.name, "hash": DEFAULT.hash},
            "references": {},
            "device": "cpu",
            "command": "",
            "commit": "",
            "packages": {},
            "started": results.now(),
            "finished": results.now(),
            "unavailable": {},
            "failed": {},
        }
    )


def make_runs(root: Path) -> StudyRuns:
    runs = StudyRuns(root)
    for name, label in LABELS.items():
        runs.add_run(name, label)
    return runs


@pytest.fixture(scope="session")
def study_runs(tmp_path_factory: pytest.TempPathFactory) -> StudyRuns:
    """Runs of three systems on nine photos; for tests that change nothing in them."""
    return make_runs(tmp_path_factory.mktemp("study-runs"))


@pytest.fixture
def own_runs(tmp_path: Path) -> StudyRuns:
    """The same, for tests that change them."""
    return make_runs(tmp_path / "own")


@pytest.fixture(scope="session")
def gathered(study_runs: StudyRuns) -> Gathered:
    """Six of the nine photos, two attention checks, three people."""
    return study_runs.gather()


@pytest.fixture
def place(tmp_path: Path, study_runs: StudyRuns) -> Place:
    """A database of its own; the pictures, which never change, are shared."""
    pictures = study_runs.root / "pictures"
    return Place(str(tmp_path / "study.sqlite"), pictures, at_most=6, token=TOKEN)


@pytest.fixture
def service(gathered: Gathered, place: Place) -> Service:
    """A study that nobody has joined yet."""
    return open_service(gathered, Words("A <title>", "Do you agree?", "me@example.org"), place)


@dataclasses.dataclass(frozen=True)
class Seen:
    """A trial as a visitor sees it: for each output's key, by place, its photo and method."""

    trial: str
    shown: dict[str, tuple[str, str]]

    @property
    def photo(self) -> str:
        """Which photo it is about."""
        (photo,) = {photo for photo, _ in self.shown.values()}
        return photo

    @property
    def is_check(self) -> bool:
        """Whether one output is ruined."""
        return any(method == "ruined" for _, method in self.shown.values())


class Visitor:
    """A person at a browser: opens pages, looks at the pictures, ranks them.

    Whose an output is, it finds out from the picture alone: each is of one colour.
    """

    def __init__(self, client: httpx.Client, runs: StudyRuns, first: str) -> None:
        self.client, self.link = client, ""
        self.colours: dict[tuple[int, ...], tuple[str, str]] = {}
        for identity in runs.photos.ids:
            for name, label in LABELS.items():
                colour = paint(name, identity, (1, 1))[0, 0]
                self.colours[tuple(colour.tolist())] = (identity, label)
                if label == first:  # ruined copies are made from the first method's output
                    self.colours[tuple((255 - colour).tolist())] = (identity, "ruined")

    def join(self) -> None:
        """Agrees, and remembers the link."""
        answer = self.client.post("/join", data={"consent": "yes"}, follow_redirects=False)
        assert answer.status_code == 303, answer.text
        self.link = answer.headers["location"]

    def look(self) -> Seen | None:
        """The trial that is shown now, None at the end."""
        page = self.client.get(self.link)
        assert page.status_code == 200, page.text
        trial = re.search(r'data-trial="([^"]+)"', page.text)
        if trial is None:
            return None
        keys = re.findall(r'data-key="([^"]+)"', page.text)
        shown = {key: self.recognise(key) for key in keys}
        return Seen(trial[1], shown)

    def recognise(self, key: str) -> tuple[str, str]:
        """The photo and the method behind a picture, by its colour."""
        answer = self.client.get(f"{self.link}/p/{key}")
        assert answer.status_code == 200, answer.text
        return self.colours[tuple(decode_picture(answer.content, key)[0, 0].tolist())]

    def rank(self, trial: str, keys: list[str], seconds: object = 1.5) -> httpx.Response:
        """Sends a ranking."""
        body = {"trial": trial, "ranking": keys, "seconds": seconds}
        return self.client.post(f"{self.link}/answers", json=body)


@dataclasses.dataclass(frozen=True)
class Running:
    """A server in a process of its own."""

    process: subprocess.Popen[str]
    url: str
    lines: list[str]  # that it has said so far


@pytest.fixture
def start_server(study_runs: StudyRuns, place: Place) -> Iterator[Callable[..., Running]]:
    """A function that starts `romnet-bench study serve` with more options."""
    started: list[subprocess.Popen[str]] = []

    def start(*options: str) -> Running:
        fixed = ["--db", place.database, "--pictures", str(place.pictures), "--port", "0"]
        command = [sys.executable, "-m", "romnet_bench", "study", "serve", str(study_runs.runs)]
        process = subprocess.Popen(
            [*command, *fixed, "--admin-token", TOKEN, *options],
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "OMP_NUM_THREADS": "1"},
        )
        started.append(process)
        assert process.stderr is not None
        lines = []
        for line in process.stderr:
            lines.append(line)
            if found := re.search(r"http://[^ ]+", line):
                return Running(process, found[0].rstrip("/"), lines)
        raise AssertionError(f"the server ended: {lines}")

    yield start
    for process in started:
        process.kill()
        process.communicate()


@pytest.fixture
def visit(study_runs: StudyRuns, gathered: Gathered) -> Callable[..., Visitor]:
    """A function that lets one more person join through a client, or come back by a link."""

    def join(client: httpx.Client, link: str = "") -> Visitor:
        visitor = Visitor(client, study_runs, gathered.definition.methods[0])
        if link:
            visitor.link = link
        else:
            visitor.join()
        return visitor

    return join
