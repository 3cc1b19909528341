"""Recipes: those that are shipped, and every mistake as one sentence."""

from pathlib import Path

import pytest
import yaml

from romnet_bench.errors import UserError
from romnet_bench.synthesis.recipe import list_recipes, load_recipe

GOOD: dict[str, object] = {
    "name": "mine",
    "description": "A test.",
    "source": "photos",
    "licence": "CC0",
    "citation": "none",
    "size": {"policy": "square", "side": 64},
    "splits": {"train": 0.9, "test": 5},
    "degradations": [{"kind": "blur", "probability": 0.5, "sigma": [0, 3]}],
}


ALL_THREE = {"train", "validation", "test"}
SPLITS = {
    "clean": ALL_THREE,
    "div2k": {"train", "validation"},
    "old-photos": ALL_THREE,
    "paper": ALL_THREE,
    "pascal": {"train", "test"},
    "pascal-degraded": {"train", "test"},
    "sample": ALL_THREE,
    "wan": ALL_THREE,
}
POLYGON = {"kind": "polygon", "probability": 1, "area": [0, 0], "border": 0, "rim": [0, 0]}


def write(folder: Path, **changes: object) -> str:
    path = folder / "mine.yaml"
    content = {key: value for key, value in {**GOOD, **changes}.items() if value is not None}
    path.write_text(yaml.safe_dump(content), encoding="utf-8")
    return str(path)


def complaint(path: str) -> str:
    with pytest.raises(UserError) as caught:
        load_recipe(path)
    sentence = str(caught.value)
    assert "\n" not in sentence
    assert sentence.endswith(".")
    return sentence


def test_the_shipped_recipes_are_these() -> None:
    assert set(SPLITS) <= set(list_recipes())


@pytest.mark.parametrize("name", SPLITS)
def test_a_shipped_recipe_says_what_it_must(name: str) -> None:
    recipe = load_recipe(name)
    assert recipe.name == name
    assert recipe.seed == 0
    assert set(recipe.splits) == SPLITS[name]


def test_both_pascals_are_the_papers_settings_of_the_same_photographs() -> None:
    clean, degraded = load_recipe("pascal"), load_recipe("pascal-degraded")
    assert clean.splits == degraded.splits == {"train": 10_000, "test": 1_000}
    assert (clean.seed, clean.min_side, clean.size, clean.source) == (
        (degraded.seed, degraded.min_side, degraded.size, degraded.source)
    )
    assert clean.degradations == []
    assert degraded.degradations == load_recipe("paper").degradations


def test_div2k_is_the_papers_setting() -> None:
    recipe = load_recipe("div2k")
    assert recipe.splits == {"train": 800, "validation": 100}
    assert recipe.degradations == []


def test_the_paper_recipe_holds_what_the_paper_names() -> None:
    kinds = [step.kind for step in load_recipe("paper").degradations]
    assert sorted(kinds) == ["blur", "cracks", "dust_paper", "polygon"]
    assert load_recipe("clean").degradations == []


def test_the_sample_has_the_degradations_of_old_photos() -> None:
    assert load_recipe("sample").degradations == load_recipe("old-photos").degradations


def test_a_file_of_ones_own_is_read(tmp_path: Path) -> None:
    recipe = load_recipe(write(tmp_path))
    assert recipe.size.side == 64
    assert recipe.splits == {"train": 0.9, "test": 5}
    assert isinstance(recipe.splits["test"], int)
    assert recipe.variants == 1


@pytest.mark.parametrize("name", ["nothing", "../paper", "paper/../paper", ""])
def test_an_unknown_name_lists_the_known_ones(name: str) -> None:
    sentence = complaint(name)
    assert repr(name) in sentence
    assert ", ".join(list_recipes()) in sentence


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"sead": 1}, ["sead", "no key"]),
        ({"licence": None}, ["licence", "missing"]),
        ({"size": {"policy": "crop", "side": 64}}, ["size.policy"]),
        ({"size": {"policy": "limit", "side": 0}}, ["size.side"]),
        ({"splits": {"train": 1.5}}, ["splits", "1.5"]),
        ({"splits": {"train": 0.9, "test": 0.2}}, ["splits", "1.1"]),
        ({"splits": {"train": -1}}, ["splits", "below 0"]),
        ({"splits": {"../train": 1}}, ["splits", "../train"]),
        ({"splits": {}}, ["splits"]),
        ({"name": "../x"}, ["name"]),
        ({"variants": 0}, ["variants"]),
        ({"degradations": [{"kind": "melt", "probability": 1}]}, ["degradations.0", "melt"]),
        (
            {"degradations": [{"kind": "blur", "probability": 2, "sigma": [0, 1]}]},
            ["degradations.0.blur.probability", "1"],
        ),
        (
            {"degradations": [{"kind": "blur", "probability": 1, "sigma": [3, 1]}]},
            ["degradations.0.blur.sigma", "upside down"],
        ),
        (
            {"degradations": [{"kind": "blur", "probability": 1, "sigma": [-3, 1]}]},
            ["degradations.0.blur.sigma", "below 0"],
        ),
        (
            {"degradations": [{"kind": "blur", "probability": 1, "sigma": [0, float("nan")]}]},
            ["degradations.0.blur.sigma"],
        ),
        (
            {"degradations": [{"kind": "blur", "probability": 1, "sigma": [0, 1], "sigm": 1}]},
            ["degradations.0.blur.sigm", "no key"],
        ),
        (
            {"degradations": [POLYGON | {"ragged": [0.1, 0.5]}]},
            ["degradations.0.polygon.ragged", "0.5 is above 0.3"],
        ),
        (
            {"degradations": [{"kind": "jpeg", "probability": 1, "quality": [0, 101]}]},
            ["degradations.0.jpeg.quality"],
        ),
        (
            {"degradations": [{"kind": "resolution", "probability": 1, "scale": [0.5, 1.2]}]},
            ["degradations.0.resolution.scale", "within"],
        ),
        (
            {"degradations": [{"kind": "resolution", "probability": 1, "scale": [0, 1]}]},
            ["degradations.0.resolution.scale"],
        ),
        (
            {
                "degradations": [
                    {"kind": "resolution", "probability": 1, "scale": [0.5, 1], "back": []}
                ]
            },
            ["degradations.0.resolution.back"],
        ),
    ],
)
def test_a_mistake_names_the_file_and_the_key(
    tmp_path: Path, changes: dict[str, object], words: list[str]
) -> None:
    path = write(tmp_path, **changes)
    sentence = complaint(path)
    for word in [path, *words]:
        assert word in sentence


@pytest.mark.parametrize(
    "text",
    [
        "name: [",
        "- a list",
        "",
        "just words",
        "a: b: c",
        "name: !!python/object/apply:os.system ['touch hacked']",
        "name: !!python/name:os.system",
        "name: &a [*a]",
        "\x00",
        "2024-99-99: 2024-99-99",
        "[" * 5000,
    ],
)
def test_what_is_no_recipe_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text(text, encoding="utf-8")
    assert str(path) in complaint(str(path))
    assert [entry.name for entry in tmp_path.iterdir()] == ["bad.yaml"]


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_bytes(b"name: \xff\xfe\xfa")
    assert "UTF-8" in complaint(str(path))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "none.yaml"
    assert str(path) in complaint(str(path))
    assert str(tmp_path / "x.yaml") in complaint(str(tmp_path / "x.yaml"))
