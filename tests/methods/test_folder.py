import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from romnet_bench.errors import PictureError, UserError
from romnet_bench.files import slug
from romnet_bench.methods.folder import pair_outputs, read_output


def fill(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def test_pairs_by_id_never_by_position(tmp_path):
    fill(tmp_path, "b.png", "a.jpg", "deep/c.webp", "notes.txt", ".hidden/d.png")
    pairs = pair_outputs(tmp_path, ["c", "b", "a"])
    assert pairs == {
        "c": tmp_path / "deep" / "c.webp",
        "b": tmp_path / "b.png",
        "a": tmp_path / "a.jpg",
    }


def test_hostile_ids_are_looked_for_by_their_slug(tmp_path):
    fill(tmp_path / "out", f"{slug('../x')}.png", f"{slug('a/b')}.png", "with.dots.png")
    fill(tmp_path, "x.png")
    pairs = pair_outputs(tmp_path / "out", ["../x", "a/b", "with.dots"])
    assert [path.relative_to(tmp_path / "out").name for path in pairs.values()] == [
        f"{slug('../x')}.png",
        f"{slug('a/b')}.png",
        "with.dots.png",
    ]


def test_missing_ones_are_named_up_to_ten_then_counted(tmp_path):
    ids = [f"p{i:02}" for i in range(20)]
    fill(tmp_path, *(f"{identity}.png" for identity in ids[:5]))
    with pytest.raises(UserError) as caught:
        pair_outputs(tmp_path, ids)
    assert f"no output for the photo {', '.join(ids[5:15])} and 5 more" in str(caught.value)
    assert pair_outputs(tmp_path, ids, partial=True).keys() == set(ids[:5])


def test_extra_ones_are_named(tmp_path):
    fill(tmp_path, "a.png", "b.png", "c.png")
    with pytest.raises(UserError, match=re.escape("no photo for the output b.png, c.png.")):
        pair_outputs(tmp_path, ["a"])
    assert pair_outputs(tmp_path, ["a"], partial=True) == {"a": tmp_path / "a.png"}


def test_doubled_ones_are_named(tmp_path):
    fill(tmp_path, "a.png", "a.jpg")
    with pytest.raises(UserError, match=r"two outputs for a: a\.jpg and a\.png"):
        pair_outputs(tmp_path, ["a"], partial=True)


def test_a_folder_without_a_match_or_no_folder(tmp_path):
    fill(tmp_path, "other.png")
    for partial in (True, False):
        with pytest.raises(
            UserError, match=r"no output for any photo: .* such as a-b-[0-9a-f]{8}\.png"
        ):
            pair_outputs(tmp_path, ["a/b"], partial=partial)
    with pytest.raises(UserError, match="is no folder"):
        pair_outputs(tmp_path / "gone", ["a"])


def test_read_output_takes_grey_and_colour_and_names_a_wrong_size(tmp_path):
    grey = np.arange(30, dtype=np.uint8).reshape(5, 6)
    Image.fromarray(grey).save(tmp_path / "a.png")
    assert np.array_equal(read_output(tmp_path / "a.png", 5, 6), np.stack([grey] * 3, -1))
    with pytest.raises(UserError, match=r"a\.png is 5×6, its photo 6×5"):
        read_output(tmp_path / "a.png", 6, 5)
    (tmp_path / "b.png").write_bytes(b"no picture")
    with pytest.raises(PictureError, match=r"b\.png"):
        read_output(tmp_path / "b.png", 5, 6)
