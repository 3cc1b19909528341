"""Rows of measurements for people: plain text and Markdown."""

from collections.abc import Callable

from romnet_bench.speed.rows import Row

HOW = """\
Medians after warm-up, with the fastest and the slowest round. A training step is the forward pass,
five losses, the backward pass, both optimisers and the discriminator, on patches that lie ready. A
photo goes from grey to colour, with reading and writing left out; parts are the network's, at the
full size. Weights are random. FLOPs count two for a multiplication with its addition, in
convolutions, matrix products and attention, and count what the equations ask for: what an attention
kernel computes a second time is left out. Shares are of the FLOP/s of a large matrix product and of
a 3×3 convolution, 64 → 64 channels, on this machine, in this run and in the same precision. Memory
is the peak of a process that did nothing else: on a GPU what torch gave out, on a CPU the resident
set with Python and torch in it, as much as was held at the start. Loading is measured alone, in the
first epoch, when photos are decoded; where it is below 1× of what training takes, training waits.
"""


def _number(value: float) -> str:
    """Three digits that count."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _optional(value: float | None, unit: float = 1, suffix: str = "") -> str:
    return "" if value is None else f"{_number(value / unit)}{suffix}"


def _seconds(row: Row) -> str:
    numbers = (row.seconds, row.seconds_fastest, row.seconds_slowest)
    if None in numbers:
        return ""
    middle, fastest, slowest = (_optional(number) for number in numbers)
    return f"{middle} [{fastest}, {slowest}]"


_COLUMNS: tuple[tuple[str, Callable[[Row], str]], ...] = (
    ("What", lambda row: row.work),
    ("Preset or method", lambda row: row.preset),
    ("Size", lambda row: "" if row.size is None else str(row.size)),
    ("How", lambda row: " ".join(part for part in (row.precision, row.mode) if part)),
    ("Batch", lambda row: "" if row.batch is None else str(row.batch)),
    ("Pictures/s", lambda row: _optional(row.pictures_per_second)),
    ("Seconds", _seconds),
    ("Peak GB", lambda row: _optional(row.peak_memory, 1e9)),
    ("of it at start", lambda row: _optional(row.start_memory or None, 1e9)),
    ("GFLOP/picture", lambda row: _optional(row.flops, 1e9)),
    ("GFLOP/s", lambda row: _optional(row.flops_per_second, 1e9)),
    ("of matrix", lambda row: _optional(row.share_of_matrix, 0.01, " %")),
    ("of conv.", lambda row: _optional(row.share_of_convolution, 0.01, " %")),
    ("Loading ÷ training", lambda row: _optional(row.loading_ratio, 1, "×")),
    ("Remark", lambda row: row.error),
)
_LEFT = ("What", "Preset or method", "How", "Remark")


def to_text(rows: list[Row]) -> str:
    """A table in columns, those left out that are empty throughout."""
    header, body = _cells(rows)
    widths = [max(len(line[i]) for line in (header, *body)) for i in range(len(header))]
    lines = []
    for line in (header, ["─" * width for width in widths], *body):
        cells = [
            cell.ljust(width) if name in _LEFT else cell.rjust(width)
            for name, cell, width in zip(header, line, widths, strict=True)
        ]
        lines.append("  ".join(cells).rstrip())
    return "\n".join(lines)


def to_markdown(rows: list[Row], machine: dict[str, str]) -> str:
    """A page: the machine, the table, and how it was measured."""
    header, body = _cells(rows)
    rule = ["---" if name in _LEFT else "---:" for name in header]
    lines = [f"| {' | '.join(line)} |" for line in (header, rule, *body)]
    facts = [f"- {name}: `{fact}`" for name, fact in machine.items()]
    return "\n".join(["# Speed", "", *facts, "", *lines, "", HOW])


def _cells(rows: list[Row]) -> tuple[list[str], list[list[str]]]:
    table = [[cell(row).replace("|", "/") for _, cell in _COLUMNS] for row in rows]
    kept = [i for i in range(len(_COLUMNS)) if any(line[i] for line in table)]
    return [_COLUMNS[i][0] for i in kept], [[line[i] for i in kept] for line in table]
