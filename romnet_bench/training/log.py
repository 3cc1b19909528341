"""What training writes down: every loss of every step, as CSV and for TensorBoard."""

import contextlib
import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from torch.utils.tensorboard import SummaryWriter

from romnet_bench.files import write_text

_STEP = ("step", "epoch", "learning_rate")


class TrainingLog:
    """`log.csv` and `tensorboard/` of one training; see `open_log`."""

    def __init__(self, handle: TextIO, columns: tuple[str, ...], board: SummaryWriter) -> None:
        self._handle = handle
        self._rows = csv.DictWriter(handle, columns)
        self._board = board

    def write(self, step: int, epoch: int, rate: float, losses: dict[str, float]) -> None:
        """A step's row."""
        row = {"step": step, "epoch": epoch, "learning_rate": rate}
        self._rows.writerow(row | {name: repr(value) for name, value in losses.items()})
        for name, value in losses.items():
            self._board.add_scalar(f"loss/{name}", value, step)
        self._board.add_scalar("learning_rate", rate, step)

    def mark(self, step: int, losses: dict[str, float], psnr: float | None) -> None:
        """A checkpoint: everything up to here is on disk, and a line says how it goes."""
        held_out = "" if psnr is None else f", validation PSNR {psnr:.2f} dB"
        if psnr is not None:
            self._board.add_scalar("validation/PSNR", psnr, step)
        self._handle.flush()
        self._board.flush()
        print(f"step {step}: loss {losses['total']:.4f}{held_out}", flush=True)


@contextlib.contextmanager
def open_log(folder: Path, steps: int, losses: tuple[str, ...]) -> Iterator[TrainingLog]:
    """The log in `folder`, less what came after step `steps`: that is done again.

    Args:
        folder: of the training.
        steps: that are done and saved.
        losses: the names of a step's numbers; "total" must be one of them.
    """
    path = folder / "log.csv"
    columns = (*_STEP, *losses)
    _cut(path, steps, columns)
    board = SummaryWriter(str(folder / "tensorboard"), purge_step=steps + 1)
    with contextlib.closing(board), path.open("a", newline="", encoding="utf-8") as handle:
        yield TrainingLog(handle, columns, board)


def _cut(path: Path, steps: int, columns: tuple[str, ...]) -> None:
    rows: list[dict[str, str]] = []
    if path.exists():
        with path.open(newline="", encoding="utf-8") as handle:
            rows = [row for row in csv.DictReader(handle) if _step(row) in range(1, steps + 1)]
    lines = [",".join(columns)]
    lines += [",".join(row.get(name) or "" for name in columns) for row in rows]
    write_text(path, "\r\n".join(lines) + "\r\n")


def _step(row: dict[str, str]) -> int:
    text = row.get("step") or ""
    return int(text) if text.isdigit() else 0
