"""A bound on how fast people join, so that a script cannot fill a study in a moment."""

import threading
import time
from collections.abc import Callable


class Bucket:
    """Lets so many through at once, then so many a minute; safe between threads.

    No address is looked at, so one bucket serves everybody.
    """

    def __init__(
        self, at_once: float, per_minute: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._at_once, self._per_second, self._clock = at_once, per_minute / 60, clock
        self._level, self._last = at_once, clock()
        self._lock = threading.Lock()

    def take(self) -> bool:
        """Whether one more may pass now."""
        with self._lock:
            now = self._clock()
            grown = self._level + (now - self._last) * self._per_second
            self._level, self._last = min(grown, self._at_once), now
            if self._level < 1:
                return False
            self._level -= 1
            return True

    def give_back(self) -> None:
        """Takes back one that passed and came to nothing."""
        with self._lock:
            self._level += 1
