import dataclasses
import json
import multiprocessing
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from romnet_bench import metrics, protocol
from romnet_bench.bench import results, scoring
from romnet_bench.bench.run import RunSettings, run_method, score_folder
from romnet_bench.data.records import Photo, PhotoSet, encode_photo, shard_path, write_shard
from romnet_bench.errors import UserError, WeightsError
from romnet_bench.files import locked, sha256_file, slug
from romnet_bench.images import Picture, encode_png, read_rgb, to_rgb
from romnet_bench.references.choice import Reference

SETTINGS = RunSettings()
METRICS = ["psnr", "ssim", "lpips"]

pytestmark = pytest.mark.usefixtures("no_weights")


class Negative:
    """A method that counts what it is asked for, and fails on the call it is told to."""

    name = "negative"
    label = "Negative"
    restores = True
    colorizes = False

    def __init__(self, version: str = "1", needs_reference: bool = False) -> None:
        self.version = version
        self.needs_reference = needs_reference
        self.notes = ["for tests"]
        self.inputs: list[Picture] = []
        self.references: list[Picture | None] = []
        self.fail_at: dict[int, BaseException] = {}

    def restore(self, photos: list[Picture], references: list[Picture | None]) -> list[Picture]:
        self.inputs += photos
        self.references += references
        if len(self.inputs) - 1 in self.fail_at:
            raise self.fail_at[len(self.inputs) - 1]
        return [to_rgb(255 - photo) for photo in photos]

    def fingerprint(self) -> dict[str, str]:
        return {"version": self.version}


class Chooser:
    def __init__(self, level: int = 7, rank: int = 1) -> None:
        self.level = level
        self.rank = rank

    def choose(self, photo: Photo) -> Reference:
        if photo.id == "photo-2":
            raise UserError("Nothing is similar to photo-2.")
        return Reference(np.full((5, 6, 3), self.level, np.uint8), f"like-{photo.id}", self.rank)

    def describe(self) -> dict[str, str]:
        return {"features": "none"}


def run(dataset: Path, out: Path, method: Negative | None = None, **kwargs) -> results.RunRecord:
    photos = PhotoSet(dataset, "test")
    return run_method(method or Negative(), photos, out, **{"settings": SETTINGS, **kwargs})


def scores(folder: Path) -> pd.DataFrame:
    return results.read_scores(folder).set_index("id")


def rewrite(dataset: Path, photos: list[Photo]) -> None:
    write_shard(shard_path(dataset, "test", 0, 1), map(encode_photo, photos))


def test_a_run_leaves_all_it_should(tiny_dataset, tiny_photos, tmp_path, monkeypatch):
    monkeypatch.setattr("sys.argv", ["/somewhere/bin/romnet-bench", "run", "two words"])
    record = run(tiny_dataset, tmp_path / "out")
    folder = tmp_path / "out" / "tiny" / "negative"
    assert results.read_run(folder) == record
    assert record.dataset.photos == 4
    assert record.dataset.fingerprint == PhotoSet(tiny_dataset, "test").fingerprint
    assert record.method.fingerprint == {"version": "1"}
    assert record.method.notes == ["for tests"]
    assert record.protocol.hash == protocol.DEFAULT.hash
    assert record.command == "romnet-bench run 'two words'"
    assert record.packages["torch"] == torch.__version__.partition("+")[0]
    assert record.started <= record.finished
    assert record.failed == {}
    assert "alexnet-owt-7be5be79.pth" in record.unavailable["lpips"]

    table = scores(folder)
    assert list(table.index) == [photo.id for photo in tiny_photos]
    assert table["lpips"].isna().all()
    assert (table["seconds"] >= 0).all()
    assert table["reference_rank"].isna().all()
    assert (table["reference_id"] == "").all()
    for photo in tiny_photos:
        path = results.image_path(folder, photo.id)
        assert np.array_equal(read_rgb(path), to_rgb(255 - photo.input))
        assert table["output_sha256"][photo.id] == sha256_file(path)
        pair = metrics.picture_batch(read_rgb(path)), metrics.picture_batch(photo.target)
        assert table["psnr"][photo.id] == metrics.psnr(*pair).item()
        assert table["ssim"][photo.id] == metrics.ssim(*pair).item()
    kept = {".lock", "images", "journal.jsonl", "run.json", "scores.parquet"}
    assert {path.name for path in folder.iterdir()} == kept


