"""Whether a dataset may be given on, and who says so: `rights.json` in its folder.

Nothing is published without an answer.
"""

import dataclasses
import json
from pathlib import Path

from romnet_bench.errors import UserError
from romnet_bench.files import write_text

FILE = "rights.json"

_UNKNOWN = (
    "nothing in the dataset's folder says under which licence, or by whose permission, its "
    "photographs may be given on"
)


@dataclasses.dataclass(frozen=True)
class Rights:
    """May the photographs be given on?

    Attributes:
        granted: whether they may.
        statement: the licence, or who gave which permission; where not granted, the question that
            somebody must answer first.
    """

    granted: bool
    statement: str


def write_rights(folder: Path, rights: Rights) -> None:
    """Writes `rights.json` into a dataset's folder.

    Raises:
        ValueError: the statement is empty: a grant without a reason is none.
    """
    if not rights.statement.strip():
        raise ValueError("the rights need a statement")
    write_text(folder / FILE, rights_json(rights))


def rights_json(rights: Rights) -> str:
    """The content of `rights.json`."""
    return json.dumps(dataclasses.asdict(rights), indent=1, ensure_ascii=False) + "\n"


def read_rights(folder: Path) -> Rights:
    """The rights of the dataset in `folder`; not granted where nothing is said.

    Raises:
        UserError: `rights.json` is there, and is not what `write_rights` writes.
    """
    path = folder / FILE
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return Rights(granted=False, statement=_UNKNOWN)
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"{path} cannot be read ({error}): package the dataset again.") from None
    match content:
        case {"granted": bool(granted), "statement": str(statement)} if statement.strip():
            return Rights(granted, statement)
    raise UserError(
        f"{path} must hold `granted` (true or false) and a `statement`: package the dataset again."
    )
