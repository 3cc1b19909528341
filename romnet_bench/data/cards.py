"""The card (`README.md`) that stands beside a dataset's shards, as the Hub shows it."""

import dataclasses
import re
import textwrap
from pathlib import Path

import yaml

from romnet_bench.data.licences import LICENCES
from romnet_bench.data.records import list_splits
from romnet_bench.data.samples import sample_sheet
from romnet_bench.data.shard_facts import Split, read_features, read_splits
from romnet_bench.errors import UserError
from romnet_bench.files import printable, write_bytes, write_text

CARD = "README.md"
SAMPLES = "samples.jpg"
PLACE = "PATH_OR_NAME"
"""Stands in a card for where the dataset is; publishing puts its name on the Hub there."""

PAPER = (
    "R. Xu, Z. Tu, Y. Du, X. Dong, J. Li, Z. Meng, J. Ma, H. Yu: ROMNet: Renovate the Old "
    "Memories, 2022"
)

_TAGS = ("old-photo-restoration", "colorization", "romnet-bench")

# The classes in which the Hub counts.
_SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
)


@dataclasses.dataclass(frozen=True)
class CardText:
    """What a card says beside what can be read from the shards.

    Plain text, escaped here: `title`, `summary`, `licence_name`, `citations` and the headings of
    `sections`. Markdown, as it is: `made` and the bodies of `sections`; put `escape_markdown`
    around whatever of them comes from outside.

    Attributes:
        title: the dataset's name.
        summary: one or two sentences.
        made: how it was made: recipe, seed, command.
        licence: the Hub's identifier (`LICENCES`), such as "cc0-1.0"; "other" where none fits.
        licence_name: the licence in words.
        citations: what to cite: the paper (`PAPER`) and the sources.
        tags: beside those of every dataset of this project.
        sections: (heading, Markdown) of whatever else there is to say.
    """

    title: str
    summary: str
    made: str
    licence: str
    licence_name: str
    citations: tuple[str, ...]
    tags: tuple[str, ...] = ()
    sections: tuple[tuple[str, str], ...] = ()


def write_card(folder: Path, text: CardText) -> None:
    """Writes `README.md` and its sample pictures into a dataset's folder.

    Splits, sizes and features are read from the shards below `folder/data`; the same bytes for the
    same shards and text.

    Raises:
        UserError: there are no shards, one is missing or damaged, or a sample does not decode.
        ValueError: the licence is none that the Hub knows.
    """
    if text.licence not in LICENCES:
        raise ValueError(f"the Hub knows no licence {text.licence!r}")
    if not list_splits(folder):
        raise UserError(f"{folder} holds no dataset: make one with `romnet-bench build-synthetic`.")
    splits = read_splits(folder)
    features = read_features(splits[0].shards[0])
    front = yaml.safe_dump(
        _front(text, splits, features), sort_keys=False, allow_unicode=True, width=100
    )
    write_bytes(folder / SAMPLES, sample_sheet(splits))
    write_text(folder / CARD, f"---\n{front}---\n\n{_body(text, splits)}")


def escape_markdown(text: str) -> str:
    """`text` as one line of Markdown that shows it as it is: no link, no HTML, no heading."""
    line = printable(" ".join(text.split()))
    line = re.sub(r"[\\`*\[\]<>|~$]", r"\\\g<0>", line)
    line = re.sub(r"(?<![^\W_])_|_(?![^\W_])", r"\\_", line)  # within a word it means nothing
    line = re.sub(r"&(?=#?\w+;)", r"\\&", line)
    return re.sub(r"^(\d*)([-+=#.)])", r"\1\\\2", line)


def _front(text: CardText, splits: list[Split], features: dict[str, str]) -> dict[str, object]:
    """The YAML that the Hub and `datasets` read."""
    pairs = sum(split.pairs for split in splits)
    front: dict[str, object] = {"license": text.licence}
    if text.licence == "other":
        # An identifier: small letters, digits, dashes and dots are what the Hub's documents show.
        name = re.sub(r"[^a-z0-9.]+", "-", text.licence_name.lower())
        front["license_name"] = name[:96].strip("-.") or "see-below"
    return front | {
        "pretty_name": printable(" ".join(text.title.split())),
        "task_categories": ["image-to-image"],
        "size_categories": [next((name for top, name in _SIZES if pairs < top), "n>1M")],
        "tags": list(dict.fromkeys((*_TAGS, *text.tags))),
        "dataset_info": {
            "features": [{"name": name, "dtype": dtype} for name, dtype in features.items()],
            "splits": [
                {"name": split.name, "num_bytes": split.content, "num_examples": split.pairs}
                for split in splits
            ],
            "download_size": sum(split.size for split in splits),
            "dataset_size": sum(split.content for split in splits),
        },
        "configs": [
            {
                "config_name": "default",
                "data_files": [
                    {"split": split.name, "path": f"data/{split.name}-*"} for split in splits
                ],
            }
        ],
    }


def _body(text: CardText, splits: list[Split]) -> str:
    rows = [f"| {split.name} | {split.pairs:,} | {_megabytes(split.size)} |" for split in splits]
    names = [split.name for split in splits]
    shown = "test" if "test" in names else names[-1]
    sections = [
        ("What is in it", "\n".join(["| split | pairs | size |", "| --- | ---: | ---: |", *rows])),
        (
            "Columns",
            "- `id`: the pair's name, unique in its split\n"
            "- `input`: the old photograph, grey\n"
            "- `target`: what it should become, in colour, of the same size\n"
            "- `mask`: where damage was put or mended, and how much (grey, 0 to 255), or null\n"
            "- `meta`: JSON with the source, its licence, and how the pair was made",
        ),
        (
            "Samples",
            f"![Input, target and mask of a few pairs]({SAMPLES})\n\n"
            "From left to right: input, target and, where there is one, mask.",
        ),
        (
            "How to load it",
            "```python\nimport datasets\n\n"
            f'photos = datasets.load_dataset("{PLACE}", split="{shown}")\n```',
        ),
        ("How it was made", text.made),
        *text.sections,
        ("Licence", escape_markdown(text.licence_name)),
        ("Citation", "\n".join(f"- {escape_markdown(each)}" for each in text.citations)),
    ]
    parts = [f"# {escape_markdown(text.title)}", _wrapped(text.summary)]
    parts += [f"## {escape_markdown(heading)}\n\n{body.strip()}" for heading, body in sections]
    return "\n\n".join(parts) + "\n"


def _wrapped(text: str) -> str:
    return textwrap.fill(escape_markdown(text), 100, break_long_words=False, break_on_hyphens=False)


def _megabytes(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
