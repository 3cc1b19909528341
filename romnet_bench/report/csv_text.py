"""Rows as CSV that every reader takes apart into the same rows."""

import csv
import io
from collections.abc import Iterable, Sequence


def to_csv_text(rows: Iterable[Sequence[object]]) -> str:
    """`rows` as CSV, a line each; fields with commas, quotes or any line break are quoted.

    Python's writer leaves a lone carriage return bare unless it ends lines by one itself.
    """
    return "".join(f"{_to_line(row)}\n" for row in rows)


def _to_line(row: Sequence[object]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerow(row)
    return buffer.getvalue().removesuffix("\r\n")
