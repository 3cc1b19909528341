"""What goes wrong in a training, as one sentence that says what to do."""

import contextlib
import math
from collections.abc import Iterator
from pathlib import Path

from romnet_bench.errors import UserError, is_out_of_memory


def require_finite(losses: dict[str, float], step: int, last: Path) -> None:
    """Stops a training before what is no number reaches a checkpoint.

    Args:
        losses: of the step, by name, gradients' lengths among them.
        step: its number.
        last: the checkpoint that would come next, and still is the last good one.

    Raises:
        UserError: one of them is infinite or no number.
    """
    bad = [name for name, value in losses.items() if not math.isfinite(value)]
    if bad:
        kept = f"the last good checkpoint is {last}" if last.exists() else "none was saved yet"
        raise UserError(
            f"Training diverged at step {step} ({', '.join(bad)} is not a number); {kept}: lower "
            "--learning-rate and train into another --out."
        )


@contextlib.contextmanager
def mistakes_as_sentences(
    batch: int, crop: int, last: Path, *, shareable: bool = True
) -> Iterator[None]:
    """What goes wrong in a step or in a worker, as one sentence.

    Args:
        batch: patches a step, and
        crop: their side, for what to lower where memory runs out.
        last: the checkpoint that training left until then, if any.
        shareable: several processes may share each step.

    Raises:
        UserError: memory ran out, or a worker ended.
    """
    try:
        yield
    except UserError as error:
        if "Original Traceback" not in str(error):
            raise
        # A worker's comes with its traceback around it: the sentence is the last line.
        _, _, sentence = str(error).strip().splitlines()[-1].partition("Error: ")
        raise UserError(sentence) from None
    except (MemoryError, RuntimeError) as error:
        if "DataLoader worker" in str(error):
            raise UserError(
                "A process that prepares patches was ended, most often for want of memory: lower "
                "--workers; the same command then goes on."
            ) from None
        if not is_out_of_memory(error):
            raise
        raise UserError(_out_of_memory(batch, crop, last, shareable)) from None


def _out_of_memory(batch: int, crop: int, last: Path, shareable: bool) -> str:
    kept = f"; what was learnt until then is in {last}" if last.exists() else ""
    smaller = f"--batch (now {batch})" if batch > 1 else ""
    crops = f"--crop (now {crop})" if crop > 64 else ""
    options = [option for option in (smaller, crops) if option] or ["the preset"]
    share = ", or share each step with more processes" if shareable else ""
    return (
        f"Memory ran out: lower {' or '.join(options)} and train into another --out{share}{kept}."
    )
