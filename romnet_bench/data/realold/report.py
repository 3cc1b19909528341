"""What is wrong with a packaged RealOld, and where: a table to compute with, a page to read."""

import csv
import io
from collections.abc import Sequence
from pathlib import Path

from romnet_bench.data.cards import escape_markdown
from romnet_bench.data.duplicates import ALIKE
from romnet_bench.data.phase import SURE
from romnet_bench.data.realold.checks import ASPECT, PairFacts
from romnet_bench.data.realold.material import Material
from romnet_bench.data.realold.verdicts import ENLARGED, LOCAL, SHIFT, Verdict, Verdicts
from romnet_bench.data.tone import GREY_CHROMA, TINT_SPREAD
from romnet_bench.files import write_text

CSV, MARKDOWN = "report.csv", "report.md"

COLUMNS = (
    "id",
    "verdict",
    "reasons",
    "input_file",
    "target_file",
    "input_size",
    "target_size",
    "target_resized",
    "input_tone",
    "target_tone",
    "shift_x",
    "shift_y",
    "confidence",
    "local_shift",
    "duplicates",
)

_BOUNDS = f"""\
- *shift*: how far the target lies beside the input, in pixels of the input, by phase correlation;
  flagged beyond {SHIFT:g} px. No pixel was moved.
- *local*: the same for nine parts of the picture, their 75th percentile; flagged beyond {LOCAL:g}
  px (another scale, a turn, a warp).
- *confidence*: the share of the phases that agree, 1 for copies; below {SURE:g} the shift says
  nothing. Where the thumbnails do not agree either (below {ALIKE:g}), the pair is left out.
- *size*: the target is resized to the input's; left out where their shapes differ by more than
  {ASPECT:.0%}, flagged where the target is enlarged more than {ENLARGED:g} times.
- *tone*: grey up to a chroma of {GREY_CHROMA:g} in CIE Lab (95th percentile); a tint where the
  colours spread by no more than {TINT_SPREAD:g} about one curve over lightness; else colour. The
  dataset's input is the lightness of whatever the input file holds."""


def write_report(
    folder: Path, material: Material, verdicts: Verdicts, sheets: Sequence[str]
) -> None:
    """Writes `report.csv`, one row a pair, and `report.md` into the dataset's folder.

    Args:
        folder: the dataset's.
        material: what was sent.
        verdicts: on it.
        sheets: names of the contact sheets, which are not published with the report.
    """
    write_text(folder / CSV, _csv(material.pairs, verdicts))
    write_text(folder / MARKDOWN, _markdown(material, verdicts, sheets))


def left_out(material: Material, verdicts: Verdicts) -> list[str]:
    """A sentence for everything that is not in the dataset."""
    return [
        *(
            f"{identity}: {'; '.join(verdict.wrong)}."
            for identity, verdict in verdicts.pairs.items()
            if verdict.wrong
        ),
        *material.unreadable,
        *material.unpaired,
        *_references(verdicts),
    ]


def _references(verdicts: Verdicts) -> list[str]:
    return [f"{name}: {why}." for name, why in verdicts.references.items()]


def _csv(pairs: Sequence[PairFacts], verdicts: Verdicts) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for pair in pairs:
        verdict = verdicts.pairs[pair.id]
        alignment = pair.alignment
        shift = ("", "", "", "")
        if alignment is not None:
            x, y, confidence = alignment.shift.x, alignment.shift.y, alignment.shift.confidence
            local = "" if alignment.local is None else f"{alignment.local:.2f}"
            shift = (f"{x:.2f}", f"{y:.2f}", f"{confidence:.3f}", local)
        cells = (
            pair.id,
            verdict.word,
            "; ".join(verdict.reasons),
            pair.input.name,
            pair.target.name,
            pair.input.size,
            pair.target.size,
            "yes" if pair.resized and alignment else "no",
            pair.input.tone.kind,
            pair.target.tone.kind,
        )
        writer.writerow([*map(_harmless, cells), *shift, " ".join(verdict.duplicates)])
    return text.getvalue()


def _harmless(cell: str) -> str:
    """A spreadsheet takes a name that begins like a formula for one."""
    return f"'{cell}" if cell[:1] in ("=", "+", "-", "@") else cell


def _markdown(material: Material, verdicts: Verdicts, sheets: Sequence[str]) -> str:
    by_word: dict[str, list[PairFacts]] = {"ok": [], "flagged": [], "left out": []}
    for pair in material.pairs:
        by_word[verdicts.pairs[pair.id].word].append(pair)
    kept = len(by_word["ok"]) + len(by_word["flagged"])
    parts = [
        "# What was found in RealOld",
        f"{kept} pairs packaged, {len(by_word['flagged'])} of them flagged for a person to look "
        f"at; {len(left_out(material, verdicts))} left out, of pairs, single files and references. "
        f"Every pair's figures: [{CSV}]({CSV}).",
    ]
    if sheets:
        names = ", ".join(f"`{name}`" for name in sheets)
        parts.append(f"Flagged and left-out pairs side by side, never published: {names}.")
    for title, word in (("Flagged, but packaged", "flagged"), ("Pairs left out", "left out")):
        if by_word[word]:
            rows = [_row(pair, verdicts.pairs[pair.id]) for pair in by_word[word]]
            parts += [f"## {title}", _table(rows)]
    for title, sentences in (
        ("Files without their other half", material.unpaired),
        ("Files that cannot be used", material.unreadable),
        ("References left out", _references(verdicts)),
    ):
        if sentences:
            lines = (f"- {escape_markdown(sentence)}" for sentence in sentences)
            parts += [f"## {title}", "\n".join(lines)]
    parts += ["## What the figures mean", _BOUNDS]
    return "\n\n".join(parts) + "\n"


def _table(rows: list[str]) -> str:
    head = "| id | what was found | input → target | shift (x, y) | local | confidence |"
    return "\n".join([head, "| --- | --- | --- | ---: | ---: | ---: |", *rows])


def _row(pair: PairFacts, verdict: Verdict) -> str:
    shift, local, confidence = "–", "–", "–"
    if pair.alignment is not None:
        measured = pair.alignment.shift
        confidence = f"{measured.confidence:.2f}"
        if measured.confidence >= SURE:
            shift = f"{measured.x:+.2f}, {measured.y:+.2f}".replace("-", "−")
        if pair.alignment.local is not None:
            local = f"{pair.alignment.local:.2f}"
    files = escape_markdown(f"{pair.input.name} → {pair.target.name}")
    sizes = f"{pair.input.size} → {pair.target.size}"
    what = escape_markdown("; ".join(verdict.reasons))
    return (
        f"| {escape_markdown(pair.id)} | {what} | {files}, {sizes} | {shift} | {local} "
        f"| {confidence} |"
    )
