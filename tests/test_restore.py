"""A person's photos: any size and kind, the result beside it at its own size, nothing lost."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import romnet_bench.restore as restoring
from romnet_bench.color import lightness_grey
from romnet_bench.errors import PictureError, UserError
from romnet_bench.images import Picture, encode_png, read_picture, read_rgb, to_rgb
from romnet_bench.methods.contract import MethodOptions
from romnet_bench.methods.registry import load_method
from romnet_bench.restore import as_grey, free_name, restore_files
from romnet_bench.romnet.checkpoint import Checkpoint, save_checkpoint
from romnet_bench.romnet.model import new_model
from romnet_bench.romnet.presets import TINY


class Reddish:
    """A method that keeps the photo in red and takes one pixel of the reference for the rest."""

    name = label = "reddish"
    restores = colorizes = needs_reference = True

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.calls = 0

    def restore(self, photos: list[Picture], references: list[Picture | None]) -> list[Picture]:
        self.calls += 1
        results = []
        for photo, reference in zip(photos, references, strict=True):
            assert photo.ndim == 2
            assert reference is not None
            result = to_rgb(photo).copy()
            result[..., 1:] = reference[0, 0, 1:]
            results.append(result)
        return results

    def fingerprint(self) -> dict[str, str]:
        return {}


@pytest.fixture
def reference(tmp_path: Path) -> Path:
    path = tmp_path / "reference.png"
    path.write_bytes(encode_png(np.full((5, 4, 3), (10, 20, 30), np.uint8)))
    return path


@pytest.fixture
def album(tmp_path: Path) -> Path:
    """Photos of many kinds, by the name of their kind."""
    folder = tmp_path / "album"
    folder.mkdir()
    random = np.random.default_rng(0)
    color = Image.fromarray(random.integers(0, 256, (33, 47, 3), dtype=np.uint8))
    color.resize((1, 1)).convert("L").save(folder / "one pixel.png")
    color.resize((33, 7)).convert("L").save(folder / "wide.png")
    Image.fromarray(random.integers(0, 65536, (12, 20), dtype=np.uint16)).save(folder / "16.png")
    color.convert("CMYK").save(folder / "cmyk.jpg")
    exif = Image.Exif()
    exif[0x0112] = 6
    color.save(folder / "rotated.jpg", exif=exif)
    color.convert("RGBA").save(folder / "alpha.webp", lossless=True)
    color.convert("1").save(folder / "fax.tif")
    return folder


def restore(
    photos: list[Path], reference: Path, out: Path | None = None
) -> list[tuple[Path, Path | str]]:
    return list(restore_files(Reddish(), photos, reference, out))


UPRIGHT_SIZES = {
    "one pixel.png": (1, 1),
    "wide.png": (7, 33),
    "16.png": (12, 20),
    "cmyk.jpg": (33, 47),
    "rotated.jpg": (47, 33),
    "alpha.webp": (33, 47),
    "fax.tif": (33, 47),
}


def test_every_kind_of_photo_keeps_its_upright_size(album: Path, reference: Path) -> None:
    photos = sorted(album.iterdir())
    before = {photo: photo.read_bytes() for photo in photos}
    done = restore(photos, reference)
    assert [photo for photo, _ in done] == photos
    for photo, result in done:
        assert result == photo.with_name(f"{photo.stem}-restored.png")
        assert isinstance(result, Path)
        picture = read_picture(result)
        assert picture.shape == (*UPRIGHT_SIZES[photo.name], 3)
        original = read_picture(photo)
        grey = original if original.ndim == 2 else lightness_grey(original)
        assert np.array_equal(picture[..., 0], grey)
        assert (picture[..., 1:] == (20, 30)).all()
    assert {photo: photo.read_bytes() for photo in photos} == before
    assert len(list(album.iterdir())) == 2 * len(photos)


def test_a_real_romnet_takes_any_size(album: Path, reference: Path, tmp_path: Path) -> None:
    model = new_model(TINY, seed=0)
    tensors = {f"model.{name}": value for name, value in model.state_dict().items()}
    checkpoint = tmp_path / "best.safetensors"
    save_checkpoint(checkpoint, Checkpoint(tensors, TINY, {"step": 0, "psnr": None}))
    method = load_method("romnet", MethodOptions(checkpoint=checkpoint, color_side=64))
    names = ["one pixel.png", "wide.png", "16.png", "rotated.jpg"]
    out = tmp_path / "out"
    done = list(restore_files(method, [album / name for name in names], reference, out))
    assert len(done) == 4
    for photo, result in done:
        assert isinstance(result, Path)
        assert read_picture(result).shape == (*UPRIGHT_SIZES[photo.name], 3)


def test_nothing_is_overwritten(album: Path, reference: Path) -> None:
    photo = album / "wide.png"
    mine = album / "wide-restored.png"
    mine.write_bytes(b"precious")
    (album / "wide-restored-3.png").write_bytes(b"precious too")
    assert restore([photo], reference) == [(photo, album / "wide-restored-2.png")]
    assert restore([photo], reference) == [(photo, album / "wide-restored-4.png")]
    assert mine.read_bytes() == b"precious"
    assert (album / "wide-restored-3.png").read_bytes() == b"precious too"


def test_two_photos_of_one_name_in_one_folder(album: Path, reference: Path, tmp_path: Path) -> None:
    twin = album / "wide.tif"
    Image.open(album / "wide.png").save(twin)
    out = tmp_path / "not" / "yet" / "there"
    results = [result for _, result in restore([album / "wide.png", twin], reference, out)]
    assert results == [out / "wide-restored.png", out / "wide-restored-2.png"]


def test_out_may_be_a_file_for_one_photo(album: Path, reference: Path, tmp_path: Path) -> None:
    photo, out = album / "wide.png", tmp_path / "new" / "result.PNG"
    assert restore([photo], reference, out) == [(photo, out)]
    assert read_rgb(out).shape == (7, 33, 3)
    before = out.read_bytes()
    with pytest.raises(UserError, match=r"exists already and is not overwritten: choose"):
        restore([photo], reference, out)
    assert out.read_bytes() == before
    with pytest.raises(UserError, match=r"2 photos cannot go into one file .*: give a folder"):
        restore([photo, photo], reference, tmp_path / "other.png")
    with pytest.raises(UserError, match=r"results are PNG, so end the name in \.png"):
        restore([photo], reference, tmp_path / "other.jpg")
    assert not (tmp_path / "other.jpg").exists()


def test_out_may_be_a_folder_named_like_a_picture(
    album: Path, reference: Path, tmp_path: Path
) -> None:
    out = tmp_path / "results.png"
    out.mkdir()
    photo = album / "wide.png"
    assert restore([photo], reference, out) == [(photo, out / "wide-restored.png")]


def test_bad_photos_are_passed_over(album: Path, reference: Path) -> None:
    letter, nowhere = album / "letter.jpg", album / "nowhere" / "x.jpg"
    letter.write_text("Dear grandmother,")
    done = restore([letter, nowhere, album, album / "wide.png"], reference)
    sentences = [result for _, result in done[:3]]
    assert "letter.jpg: not a picture that can be read" in str(sentences[0])
    assert "x.jpg: cannot be read (No such file" in str(sentences[1])
    assert "cannot be read (Is a directory)" in str(sentences[2])
    assert done[3][1] == album / "wide-restored.png"
    assert not nowhere.parent.exists()


def test_bad_reference_is_an_error(album: Path, tmp_path: Path) -> None:
    with pytest.raises(PictureError, match=r"nowhere\.png: cannot be read"):
        restore([album / "wide.png"], tmp_path / "nowhere.png")


def test_a_folder_that_takes_no_files_is_named_before_the_work(
    album: Path, reference: Path
) -> None:
    method = Reddish()
    below_a_file = album / "wide.png" / "results"
    with pytest.raises(UserError, match=r"Cannot write to .*choose another --out"):
        list(restore_files(method, [album / "16.png"], reference, below_a_file))
    assert method.calls == 0


def test_longest_names_get_a_result(tmp_path: Path, reference: Path) -> None:
    for stem in ("x" * 251, "写" * 83):
        photo = tmp_path / f"{stem}.png"
        photo.write_bytes(encode_png(np.zeros((3, 3), np.uint8)))
        for suffix in ("-restored.png", "-restored-2.png"):
            [(_, result)] = restore([photo], reference)
            assert isinstance(result, Path)
            assert result.name.endswith(suffix)
            assert stem.startswith(result.name.removesuffix(suffix))
            assert len(result.name) > 60


class Slow(Reddish):
    """While it works, another program writes the names that were free when it began."""

    def __init__(self, meanwhile: list[Path]) -> None:
        super().__init__()
        self.meanwhile = meanwhile

    def restore(self, photos: list[Picture], references: list[Picture | None]) -> list[Picture]:
        for path in self.meanwhile:
            path.write_bytes(b"precious")
        return super().restore(photos, references)


def test_a_name_taken_meanwhile_is_not_overwritten(
    album: Path, reference: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo, first = album / "wide.png", album / "wide-restored.png"
    # The worst moment: just after the name was found free.
    chosen = iter([first, album / "wide-restored-2.png"])

    def just_free(*_: object) -> Path:
        path = next(chosen)
        if path == first:
            path.write_bytes(b"precious")
        return path

    monkeypatch.setattr(restoring, "free_name", just_free)
    assert restore([photo], reference) == [(photo, album / "wide-restored-2.png")]
    assert first.read_bytes() == b"precious"


def test_a_file_taken_meanwhile_is_a_sentence(album: Path, reference: Path) -> None:
    out = album / "result.png"
    with pytest.raises(UserError, match=r"exists already and is not overwritten: choose"):
        list(restore_files(Slow([out]), [album / "wide.png"], reference, out))
    assert out.read_bytes() == b"precious"
    assert not list(album.glob(".*.part"))


def test_a_link_that_leads_nowhere_is_not_followed(album: Path, reference: Path) -> None:
    photo = album / "wide.png"
    (album / "wide-restored.png").symlink_to(album / "elsewhere.png")
    assert restore([photo], reference) == [(photo, album / "wide-restored-2.png")]
    with pytest.raises(UserError, match="exists already"):
        restore([photo], reference, album / "wide-restored.png")
    assert not (album / "elsewhere.png").exists()


class Failing(Reddish):
    """Fails on photos of 12 rows."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error

    def restore(self, photos: list[Picture], references: list[Picture | None]) -> list[Picture]:
        if photos[0].shape[0] == 12:
            raise self.error
        return super().restore(photos, references)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (UserError("This one is odd."), "16.png: This one is odd."),
        (MemoryError(), "16.png: too large for the memory here"),
        (RuntimeError("CUDA out of memory. Tried to allocate"), "16.png: too large for the memory"),
    ],
)
def test_one_photo_that_fails_stops_no_other(
    album: Path, reference: Path, error: Exception, words: str
) -> None:
    photos = [album / "16.png", album / "wide.png"]
    (_, said), (_, result) = restore_files(Failing(error), photos, reference, None)
    assert words in str(said)
    assert result == album / "wide-restored.png"


