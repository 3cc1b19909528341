"""Going on with a training: only with the same settings, and with networks that fit."""

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from romnet_bench.errors import UserError


def require_same(out: Path, different: list[str]) -> None:
    """Makes sure that nothing differs from the training in `out`.

    Args:
        out: its folder.
        different: what does, such as "--seed".

    Raises:
        UserError: something does.
    """
    if different:
        raise UserError(
            f"{out} holds a training with another {', '.join(different)}: choose another --out, or "
            "give the same settings to go on."
        )


@contextlib.contextmanager
def misfits_as_sentences(last: Path) -> Iterator[None]:
    """What goes wrong while the checkpoint `last` is loaded into networks, as one sentence."""
    try:
        yield
    except (RuntimeError, ValueError, KeyError):
        raise UserError(
            f"{last} does not fit the networks it describes: train into another --out."
        ) from None


def where_it_stood(progress: dict[str, Any]) -> tuple[int, float | None]:
    """The steps that were done, and the best PSNR on the validation photos so far, dB."""
    psnr = progress.get("best_psnr")
    return int(progress["step"]), None if psnr is None else float(psnr)
