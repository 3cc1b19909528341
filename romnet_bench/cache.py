"""The folder where this machine keeps what was fetched."""

import os
from pathlib import Path

CACHE_VARIABLE = "ROMNET_BENCH_CACHE"


def default_cache() -> Path:
    """`$ROMNET_BENCH_CACHE`, else `romnet-bench` in the folder where this system keeps caches."""
    if named := os.environ.get(CACHE_VARIABLE):
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "romnet-bench"
