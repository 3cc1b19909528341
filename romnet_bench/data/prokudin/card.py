"""What the card of the test set says: how it was made, its figures, its limits."""

import numpy as np

from romnet_bench.data.cards import PAPER, CardText, escape_markdown
from romnet_bench.data.prokudin.pair import COLLECTION, LICENCE, Choice, Row
from romnet_bench.data.prokudin.plates import FILTERS

_CITATION = (
    f"{COLLECTION}: glass negatives by S. M. Prokudin-Gorskii, 1905–1915, LC-DIG-prok, "
    "https://www.loc.gov/pictures/collection/prok/"
)

_LIMITS = """\
- The colours are those that three filters and the plates of 1905–1915 recorded: levels as scanned,
  no white balance, no calibration to sRGB. Uneven development shows as a tint near the rims.
- A target is repaired only where the two other exposures prove the damage. Damage that all three
  share, large stains, fading, and specks of about a pixel stay in input and target alike, so that a
  method that removes them is not rewarded.
- What moved between the exposures (people, water, leaves, smoke) has coloured fringes in the
  target: they are the scene's, not damage, and are not touched. Something that was there in one
  exposure only cannot be told from damage, and may have been removed.
- Light damage of the red or the blue exposure on a dark ground cannot be told from red or blue
  things, nor larger dark damage of the blue one on a light ground from yellow things; it stays.
- Parts of a plate lie up to about half a pixel apart (see `median` and `most`).
- Most damage is small. Read the share of the mask before you read a mean over whole pictures."""


def card_text(rows: list[Row], choice: Choice, max_side: int | None) -> CardText:
    """The card for the table of plates."""
    pairs = [row for row in rows if "input" in row]
    return CardText(
        title="Prokudin-Gorskii: real old photographs with true colours",
        summary=(
            f"{len(pairs)} real photographs of 1905–1915 from glass plates that hold one scene "
            "three times, through a red, a green and a blue filter. The input is one real "
            "black-and-white exposure with its real damage; the target is the scene's own colours, "
            "with damage repaired where the two other exposures prove it."
        ),
        made=_made(choice, max_side),
        licence="other",
        licence_name=LICENCE,
        citations=(PAPER, _CITATION),
        tags=("old-photos", "glass-plates", "prokudin-gorskii"),
        sections=(
            ("Mask", _MASK),
            ("Figures", _figures(rows)),
            ("Limits", _LIMITS),
        ),
    )


_MASK = (
    "Where the target was repaired: 255 where the input's own exposure was damaged, 128 where only "
    "another exposure was, 0 elsewhere. At 0 and 128 the target's channel of the input's exposure "
    "is the input, pixel by pixel."
)


def _made(choice: Choice, max_side: int | None) -> str:
    command = "romnet-bench package prokudin --source PLATES --out DIR"
    command += "" if choice == "green" else f" --input {choice}"
    command += "" if max_side is None else f" --max-side {max_side}"
    return (
        f"`{command}`; nothing is drawn at random. Each plate is split at the dark lines between "
        "its exposures. Two of them are laid on the third, the input, by an affine map each, found "
        "from coarse to fine with weights that leave out damage and what moved; they are "
        "interpolated once, the input never. The plates' frames and rims are cut off. An exposure "
        "is damaged where the two others, which agree with each other and show nothing there, "
        "contradict it; there the target is what they predict. `quality.csv` has a line for each "
        f"plate and `sheets/` shows each. {_choice_in_words(choice)}"
    )


def _choice_in_words(choice: Choice) -> str:
    if choice == "damaged":
        return "The input is the exposure with most proven damage."
    if choice == "green":
        return (
            "The input is the green exposure: nearest to how light the eye sees things, so that "
            "input and target differ by damage and not by tone."
        )
    return f"The input is the {choice} exposure."


def _figures(rows: list[Row]) -> str:
    pairs = [row for row in rows if "input" in row]
    left_out = [row for row in rows if "left_out" in row]
    lines = [
        f"- plates: {len(rows)}; pairs: {len(pairs)}; left out: {len(left_out)}; "
        f"unreadable: {sum('unreadable' in row for row in rows)}",
        f"- repaired in the input's exposure: "
        f"{sum(float(row['repaired_input']) > 0 for row in pairs)} pairs, in any exposure: "
        f"{sum(float(row['repaired']) > 0 for row in pairs)}",
    ]
    for name, words in (
        ("median", "half of a plate's parts lie within (px of the small scans)"),
        ("most", "nine tenths lie within (px of the small scans)"),
        ("loop", "the way round the three exposures misses by (px of the small scans)"),
        ("cut", "share cut off"),
        *((f"damaged_{name}", f"share of proven damage, {name}") for name in FILTERS),
        ("repaired_input", "share repaired in the input's exposure"),
        ("repaired", "share repaired in any exposure"),
    ):
        values = np.array([float(row[name]) for row in pairs])
        lines.append(f"- {words}: median {np.median(values):.3g}, most {values.max():.3g}")
    lines += [
        f"- left out: {escape_markdown(str(row['file']))}: {escape_markdown(str(row['left_out']))}"
        for row in left_out
    ]
    return "\n".join(lines)
