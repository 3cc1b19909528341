"""Ctrl-C between two steps, so that what is saved is whole."""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from types import FrameType


@contextlib.contextmanager
def interrupts_between_steps() -> Iterator[Callable[[], bool]]:
    """Ctrl-C and SIGTERM wait for the step at hand; yields what says whether one came."""
    asked = threading.Event()
    previous = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def ask(number: int, _: FrameType | None) -> None:
        asked.set()
        signal.signal(number, previous[signal.Signals(number)])  # a second one stops at once

    try:
        for number in previous:
            signal.signal(number, ask)
    except ValueError:  # not in the main thread: nobody presses Ctrl-C there
        previous = {}
    try:
        yield asked.is_set
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def leave_signals_to_the_parent(_: int) -> None:
    """For a worker: Ctrl-C reaches all processes; only the parent knows when a step is whole."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # Not that: it is how a parent that ends with an error ends its workers, and would wait forever.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
