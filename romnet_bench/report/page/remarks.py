"""What is said below several tables of a section is said once."""

import dataclasses
import re
from collections.abc import Sequence

from romnet_bench.report.sheet import Sheet


@dataclasses.dataclass(frozen=True)
class Shared:
    """Sentences that stand below each of several tables.

    Attributes:
        titles: of the tables in their order, those of the paper's by their numbers.
        sentences: in the order of the first of the tables.
    """

    titles: tuple[str, ...]
    sentences: tuple[str, ...]


def share_remarks(sheets: Sequence[Sheet]) -> tuple[Shared, ...]:
    """The sentences that several sheets have in common, by the sheets that have them.

    A single one is left where it stands: to look for it elsewhere costs more than to read it twice.
    """
    places: dict[str, list[int]] = {}
    for index, sheet in enumerate(sheets):
        for sentence in dict.fromkeys(sheet.below):
            places.setdefault(sentence, []).append(index)
    groups: dict[tuple[int, ...], list[str]] = {}
    for sentence, indices in places.items():
        groups.setdefault(tuple(indices), []).append(sentence)
    return tuple(
        Shared(tuple(_name(sheets[index]) for index in indices), tuple(sentences))
        for indices, sentences in sorted(groups.items())
        if len(indices) > 1 and len(sentences) > 1
    )


def _name(sheet: Sheet) -> str:
    number = re.search(r"\bTable [IVX]+\b", sheet.title)
    return number[0] if number else f"“{sheet.title}”"
