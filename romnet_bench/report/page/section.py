"""What the page shows of one dataset, or of anything else that has tables and figures."""

import dataclasses
from collections.abc import Collection, Mapping, Sequence

from romnet_bench.report.runs import Run
from romnet_bench.report.sheet import Sheet
from romnet_bench.report.telling import Entry

Link = tuple[str, str]
"""A name and an address relative to the page, or a `data:` URI."""


@dataclasses.dataclass(frozen=True)
class Plot:
    """A figure.

    Attributes:
        title: its heading.
        picture: the address of its SVG or PNG file.
        alt: what it shows, for those who cannot see it.
        caption: how to read it.
        files: the figure in each of its formats.
    """

    title: str
    picture: str
    alt: str
    caption: str = ""
    files: Sequence[Link] = ()


@dataclasses.dataclass(frozen=True)
class Section:
    """A part of the page; all strings are plain text, which the page escapes.

    Attributes:
        key: names it in links; different for every section of a page.
        dataset: its heading.
        split: stands small beside the heading.
        summary: the truth in one sentence, repeated at the top of the page.
        sheets: tables, each with its files.
        plots: figures.
        runs: what the rows come from, in the order of the outputs of each entry.
        entries: every photo.
        telling: those that come first, as (“worst” | “median” | “best”, entry).
        trouble: what is wrong with the pictures, empty if nothing.
        incomparable: metric → the outputs that may not be compared with the others in it.
    """

    key: str
    dataset: str
    split: str = ""
    summary: str = ""
    sheets: Sequence[tuple[Sheet, Sequence[Link]]] = ()
    plots: Sequence[Plot] = ()
    runs: Sequence[Run] = ()
    entries: Sequence[Entry] = ()
    telling: Sequence[tuple[str, Entry]] = ()
    trouble: str = ""
    incomparable: Mapping[str, Collection[str]] = dataclasses.field(default_factory=dict)
