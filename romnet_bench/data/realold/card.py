"""The words of a packaged RealOld's card, and the rights question."""

from romnet_bench.data.cards import PAPER, CardText, escape_markdown
from romnet_bench.data.realold.report import CSV, MARKDOWN
from romnet_bench.data.rights import Rights

ASKED = (
    "Who holds the rights in RealOld's photographs and in their restored copies, and has that "
    "person permitted you to give them on? Its authors send it by e-mail and state no licence; the "
    "reference portraits were downloaded from Google Images and belong to whoever took them."
)

_REPOSITORY = (
    "R. Xu et al.: Pik-Fix: Restoring and Colorizing Old Photos, WACV 2023 "
    "(https://github.com/DerrickXuNu/Pik-Fix), the authors' code, whose owners send RealOld"
)

_MADE = """\
By `romnet-bench package realold` from the files that RealOld's owners send: pairs by name, each
checked. The old photo keeps its pixels; where its file holds colours (a sepia scan, or grey saved
as RGB), the input is its CIE lightness. Where the target has another size it is resized to the
photo's (antialiased bicubic). No pixel was shifted: where photo and target do not lie on each
other, `meta` says by how much."""

_META = f"""\
`meta` holds, for each pair: the files' names and sizes, whether the target was resized, the tone of
both (grey, tinted, colour), how the target lies on the photo by phase correlation (shift in pixels,
confidence, local shifts), duplicates, and what was flagged. [{MARKDOWN}]({MARKDOWN}) says what was
found and what was left out, [{CSV}]({CSV}) has one row a pair."""


def card_text(pairs: int, references: int, rights: Rights) -> CardText:
    """What the card says beside what stands in the shards."""
    portraits = f", and {references:,} portraits to take colours from" if references else ""
    sections = [("What stands in meta", _META)]
    if references:
        sections.append(
            (
                "References",
                "The split `references` holds colour portraits (`target`) and their lightness "
                "(`input`); none of them shows what a pair shows. Use them with\n\n"
                "    romnet-bench run --method romnet --data DIR --references-split references",
            )
        )
    sections.append(("Rights", escape_markdown(rights.statement)))
    return CardText(
        title="RealOld",
        summary=(
            f"{pairs:,} real old black-and-white photographs, each with a target restored and "
            f"colourised by Photoshop experts{portraits}. For testing only."
        ),
        made=_MADE,
        licence="other",
        licence_name=(
            "by permission, see Rights" if rights.granted else "none stated by its owners"
        ),
        citations=(PAPER, _REPOSITORY),
        tags=("old-photos", "real-world", "portraits"),
        sections=tuple(sections),
    )
