"""What is wrong with a pair or a reference: left out, kept but to be looked at, or fine."""

import collections
import dataclasses
from collections.abc import Iterator, Sequence
from typing import Literal

import numpy as np

from romnet_bench.data.duplicates import ALIKE, Alike, agreement, find_alike
from romnet_bench.data.phase import SURE, Alignment
from romnet_bench.data.realold.checks import PairFacts, PictureFacts, aspect_difference

SHIFT = 0.5
"""Pixels. An exact output that lies half a pixel beside its target scores 31 dB at most (mean of
the Kodak photos), one that lies a whole pixel beside it 25 dB: near what methods reach."""
LOCAL = 1.0
"""Pixels; nine parts of degraded Kodak photos show up to 0.2 with nothing moved."""
ENLARGED = 1.25
"""How much a target may be enlarged before it lacks detail that the photo has."""
FAINT_SPREAD = 2.5
"""A spread of colours below which a target is toned rather than coloured: of 139 colour photos two
lie below."""


@dataclasses.dataclass(frozen=True)
class Verdict:
    """On one pair; `wrong` leaves it out, `odd` says what a person should look at."""

    wrong: tuple[str, ...] = ()
    odd: tuple[str, ...] = ()
    duplicates: tuple[str, ...] = ()  # ids of pairs that show the same picture

    @property
    def word(self) -> Literal["ok", "flagged", "left out"]:
        """The verdict in a word."""
        if self.wrong:
            return "left out"
        return "flagged" if self.odd else "ok"

    @property
    def reasons(self) -> tuple[str, ...]:
        """All that was found, the worst first."""
        return (*self.wrong, *self.odd)


@dataclasses.dataclass(frozen=True)
class Verdicts:
    """On everything that could be decoded."""

    pairs: dict[str, Verdict]  # by the pair's id
    references: dict[str, str]  # name of a reference that is left out → why


def judge(pairs: Sequence[PairFacts], references: Sequence[PictureFacts]) -> Verdicts:
    """Judges all pairs and references together, since duplicates lie between them."""
    halves = [half for pair in pairs for half in (pair.input, pair.target)]
    small = [picture.thumbnail for picture in (*halves, *references)]
    alike = find_alike(np.stack(small)) if small else []
    alone = {pair.id: _judge_pair(pair) for pair in pairs}
    links = _between_pairs(pairs, alike)
    verdicts = {identity: _with_links(identity, alone, links[identity]) for identity in alone}
    return Verdicts(verdicts, _judge_references(pairs, references, alike))


def _judge_pair(pair: PairFacts) -> Verdict:
    wrong = list(_wrong(pair))
    odd = [] if pair.alignment is None or wrong else list(_crooked(pair.alignment))
    enlarged = pair.input.height / pair.target.height
    if enlarged > ENLARGED and not wrong:
        odd.append(f"the target is smaller and is enlarged {enlarged:.1f} times")
    if pair.input.tone.kind == "colour" and not wrong:
        odd.append("the input has colours; its lightness is used")
    if pair.target.tone.kind == "tinted" and pair.target.tone.spread < FAINT_SPREAD:
        odd.append("the target has one tint rather than colours")
    return Verdict(tuple(wrong), tuple(odd))


def _wrong(pair: PairFacts) -> Iterator[str]:
    """What makes a pair unfit for measuring."""
    if pair.input.pixels == pair.target.pixels:
        yield "input and target hold the same pixels"
    elif pair.target.tone.kind == "grey" and pair.input.tone.kind == "colour":
        yield "the halves are swapped: the input has colours and the target has none"
    elif pair.target.tone.kind == "grey":
        yield "the target has no colour"
    difference = aspect_difference(pair.input, pair.target)
    if pair.alignment is None:
        yield f"shapes differ by {difference:.1%}: {pair.input.size} and {pair.target.size}"
    elif (
        pair.alignment.shift.confidence < SURE
        # Severe damage takes the fine detail; thumbnails have the coarse one.
        and agreement(pair.input.thumbnail, pair.target.thumbnail) < ALIKE
    ):
        yield "input and target do not show the same picture"


def _crooked(alignment: Alignment) -> Iterator[str]:
    """What is odd about how the target lies on the photo."""
    shift = alignment.shift
    if shift.confidence < SURE:
        yield f"the alignment cannot be measured (confidence {shift.confidence:.2f})"
    elif shift.length > SHIFT:
        yield f"the target is shifted by {shift.length:.1f} px ({shift.x:+.1f}, {shift.y:+.1f})"
    elif alignment.local is not None and alignment.local > LOCAL:
        yield f"parts of the target are shifted by {alignment.local:.1f} px (scale or rotation)"


def _with_links(identity: str, alone: dict[str, Verdict], links: dict[str, str]) -> Verdict:
    """The verdict with the pairs that show the same; those left out do no harm to one kept."""
    verdict = alone[identity]
    others = {other: how for other, how in links.items() if verdict.wrong or not alone[other].wrong}
    found = [
        f"{how} {', '.join(other for other in others if others[other] == how)}"
        for how in dict.fromkeys(others.values())
    ]
    return Verdict(verdict.wrong, (*verdict.odd, *found), tuple(others))


def _between_pairs(pairs: Sequence[PairFacts], alike: list[Alike]) -> dict[str, dict[str, str]]:
    """For each pair, the others that show the same picture, in words."""
    found: dict[str, dict[str, str]] = collections.defaultdict(dict)
    for each in alike:
        if each.second >= 2 * len(pairs):  # a reference
            continue
        one, other = pairs[each.first // 2], pairs[each.second // 2]
        if one is other:
            continue
        words = "mirrored, it shows the same as" if each.mirrored else "it shows the same as"
        if one.input.pixels == other.input.pixels or one.target.pixels == other.target.pixels:
            words = "it has a file in common with"
        found[one.id].setdefault(other.id, words)
        found[other.id].setdefault(one.id, words)
    return found


def _judge_references(
    pairs: Sequence[PairFacts], references: Sequence[PictureFacts], alike: list[Alike]
) -> dict[str, str]:
    """Those that would give a target away, that come twice, or that have no colours to lend."""
    halves = 2 * len(pairs)
    wrong = {
        each.name: "it has no colours to lend" for each in references if each.tone.kind == "grey"
    }
    for each in alike:  # pairs come first in `alike`, then references in order
        if each.second < halves:
            continue
        name = references[each.second - halves].name
        if each.first < halves:
            pair = pairs[each.first // 2]
            wrong.setdefault(
                name, f"it shows the same as the pair {pair.id} and would give its colours away"
            )
            continue
        earlier = references[each.first - halves].name
        if earlier not in wrong:
            wrong.setdefault(name, f"it shows the same as {earlier}")
    return wrong
