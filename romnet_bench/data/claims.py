"""A dataset's folder belongs to one build: another, or anything foreign, is never mixed into it."""

from pathlib import Path

from romnet_bench.errors import UserError
from romnet_bench.files import write_text

MARKER = "build.json"


def claim(out: Path, plan: str) -> None:
    """Marks `out` as the place of the build that `plan` describes, or finds that it is already.

    What a killed build left half-written is removed.

    Args:
        out: the dataset's folder.
        plan: all that its bytes depend on; two equal plans make equal datasets.

    Raises:
        UserError: the folder holds a dataset made by another plan, or one that was not made here.
    """
    marker = out / MARKER
    if marker.exists():
        if marker.read_bytes() != plan.encode():
            raise UserError(
                f"{out} holds a dataset of another recipe, photos or version: choose another "
                "--out, or delete that folder."
            )
    elif any((out / "data").glob("*.parquet")):
        raise UserError(f"{out} holds a dataset that was not made here: choose another --out.")
    else:
        write_text(marker, plan)
    for half_written in (*out.glob(".*.*.part"), *(out / "data").glob(".*.*.part")):
        half_written.unlink()


def unclaim(out: Path) -> None:
    """Gives `out` up after a build that brought nothing: its shards go, and then its mark."""
    for shard in (out / "data").glob("*.parquet"):
        shard.unlink()
    (out / MARKER).unlink(missing_ok=True)
