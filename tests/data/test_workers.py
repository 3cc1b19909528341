import contextlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from romnet_bench.data.workers import mapped
from romnet_bench.errors import UserError


@pytest.mark.parametrize("workers", [1, 3])
def test_results_come_in_order(workers: int) -> None:
    with mapped(abs, iter(range(-20, 0)), workers, "math") as results:
        assert list(results) == list(range(20, 0, -1))


def test_few_are_asked_for_ahead() -> None:
    asked = []

    def items() -> object:
        for number in range(100):
            asked.append(number)
            yield number

    with mapped(abs, items(), 2, "math") as results:
        next(results)
        assert len(asked) <= 6


def test_a_worker_that_dies_is_a_sentence() -> None:
    with pytest.raises(UserError, match="memory"), mapped(os._exit, [1, 1], 2, "os") as results:
        list(results)


SLOW = """
import time
from romnet_bench.data.workers import mapped

def slow(number):
    print("at work", flush=True)
    time.sleep(300)

if __name__ == "__main__":
    with mapped(slow, range(4), 2, "time") as results:
        list(results)
"""


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_no_process_outlives_the_parent(end: signal.Signals, tmp_path: Path) -> None:
    """Every process of the session holds its stdout, which ends when the last one is gone."""
    (tmp_path / "slow.py").write_text(SLOW)
    command = [sys.executable, str(tmp_path / "slow.py")]
    with subprocess.Popen(
        command, bufsize=0, stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        try:
            assert process.stdout is not None
            assert [process.stdout.readline() for _ in range(2)] == [b"at work\n"] * 2
            process.send_signal(end)
            assert process.communicate(timeout=20)[0] == b""
            assert process.returncode == -end
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
