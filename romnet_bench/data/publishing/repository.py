"""Which files of a dataset's folder make its repository on the Hub."""

import dataclasses
import re
import shutil
from pathlib import Path

from romnet_bench.data.cards import CARD, PLACE, SAMPLES, escape_markdown
from romnet_bench.data.records import list_shards, list_splits
from romnet_bench.data.rights import FILE as RIGHTS
from romnet_bench.data.rights import Rights, rights_json
from romnet_bench.errors import UserError
from romnet_bench.files import require_writable, written_beside

# A list of what goes, not of what stays: a token, a journal or a private note is never on it.
_FOLDERS = ("references", "quality", "reports", "sheets")
_SUFFIXES = frozenset({".csv", ".md", ".json", ".parquet", ".jpg", ".png"})
_REPORTS = frozenset({".csv", ".md", ".jpg", ".png"})
"""What may stand beside the card; .json there is a build's own."""

# Some cards have one: the question as it stood when the dataset was packaged.
_RIGHTS_SECTION = re.compile(r"^## Rights\n.*?(?=^## |\Z)", re.DOTALL | re.MULTILINE)

Content = Path | bytes


@dataclasses.dataclass(frozen=True)
class Repository:
    """What a repository holds.

    Attributes:
        files: path in it → a file of this machine, or the bytes themselves; sorted.
        left_out: what else is in the dataset's folder, hidden files apart; not given on.
    """

    files: dict[str, Content]
    left_out: list[str]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(content_size(content) for content in self.files.values())


def plan_repository(folder: Path, name: str, rights: Rights) -> Repository:
    """The repository of the dataset in `folder`, to be called `name` ("owner/name").

    Holds the card, its sample pictures, the shards, the rights, and reports: tables and pictures
    beside the card and what lies in `references`, `quality`, `reports` and `sheets`. Never hidden
    files, links, locks or unfinished files.

    Raises:
        UserError: a shard is missing.
    """
    shards = [shard for split in list_splits(folder) for shard in list_shards(folder, split)]
    names = {path.relative_to(folder).as_posix() for path in shards} | {CARD, SAMPLES}
    others = sorted(_visible_files(folder) - names - {RIGHTS})
    extra = {name for name in others if _is_report(Path(name))}
    files: dict[str, Content] = {name: folder / name for name in sorted(names | extra)}
    files[RIGHTS] = rights_json(rights).encode()
    files[CARD] = _card(folder / CARD, name, rights)
    return Repository(dict(sorted(files.items())), [name for name in others if name not in extra])


def content_size(content: Content) -> int:
    """Bytes of one file of a repository."""
    return len(content) if isinstance(content, bytes) else content.stat().st_size


def write_repository(repository: Repository, out: Path) -> None:
    """Writes the repository's files below `out`: what an upload would send, byte for byte.

    Raises:
        UserError: `out` cannot be written to, or holds something already.
    """
    require_writable(out)
    if any(out.iterdir()):
        raise UserError(f"{out} is not empty: choose another --out, or empty it.")
    for name, content in repository.files.items():
        with written_beside(out / name) as part:
            if isinstance(content, bytes):
                part.write_bytes(content)
            else:
                shutil.copyfile(content, part)


def _visible_files(folder: Path) -> set[str]:
    found = (
        path
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink() and path.suffix != ".part"
    )
    names = (path.relative_to(folder) for path in found)
    return {name.as_posix() for name in names if not any(part[0] == "." for part in name.parts)}


def _is_report(name: Path) -> bool:
    if len(name.parts) == 1:
        return name.suffix.lower() in _REPORTS or name.name == "LICENSE"
    return name.parts[0] in _FOLDERS and name.suffix.lower() in _SUFFIXES


def _card(path: Path, name: str, rights: Rights) -> bytes:
    """The card, with the dataset's name on the Hub and with who allows it to be given on."""
    try:
        card = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read ({error}): make the dataset again.") from None
    card = _RIGHTS_SECTION.sub("", card.replace(PLACE, name)).rstrip()
    return f"{card}\n\n## Rights\n\n{escape_markdown(rights.statement)}\n".encode()