@pytest.mark.parametrize("error", [KeyboardInterrupt(), RuntimeError("a bug"), OSError(28, "full")])
@pytest.mark.parametrize("done", [0, 2])
def test_a_run_that_was_cut_short_goes_on(tiny_dataset, tmp_path, error, done):
    run(tiny_dataset, tmp_path / "whole")
    method = Negative()
    method.fail_at = {done: error}
    with pytest.raises(type(error)):
        run(tiny_dataset, tmp_path / "cut", method)
    folder = tmp_path / "cut" / "tiny" / "negative"
    assert results.read_run(folder).finished == ""
    assert len(scores(folder)) == done

    method = Negative()
    assert run(tiny_dataset, tmp_path / "cut", method).finished
    assert len(method.inputs) == 4 - done
    whole = scores(tmp_path / "whole" / "tiny" / "negative")
    pd.testing.assert_frame_equal(
        scores(folder).drop(columns="seconds"), whole.drop(columns="seconds")
    )


def test_a_second_run_computes_nothing(tiny_dataset, tmp_path):
    run(tiny_dataset, tmp_path / "out")
    folder = tmp_path / "out" / "tiny" / "negative"
    before, journal = scores(folder), (folder / "journal.jsonl").read_bytes()
    method = Negative()
    run(tiny_dataset, tmp_path / "out", method)
    assert method.inputs == []
    pd.testing.assert_frame_equal(scores(folder), before)
    assert (folder / "journal.jsonl").read_bytes() == journal


def test_nothing_computed_keeps_where_the_rows_came_from(tiny_dataset, tmp_path, monkeypatch):
    first = run(tiny_dataset, tmp_path / "out")
    monkeypatch.setattr("sys.argv", ["romnet-bench", "run", "again"])
    monkeypatch.setattr(results, "now", lambda: "2100-01-01T00:00:00+00:00")
    assert run(tiny_dataset, tmp_path / "out") == first
    results.image_path(tmp_path / "out" / "tiny" / "negative", "photo-1").unlink()
    again = run(tiny_dataset, tmp_path / "out")
    assert again.command == "romnet-bench run again"
    assert again.finished == "2100-01-01T00:00:00+00:00"


@pytest.mark.parametrize("what", ["version", "device"])
def test_another_version_or_device_computes_again(tiny_dataset, tmp_path, monkeypatch, what):
    run(tiny_dataset, tmp_path / "out")
    if what == "version":
        monkeypatch.setattr("romnet_bench.bench.loop.__version__", "99")
    else:
        monkeypatch.setattr("romnet_bench.bench.environment.describe_device", lambda _: "other")
    method = Negative()
    run(tiny_dataset, tmp_path / "out", method)
    assert len(method.inputs) == 4


def stop_after(count: int) -> Callable[..., Iterator[str]]:
    def track(ids: list[str], *_: object, **__: object) -> Iterator[str]:
        yield from ids[:count]
        raise KeyboardInterrupt

    return track


@pytest.mark.parametrize("reached", [0, 1, 3])
def test_ctrl_c_on_a_finished_run_takes_nothing_away(tiny_dataset, tmp_path, monkeypatch, reached):
    first = run(tiny_dataset, tmp_path / "out")
    folder = tmp_path / "out" / "tiny" / "negative"
    before = scores(folder)
    with monkeypatch.context() as patched:
        patched.setattr("romnet_bench.bench.loop.track", stop_after(reached))
        with pytest.raises(KeyboardInterrupt):
            run(tiny_dataset, tmp_path / "out")
    pd.testing.assert_frame_equal(scores(folder), before)
    assert results.read_run(folder) == first


