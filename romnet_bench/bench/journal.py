"""Rows saved as they come, and what decides whether a saved row still holds."""

import hashlib
import json
import os
from pathlib import Path

import pydantic

from romnet_bench.images import Picture


class Row(pydantic.BaseModel):
    """One line of `journal.jsonl`: a row of `scores.parquet` and what it was made from."""

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    id: str
    psnr: float
    ssim: float | None
    lpips: float | None
    seconds: float | None  # None where another program made the output
    reference_id: str
    reference_rank: int | None
    original: str
    input_sha256: str
    output_sha256: str
    note: str
    made_from: str  # `digest` of input, reference, method, version and device
    scored_by: str  # `digest` of protocol, target and original
    lpips_weights: str  # SHA-256, empty where there were none


def read_rows(path: Path) -> dict[str, Row]:
    """The last whole row of each photo; damaged ones are passed over and made again."""
    rows = {}
    for line in path.read_bytes().split(b"\n") if path.exists() else []:
        try:
            row = Row.model_validate_json(line)
        except pydantic.ValidationError:
            continue
        rows[row.id] = row
    return rows


def append_row(path: Path, row: Row) -> None:
    """Adds `row` and waits until the disk has it."""
    with path.open("ab+") as handle:
        # A crash may have cut the last line short: never write on behind it.
        if handle.tell() > 0:
            handle.seek(-1, os.SEEK_END)
            if handle.read(1) != b"\n":
                handle.write(b"\n")
        handle.write(row.model_dump_json().encode() + b"\n")
        handle.flush()
        os.fsync(handle.fileno())


def digest(*parts: object) -> str:
    """A short hash that changes with any of `parts` (JSON values)."""
    text = json.dumps(parts, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def picture_sha256(picture: Picture) -> str:
    """The SHA-256 of a picture's pixels and shape, in hex, however its file was encoded."""
    content = hashlib.sha256(repr(picture.shape).encode())
    content.update(picture.tobytes())
    return content.hexdigest()
