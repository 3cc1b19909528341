"""The card: front matter that the Hub and `datasets` read, and what a reader must know."""

import dataclasses
import io
import re
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from datasets.info import DatasetInfosDict
from huggingface_hub import DatasetCard, DatasetCardData
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from PIL import Image

import datasets
from romnet_bench.data.cards import CardText, escape_markdown, write_card
from romnet_bench.data.recipe_card import recipe_card_text
from romnet_bench.data.records import Photo, PhotoSet, encode_photo, shard_path, write_shard
from romnet_bench.data.samples import sample_sheet
from romnet_bench.data.shard_facts import read_splits
from romnet_bench.errors import UserError
from romnet_bench.files import printable
from romnet_bench.synthesis.recipe import Recipe, list_recipes, load_recipe

TEXT = CardText(
    title="Tiny",
    summary="Four generated photographs.",
    made="By hand.",
    licence="cc0-1.0",
    licence_name="CC0 1.0",
    citations=("R. Xu et al., 2022", "A second one"),
    tags=("generated",),
    sections=(("Limits", "There are *four*."),),
)


def front_of(folder: Path) -> dict[str, Any]:
    card = (folder / "README.md").read_text(encoding="utf-8")
    assert card.startswith("---\n")
    read: dict[str, Any] = yaml.safe_load(card.removeprefix("---\n").split("\n---\n", 1)[0])
    return read


def body_of(folder: Path) -> str:
    return (folder / "README.md").read_text(encoding="utf-8").split("\n---\n", 1)[1]


@pytest.fixture
def three_splits(tmp_path: Path, tiny_photos: list[Photo]) -> Path:
    """test has one shard, train two, and the names do not sort as the splits should."""
    folder = tmp_path / "three"
    shards = {("test", 0, 1): 1, ("train", 0, 2): 2, ("train", 1, 2): 1, ("extra", 0, 1): 3}
    for (split, index, count), rows in shards.items():
        path = shard_path(folder, split, index, count)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_shard(path, map(encode_photo, tiny_photos[:rows]))
    return folder


def test_front_matter_is_what_datasets_would_write(three_splits: Path, tmp_path: Path) -> None:
    """`datasets` itself reads the shards and writes its own card; the facts agree."""
    random = np.random.default_rng(0)  # noise: as many bytes as real pictures
    grey, mask = random.integers(0, 256, (2, 64, 80), np.uint8)
    noise = Photo("x", grey, random.integers(0, 256, (64, 80, 3), np.uint8), mask, {})
    for path in three_splits.glob("data/*.parquet"):
        count = pq.read_metadata(path).num_rows
        write_shard(
            path, [encode_photo(dataclasses.replace(noise, id=str(n))) for n in range(count)]
        )
    write_card(three_splits, TEXT)
    files = {
        split: [str(path) for path in sorted((three_splits / "data").glob(f"{split}-*"))]
        for split in ("train", "test", "extra")
    }
    loaded = datasets.load_dataset("parquet", data_files=files, cache_dir=str(tmp_path / "cache"))
    expected = DatasetCardData()
    info = datasets.DatasetInfo(
        features=loaded["train"].features, splits=loaded["train"].info.splits
    )
    DatasetInfosDict({"default": info}).to_dataset_card_data(expected)
    theirs, ours = expected.to_dict()["dataset_info"], front_of(three_splits)["dataset_info"]
    assert ours["features"] == theirs["features"]
    count = {split["name"]: split["num_examples"] for split in theirs["splits"]}
    assert {split["name"]: split["num_examples"] for split in ours["splits"]} == count
    for mine, other in zip(ours["splits"], theirs["splits"], strict=True):
        # They count what lies in memory (offsets, validity), the shards what is written.
        assert mine["num_bytes"] == pytest.approx(other["num_bytes"], rel=0.03)
    assert [split["name"] for split in ours["splits"]] == ["train", "test", "extra"]
    size = sum(path.stat().st_size for path in three_splits.glob("data/*.parquet"))
    assert ours["download_size"] == size
    assert ours["dataset_size"] == sum(split["num_bytes"] for split in ours["splits"])


def test_the_hub_and_datasets_read_it(three_splits: Path, tmp_path: Path) -> None:
    write_card(three_splits, TEXT)
    data = DatasetCard.load(three_splits / "README.md").data
    assert data.license == "cc0-1.0"
    assert data.pretty_name == "Tiny"
    assert data.task_categories == ["image-to-image"]
    assert data.size_categories == ["n<1K"]
    assert data.tags == ["old-photo-restoration", "colorization", "romnet-bench", "generated"]
    # `datasets` refuses other numbers of examples than the card states.
    loaded = datasets.load_dataset(str(three_splits), cache_dir=str(tmp_path / "cache"))
    assert {name: len(rows) for name, rows in loaded.items()} == {
        "train": 3,
        "test": 1,
        "extra": 3,
    }