def test_ctrl_c_never_calls_a_part_finished(tiny_dataset, tmp_path, monkeypatch):
    run(tiny_dataset, tmp_path / "out")
    folder = tmp_path / "out" / "tiny" / "negative"
    results.remove_scores(folder)
    with monkeypatch.context() as patched:
        patched.setattr("romnet_bench.bench.loop.track", stop_after(1))
        with pytest.raises(KeyboardInterrupt):
            run(tiny_dataset, tmp_path / "out")
    assert list(scores(folder).index) == ["photo-0"]
    assert results.read_run(folder).finished == ""


def test_ctrl_c_on_a_changed_run_keeps_only_what_was_looked_at(tiny_dataset, tmp_path, monkeypatch):
    run(tiny_dataset, tmp_path / "out")
    folder = tmp_path / "out" / "tiny" / "negative"
    with monkeypatch.context() as patched:
        patched.setattr("romnet_bench.bench.loop.track", stop_after(1))
        with pytest.raises(KeyboardInterrupt):
            run(tiny_dataset, tmp_path / "out", Negative(version="2"))
    assert list(scores(folder).index) == ["photo-0"]
    assert results.read_run(folder).finished == ""


@pytest.mark.parametrize("changed", ["method", "protocol", "dataset"])
def test_old_scores_never_stand_beside_a_new_record(
    tiny_dataset, tiny_photos, tmp_path, monkeypatch, changed
):
    """As SIGKILL would leave them while the first photo is being made."""
    run(tiny_dataset, tmp_path / "out")
    folder = tmp_path / "out" / "tiny" / "negative"
    version = "2" if changed == "method" else "1"
    if changed == "protocol":
        capped = dataclasses.replace(protocol.DEFAULT, psnr_cap=1.0)
        monkeypatch.setattr(protocol, "DEFAULT", capped)
    if changed == "dataset":
        tiny_photos[3] = dataclasses.replace(tiny_photos[3], input=255 - tiny_photos[3].input)
        rewrite(tiny_dataset, tiny_photos)
    seen = []

    def track(ids: list[str], *_: object, **__: object) -> Iterator[str]:
        seen.append((results.has_scores(folder), results.read_run(folder).finished))
        yield from ids

    monkeypatch.setattr("romnet_bench.bench.loop.track", track)
    run(tiny_dataset, tmp_path / "out", Negative(version=version))
    assert seen == [(False, "")]
    assert len(scores(folder)) == 4


def test_variants_name_their_original(tiny_dataset, tiny_photos, tmp_path):
    made = [dataclasses.replace(photo, meta={"photo": "clean"}) for photo in tiny_photos[:2]]
    rewrite(tiny_dataset, [*made, *tiny_photos[2:]])
    run(tiny_dataset, tmp_path / "out")
    table = scores(tmp_path / "out" / "tiny" / "negative")
    assert table["original"].tolist() == ["clean", "clean", "photo-2", "photo-3"]


def test_what_changed_is_computed_again(tiny_dataset, tiny_photos, tmp_path):
    out = tmp_path / "out"
    run(tiny_dataset, out)
    lighter = tiny_photos[1].input // 2
    tiny_photos[1] = dataclasses.replace(tiny_photos[1], input=lighter)
    rewrite(tiny_dataset, tiny_photos)
    method = Negative()
    run(tiny_dataset, out, method)
    assert len(method.inputs) == 1
    assert np.array_equal(method.inputs[0], lighter)

    images = out / "tiny" / "negative" / "images"
    (images / "photo-2.png").unlink()
    Image.new("RGB", (48, 40)).save(images / "photo-0.png")
    method = Negative()
    run(tiny_dataset, out, method)
    assert len(method.inputs) == 2

    method = Negative(version="2")
    run(tiny_dataset, out, method)
    assert len(method.inputs) == 4


