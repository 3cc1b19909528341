"""A small dataset of drawn photographs, and runs on it by three made-up systems."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from skimage.filters import gaussian
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from romnet_bench.bench import results
from romnet_bench.color import lightness_grey
from romnet_bench.data.records import Photo, PhotoSet, encode_photo, shard_path, write_shard
from romnet_bench.files import write_bytes
from romnet_bench.images import Picture, encode_png, to_rgb
from romnet_bench.protocol import DEFAULT
from romnet_bench.report.build import build_report

IDS = ("p0", "p1", "p2", "p3", "p4", "p5")
SIZES = ((48, 64), (64, 48), (56, 56))


def draw_target(index: int) -> Picture:
    """A colourful scene: two gradients, a disc and some grain, different for each index."""
    generator = np.random.default_rng(index)
    height, width = SIZES[index % len(SIZES)]
    y, x = np.mgrid[0:height, 0:width].astype(float)
    disc = (y - height / 2) ** 2 + (x - width / 2) ** 2 < (min(height, width) / 4) ** 2
    picture = np.stack([255 * x / width, 255 * y / height, 40 + 170 * disc], axis=-1)
    picture += generator.normal(0, 6 + 3 * index, picture.shape)
    return np.clip(picture, 0, 255).astype(np.uint8)


def write_dataset(folder: Path, targets: dict[str, Picture]) -> PhotoSet:
    """A dataset with the split `test`: each target and its grey version."""
    photos = [
        Photo(identity, lightness_grey(target), target, None, {})
        for identity, target in targets.items()
    ]
    path = shard_path(folder, "test", 0, 1)
    path.parent.mkdir(parents=True)
    write_shard(path, map(encode_photo, photos))
    return PhotoSet(folder, "test")


def system_grey(photo: Photo) -> Picture:
    return to_rgb(photo.input)


def system_blur(photo: Photo) -> Picture:
    blurred = gaussian(photo.target, sigma=1.2, channel_axis=-1, preserve_range=True)
    return np.clip(np.rint(blurred), 0, 255).astype(np.uint8)


def system_noise(photo: Photo) -> Picture:
    generator = np.random.default_rng(7)
    noisy = photo.target + generator.normal(0, 14, photo.target.shape)
    return np.clip(np.rint(noisy), 0, 255).astype(np.uint8)


def score(photo: Photo, output: Picture) -> dict[str, object]:
    """A row of scores; LPIPS is empty, as without weights."""
    return {
        "id": photo.id,
        "psnr": peak_signal_noise_ratio(photo.target, output, data_range=255),
        "ssim": structural_similarity(
            photo.target,
            output,
            channel_axis=-1,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
            data_range=255,
        ),
        "lpips": None,
        "seconds": 0.25,
        "reference_id": "lender",
        "reference_rank": 1,
        "original": photo.id,
        "input_sha256": hashlib.sha256(photo.input.tobytes()).hexdigest(),
        "output_sha256": hashlib.sha256(encode_png(output)).hexdigest(),
        "note": "",
    }


def make_record(photos: PhotoSet, name: str, **changes: object) -> results.RunRecord:
    """A finished run's record; `changes` replace fields, `method.x` those of the method."""
    fields: dict[str, object] = {
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
            "label": name,
            "restores": name != "grey",
            "colorizes": name != "grey",
            "needs_reference": False,
            "fingerprint": {"sigma": "1.2"},
            "notes": [],
        },
        "protocol": {"name": DEFAULT.name, "hash": DEFAULT.hash},
        "references": {},
        "device": "cpu",
        "command": f"romnet-bench run {name}",
        "commit": "",
        "packages": {"numpy": np.__version__},
        "started": "2026-01-01T00:00:00Z",
        "finished": "2026-01-01T00:01:00Z",
        "unavailable": {"lpips": "no AlexNet weights: put alexnet.pth into the weights folder"},
        "failed": {},
    }
    for key, value in changes.items():
        part, _, field = key.partition("__")
        if field:
            inner = fields[part]
            assert isinstance(inner, dict)
            inner[field] = value
        else:
            fields[part] = value
    return results.RunRecord.model_validate(fields)


def write_made_up_run(
    folder: Path,
    photos: PhotoSet,
    name: str,
    system: Callable[[Photo], Picture],
    ids: list[str] | None = None,
    **changes: object,
) -> Path:
    """Writes a run of `system` on `ids` (all by default), outputs included."""
    rows = []
    for identity in ids if ids is not None else photos.ids:
        photo = photos[identity]
        output = system(photo)
        write_bytes(results.image_path(folder, identity), encode_png(output))
        rows.append(score(photo, output))
    results.write_run(folder, make_record(photos, name, **changes))
    results.write_scores(folder, rows)
    return folder


SYSTEMS = {"grey": system_grey, "blur": system_blur, "noise": system_noise}


class Bench:
    """A folder with a dataset and the runs that a test asks for."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.runs = root / "runs"

    def add_dataset(self, name: str = "drawn", ids: tuple[str, ...] = IDS) -> PhotoSet:
        targets = {identity: draw_target(index) for index, identity in enumerate(ids)}
        return write_dataset(self.root / name, targets)

    def add_run(
        self,
        photos: PhotoSet,
        system: str,
        folder: str = "",
        ids: list[str] | None = None,
        **changes: object,
    ) -> Path:
        where = self.runs / (folder or f"{photos.name}/{system}")
        return write_made_up_run(where, photos, system, SYSTEMS[system], ids, **changes)

    def change_scores(self, folder: Path, **columns: list[object]) -> None:
        """Puts other values into a run's scores."""
        rows = results.read_scores(folder).to_dict("records")
        for column, values in columns.items():
            for row, value in zip(rows, values, strict=True):
                row[column] = value
        results.write_scores(folder, rows)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    """An empty folder to which datasets and runs are added."""
    return Bench(tmp_path)


@pytest.fixture
def full_bench(bench: Bench) -> Bench:
    """Six photos of three shapes; runs of the grey input, a blurred and a noisy target."""
    return fill(bench)


@pytest.fixture(scope="module")
def made_report(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """A bench like `full_bench` with its report in `out`; for tests that change nothing."""
    bench = fill(Bench(tmp_path_factory.mktemp("made")))
    build_report([bench.runs], bench.root / "out")
    return bench


def fill(bench: Bench) -> Bench:
    photos = bench.add_dataset()
    for system in SYSTEMS:
        bench.add_run(photos, system)
    return bench
