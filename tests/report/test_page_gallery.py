"""The pictures of the page: whose they are, how large, and the numbers that stand below them."""

import base64
import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio
from skimage.transform import resize

from romnet_bench.data.records import PhotoSet
from romnet_bench.images import to_rgb
from romnet_bench.report.page import copies
from romnet_bench.report.page.gallery import make_gallery
from romnet_bench.report.runs import compare_runs
from romnet_bench.report.telling import Entry


def make_entries(bench: Any, out: Path) -> list[Entry]:
    (comparison,) = compare_runs([bench.runs])
    return make_gallery(comparison, PhotoSet(bench.root / "drawn", "test"), out)


def read_uri(address: str) -> Any:
    head, _, content = address.partition(",")
    assert head == "data:image/webp;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(content))))


def test_pictures_are_the_runs_own(full_bench: Any, tmp_path: Path) -> None:
    entries = make_entries(full_bench, tmp_path)
    photos = PhotoSet(full_bench.root / "drawn", "test")
    assert [entry.id for entry in entries] == photos.ids
    for entry in entries:
        photo = photos[entry.id]
        blurred = Image.open(full_bench.runs / "drawn" / "blur" / "images" / f"{entry.id}.png")
        assert [shot.title for shot in entry.shots] == ["Input", "blur", "noise", "Target"]
        expected = [to_rgb(photo.input), np.asarray(blurred), None, photo.target]
        for shot, picture in zip(entry.shots, expected, strict=True):
            assert (shot.height, shot.width) == photo.target.shape[:2]
            if picture is not None:
                full = np.asarray(Image.open(tmp_path / shot.full))
                assert peak_signal_noise_ratio(picture, full) > 32
                assert peak_signal_noise_ratio(picture, read_uri(shot.thumb)) > 20


@pytest.mark.parametrize("shape", [(300, 900), (2000, 900), (7, 1700), (64, 64)])
def test_copies_are_as_small_as_said(tmp_path: Path, shape: tuple[int, int]) -> None:
    y, x = np.mgrid[: shape[0], : shape[1]] / max(shape)
    picture = np.uint8(255 * np.stack([x, y, (x + y) / 2], axis=-1))
    thumb, full = copies.write_copies(picture, tmp_path, "a/b", side=200, inside=True)
    large = np.asarray(Image.open(tmp_path / full))
    small = read_uri(thumb)
    assert max(large.shape) == min(max(shape), copies.FULL_SIDE)
    assert max(small.shape) == min(max(shape), 200)
    wanted = resize(picture, small.shape, anti_aliasing=True, preserve_range=True)
    assert np.abs(wanted - small).mean() < 4
    beside, _ = copies.write_copies(picture, tmp_path, "a/b", side=200, inside=False)
    assert np.array_equal(np.asarray(Image.open(tmp_path / beside)), small)


def test_copies_have_the_same_bytes_each_time(tmp_path: Path) -> None:
    picture = np.random.default_rng(0).integers(0, 256, (90, 120, 3), dtype=np.uint8)
    first, second = (
        (
            copies.write_copies(picture, folder, "p", 64, inside=True),
            (folder / "p.jpg").read_bytes(),
        )
        for folder in (tmp_path / "a", tmp_path / "b")
    )
    assert first == second


def test_many_thumbnails_lie_beside_the_page(
    full_bench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copies, "_MANY", 23)
    entries = make_entries(full_bench, tmp_path)
    thumbs = [shot.thumb for entry in entries for shot in entry.shots]
    assert len(set(thumbs)) == 24
    assert all((tmp_path / thumb).is_file() for thumb in thumbs)


def test_numbers_are_those_of_the_scores(full_bench: Any, tmp_path: Path) -> None:
    runs = {run.label: run for run in compare_runs([full_bench.runs])[0].runs}
    for entry in make_entries(full_bench, tmp_path):
        floor, blur, noise, target = (shot.scores for shot in entry.shots)
        # The input's are those of the run that gives it back, SSIM too.
        for scores, label in ((floor, "grey"), (blur, "blur"), (noise, "noise")):
            row = runs[label].scores.loc[entry.id]
            assert scores == {"psnr": row["psnr"], "ssim": row["ssim"]}  # LPIPS was not measured
        assert target == {}
        mean = (blur["psnr"] + noise["psnr"]) / 2
        assert entry.gain == pytest.approx(mean - floor["psnr"], abs=1e-9)
        assert entry.shots[1].facts == (
            f"PSNR {blur['psnr']:.2f}",
            f"SSIM {blur['ssim']:.3f}",
            "LPIPS –",
            "reference lender (rank 1)",
        )


def test_the_inputs_psnr_is_measured_without_such_a_run(bench: Any, tmp_path: Path) -> None:
    photos = bench.add_dataset()
    bench.add_run(photos, "blur")
    for entry in make_entries(bench, tmp_path):
        photo = photos[entry.id]
        psnr = peak_signal_noise_ratio(photo.target, to_rgb(photo.input), data_range=255)
        assert entry.shots[0].scores == {"psnr": pytest.approx(psnr, abs=1e-6)}


def test_missing_and_damaged_outputs_have_no_address(full_bench: Any, tmp_path: Path) -> None:
    images = full_bench.runs / "drawn" / "blur" / "images"
    (images / "p0.png").unlink()
    (images / "p1.png").write_bytes(b"\x89PNG, cut short")
    for entry in make_entries(full_bench, tmp_path):
        blank = [shot.title for shot in entry.shots if not shot.full and not shot.thumb]
        assert blank == (["blur"] if entry.id in ("p0", "p1") else [])


def test_random_weights_do_not_say_which_photo_is_hard(full_bench: Any, tmp_path: Path) -> None:
    photos = PhotoSet(full_bench.root / "drawn", "test")
    full_bench.add_run(photos, "noise", folder="drawn/random", method__notes=["random weights"])
    for entry in make_entries(full_bench, tmp_path):
        floor, *others, _ = (shot.scores for shot in entry.shots)
        assert len(others) == 3
        fair = [shot.scores for shot in entry.shots[1:-1] if "random" not in shot.title]
        mean = sum(scores["psnr"] for scores in fair) / 2
        assert entry.gain == pytest.approx(mean - floor["psnr"], abs=1e-9)