def test_a_changed_target_or_protocol_is_scored_from_the_saved_picture(
    tiny_dataset, tiny_photos, tmp_path, monkeypatch
):
    out, folder = tmp_path / "out", tmp_path / "out" / "tiny" / "negative"
    run(tiny_dataset, out)
    before = scores(folder)
    tiny_photos[0] = dataclasses.replace(tiny_photos[0], target=255 - tiny_photos[0].target)
    rewrite(tiny_dataset, tiny_photos)
    method = Negative()
    run(tiny_dataset, out, method)
    assert method.inputs == []
    changed = scores(folder)
    assert list(before.index[before["psnr"] != changed["psnr"]]) == ["photo-0"]

    capped = dataclasses.replace(protocol.DEFAULT, psnr_cap=1.0)
    monkeypatch.setattr(protocol, "DEFAULT", capped)
    record = run(tiny_dataset, out, method)
    assert method.inputs == []
    assert record.protocol.hash == capped.hash
    assert (scores(folder)["psnr"] == 1.0).all()
    pd.testing.assert_series_equal(scores(folder)["seconds"], before["seconds"])


def test_lpips_is_filled_in_when_its_weights_come(tiny_dataset, tmp_path, monkeypatch):
    out, folder = tmp_path / "out", tmp_path / "out" / "tiny" / "negative"
    assert "lpips" in run(tiny_dataset, out).unavailable
    model = torch.nn.Conv2d(3, 1, 1)
    distances = iter(range(1, 9))
    monkeypatch.setattr(metrics, "lpips", lambda *_: torch.tensor([float(next(distances))]))
    monkeypatch.setattr(
        "romnet_bench.bench.run.load_scorer", lambda *_: scoring.Scorer(model, "abc", "")
    )
    method = Negative()
    record = run(tiny_dataset, out, method)
    assert method.inputs == []
    assert record.unavailable == {}
    assert record.weights == {"lpips": "abc"}
    assert scores(folder)["lpips"].tolist() == [1, 2, 3, 4]

    # Weights that are gone again lose nothing that was measured.
    monkeypatch.setattr(
        "romnet_bench.bench.run.load_scorer", lambda *_: scoring.Scorer(None, "", "none")
    )
    record = run(tiny_dataset, out, method)
    assert scores(folder)["lpips"].tolist() == [1, 2, 3, 4]
    assert record.unavailable == {}
    assert record.weights == {"lpips": "abc"}

    # Other weights: other numbers.
    monkeypatch.setattr(
        "romnet_bench.bench.run.load_scorer", lambda *_: scoring.Scorer(model, "def", "")
    )
    run(tiny_dataset, out, method)
    assert scores(folder)["lpips"].tolist() == [5, 6, 7, 8]
    assert method.inputs == []


def test_lpips_with_real_weights(tiny_dataset, tiny_photos, tmp_path, shared):
    path = shared / "weights" / "alexnet-features.safetensors"
    settings = RunSettings(lpips_weights=path)
    record = run(tiny_dataset, tmp_path / "out", settings=settings)
    assert record.unavailable == {}
    assert record.weights == {"lpips": sha256_file(path)}
    model = metrics.lpips_model(path, "cpu")
    table = scores(tmp_path / "out" / "tiny" / "negative")
    for photo in tiny_photos:
        pair = [metrics.picture_batch(p) for p in (255 - photo.input, photo.target)]
        assert table["lpips"][photo.id] == pytest.approx(metrics.lpips(model, *pair).item())


def test_weights_that_were_asked_for_must_be_there(tiny_dataset, tmp_path):
    settings = RunSettings(lpips_weights=tmp_path / "gone.pth")
    with pytest.raises(WeightsError, match="does not exist"):
        run(tiny_dataset, tmp_path / "out", settings=settings)
    record = run(tiny_dataset, tmp_path / "out", settings=RunSettings(lpips_weights=tmp_path))
    assert "alexnet weights are missing" in record.unavailable["lpips"]
    assert str(tmp_path) in record.unavailable["lpips"]
    save_file({"a": torch.zeros(1)}, tmp_path / "other.safetensors")
    settings = RunSettings(lpips_weights=tmp_path / "other.safetensors")
    with pytest.raises(WeightsError, match="does not hold AlexNet"):
        run(tiny_dataset, tmp_path / "out", settings=settings)


