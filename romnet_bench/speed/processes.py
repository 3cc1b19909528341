"""Runs cases in fresh processes, and says in a few words how one ended that died."""

import os
import signal
import subprocess
import sys

from romnet_bench.speed.cases import Case
from romnet_bench.speed.child import Measured


def run_case(case: Case) -> Measured:
    """Measures a case in a process of its own; one that fails gives its error, never an exception.

    Ctrl-C ends the process with everything it started; so does the end of this one, however it
    comes (see `leash`).
    """
    leash, held = os.pipe()
    command = [sys.executable, "-P", "-m", "romnet_bench.speed.child", str(leash)]
    with subprocess.Popen(  # noqa: S603 - the program is this very Python
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
        errors="replace",
        pass_fds=(leash,),
        start_new_session=True,  # a group of its own, workers and compilers among it
    ) as child:
        os.close(leash)
        try:
            answer, said = child.communicate(case.model_dump_json())
        finally:
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGKILL)
            os.close(held)
    if child.returncode == 0:
        # Libraries print too: the answer is the last line.
        return Measured.model_validate_json(answer.splitlines()[-1])
    return Measured(error=_last_words(child.returncode, said))


def _last_words(status: int, said: str) -> str:
    if status == -signal.SIGKILL:
        return "out of memory (the system ended the process)"
    if status < 0:
        return f"the process ended by {signal.Signals(-status).name}"
    lines = said.strip().splitlines()
    return lines[-1][:200] if lines else f"the process ended with status {status}"
