"""The page as one single file: what lies beside it is put inside."""

import base64
import dataclasses
from collections.abc import Sequence
from pathlib import Path

from romnet_bench.errors import UserError
from romnet_bench.report.page.section import Link, Plot, Section
from romnet_bench.report.telling import Entry, Shot

HEAVY = 50_000_000
"""Bytes above which mail will hardly take a page."""

HEAVIEST = 400_000_000
"""Bytes above which browsers give up on a page."""

_TYPES = {
    ".jpg": "image/jpeg",
    ".webp": "image/webp",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".pdf": "application/pdf",
    ".csv": "text/csv;charset=utf-8",
    ".md": "text/markdown;charset=utf-8",
    ".tex": "text/x-tex;charset=utf-8",
    ".html": "text/html;charset=utf-8",
}


HEAVY_LINK = 1_000_000
"""Bytes above which a figure is shown, but none of its other formats is put inside."""


def inline_sections(sections: Sequence[Section], folder: Path) -> list[Section]:
    """`sections` with `data:` URIs instead of the addresses of files in `folder`.

    Of a figure whose formats are heavy, such as a grid of photographs, only the picture goes in.

    Raises:
        UserError: the pictures are more than a browser opens in one file.
    """
    shots = [shot for section in sections for entry in section.entries for shot in entry.shots]
    files = {address for shot in shots for address in (shot.full, shot.thumb)}
    size = sum((folder / address).stat().st_size for address in files if _is_file(address))
    if size * 4 // 3 > HEAVIEST:
        raise UserError(
            f"The pictures are {size / 1e6:,.0f} MB, too much for one page: make the report "
            "without --inline and pack its folder."
        )
    return [_inline_section(section, folder) for section in sections]


def warn_of_weight(page: str) -> str:
    """A sentence if the page is too large to be sent by mail, else nothing."""
    size = len(page.encode())
    if size <= HEAVY:
        return ""
    return (
        f"The page holds {size / 1e6:,.0f} MB: too much for most mail, and slow to open. Without "
        "--inline the pictures stand beside it."
    )


def _inline_section(section: Section, folder: Path) -> Section:
    inside = {entry.id: _inline_entry(entry, folder) for entry in section.entries}
    return dataclasses.replace(
        section,
        sheets=tuple((sheet, _inline_links(links, folder)) for sheet, links in section.sheets),
        plots=tuple(_inline_plot(plot, folder) for plot in section.plots),
        entries=tuple(inside.values()),
        telling=tuple((name, inside[entry.id]) for name, entry in section.telling),
    )


def _inline_entry(entry: Entry, folder: Path) -> Entry:
    return dataclasses.replace(
        entry, shots=tuple(_inline_shot(shot, folder) for shot in entry.shots)
    )


def _inline_shot(shot: Shot, folder: Path) -> Shot:
    return dataclasses.replace(
        shot, thumb=_inline(shot.thumb, folder), full=_inline(shot.full, folder)
    )


def _inline_plot(plot: Plot, folder: Path) -> Plot:
    sizes = [(folder / address).stat().st_size for _, address in plot.files if _is_file(address)]
    light = max(sizes, default=0) <= HEAVY_LINK
    return dataclasses.replace(
        plot,
        picture=_inline(plot.picture, folder),
        files=_inline_links(plot.files, folder) if light else (),
    )


def _inline_links(links: Sequence[Link], folder: Path) -> tuple[Link, ...]:
    return tuple((name, _inline(address, folder)) for name, address in links)


def _is_file(address: str) -> bool:
    return bool(address) and not address.startswith("data:")


def _inline(address: str, folder: Path) -> str:
    if not _is_file(address):
        return address
    path = folder / address
    content = base64.b64encode(path.read_bytes()).decode()
    return f"data:{_TYPES.get(path.suffix, 'application/octet-stream')};base64,{content}"
