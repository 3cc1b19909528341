"""A table as it is printed: what Markdown, LaTeX and HTML are written from."""

import dataclasses
import math


@dataclasses.dataclass(frozen=True)
class Column:
    """A heading; neighbours of one `group`, such as a dataset, stand below a common one.

    Attributes:
        label: what the column holds.
        arrow: `↑` where more is better, `↓` where less is, empty where neither.
        group: the common heading, or empty.
        note: a sentence about the column, for those who ask.
    """

    label: str
    arrow: str = ""
    group: str = ""
    note: str = ""

    @property
    def heading(self) -> str:
        """Label and arrow."""
        return f"{self.label} {self.arrow}".rstrip()


@dataclasses.dataclass(frozen=True)
class Cell:
    """One number.

    Attributes:
        text: as it is printed.
        value: by which it is sorted; NaN if unknown.
        small: what stands below it, such as an interval.
        best: whether no comparable one is better.
        place: its place among the comparable ones, as `shared_ranks` gives it; 0 where there is
            none.
    """

    text: str
    value: float = math.nan
    small: str = ""
    best: bool = False
    place: int = 0


@dataclasses.dataclass(frozen=True)
class Line:
    """A row.

    Attributes:
        label: its heading.
        cells: one for each column.
        warned: whether a warning belongs to it.
        methods: the labels of the methods that it is about.
    """

    label: str
    cells: tuple[Cell, ...]
    warned: bool = False
    methods: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Sheet:
    """A printed table; all its strings are plain text, which the writers escape.

    Attributes:
        key: names its files.
        title: its caption.
        columns: those beside the labels of the lines.
        lines: from top to bottom.
        below: sentences for the foot: protocol, how it was measured, warnings.
        head: the heading of the labels.
    """

    key: str
    title: str
    columns: tuple[Column, ...]
    lines: tuple[Line, ...]
    below: tuple[str, ...]
    head: str = "Method"

    @property
    def groups(self) -> list[tuple[str, int]]:
        """The common headings with how many columns each spans; empty if there is none."""
        spans: list[tuple[str, int]] = []
        for column in self.columns:
            if spans and spans[-1][0] == column.group:
                spans[-1] = (column.group, spans[-1][1] + 1)
            else:
                spans.append((column.group, 1))
        return spans if any(name for name, _ in spans) else []


def signed(value: float, digits: int) -> str:
    """A number with its sign, and nothing is +0."""
    rounded = round(value, digits) + 0.0  # −0.0 is 0 too
    return f"{rounded:+.{digits}f}".replace("-", "−")


def join_words(labels: list[str], most: int = 3) -> str:
    """Names in a sentence, such as "a, b and c"; of more than `most` the last are only counted."""
    if len(labels) > most:
        labels = [*labels[: most - 1], f"{len(labels) - most + 1} more"]
    return " and ".join(filter(None, (", ".join(labels[:-1]), labels[-1])))


def one_line(text: str) -> str:
    """`text` without line breaks, control signs and runs of spaces."""
    return " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
