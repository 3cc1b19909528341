"""Boxes: on grids of features, and from files that anybody may have written."""

import json
import pickle
import zipfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from romnet_bench.errors import UserError
from romnet_bench.methods.instcolorization.box_files import (
    list_box_files,
    read_boxes,
)
from romnet_bench.methods.instcolorization.boxes import Box, on_grid

WIDTH, HEIGHT = 60, 40


@st.composite
def boxes_in_photos(draw):
    width, height = draw(st.tuples(st.integers(1, 3000), st.integers(1, 3000)))
    left, top = draw(st.integers(0, width - 1)), draw(st.integers(0, height - 1))
    right, bottom = draw(st.integers(left + 1, width)), draw(st.integers(top + 1, height))
    return Box(left, top, right, bottom), width, height


@given(boxes_in_photos(), st.sampled_from([256, 128, 64, 32]))
def test_a_box_has_a_cell_and_stays_on_the_grid(photo, side):
    box, width, height = photo
    cells = on_grid(box, width, height, side)
    assert 0 <= cells.left < cells.right <= side
    assert 0 <= cells.top < cells.bottom <= side
    # Rounding moves an edge by less than one cell, growing by one more.
    true = np.array(box) / [width, height, width, height] * side
    grown = np.tile([cells.width == 1, cells.height == 1], 2)
    assert (np.abs(true - np.array(cells)) < 1 + grown + 1e-9).all()


def test_whole_cells_stay_as_they_are():
    assert on_grid(Box(0, 0, 512, 256), 512, 256, 32) == (0, 0, 32, 32)
    assert on_grid(Box(16, 8, 48, 24), 512, 256, 32) == (1, 1, 3, 3)


def test_a_box_without_a_cell_grows_where_there_is_room():
    assert on_grid(Box(0, 8, 1, 9), 512, 256, 32) == (0, 1, 1, 2)
    assert on_grid(Box(511, 255, 512, 256), 512, 256, 32) == (31, 31, 32, 32)
    assert on_grid(Box(500, 248, 501, 250), 512, 256, 32) == (30, 30, 31, 31)


def write_json(folder: Path, content: object) -> Path:
    path = folder / "photo.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


@pytest.mark.parametrize(
    ("content", "boxes"),
    [
        ([], []),
        ([[0, 0, 60, 40]], [(0, 0, 60, 40)]),
        ([[1.9, 2.1, 3.5, 39.999], [5, 6, 7, 8]], [(1, 2, 3, 39), (5, 6, 7, 8)]),
        ([[i, 0, i + 1, 1] for i in range(10)], [(i, 0, i + 1, 1) for i in range(8)]),
    ],
)
def test_json(tmp_path, content, boxes):
    assert read_boxes(write_json(tmp_path, content), WIDTH, HEIGHT) == boxes


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "{}",
        "null",
        '"boxes"',
        "[" * 100_000,
        "[[0, 0, 1]]",
        "[[0, 0, 1, 1, 1]]",
        "[0, 0, 1, 1]",
        '[["0", 0, 1, 1]]',
        "[[false, 0, true, 1]]",
        "[[null, 0, 1, 1]]",
        "[[[0], 0, 1, 1]]",
        "[[NaN, 0, 1, 1]]",
        "[[0, 0, Infinity, 1]]",
        "[[0, 0, 1e999, 1]]",
        f"[[0, 0, 1{'0' * 400}, 1]]",
        f"[[0, 0, 1{'0' * 5000}, 1]]",
        "[[-1, 0, 1, 1]]",
        "[[0, 0, 61, 1]]",
        "[[0, 0, 1, 41]]",
        "[[5, 5, 5, 9]]",
        "[[5.1, 5, 5.9, 9]]",
        "[[9, 5, 5, 9]]",
        f"[{'[0, 0, 1, 1],' * 8}[0, 0, 1, 999]]",
        f"[{' ' * 1_000_000}]",
    ],
)
def test_json_of_another_form_is_refused_in_one_sentence(tmp_path, content):
    with pytest.raises(UserError, match=r"photo\.json") as refused:
        read_boxes(write_json(tmp_path, content), WIDTH, HEIGHT)
    assert len(str(refused.value)) < 400 + len(str(tmp_path))
    assert "\n" not in str(refused.value)


def test_bytes_that_are_no_text_are_refused(tmp_path):
    path = tmp_path / "photo.json"
    path.write_bytes(b"[[0, 0, 1, 1]]\xff")
    with pytest.raises(UserError, match="is not JSON"):
        read_boxes(path, WIDTH, HEIGHT)


def write_npz(folder: Path, **arrays: object) -> Path:
    path = folder / "photo.npz"
    np.savez_compressed(path, **arrays)
    return path


def test_npz_of_upstream_gives_the_best_eight(tmp_path):
    boxes = np.array([[i, 0, i + 1.5, 1] for i in range(10)], np.float32)
    scores = np.array([0.71, 0.99, 0.8, 0.9, 0.91, 0.92, 0.93, 0.94, 0.95, 0.7], np.float32)
    found = read_boxes(write_npz(tmp_path, bbox=boxes, scores=scores), WIDTH, HEIGHT)
    assert [box.left for box in found] == [1, 8, 7, 6, 5, 4, 3, 2]


def test_npz_without_boxes(tmp_path):
    path = write_npz(tmp_path, bbox=np.zeros((0, 4), np.float32), scores=np.zeros(0, np.float32))
    assert read_boxes(path, WIDTH, HEIGHT) == []


class Trap:
    """A pickle that would leave a trace."""

    def __init__(self, trace: Path) -> None:
        self.trace = trace

    def __reduce__(self):
        return (Path.touch, (self.trace,))


