"""What RealOld's owners send by e-mail → a dataset that one line loads, with a report.

RealOld (section IV-A): 200 real old photos, black and white, each with a target that Photoshop
experts restored and colourised; and about 2,000 portraits to take colours from.
"""

import contextlib
import dataclasses
import shutil
from collections.abc import Iterator
from pathlib import Path

from romnet_bench.data.cards import write_card
from romnet_bench.data.claims import unclaim
from romnet_bench.data.realold.card import ASKED, card_text
from romnet_bench.data.realold.checks import open_pair
from romnet_bench.data.realold.material import Material, gather
from romnet_bench.data.realold.report import MARKDOWN, left_out, write_report
from romnet_bench.data.realold.shards import write_pairs, write_references
from romnet_bench.data.realold.sheet import Shown, write_sheets
from romnet_bench.data.realold.verdicts import Verdicts, judge
from romnet_bench.data.rights import FILE as RIGHTS
from romnet_bench.data.rights import Rights, read_rights, write_rights
from romnet_bench.data.sources.archives import is_archive, unpacked
from romnet_bench.errors import UserError
from romnet_bench.files import locked, require_writable

_UNPACKED = ".unpacked"


@dataclasses.dataclass(frozen=True)
class Packaged:
    """What stands in the dataset's folder.

    Attributes:
        pairs: how many, in the split `test`.
        references: how many, in the split `references`.
        flagged: a sentence for each pair that is in the dataset and should be looked at.
        left_out: a sentence for everything that is not in it.
        report: the file that says it all.
        sheets: pictures of what was flagged or left out; never published.
        rights: whether the dataset may be given on.
    """

    pairs: int
    references: int
    flagged: list[str]
    left_out: list[str]
    report: Path
    sheets: list[Path]
    rights: Rights


def package_realold(
    source: Path,
    out: Path,
    *,
    targets: Path | None = None,
    references: Path | None = None,
    rights: str | None = None,
) -> Packaged:
    """Pairs, checks and packages RealOld; what was stopped goes on, to the same bytes.

    Args:
        source: a folder or an archive with `<id>o.*` and `<id>t.*`, or with folders of inputs and
            of targets, or with the inputs alone.
        out: the dataset's folder.
        targets: folder or archive of the targets, if they are apart.
        references: folder or archive of colour portraits.
        rights: who permitted whom to give the photographs on, and when; without it the question is
            noted, and nothing can be published. An answer given earlier stays.

    Raises:
        UserError: no pair could be packaged, an archive is refused, `rights` is empty, or `out`
            holds another dataset.
    """
    if rights is not None and not rights.strip():
        raise UserError("--rights is empty: say who gave which permission, and when.")
    for place in (source, targets, references):
        if place is not None and not place.is_dir() and not is_archive(place):
            raise UserError(f"{place} is no folder and no archive (.zip, .tar, .tar.gz).")
    require_writable(out)
    with locked(out), contextlib.ExitStack() as places:
        pairs = places.enter_context(_folder(source, out))
        apart = None if targets is None else places.enter_context(_folder(targets, out))
        portraits = None if references is None else places.enter_context(_folder(references, out))
        material = gather(pairs, apart, portraits, out)
        verdicts = judge(material.pairs, list(material.looks.values()))
        if all(verdict.wrong for verdict in verdicts.pairs.values()):
            reasons = left_out(material, verdicts)[:3]
            unclaim(out)  # for the right source; the journal goes by content and may stay
            why = " ".join(reasons) or "It holds no pictures named <id>o and <id>t."
            raise UserError(f"Not one pair of {source} could be packaged. {why}")
        return _write(material, verdicts, out, rights)


@contextlib.contextmanager
def _folder(place: Path, out: Path) -> Iterator[Path]:
    """The folder itself, or that of an archive's files, which goes once all is done."""
    if place.is_dir():
        yield place
    else:
        yield unpacked(place, out / _UNPACKED, keep=lambda _: True)
        shutil.rmtree(out / _UNPACKED, ignore_errors=True)


def _write(material: Material, verdicts: Verdicts, out: Path, rights: str | None) -> Packaged:
    pairs = [
        (material.files[facts.id], facts, verdict)
        for facts in material.pairs
        if not (verdict := verdicts.pairs[facts.id]).wrong
    ]
    portraits = [
        material.portraits[identity]
        for identity, look in material.looks.items()
        if look.name not in verdicts.references
    ]
    write_pairs(out, pairs)
    write_references(out, portraits)
    sheets = write_sheets(out, _to_look_at(material, verdicts))
    write_report(out, material, verdicts, sheets)
    if rights is not None:
        write_rights(out, Rights(granted=True, statement=rights))
    elif not (out / RIGHTS).exists():
        write_rights(out, Rights(granted=False, statement=ASKED))
    answer = read_rights(out)
    write_card(out, card_text(len(pairs), len(portraits), answer))
    return Packaged(
        pairs=len(pairs),
        references=len(portraits),
        flagged=[
            f"{facts.id}: {'; '.join(verdict.odd)}." for _, facts, verdict in pairs if verdict.odd
        ],
        left_out=left_out(material, verdicts),
        report=out / MARKDOWN,
        sheets=[out / name for name in sheets],
        rights=answer,
    )


def _to_look_at(material: Material, verdicts: Verdicts) -> Iterator[Shown]:
    """The pairs in which something was found, as the dataset holds them or would."""
    for facts in material.pairs:
        verdict = verdicts.pairs[facts.id]
        if verdict.reasons:
            found = f"{verdict.word}: {'; '.join(verdict.reasons)}"
            comparable = facts.alignment is not None
            yield Shown(facts.id, found, *open_pair(material.files[facts.id], resized=comparable))