def test_a_run_without_network_goes_on_without_lpips(tiny_dataset, tmp_path, monkeypatch):
    def refuse(*_: object, **__: object) -> None:
        raise OSError("Name or service not known")

    monkeypatch.setattr("torch.hub.download_url_to_file", refuse)
    record = run(tiny_dataset, tmp_path / "out", settings=RunSettings(download=True))
    assert "could not be downloaded (Name or service" in record.unavailable["lpips"]
    assert len(scores(tmp_path / "out" / "tiny" / "negative")) == 4


def test_a_damaged_file_that_nobody_named_leaves_lpips_empty(tiny_dataset, tmp_path):
    (tmp_path / "alexnet.safetensors").write_bytes(b"cut short")
    settings = RunSettings(lpips_weights=tmp_path)
    record = run(tiny_dataset, tmp_path / "out", settings=settings)
    assert "alexnet.safetensors holds no weights" in record.unavailable["lpips"]
    with pytest.raises(WeightsError, match="holds no weights"):
        scoring.load_scorer("cpu", tmp_path / "alexnet.safetensors")


def test_torch_s_own_words_for_no_memory(tiny_dataset, tmp_path):
    method = Negative()
    words = "[enforce fail at alloc_cpu.cpp:121] . DefaultCPUAllocator: can't allocate memory"
    method.fail_at = {1: RuntimeError(words)}
    record = run(tiny_dataset, tmp_path / "out", method)
    assert record.failed.keys() == {"photo-1"}
    assert record.failed["photo-1"].startswith("More memory is needed than cpu has")


def test_a_photo_that_fails_is_listed_and_the_run_goes_on(tiny_dataset, tmp_path):
    method = Negative()
    method.fail_at = {1: UserError("Too dark."), 2: torch.OutOfMemoryError("CUDA out of memory.")}
    record = run(tiny_dataset, tmp_path / "out", method)
    assert record.failed.keys() == {"photo-1", "photo-2"}
    assert record.failed["photo-1"] == "Too dark."
    assert record.failed["photo-2"].startswith("More memory is needed than cpu has")
    assert record.finished
    folder = tmp_path / "out" / "tiny" / "negative"
    assert list(scores(folder).index) == ["photo-0", "photo-3"]
    method = Negative()
    assert run(tiny_dataset, tmp_path / "out", method).failed == {}
    assert len(method.inputs) == 2
    assert len(scores(folder)) == 4


def test_a_broken_contract_is_a_failed_photo(tiny_dataset, tmp_path):
    class Crops(Negative):
        def restore(self, photos: list[Picture], references: list[Picture | None]):
            return [output[:44] for output in super().restore(photos, references)]

    record = run(tiny_dataset, tmp_path / "out", Crops())
    assert record.failed == {
        "photo-0": "The method must return 48×40×3 for this photo, not 44×40×3."
    }


def test_small_photos_leave_a_metric_empty_with_a_note(tiny_dataset, tiny_photos, tmp_path):
    small = [
        dataclasses.replace(photo, input=photo.input[:10], target=photo.target[:10])
        for photo in tiny_photos[:1]
    ]
    rewrite(tiny_dataset, small)
    assert run(tiny_dataset, tmp_path / "out").failed == {}
    row = scores(tmp_path / "out" / "tiny" / "negative").loc["photo-0"]
    assert row["psnr"] > 0
    assert np.isnan(row["ssim"])
    assert row["note"] == "SSIM needs 11 pixels a side, the picture has 10×40."


