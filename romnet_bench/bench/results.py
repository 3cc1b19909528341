"""What a run leaves behind: `run.json`, `scores.parquet`, `images/<id>.png`."""

import datetime
from pathlib import Path
from typing import Literal

import pandas as pd
import pydantic

from romnet_bench.errors import UserError
from romnet_bench.files import slug, write_text, written_beside

SCHEMA_VERSION = 1

SCORE_COLUMNS = (
    "id",
    "psnr",  # dB, higher is better, capped at 100
    "ssim",  # [−1, 1], higher is better
    "lpips",  # [0, ∞), lower is better; empty without weights, run.json says why
    "seconds",  # of the method alone, without reading, scoring or saving
    "reference_id",  # which photo lent its colours, empty where none is needed
    "reference_rank",  # 1 is the most similar; 0 where the reference was given by hand
    "original",  # the clean photo that this one was made from; variants share one
    "input_sha256",  # of the input's pixels: a changed photo is run again
    "output_sha256",  # of images/<id>.png
    "note",  # why a metric of this row is empty
)


class _Record(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)


class DatasetRecord(_Record):
    """On which photos a run was made."""

    name: str
    path: str  # as given on the command line
    split: str
    fingerprint: str  # changes with any byte of any photo
    photos: int  # in the whole split, scored or not
    originals: int  # clean photos that these were made from; fewer where each has variants
    recipe: str = ""  # what built it, such as "div2k"; empty where that is not known


class MethodRecord(_Record):
    """Which system made the outputs."""

    name: str
    label: str  # how tables call it
    restores: bool
    colorizes: bool
    needs_reference: bool
    fingerprint: dict[str, str]  # options and the weights' SHA-256
    notes: list[str]  # what a reader must know, such as "random weights"


class ProtocolRecord(_Record):
    """Under which definitions the numbers were measured."""

    name: str
    hash: str


class RunRecord(_Record):
    """`run.json`: everything needed to judge and repeat a run."""

    schema_version: int = SCHEMA_VERSION
    made_by: Literal["run", "score"]  # the command
    dataset: DatasetRecord
    method: MethodRecord
    protocol: ProtocolRecord
    references: dict[str, str]  # how references were chosen: features, rank, where from
    device: str
    command: str
    commit: str  # of the checkout, empty for an installed package
    packages: dict[str, str]
    started: str  # ISO 8601, UTC
    finished: str  # empty while the run goes on or was cut short
    unavailable: dict[str, str]  # metric → why its column is empty and how to fill it
    weights: dict[str, str] = {}  # metric → SHA-256 of the weights it was measured with
    failed: dict[str, str]  # photo id → why it has no row


def now() -> str:
    """The time as results record it: ISO 8601, UTC."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")


def write_run(folder: Path, record: RunRecord) -> None:
    """Writes `folder/run.json`."""
    write_text(folder / "run.json", record.model_dump_json(indent=2) + "\n")


def read_run(folder: Path) -> RunRecord:
    """Reads `folder/run.json`.

    Raises:
        UserError: there is none, or it is not one of ours.
    """
    path = folder / "run.json"
    try:
        return RunRecord.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        raise UserError(
            f"{folder} holds no run (no run.json): give a folder that `romnet-bench run` made."
        ) from None
    except (pydantic.ValidationError, ValueError, OSError) as error:
        reason = _first_reason(error)
        raise UserError(
            f"{path} is not a run of schema {SCHEMA_VERSION} ({reason}): run it again."
        ) from None


def _first_reason(error: Exception) -> str:
    """What is wrong with a record; of several faults the first, with the field's name."""
    if isinstance(error, pydantic.ValidationError):
        fault = error.errors()[0]
        return f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}".removeprefix(": ")
    return str(error).splitlines()[0]


def image_path(folder: Path, identity: str) -> Path:
    """Where a run keeps its output for the photo `identity`; safe for every id."""
    return folder / "images" / f"{slug(identity)}.png"


def remove_scores(folder: Path) -> None:
    """Removes `folder/scores.parquet`, if there is one."""
    (folder / "scores.parquet").unlink(missing_ok=True)


def has_scores(folder: Path) -> bool:
    """Whether there is a `folder/scores.parquet`; an unfinished run may have none."""
    return (folder / "scores.parquet").is_file()


def write_scores(folder: Path, rows: list[dict[str, object]]) -> None:
    """Writes `folder/scores.parquet`, one row a photo, sorted by id."""
    in_order = sorted(rows, key=lambda row: str(row["id"]))
    table = pd.DataFrame(in_order, columns=list(SCORE_COLUMNS))
    for column in ("psnr", "ssim", "lpips", "seconds"):
        table[column] = table[column].astype("float64")
    table["reference_rank"] = table["reference_rank"].astype("Int64")
    with written_beside(folder / "scores.parquet") as part:
        table.to_parquet(part, index=False)


def read_scores(folder: Path) -> pd.DataFrame:
    """Reads `folder/scores.parquet`: the columns of `SCORE_COLUMNS`, one row a photo.

    Raises:
        UserError: there is none, or it cannot be read.
    """
    path = folder / "scores.parquet"
    try:
        table = pd.read_parquet(path)
    except FileNotFoundError:
        raise UserError(f"{folder} holds no scores yet: finish its run first.") from None
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read ({error}): run it again.") from None
    missing = [column for column in SCORE_COLUMNS if column not in table.columns]
    if missing:
        raise UserError(f"{path} lacks the columns {', '.join(missing)}: run it again.")
    return table


def find_runs(folders: list[Path]) -> list[Path]:
    """The run folders at or below `folders` (`<dataset>/<method>`), each once, in order.

    Raises:
        UserError: a folder holds no run at all.
    """
    found: list[Path] = []
    for folder in folders:
        here = sorted(path.parent for path in folder.glob("**/run.json"))
        if not here:
            raise UserError(
                f"{folder} holds no run (no run.json below it): make one with `romnet-bench run`."
            )
        found += [path for path in here if path not in found]
    return found
