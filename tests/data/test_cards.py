"""The card: front matter that the Hub reads, and what a reader must know."""

from pathlib import Path

import pytest
import yaml

from romnet_bench.data.cards import dataset_card
from romnet_bench.synthesis.recipe import Recipe, load_recipe


def parts(card: str) -> tuple[dict[str, object], str]:
    start, front, body = card.split("---\n", 2)
    assert start == ""
    return yaml.safe_load(front), body


@pytest.mark.parametrize("name", ["sample", "old-photos", "paper", "clean"])
def test_card_of_every_shipped_recipe(name: str) -> None:
    recipe = load_recipe(name)
    front, body = parts(dataset_card(recipe, {"train": 40, "test": 2, "validation": 0}, "mine"))
    assert front["configs"] == [
        {
            "config_name": "default",
            "data_files": [  # a split without pairs has no file, and a pattern without files fails
                {"split": "train", "path": "data/train-*.parquet"},
                {"split": "test", "path": "data/test-*.parquet"},
            ],
        }
    ]
    assert front["license_name"] == recipe.licence
    assert "# mine\n" in body
    assert "| train | 40 |" in body
    assert f"recipe `{name}`, seed {recipe.seed}" in body
    assert f"Licence: {recipe.licence}" in body
    assert recipe.citation in body
    assert " ".join(recipe.description.split()) in " ".join(body.split())
    for number, step in enumerate(recipe.degradations, start=1):
        assert f"{number}. {step.kind} (probability {step.probability:g})" in body
    assert ("No degradation: colour only." in body) == (not recipe.degradations)


def test_hostile_words_stay_inside_the_front_matter(tmp_path: Path) -> None:
    """A licence that looks like YAML, or like the end of the front matter, changes no key."""
    licence = "CC0\n---\nlicense: mit\nconfigs: []\n# ---"
    recipe = load_recipe("clean").model_dump() | {"licence": licence}
    card = dataset_card(Recipe.model_validate(recipe), {"train": 1}, "mine")
    front = yaml.safe_load(card.removeprefix("---\n").split("\n---\n", 1)[0])
    assert front["license"] == "other"
    assert front["license_name"] == licence
    assert len(front["configs"]) == 1