def test_target_of_another_size_is_a_failed_photo(tiny_dataset, tiny_photos, tmp_path):
    rewrite(tiny_dataset, [dataclasses.replace(tiny_photos[0], target=tiny_photos[1].target)])
    record = run(tiny_dataset, tmp_path / "out")
    assert "The output is 48×40, the target 40×48" in record.failed["photo-0"]


def test_references_are_lent_recorded_and_part_of_the_key(tiny_dataset, tmp_path):
    out, folder = tmp_path / "out", tmp_path / "out" / "tiny" / "negative"
    method = Negative(needs_reference=True)
    with pytest.raises(UserError, match="--references"):
        run(tiny_dataset, out, method)
    record = run(tiny_dataset, out, method, references=Chooser())
    assert record.references == {"features": "none"}
    assert record.failed == {"photo-2": "Nothing is similar to photo-2."}
    assert [reference.max() for reference in method.references] == [7, 7, 7]
    table = scores(folder)
    assert table["reference_id"].tolist() == ["like-photo-0", "like-photo-1", "like-photo-3"]
    assert table["reference_rank"].tolist() == [1, 1, 1]
    for chooser, computed in ((Chooser(), 0), (Chooser(level=8), 3), (Chooser(level=8, rank=2), 3)):
        method = Negative(needs_reference=True)
        run(tiny_dataset, out, method, references=chooser)
        assert len(method.inputs) == computed


def test_references_are_not_chosen_for_a_method_without(tiny_dataset, tmp_path):
    method = Negative()
    record = run(tiny_dataset, tmp_path / "out", method, references=Chooser())
    assert record.failed == {}
    assert record.references == {}
    assert method.references == [None] * 4


def test_two_runs_at_once_are_refused(tiny_dataset, tmp_path):
    with locked(tmp_path / "out" / "tiny" / "negative"):
        process = multiprocessing.get_context("spawn").Process(
            target=_expect_refusal, args=(tiny_dataset, tmp_path / "out")
        )
        process.start()
        process.join(120)
    assert process.exitcode == 0
    run(tiny_dataset, tmp_path / "out")


def _expect_refusal(dataset: Path, out: Path) -> None:
    with pytest.raises(UserError, match="Another romnet-bench is writing"):
        run(dataset, out)


@pytest.mark.parametrize(
    "damage",
    [
        lambda lines: [lines[0], lines[1][:40], *lines[2:]],
        lambda lines: [lines[0], b"\xff\xfe\x00", *lines[2:]],
        lambda lines: [lines[0], b'{"id": "photo-1", "psnr": "high"}', *lines[2:]],
        lambda lines: [lines[0], b"[1, 2]", *lines[2:]],
        lambda lines: [lines[0], lines[2], lines[3][:-30]],
    ],
)
def test_damaged_journal_lines_are_made_again(tiny_dataset, tmp_path, damage):
    run(tiny_dataset, tmp_path / "out")
    folder = tmp_path / "out" / "tiny" / "negative"
    path = folder / "journal.jsonl"
    before = scores(folder).drop(columns="seconds")
    lines = path.read_bytes().split(b"\n")[:-1]
    damaged = damage(lines)
    path.write_bytes(b"\n".join(damaged))  # no line break at the end, as after a crash
    method = Negative()
    run(tiny_dataset, tmp_path / "out", method)
    assert len(method.inputs) == 4 - sum(line in lines for line in damaged)
    pd.testing.assert_frame_equal(scores(folder).drop(columns="seconds"), before)
    method = Negative()
    run(tiny_dataset, tmp_path / "out", method)
    assert method.inputs == []


def test_hostile_ids_stay_inside(tiny_dataset, tiny_photos, tmp_path):
    ids = ["../x", "a/b", "/etc/passwd", "..", "naïve photo"]
    rewrite(tiny_dataset, [dataclasses.replace(tiny_photos[0], id=name) for name in ids])
    run(tiny_dataset, tmp_path / "deep" / "out")
    folder = tmp_path / "deep" / "out" / "tiny" / "negative"
    assert set(scores(folder).index) == set(ids)
    assert len(list((folder / "images").iterdir())) == 5
    assert {path.name for path in tmp_path.iterdir()} == {"deep", "tiny"}


