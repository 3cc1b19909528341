"""What commands share besides options: the device, and what had to be left out."""

from pathlib import Path

import click

from romnet_bench.errors import UserError

PARTLY = 3
"""Done, but some photos had to be left out."""


def choose_device(name: str) -> str:
    """`name`, or what "auto" means here.

    Raises:
        UserError: there is no such device.
    """
    import torch

    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        if torch.device(name).type not in ("cpu", "cuda"):
            raise RuntimeError
        torch.empty(1, device=name)
    except (RuntimeError, AssertionError):
        raise UserError(f"There is no device {name} here: give --device cpu or auto.") from None
    return name


def left_out(sentences: list[str]) -> None:
    """Lists what had to be left out, and ends with the status that says so."""
    if sentences:
        click.echo(f"Left out {len(sentences)}:", err=True)
        for sentence in sentences:
            click.echo(f"  {sentence}", err=True)
        raise click.exceptions.Exit(PARTLY)


def split_weights(weights: Path | None, checkpoint: Path | None = None) -> tuple[Path | None, bool]:
    """What `--weights` means: a folder to look into, and whether to go without any.

    Raises:
        UserError: it says `none`, and a checkpoint is given.
    """
    if str(weights) != "none":
        return weights, False
    if checkpoint is not None:
        raise UserError("--weights none means random ones: leave out it or --checkpoint.")
    return None, True
