"""`.combo` files: good ones are read, others are refused in one sentence."""

import contextlib
import os
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from romnet_bench.errors import UserError
from romnet_bench.images import encode_png
from romnet_bench.methods.he import combo
from romnet_bench.methods.he.combo import read_combo, require_fit

LEVELS = [np.full((6, 7), level, np.uint8) for level in range(20, 30)]
COLORS = np.random.default_rng(0).integers(0, 256, (6, 7, 3), np.uint8)


def block(content: bytes) -> bytes:
    return struct.pack("<i", len(content)) + content


def file_of(*pictures: np.ndarray, size: tuple[int, int] = (6, 7)) -> bytes:
    return struct.pack("<ii", *size) + b"".join(block(encode_png(x)) for x in pictures)


def test_every_picture_goes_to_its_place(tmp_path: Path) -> None:
    path = tmp_path / "a.combo"
    path.write_bytes(file_of(COLORS, COLORS[::-1], *LEVELS))
    found = read_combo(path)
    assert np.array_equal(found.warped, COLORS)
    assert [int(x[0, 0]) for x in found.there] == [20, 22, 24, 26, 28]
    assert [int(x[0, 0]) for x in found.back] == [21, 23, 25, 27, 29]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "cut short"),
        (file_of(COLORS, COLORS, *LEVELS, size=(-6, 7)), "claims 7×-6 pixels"),
        (file_of(COLORS, COLORS, *LEVELS, size=(6, 2**31 - 1)), "claims"),
        (file_of(COLORS, COLORS, *LEVELS, size=(7, 6)), "picture 1 has another size"),
        (file_of(COLORS, COLORS, *LEVELS[:-1]), "cut short"),
        (file_of(COLORS, COLORS, *LEVELS)[:-1], "cut short"),
        (file_of(COLORS, COLORS, *LEVELS) + b"x", "follows its last picture"),
        (file_of(COLORS, COLORS, *LEVELS[:-1], COLORS), "error maps are coloured"),
        (struct.pack("<iii", 6, 7, -1), "cut short"),
        (struct.pack("<iii", 6, 7, 0) * 20, "cut short"),
        (struct.pack("<iii", 6, 7, 2**31 - 1) + b"x" * 99, "cut short"),
        (struct.pack("<ii", 6, 7) + block(b"no picture"), "picture 1 is none"),
        (
            struct.pack("<ii", 6, 7) + block(encode_png(np.zeros((2049, 2049), np.uint8))),
            "picture 1 is none",
        ),
    ],
)
def test_other_files_are_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "a.combo"
    path.write_bytes(content)
    with pytest.raises(UserError, match=reason) as refusal:
        read_combo(path)
    assert str(path) in str(refusal.value)


def test_large_files_are_not_even_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(combo, "MAX_BYTES", 10)
    path = tmp_path / "a.combo"
    path.write_bytes(b"x" * 11)
    with pytest.raises(UserError, match="larger than"):
        read_combo(path)


def test_missing_files_say_what_to_do(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.combo")
    for name in ("a.combo", "pipe.combo", "."):
        with pytest.raises(UserError, match="named by its id"):
            read_combo(tmp_path / name)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(at=st.integers(0, 900), value=st.integers(0, 255), cut=st.integers(0, 900))
def test_damage_never_escapes(
    tmp_path: Path, combo_bytes: Callable[..., bytes], at: int, value: int, cut: int
) -> None:
    """Any byte changed and any tail lost: read, or refused by name."""
    content = bytearray(combo_bytes(5, 4))
    content[at % len(content)] = value
    path = tmp_path / "a.combo"
    path.write_bytes(bytes(content[: len(content) - cut]))
    found = None
    with contextlib.suppress(UserError):
        found = read_combo(path)
    assert found is None or (cut == 0 and found.warped.shape == (5, 4, 3))


@pytest.mark.parametrize(
    ("photo", "fits"),
    [((6, 7), True), ((600, 700), True), ((60, 73), True), ((70, 60), False), ((60, 90), False)],
)
def test_a_file_fits_photos_of_its_aspect_ratio(
    tmp_path: Path, photo: tuple[int, int], fits: bool
) -> None:
    path = tmp_path / "a.combo"
    path.write_bytes(file_of(COLORS, COLORS, *LEVELS))
    found = read_combo(path)
    if fits:
        require_fit(found, np.zeros(photo, np.uint8), path)
    else:
        with pytest.raises(UserError, match="not of this one"):
            require_fit(found, np.zeros(photo, np.uint8), path)