def test_a_hostile_method_name_stays_inside(tiny_dataset, tmp_path):
    method = Negative()
    method.name = "../../up"
    run(tiny_dataset, tmp_path / "deep" / "out", method)
    (folder,) = (tmp_path / "deep" / "out" / "tiny").iterdir()
    assert folder.name == slug("../../up")


def test_one_run_never_writes_over_another(tiny_dataset, tiny_photos, outputs, tmp_path):
    out = tmp_path / "out"
    score(outputs, tiny_dataset, out, name="a b")
    alike = slug("a b")
    with pytest.raises(UserError, match="holds a run of a b on the split test: choose another"):
        score(outputs, tiny_dataset, out, name=alike)
    write_shard(shard_path(tiny_dataset, "train", 0, 1), map(encode_photo, tiny_photos))
    with pytest.raises(UserError, match="on the split test"):
        score_folder(outputs, PhotoSet(tiny_dataset, "train"), out, "a b", settings=SETTINGS)
    (out / "tiny" / alike / "run.json").write_text("{")
    assert score(outputs, tiny_dataset, out, name=alike).finished


def test_a_dataset_of_the_same_name_elsewhere_is_refused(tiny_dataset, tiny_photos, tmp_path):
    run(tiny_dataset, tmp_path / "out")
    moved = shutil.copytree(tiny_dataset, tmp_path / "moved" / "tiny")
    run(moved, tmp_path / "out")  # the same photos
    other = tmp_path / "other" / "tiny"
    (other / "data").mkdir(parents=True)
    rewrite(other, tiny_photos[:2])
    with pytest.raises(UserError, match=r"another dataset of this name \(.*moved.*--out"):
        run(other, tmp_path / "out")
    rewrite(moved, tiny_photos[:2])  # the same place: its run is brought up to date
    run(moved, tmp_path / "out")
    assert len(scores(tmp_path / "out" / "tiny" / "negative")) == 2


def test_scores_and_runs_never_share_a_folder(tiny_dataset, outputs, tmp_path):
    for name in ("input", "romnet"):
        with pytest.raises(UserError, match=f"{name} is a method.*choose another --name"):
            score(outputs, tiny_dataset, tmp_path / "out", name=name)
    run(tiny_dataset, tmp_path / "out")
    with pytest.raises(UserError, match="`romnet-bench run` made"):
        score(outputs, tiny_dataset, tmp_path / "out", name="negative")
    method = Negative()
    method.name = "theirs"
    score(outputs, tiny_dataset, tmp_path / "out")
    with pytest.raises(UserError, match="`romnet-bench score` made"):
        run(tiny_dataset, tmp_path / "out", method)


@pytest.mark.parametrize("ids", [("a b", slug("a b")), ("A", "a")])
def test_ids_that_would_share_a_file_are_refused(tiny_dataset, tiny_photos, tmp_path, ids):
    rewrite(tiny_dataset, [dataclasses.replace(tiny_photos[0], id=name) for name in ids])
    with pytest.raises(UserError, match=f"{ids[0]} and {ids[1]} would share one file name"):
        run(tiny_dataset, tmp_path / "out")
    with pytest.raises(UserError, match="would share one file name"):
        score(tmp_path, tiny_dataset, tmp_path / "out")


