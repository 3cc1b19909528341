"""From runs to a study: what may be compared, what is left out, and what pictures give away."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from romnet_bench.bench import results
from romnet_bench.errors import PictureError, UserError
from romnet_bench.files import write_bytes
from romnet_bench.images import encode_png, read_picture, to_rgb
from romnet_bench.study.definition import Definition
from romnet_bench.study.gather import Gathered, Settings, gather_study
from romnet_bench.study.pictures import Shelf, prepare_pictures, ruin


@pytest.fixture(scope="module")
def shelf(gathered: Gathered, tmp_path_factory: pytest.TempPathFactory) -> Shelf:
    return prepare_pictures(gathered, tmp_path_factory.mktemp("pictures"))


def test_a_study_is_of_all_runs(gathered: Gathered, study_runs: Any) -> None:
    definition = gathered.definition
    assert sorted(definition.methods) == ["First <system>", "Second system", "Third & last"]
    assert [run.label for run in gathered.runs] == list(definition.methods)
    assert len(definition.photos) == 6
    assert len(definition.spares) == 2
    assert set(definition.shown) <= set(study_runs.photos.ids)
    assert len(set(definition.shown)) == 8
    assert definition.fingerprint == study_runs.photos.fingerprint
    assert gathered.notes == []


def test_the_order_in_which_runs_are_given_makes_no_difference(
    study_runs: Any, gathered: Gathered
) -> None:
    folders = sorted((study_runs.runs / "drawn").iterdir())
    settings = Settings(people=3, photos=6, checks=2)
    assert gather_study(folders[::-1], None, settings).definition == gathered.definition


def test_another_seed_chooses_other_photos(study_runs: Any) -> None:
    chosen = {study_runs.gather(seed=seed).definition.photos for seed in range(5)}
    assert len(chosen) > 1


def test_photos_that_a_method_lacks_are_left_out_and_named(own_runs: Any) -> None:
    own_runs.add_run("four", "Fourth", ids=own_runs.photos.ids[:5])
    gathered = own_runs.gather(photos=100)
    assert gathered.definition.photos == tuple(sorted(own_runs.photos.ids[:5]))
    assert gathered.definition.spares == ()
    assert "scan 5 (not by Fourth)" in gathered.notes[0]
    assert any("5 photos" in note for note in gathered.notes)


def test_the_grey_input_is_not_ranked(own_runs: Any, gathered: Gathered) -> None:
    own_runs.add_run("input", "Input")
    assert own_runs.gather().definition.methods == gathered.definition.methods


def test_a_changed_output_makes_another_study(own_runs: Any) -> None:
    before = own_runs.gather().definition
    identity = before.photos[0]
    path = results.image_path(own_runs.runs / "drawn" / "two", identity)
    picture = read_picture(path)
    picture[0, 0] ^= 1
    write_bytes(path, encode_png(picture))
    after = own_runs.gather().definition
    differing = [a != b for a, b in zip(before.outputs, after.outputs, strict=True)]
    assert [m for m, d in zip(before.methods, differing, strict=True) if d] == ["Second system"]


def test_one_method_is_no_study(own_runs: Any) -> None:
    own_runs.add_run("input", "Input")
    folders = [own_runs.runs / "drawn" / name for name in ("input", "one")]
    with pytest.raises(UserError, match="at least two methods"):
        gather_study(folders, None, Settings())


def test_runs_on_other_photos_are_refused(own_runs: Any) -> None:
    folder = own_runs.runs / "drawn" / "two"
    record = results.read_run(folder)
    other = record.dataset.model_copy(update={"fingerprint": "0" * 16})
    results.write_run(folder, record.model_copy(update={"dataset": other}))
    with pytest.raises(UserError, match="on different photos"):
        own_runs.gather()


def test_a_dataset_that_changed_is_refused(own_runs: Any) -> None:
    shard = next((own_runs.root / "drawn" / "data").iterdir())
    content = bytearray(shard.read_bytes())
    content[len(content) // 2] ^= 1
    shard.write_bytes(content)
    with pytest.raises(UserError, match="give its folder by --data"):
        own_runs.gather()


def test_a_person_may_rank_a_part(study_runs: Any) -> None:
    assert study_runs.gather(per_person=4).definition.per_person == 4
    with pytest.raises(UserError, match=r"--per-person 7 is more than the 6 photos\.$"):
        study_runs.gather(per_person=7)


def test_more_checks_than_photos_are_refused(study_runs: Any) -> None:
    with pytest.raises(UserError, match="too few photos for --checks 7"):
        study_runs.gather(checks=7)


def test_too_few_spares_are_not_used_at_all(study_runs: Any) -> None:
    # Nine photos, six or seven ranked: three are spared, or two for three checks.
    assert len(study_runs.gather(photos=6, checks=3).definition.spares) == 3
    few = study_runs.gather(photos=7, checks=3).definition
    assert (len(few.photos), few.spares) == (7, ())


def test_outputs_and_methods_must_be_as_many(gathered: Gathered) -> None:
    facts = gathered.definition.model_dump()
    with pytest.raises(ValueError, match="there are 3 methods, and outputs of 2"):
        Definition.model_validate({**facts, "outputs": facts["outputs"][:2]})
    same = ("A", "A", "B")
    with pytest.raises(ValueError, match="two methods have the same name"):
        Definition.model_validate({**facts, "methods": same})


def test_names_of_runs_cannot_forge_lines(own_runs: Any) -> None:
    evil = "drawn\nThe study is at http://evil/\x1b[2J"
    folder = own_runs.add_run("unscored\nAll is well", "Fourth")
    (folder / "scores.parquet").unlink()
    notes = own_runs.gather().notes
    assert any(r"unscored\nAll is well is left out" in note for note in notes)
    for name in ("one", "two", "three"):
        run = own_runs.runs / "drawn" / name
        record = results.read_run(run)
        dataset = record.dataset.model_copy(update={"name": evil, "path": "nowhere"})
        results.write_run(run, record.model_copy(update={"dataset": dataset}))
    with pytest.raises(UserError) as moved:
        gather_study([own_runs.runs / "drawn" / name for name in ("one", "two")], None, Settings())
    assert str(moved.value).isprintable()
    results.write_run(run, record)
    with pytest.raises(UserError, match="different photos") as other:
        own_runs.gather()
    assert str(other.value).isprintable()


def test_no_common_photo_is_no_study(own_runs: Any) -> None:
    own_runs.add_run("four", "Fourth", ids=own_runs.photos.ids[:1])
    results.image_path(own_runs.runs / "drawn" / "four", own_runs.photos.ids[0]).unlink()
    with pytest.raises(UserError, match="No photo has an output of every method"):
        own_runs.gather()


def test_pictures_tell_nothing_but_what_they_show(gathered: Gathered, shelf: Shelf) -> None:
    definition = gathered.definition
    for photo, identity in enumerate(definition.shown):
        height, width = gathered.photos[identity].input.shape
        paths = [shelf.input(photo), shelf.ruined(photo)]
        paths += [shelf.output(photo, method) for method in range(3)]
        assert shelf.size(photo) == (width, height)
        for path in paths:
            with Image.open(path) as image:
                assert (image.format, image.mode, image.size) == ("PNG", "RGB", (width, height))
                assert image.info == {}


def test_pictures_show_what_the_runs_hold(gathered: Gathered, shelf: Shelf) -> None:
    for photo, identity in enumerate(gathered.definition.shown):
        grey = to_rgb(gathered.photos[identity].input)
        assert np.array_equal(read_picture(shelf.input(photo)), grey)
        for method, run in enumerate(gathered.runs):
            output = read_picture(results.image_path(run.folder, identity))
            assert np.array_equal(read_picture(shelf.output(photo, method)), output)


def test_large_pictures_are_made_smaller_alike(study_runs: Any, tmp_path: Path) -> None:
    gathered = study_runs.gather(longest_side=32)
    shelf = prepare_pictures(gathered, tmp_path)
    for photo in range(len(gathered.definition.shown)):
        assert max(shelf.size(photo)) == 32
        for method in range(3):
            assert read_picture(shelf.output(photo, method)).shape[1::-1] == shelf.size(photo)


def test_metadata_and_another_mode_stay_behind(own_runs: Any, tmp_path: Path) -> None:
    identity = own_runs.photos.ids[0]
    path = results.image_path(own_runs.runs / "drawn" / "one", identity)
    height, width = own_runs.photos[identity].input.shape
    grey = Image.fromarray(np.full((height, width), 77, np.uint8))
    exif = Image.Exif()
    exif[0x0131] = "Method One 1.0"
    grey.save(path, exif=exif, dpi=(300, 300))
    gathered = own_runs.gather(photos=9)
    shelf = prepare_pictures(gathered, tmp_path)
    shown = shelf.output(gathered.definition.photos.index(identity), 0)
    assert b"Method One" not in shown.read_bytes()
    with Image.open(shown) as image:
        assert (image.mode, image.info) == ("RGB", {})


def test_a_second_start_makes_only_what_is_missing(gathered: Gathered, tmp_path: Path) -> None:
    shelf = prepare_pictures(gathered, tmp_path)
    dates = {path: path.stat().st_mtime_ns for path in shelf.folder.iterdir()}
    assert len(dates) == 8 * 5
    gone = shelf.output(3, 1)
    content = gone.read_bytes()
    gone.unlink()
    assert prepare_pictures(gathered, tmp_path) == shelf
    assert gone.read_bytes() == content
    for path, date in dates.items():
        if not path.name.startswith("00003"):
            assert path.stat().st_mtime_ns == date


def test_an_output_that_is_no_picture_is_named(own_runs: Any, tmp_path: Path) -> None:
    identity = own_runs.gather().definition.photos[0]
    results.image_path(own_runs.runs / "drawn" / "two", identity).write_bytes(b"no picture")
    with pytest.raises(PictureError, match=f"two: the output for {identity} cannot be read"):
        prepare_pictures(own_runs.gather(), tmp_path)


@pytest.mark.parametrize("shape", [(1, 1, 3), (3, 200, 3), (480, 640, 3)])
def test_a_ruined_copy_is_far_from_its_picture(shape: tuple[int, ...]) -> None:
    picture = np.random.default_rng(0).integers(0, 90, shape).astype(np.uint8)
    ruined = ruin(picture)
    assert ruined.shape == picture.shape
    assert ruined.dtype == np.uint8
    assert np.abs(ruined.astype(int) - picture).mean() > 50
