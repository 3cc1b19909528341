"""What was measured, kept line by line: a command that was stopped measures nothing twice."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from pydantic import TypeAdapter

from romnet_bench.files import write_text

T = TypeVar("T")


class Journal:
    """A file of JSON lines, one for each thing measured; a last line cut short is dropped.

    Args:
        path: the file; made when the first thing is measured.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._known: dict[str, object] = {}
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.exists() else []
        whole = [line for line in lines if line.endswith("\n")]
        for line in whole:
            key, value = json.loads(line)
            self._known[key] = value
        if whole != lines:
            write_text(path, "".join(whole))

    def remember(self, key: str, kind: type[T], measure: Callable[[], T]) -> T:
        """What `measure` gave for `key` the first time; an error is not remembered."""
        adapter = TypeAdapter(kind)
        if key not in self._known:
            value = adapter.dump_python(measure(), mode="json")
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps([key, value]) + "\n")
            self._known[key] = value
        return adapter.validate_python(self._known[key])