def test_what_a_reader_must_know(three_splits: Path) -> None:
    write_card(three_splits, TEXT)
    body = body_of(three_splits)
    for words in (
        "# Tiny\n",
        "Four generated photographs.",
        "| train | 3 |",
        "![Input, target and mask of a few pairs](samples.jpg)",
        "## How it was made\n\nBy hand.",
        "## Limits\n\nThere are *four*.",
        "## Licence\n\nCC0 1.0",
        "- R. Xu et al., 2022\n- A second one",
    ):
        assert words in body


def test_same_shards_same_bytes(three_splits: Path) -> None:
    write_card(three_splits, TEXT)
    names = ("README.md", "samples.jpg")
    before = [(three_splits / name).read_bytes() for name in names]
    write_card(three_splits, TEXT)
    assert [(three_splits / name).read_bytes() for name in names] == before
    assert {path.name for path in three_splits.iterdir()} == {*names, "data"}


def test_other_licence(three_splits: Path) -> None:
    text = CardText(**{**vars(TEXT), "licence": "other", "licence_name": "Flickr's terms, § 3"})
    write_card(three_splits, text)
    front = front_of(three_splits)
    assert front["license"] == "other"
    assert front["license_name"] == "flickr-s-terms-3"
    with pytest.raises(ValueError, match="pdm"):
        write_card(three_splits, CardText(**{**vars(TEXT), "licence": "pdm-1.0"}))


def test_no_shards(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="holds no dataset"):
        write_card(tmp_path, TEXT)


def test_a_damaged_shard(three_splits: Path) -> None:
    path = three_splits / "data" / "train-00001-of-00002.parquet"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(UserError, match="train-00001-of-00002"):
        write_card(three_splits, TEXT)


HOSTILE = st.one_of(
    st.text(max_size=60),
    st.text(alphabet="-#>*_`[]()<>!|~&;:.=+\\\n\t $1aé{}'\"%@", max_size=60),
    st.sampled_from(
        [
            "x\n---\nlicense: mit\n---\n",
            "no",
            "<script>alert(1)</script>",
            "[a](javascript:alert(1))",
            "![a](http://a.org/x.png)",
            "```\n# heading",
            "a\n\n# heading\n- item\n1. item",
            "&lt;b&gt; &#60;",
            "| a | b |",
            "_a_ __b__ *c* **d** ~~e~~ ~f~",
            "$$x$$ $y$",
            "snake_case_name and file_name.png",
            "===\n---",
            "\u202eevil\u2028line",
        ]
    ),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(HOSTILE)
def test_escaped_text_is_shown_as_it_is(text: str) -> None:
    """CommonMark with tables and strikethrough makes one paragraph of that text of it."""
    shown = printable(" ".join(text.split()))
    tokens = (
        MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(escape_markdown(text))
    )
    if not shown:
        assert tokens == []
        return
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    children = tokens[1].children or []
    assert {child.type for child in children} <= {"text", "text_special"}
    assert "".join(child.content for child in children) == shown


@settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=15
)
@given(HOSTILE, HOSTILE, HOSTILE)
def test_hostile_words_change_no_key(
    tiny_dataset: Path, title: str, licence: str, citation: str
) -> None:
    text = CardText(
        title=title,
        summary=licence,
        made="By hand.",
        licence="other",
        licence_name=licence,
        citations=(citation,),
    )
    write_card(tiny_dataset, text)
    front = front_of(tiny_dataset)
    assert list(front) == [
        "license",
        "license_name",
        "pretty_name",
        "task_categories",
        "size_categories",
        "tags",
        "dataset_info",
        "configs",
    ]
    assert front["license"] == "other"
    assert re.fullmatch(r"[a-z0-9][a-z0-9.-]*", front["license_name"])
    assert front["pretty_name"] == printable(" ".join(title.split()))
    card = DatasetCard.load(tiny_dataset / "README.md")
    assert card.data.to_dict()["configs"] == front["configs"]
    headings = [line for line in body_of(tiny_dataset).splitlines() if line.startswith("## ")]
    assert len(headings) == 7


def test_sample_pictures(tmp_path: Path) -> None:
    """Each cell shows its picture, in its place; JPEG changes smooth ones by little."""
    rows, columns = np.mgrid[:40, :60]
    photos = []
    for index in range(9):
        grey = np.uint8(rows * 3 + index * 10)
        target = np.stack([grey, np.uint8(columns * 4), np.uint8(255 - grey)], axis=-1)
        mask = np.uint8((columns > 30) * 255) if index == 5 else None
        photos.append(Photo(f"p{index}", grey, target, mask, {}))
    path = shard_path(tmp_path, "test", 0, 1)
    path.parent.mkdir()
    write_shard(path, map(encode_photo, photos))
    sheet = np.asarray(Image.open(io.BytesIO(sample_sheet(read_splits(tmp_path))))).astype(int)
    assert sheet.shape == (4 * 40 + 3 * 8, 3 * 60 + 2 * 8, 3)
    for row, index in enumerate((0, 3, 5, 8)):
        top = row * 48
        photo = photos[index]
        cells = [sheet[top : top + 40, left : left + 60] for left in (0, 68, 136)]
        assert np.abs(cells[0] - photo.input[..., None]).mean() < 3
        assert np.abs(cells[1] - photo.target).mean() < 3
        mask = np.zeros((40, 60)) if photo.mask is None else photo.mask  # none: black
        assert np.abs(cells[2] - mask[..., None]).mean() < 3
    write_shard(path, map(encode_photo, photos[:4]))
    assert Image.open(io.BytesIO(sample_sheet(read_splits(tmp_path)))).size[0] == 2 * 60 + 8


