"""Progress of long work: a bar on a terminal, plain lines elsewhere."""

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TextIO, TypeVar

T = TypeVar("T")

PLAIN_INTERVAL = 10.0  # seconds between two plain lines


def track(
    items: Iterable[T], what: str, total: int, done: int = 0, stream: TextIO | None = None
) -> Iterator[T]:
    """Yields `items` while showing how many of `total` are through and how long the rest takes.

    Args:
        items: the work that is left.
        what: what is done, such as "degrading".
        total: all items, those of an earlier session included.
        done: how many an earlier session did.
        stream: where to show it; standard error by default, so that standard output stays clean.
    """
    out = stream or sys.stderr
    show = _bar if out.isatty() else _lines
    yield from show(items, what, total, done, out)


def _bar(items: Iterable[T], what: str, total: int, done: int, out: TextIO) -> Iterator[T]:
    from rich import progress
    from rich.console import Console

    columns = (
        progress.TextColumn("{task.description}", markup=False),
        progress.BarColumn(),
        progress.MofNCompleteColumn(),
        progress.TimeElapsedColumn(),
        progress.TextColumn("left"),
        progress.TimeRemainingColumn(),
    )
    with progress.Progress(*columns, console=Console(file=out)) as bar:
        task = bar.add_task(what, total=total, completed=done)
        for item in items:
            yield item
            bar.advance(task)


def _lines(items: Iterable[T], what: str, total: int, done: int, out: TextIO) -> Iterator[T]:
    start = last = time.monotonic()
    count = done
    for item in items:
        yield item
        count += 1
        now = time.monotonic()
        if now - last >= PLAIN_INTERVAL or count == total:
            last = now
            left = (now - start) / max(count - done, 1) * (total - count)
            print(f"{what}: {count}/{total}, {left:.0f} s left", file=out, flush=True)
