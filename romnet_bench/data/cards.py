"""The card (`README.md`) that stands beside a dataset's shards."""

import textwrap

import yaml

from romnet_bench.synthesis.recipe import Recipe


def dataset_card(recipe: Recipe, pairs: dict[str, int], name: str) -> str:
    """A Hub dataset card: front matter with splits and licence, and how the pairs were made."""
    front = {
        "license": "other",
        "license_name": recipe.licence,
        "task_categories": ["image-to-image"],
        "tags": ["old-photo-restoration", "colorization", "romnet-bench"],
        "configs": [
            {
                "config_name": "default",
                "data_files": [
                    {"split": split, "path": f"data/{split}-*.parquet"}
                    for split, count in pairs.items()
                    if count
                ],
            }
        ],
    }
    steps = "\n".join(
        f"{number}. {step.kind} (probability {step.probability:g})"
        for number, step in enumerate(recipe.degradations, start=1)
    )
    rows = "\n".join(f"| {split} | {count} |" for split, count in pairs.items())
    made = f"recipe `{recipe.name}`, seed {recipe.seed}"
    return (
        "\n\n".join(
            [
                f"---\n{yaml.safe_dump(front, sort_keys=False, allow_unicode=True)}---",
                f"# {name}",
                textwrap.fill(recipe.description.strip(), 100),
                f"Made by romnet-bench: {made}.",
                f"| split | pairs |\n| --- | --- |\n{rows}",
                "Columns: `id`, `input` (grey), `target` (colour), `mask` (where damage was put) "
                "and `meta` (JSON: source, licence, every degradation with its drawn parameters).",
                f"Degradations, in order:\n\n{steps}" if steps else "No degradation: colour only.",
                f"Licence: {recipe.licence}",
                f"Citation: {recipe.citation}",
            ]
        )
        + "\n"
    )