def test_a_full_disk_keeps_earlier_rows(tiny_dataset, tmp_path, monkeypatch):
    written = []

    def write(path: Path, content: bytes) -> None:
        if len(written) == 2:
            raise OSError(28, "No space left on device")
        written.append(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    with monkeypatch.context() as patched:
        patched.setattr("romnet_bench.bench.loop.write_bytes", write)
        with pytest.raises(OSError, match="No space left"):
            run(tiny_dataset, tmp_path / "out")
    folder = tmp_path / "out" / "tiny" / "negative"
    assert len(scores(folder)) == 2
    method = Negative()
    run(tiny_dataset, tmp_path / "out", method)
    assert len(method.inputs) == 2


# Folders of outputs


def score(
    folder: Path, dataset: Path, out: Path, name: str = "theirs", **kwargs
) -> results.RunRecord:
    photos = PhotoSet(dataset, "test")
    return score_folder(folder, photos, out, name, settings=SETTINGS, **kwargs)


@pytest.fixture
def outputs(tiny_photos: list[Photo], tmp_path: Path) -> Path:
    """What a method that does nothing would leave, in a folder of its own."""
    folder = tmp_path / "outputs"
    folder.mkdir()
    for photo in tiny_photos:
        (folder / f"{photo.id}.png").write_bytes(encode_png(255 - photo.input))
    return folder


def test_a_folder_scores_as_the_method_that_made_it(tiny_dataset, outputs, tmp_path):
    run(tiny_dataset, tmp_path / "out")
    record = score(outputs, tiny_dataset, tmp_path / "out", colorizes=False)
    assert record.method.name == "theirs"
    assert not record.method.colorizes
    ours, theirs = (scores(tmp_path / "out" / "tiny" / name) for name in ("negative", "theirs"))
    pd.testing.assert_frame_equal(ours[METRICS], theirs[METRICS])
    assert theirs["seconds"].isna().all()
    folder = tmp_path / "out" / "tiny" / "theirs"
    assert len(list((folder / "images").iterdir())) == 4


def test_a_changed_output_is_scored_again(tiny_dataset, tiny_photos, outputs, tmp_path):
    score(outputs, tiny_dataset, tmp_path / "out")
    folder = tmp_path / "out" / "tiny" / "theirs"
    (outputs / "photo-1.png").write_bytes(encode_png(tiny_photos[1].target))
    before = len((folder / "journal.jsonl").read_bytes().splitlines())
    score(outputs, tiny_dataset, tmp_path / "out")
    assert scores(folder)["psnr"]["photo-1"] == 100
    assert len((folder / "journal.jsonl").read_bytes().splitlines()) == before + 1


def test_missing_and_extra_outputs_are_named_before_any_scoring(tiny_dataset, outputs, tmp_path):
    (outputs / "photo-3.png").rename(outputs / "photo-9.png")
    with pytest.raises(UserError, match="no output for the photo photo-3"):
        score(outputs, tiny_dataset, tmp_path / "out")
    shutil.copy(outputs / "photo-9.png", outputs / "photo-3.png")
    with pytest.raises(UserError, match=r"no photo for the output photo-9\.png"):
        score(outputs, tiny_dataset, tmp_path / "out")
    assert not (tmp_path / "out").exists()
    (outputs / "photo-3.png").unlink()
    record = score(outputs, tiny_dataset, tmp_path / "out", partial=True)
    assert "outputs for 3 of 4 photos" in record.method.notes
    assert len(scores(tmp_path / "out" / "tiny" / "theirs")) == 3


def test_an_output_of_another_size_is_named_with_both(tiny_dataset, outputs, tmp_path):
    Image.new("RGB", (10, 20)).save(outputs / "photo-0.png")
    (outputs / "photo-1.png").write_bytes(b"no picture")
    record = score(outputs, tiny_dataset, tmp_path / "out")
    assert record.failed.keys() == {"photo-0", "photo-1"}
    assert "photo-0.png is 20×10, its photo 48×40" in record.failed["photo-0"]
    assert "photo-1.png: not a picture" in record.failed["photo-1"]
    assert len(scores(tmp_path / "out" / "tiny" / "theirs")) == 2


def test_journal_rows_hold_every_column(tiny_dataset, tmp_path):
    run(tiny_dataset, tmp_path / "out")
    lines = (tmp_path / "out" / "tiny" / "negative" / "journal.jsonl").read_text().splitlines()
    assert all(set(results.SCORE_COLUMNS) <= json.loads(line).keys() for line in lines)