@pytest.mark.parametrize(
    "arrays",
    [
        {},
        {"bbox": np.zeros((1, 4))},
        {"bbox": np.zeros(4), "scores": np.zeros(1)},
        {"bbox": np.zeros((1, 5)), "scores": np.zeros(1)},
        {"bbox": np.zeros((2, 4)), "scores": np.zeros(1)},
        {"bbox": np.zeros((1, 4)), "scores": np.zeros((1, 1))},
        {"bbox": np.zeros((1, 4)), "scores": np.zeros(1)},
        {"bbox": np.full((1, 4), np.nan), "scores": np.ones(1)},
        {"bbox": np.array([[0, 0, 9, 9]]), "scores": np.array([np.nan])},
        {"bbox": np.array([[0, 0, 99, 9]]), "scores": np.ones(1)},
        {"bbox": np.array([["0", "0", "1", "1"]]), "scores": np.ones(1)},
        {"bbox": np.zeros((1, 4), complex), "scores": np.ones(1)},
        {"bbox": np.zeros((50_000, 4)), "scores": np.ones(50_000)},
    ],
)
def test_npz_of_another_form_is_refused_in_one_sentence(tmp_path, arrays):
    with pytest.raises(UserError, match=r"photo\.npz") as refused:
        read_boxes(write_npz(tmp_path, **arrays), WIDTH, HEIGHT)
    assert "\n" not in str(refused.value)


def test_npz_with_a_pickle_runs_nothing(tmp_path):
    trace = tmp_path / "trace"
    trap = np.array([[Trap(trace)] * 4], dtype=object)
    path = write_npz(tmp_path, bbox=trap, scores=np.ones(1))
    with pytest.raises(UserError, match="is no array of numbers"):
        read_boxes(path, WIDTH, HEIGHT)
    path.write_bytes(pickle.dumps(Trap(trace)))
    with pytest.raises(UserError, match="no boxes that can be read"):
        read_boxes(path, WIDTH, HEIGHT)
    assert not trace.exists()


@pytest.mark.parametrize(
    "header",
    [
        "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000, 4), }",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (9, 9, ,), }",
        f"{{'descr': '<f8', 'fortran_order': False, 'shape': (1{'0' * 5000}, 4), }}",
        "{'descr': '<f8', 'fortran_order': False, 'shape': (" + "0, " * 99 + "), }",
        "{'descr': '|O', 'fortran_order': False, 'shape': (1, 4), }",
        "{'descr': '<u3', 'fortran_order': False, 'shape': (1, 4), }",
        "{'descr': '|f1', 'fortran_order': False, 'shape': (1, 4), }",
        "(" * 9000,
        "",
    ],
)
@pytest.mark.parametrize(
    "method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
def test_npz_with_a_made_up_header_is_refused(tmp_path, header, method):
    text = header.encode() + b"\n"
    content = b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text + bytes(32)
    path = tmp_path / "photo.npz"
    with zipfile.ZipFile(path, "w", method) as archive:
        archive.writestr("bbox.npy", content)
        archive.writestr("scores.npy", content)
    with pytest.raises(UserError, match="no boxes that can be read") as refused:
        read_boxes(path, WIDTH, HEIGHT)
    assert "\n" not in str(refused.value)


def test_npz_that_would_grow_without_end_is_refused(tmp_path):
    path = tmp_path / "photo.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bbox.npy", bytes(50_000_000))
    assert path.stat().st_size < 1_000_000
    with pytest.raises(UserError, match="no boxes that can be read"):
        read_boxes(path, WIDTH, HEIGHT)


def test_npz_cut_short_anywhere_is_refused(tmp_path):
    path = write_npz(tmp_path, bbox=np.array([[0, 0, 9, 9.0]]), scores=np.ones(1))
    content = path.read_bytes()
    for length in range(0, len(content), 7):
        path.write_bytes(content[:length])
        with pytest.raises(UserError, match="no boxes that can be read"):
            read_boxes(path, WIDTH, HEIGHT)


@pytest.mark.parametrize(
    "method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA]
)
def test_npz_with_any_byte_changed_is_read_or_refused(tmp_path, method):
    source = write_npz(tmp_path, bbox=np.array([[0, 0, 9, 9.0]]), scores=np.ones(1))
    path = tmp_path / "other.npz"
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(path, "w", method) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name))
    content = path.read_bytes()
    for place in range(0, len(content), 3):
        damaged = bytearray(content)
        damaged[place] ^= 0xFF
        path.write_bytes(damaged)
        try:
            boxes = read_boxes(path, WIDTH, HEIGHT)
        except UserError:
            continue
        assert boxes == [(0, 0, 9, 9)]


def test_files_are_found_by_the_id_alone(tmp_path):
    (tmp_path / "a.json").write_text("[]")
    write_npz(tmp_path, bbox=np.zeros((0, 4)), scores=np.zeros(0))
    (tmp_path / "notes.txt").touch()
    (tmp_path / "b.json").mkdir()
    files = list_box_files(tmp_path)
    assert files == {"a": tmp_path / "a.json", "photo": tmp_path / "photo.npz"}


@pytest.mark.parametrize("names", [["a.json", "a.npz"], [], ["a.txt"]])
def test_a_folder_that_is_empty_or_of_two_minds_is_refused(tmp_path, names):
    for name in names:
        (tmp_path / name).touch()
    with pytest.raises(UserError, match=f"{tmp_path} holds"):
        list_box_files(tmp_path)


def test_no_folder_is_refused(tmp_path):
    with pytest.raises(UserError, match="is no folder"):
        list_box_files(tmp_path / "none")