def test_a_defect_is_not_taken_for_a_bad_photo(album: Path, reference: Path) -> None:
    with pytest.raises(RuntimeError, match="a defect"):
        list(restore_files(Failing(RuntimeError("a defect")), [album / "16.png"], reference, None))


def test_a_folder_of_one_photo_that_takes_no_files_stops_no_other(
    album: Path, reference: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked_away = album / "read-only"
    locked_away.mkdir()
    (album / "16.png").rename(locked_away / "16.png")
    require_writable = restoring.require_writable

    def refuse(folder: Path) -> None:
        if folder == locked_away:
            raise UserError("Cannot write to it.")
        require_writable(folder)

    monkeypatch.setattr(restoring, "require_writable", refuse)
    photos = [locked_away / "16.png", album / "wide.png"]
    results = [result for _, result in restore(photos, reference)]
    assert results == [f"{photos[0]}: Cannot write to it.", album / "wide-restored.png"]


def test_as_grey() -> None:
    random = np.random.default_rng(0)
    grey = random.integers(0, 256, (4, 5), dtype=np.uint8)
    assert as_grey(grey) is grey
    color = random.integers(0, 256, (4, 5, 3), dtype=np.uint8)
    assert np.array_equal(as_grey(color), lightness_grey(color))


def test_free_name(tmp_path: Path) -> None:
    photo = tmp_path / "a.b.jpg"
    assert free_name(photo, None) == tmp_path / "a.b-restored.png"
    assert free_name(photo, tmp_path / "c") == tmp_path / "c" / "a.b-restored.png"
