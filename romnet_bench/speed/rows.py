"""Measurements as rows of a CSV file."""

import csv
import dataclasses
import io
import statistics

from romnet_bench.speed.cases import Case
from romnet_bench.speed.child import Measured


@dataclasses.dataclass(frozen=True)
class Row:
    """One case and what came of it; a number that does not apply, or failed, is None.

    Args:
        work: in words.
        preset: the preset, or the method; empty for ceilings and loading.
        size: side of the pictures, pixels.
        color_side: longest side at which a photo's colours are predicted, pixels.
        batch: pictures a pass; None for ceilings.
        precision: fp32 or bf16.
        mode: eager or compiled.
        device: cpu, cuda or cuda:N.
        threads: of torch on the CPU.
        workers: processes that load data.
        rounds: timings behind the median.
        seconds: median of one pass.
        seconds_fastest: of the fastest round's passes.
        seconds_slowest: of the slowest round's passes.
        pictures_per_second: by the median.
        flops: floating-point operations of one picture; of a whole pass for ceilings.
        flops_per_second: by the median.
        share_of_matrix: of the matrix product's FLOP/s in the same run and precision, from 0 to 1.
        share_of_convolution: of the convolution's, likewise.
        peak_memory: bytes, see `memory.peak_memory`.
        start_memory: bytes of it that were held before the case began.
        loading_ratio: pictures/s of loading alone over those of training; below 1, training waits.
        error: why there are no numbers.
    """

    work: str
    preset: str
    size: int | None
    color_side: int | None
    batch: int | None
    precision: str
    mode: str
    device: str
    threads: int | None
    workers: int | None
    rounds: int
    seconds: float | None = None
    seconds_fastest: float | None = None
    seconds_slowest: float | None = None
    pictures_per_second: float | None = None
    flops: float | None = None
    flops_per_second: float | None = None
    share_of_matrix: float | None = None
    share_of_convolution: float | None = None
    peak_memory: int | None = None
    start_memory: int | None = None
    loading_ratio: float | None = None
    error: str = ""


def make_row(
    case: Case,
    measured: Measured,
    *,
    matrix: float | None = None,
    convolution: float | None = None,
    loading: float | None = None,
) -> Row:
    """The row of a case.

    Args:
        case: what was measured.
        measured: what came of it.
        matrix: FLOP/s of the matrix product in the same precision.
        convolution: FLOP/s of the convolution in the same precision.
        loading: pictures/s of the DataLoader alone, for training.
    """
    ceiling = case.work in ("matrix", "convolution")
    row = Row(
        work=case.name,
        preset=case.preset or case.method,
        size=case.size or None,
        color_side=case.color_side,
        batch=None if ceiling else case.batch,
        precision="" if case.work == "loading" else case.precision,
        mode="" if case.preset == "" else "compiled" if case.compiled else "eager",
        device="cpu" if case.work == "loading" else case.device,
        threads=measured.threads,
        workers=case.workers if case.work == "loading" else None,
        rounds=len(measured.seconds),
        peak_memory=measured.peak_memory,
        start_memory=measured.start_memory,
        error=measured.error,
    )
    if not measured.seconds:
        return row
    seconds = statistics.median(measured.seconds)
    pictures = None if ceiling else case.batch / seconds
    speed = None if measured.flops is None else measured.flops / seconds
    return dataclasses.replace(
        row,
        seconds=seconds,
        seconds_fastest=min(measured.seconds),
        seconds_slowest=max(measured.seconds),
        pictures_per_second=pictures,
        flops=None if measured.flops is None else measured.flops / (1 if ceiling else case.batch),
        flops_per_second=speed,
        share_of_matrix=_over(speed, matrix),
        share_of_convolution=_over(speed, convolution),
        loading_ratio=_over(loading, pictures),
    )


def to_csv(rows: list[Row]) -> str:
    """The rows with a header, numbers in full."""
    buffer = io.StringIO()
    columns = [field.name for field in dataclasses.fields(Row)]
    writer = csv.DictWriter(buffer, columns)
    writer.writeheader()
    writer.writerows(dataclasses.asdict(row) for row in rows)
    return buffer.getvalue()


def _over(numerator: float | None, denominator: float | None) -> float | None:
    return None if numerator is None or denominator is None else numerator / denominator
