"""Objects' boxes from a folder with a file for each photo, named by the photo's id.

`<id>.json` is a list of `[left, top, right, bottom]`, in pixels of the photo, best first.
`<id>.npz` is what upstream's `inference_bbox.py` writes: `bbox`, N×4, and `scores`, N.
Fractions are cut off, as upstream does. The best eight boxes count.
"""

import json
import lzma
import re
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import numpy.typing as npt

from romnet_bench.errors import UserError
from romnet_bench.files import printable
from romnet_bench.methods.instcolorization.boxes import MOST, Box

_SUFFIXES = (".json", ".npz")
_LARGEST = 1_000_000  # bytes; eight boxes take a few hundred

# How numpy begins an array of numbers: version 1.0, the header's length, the header.
_NPY_HEADER = re.compile(
    rb"\x93NUMPY\x01\x00..\{'descr': '(?P<dtype>[<>|][fiu][1248])', 'fortran_order': False, "
    rb"'shape': \((?P<shape>[0-9, ]*)\), \} *\n",
    re.DOTALL,
)

_BAD_NPZ = (
    OSError,
    EOFError,
    KeyError,  # a member is missing
    ValueError,
    TypeError,
    NotImplementedError,
    RuntimeError,  # encrypted
    OverflowError,
    struct.error,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
)


def list_box_files(folder: Path) -> dict[str, Path]:
    """Photo id → its file of boxes.

    Raises:
        UserError: there is no such folder, it holds no boxes, or two files for one photo.
    """
    if not folder.is_dir():
        raise UserError(f"{folder} is no folder: give --boxes a folder with <id>.json files.")
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix not in _SUFFIXES or not path.is_file():
            continue
        if path.stem in found:
            raise UserError(
                f"{folder} holds {found[path.stem].name} and {printable(path.name)}: keep one."
            )
        found[path.stem] = path
    if not found:
        raise UserError(f"{folder} holds no boxes: name them by the photos' ids, as <id>.json.")
    return found


def read_boxes(path: Path, width: int, height: int) -> list[Box]:
    """The boxes in a file, at most eight, best first; an empty list is none.

    Args:
        path: a `.json` or `.npz` file.
        width: of the photo, pixels.
        height: likewise.

    Raises:
        UserError: the file is not of this form, or a box is not within the photo.
    """
    name = printable(str(path))
    try:
        if path.stat().st_size > _LARGEST:
            raise UserError(f"{name} is larger than {_LARGEST:,} bytes: it is no file of boxes.")
        rows = _read_npz(path) if path.suffix == ".npz" else _read_json(path)
    except OSError as error:
        raise UserError(f"{name} cannot be read ({error.strerror or error}).") from None
    return [_to_box(row, width, height, name) for row in rows][:MOST]


def _read_json(path: Path) -> list[object]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        reason = str(error).splitlines()[0]
        raise UserError(
            f"{printable(str(path))} is not JSON ({reason}): give a list of "
            "[left, top, right, bottom]."
        ) from None
    if not isinstance(content, list):
        raise UserError(
            f"{printable(str(path))} holds no list: give a list of [left, top, right, bottom]."
        )
    return content


def _read_npz(path: Path) -> list[object]:
    try:
        with zipfile.ZipFile(path) as archive:
            corners, scores = (_read_array(archive, f"{key}.npy") for key in ("bbox", "scores"))
    except _BAD_NPZ as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UserError(
            f"{printable(str(path))} holds no boxes that can be read ({reason}): make it with "
            "upstream's inference_bbox.py, or give a .json file."
        ) from None
    if scores.ndim != 1 or corners.shape != (len(scores), 4) or not np.isfinite(scores).all():
        raise UserError(
            f"{printable(str(path))} must hold `bbox`, N×4, and `scores`, N: make it with "
            "upstream's inference_bbox.py, or give a .json file."
        )
    rows: list[object] = corners[np.argsort(-scores, kind="stable")[:MOST]].tolist()
    return rows


def _read_array(archive: zipfile.ZipFile, member: str) -> npt.NDArray[np.float64]:
    """An array from an archive: numbers only, never a pickle, never more than is really there."""
    with archive.open(member) as file:
        content = file.read(_LARGEST + 1)
    header = _NPY_HEADER.match(content)
    if header is None or len(content) > _LARGEST:
        raise ValueError(f"{member} is no array of numbers")
    shape = [int(length) for length in header["shape"].decode().split(",") if length.strip()]
    values = np.frombuffer(content[header.end() :], header["dtype"].decode())
    return values.reshape(shape).astype(np.float64)


def _to_box(row: object, width: int, height: int, name: str) -> Box:
    limits = (width, height, width, height)
    if (
        not isinstance(row, list)
        or len(row) != len(limits)
        or not all(isinstance(edge, int | float) and not isinstance(edge, bool) for edge in row)
    ):
        raise UserError(f"{name}: a box must be four numbers, [left, top, right, bottom].")
    # Comparing first: NaN, infinity and numbers without end never become an int.
    if all(0 <= edge <= limit for edge, limit in zip(row, limits, strict=True)):
        box = Box(*map(int, row))
        if box.width > 0 and box.height > 0:
            return box
    shown = ", ".join(f"{edge:.10g}" if isinstance(edge, float) else str(edge) for edge in row)
    raise UserError(
        f"{name}: the box [{shown[:100]}] does not lie within the photo of {width}×{height} pixels "
        "(left < right ≤ width, top < bottom ≤ height, in whole pixels): mend it or take it out."
    )