def test_a_split_without_pairs_gives_no_sample(tmp_path: Path) -> None:
    grey = np.full((60, 90), 90, np.uint8)
    photo = Photo("one", grey, np.stack([grey] * 3, axis=-1), None, {})
    for split, photos in (("test", []), ("train", [photo])):
        path = shard_path(tmp_path, split, 0, 1)
        path.parent.mkdir(exist_ok=True)
        write_shard(path, map(encode_photo, photos))
    splits = read_splits(tmp_path)
    assert Image.open(io.BytesIO(sample_sheet(splits))).size == (90 * 2 + 8, 60)
    with pytest.raises(UserError, match="holds not one pair"):
        sample_sheet([split for split in splits if split.name == "test"])


def test_large_pictures_are_made_small(tmp_path: Path) -> None:
    grey = np.full((600, 900), 90, np.uint8)
    photo = Photo("large", grey, np.stack([grey] * 3, axis=-1), None, {})
    path = shard_path(tmp_path, "train", 0, 1)
    path.parent.mkdir()
    write_shard(path, [encode_photo(photo)])
    sheet = Image.open(io.BytesIO(sample_sheet(read_splits(tmp_path))))
    assert sheet.size == (256 * 2 + 8, 171)


@pytest.mark.parametrize("name", list_recipes())
def test_card_of_every_shipped_recipe(name: str, tiny_dataset: Path) -> None:
    recipe = load_recipe(name)
    write_card(tiny_dataset, recipe_card_text(recipe, "mine", textures=False))
    body = body_of(tiny_dataset)
    assert "# mine\n" in body
    assert f"recipe `{name}` (below) with seed {recipe.seed}" in body
    assert f"--recipe {name} --seed {recipe.seed}" in body
    plain = " ".join(body.replace("\\", "").split())
    for words in (recipe.citation, recipe.licence, recipe.description):
        assert " ".join(words.split()) in plain
    assert "ROMNet" in body
    for number, step in enumerate(recipe.degradations, start=1):
        kind = step.kind.replace("_", " ")
        assert f"{number}. {kind} (probability {step.probability:g})" in body
    assert ("No degradation:" in body) == (not recipe.degradations)
    assert recipe_in(body) == recipe


def recipe_in(body: str) -> Recipe:
    """The recipe that a reader copies out of the card."""
    match = re.search(r"^(`{3,})yaml\n(.*?)\n\1$", body, re.DOTALL | re.MULTILINE)
    assert match is not None
    return Recipe.model_validate(yaml.safe_load(match[2]))


def test_card_names_the_scans(tiny_dataset: Path) -> None:
    recipe = load_recipe("clean")
    for textures in (True, False):
        write_card(tiny_dataset, recipe_card_text(recipe, "mine", textures=textures))
        body = body_of(tiny_dataset)
        assert ("--ids ids.csv --textures SCANS --out" in body) == textures
        assert ("photographs and scans give the same bytes" in body) == textures


def test_a_recipe_of_ones_own(tiny_dataset: Path) -> None:
    """Its folder stays private, its words stay words, and the paper is cited all the same."""
    own = load_recipe("clean").model_dump() | {
        "source": "/home/anna/photos",
        "licence": "mine\n---\nlicense: mit",
        "citation": "Anna's photographs",
        "description": "A fence:\n```\n# no heading\n```",
    }
    recipe = Recipe.model_validate(own)
    write_card(tiny_dataset, recipe_card_text(recipe, "mine", textures=False))
    body = body_of(tiny_dataset)
    assert "/home/anna" not in body
    assert front_of(tiny_dataset)["license"] == "other"
    assert recipe_in(body) == recipe.model_copy(update={"source": "PHOTOGRAPHS"})
    assert "- R. Xu, Z. Tu" in body
    assert "- Anna's photographs" in body


def test_shards_from_elsewhere(tmp_path: Path) -> None:
    """Shards without our own notes on features are no dataset of ours."""
    path = shard_path(tmp_path, "test", 0, 1)
    path.parent.mkdir()
    pq.write_table(pa.table({"id": ["a"]}), path)
    with pytest.raises(UserError, match="no shard of a dataset"):
        write_card(tmp_path, TEXT)


def test_the_samples_are_those_of_the_dataset(tiny_dataset: Path) -> None:
    write_card(tiny_dataset, TEXT)
    first = PhotoSet(tiny_dataset, "test")["photo-0"].target
    sheet = np.asarray(Image.open(tiny_dataset / "samples.jpg")).astype(int)
    cell = sheet[: first.shape[0], 57 + 8 : 57 + 8 + first.shape[1]]
    assert np.abs(cell - first).mean() < 6
