"""Peak memory and speed of a build, for several numbers of photos and workers.

    python tests/benchmarks/building_at_scale.py PHOTOS --count 1000 --count 10000 --workers 2

Builds the first photos of the folder PHOTOS by the recipe `wan` (256×256), as a command of its own.
Memory is that of all its processes together, each shared page once (PSS), looked at five times a
second.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from romnet_bench.images import list_pictures


def family(root: int) -> list[int]:
    """A process and all that it started, directly or not."""
    found = [root]
    for parent in found:
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            try:
                found += [int(child) for child in task.read_text().split()]
            except OSError:
                continue
    return found


def memory(processes: list[int]) -> float:
    """Proportional set size of some processes, MB."""
    total = 0
    for process in processes:
        try:
            lines = Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


def measure(photos: list[Path], workers: int, folder: Path) -> str:
    """One row: what a build of these photos took."""
    source, out = folder / f"source-{len(photos)}", folder / f"out-{len(photos)}-{workers}"
    source.mkdir(exist_ok=True)
    for photo in photos:
        link = source / photo.name
        if not link.exists():
            link.hardlink_to(photo)
    words = ["build-synthetic", "--recipe", "wan", "--source", str(source), "--out", str(out)]
    start = time.perf_counter()
    command = [sys.executable, "-m", "romnet_bench", *words, "--workers", str(workers)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as build:
        peak = 0.0
        while build.poll() is None:
            peak = max(peak, memory(family(build.pid)))
            time.sleep(0.2)
    seconds = time.perf_counter() - start
    rate = len(photos) / seconds
    return f"| {len(photos):,} | {workers} | {peak:.0f} | {seconds:.0f} | {rate:.1f} |"


def main() -> None:
    """Prints a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photos", type=Path)
    parser.add_argument("--count", type=int, action="append", required=True)
    parser.add_argument("--workers", type=int, action="append", required=True)
    given = parser.parse_args()
    found = list_pictures(given.photos)
    print("| pictures | workers | peak MB | seconds | pictures/s |")
    print("| ---: | ---: | ---: | ---: | ---: |")
    # Beside the photos: they are linked, not copied.
    with tempfile.TemporaryDirectory(dir=given.photos.parent) as folder:
        for count in given.count:
            for workers in given.workers:
                print(measure(found[:count], workers, Path(folder)), flush=True)


if __name__ == "__main__":
    main()
