"""What the card of a built dataset says: its recipe, seed and command."""

import re

import yaml

from romnet_bench import __version__
from romnet_bench.data.cards import PAPER, CardText, escape_markdown
from romnet_bench.synthesis.recipe import Recipe

_PUBLIC_SOURCES = ("sample", "pascal", "div2k")


def recipe_card_text(recipe: Recipe, name: str, *, textures: bool) -> CardText:
    """The text for `write_card` of a dataset that `build_dataset` made.

    Args:
        recipe: as it was used, so with the seed of the command line.
        name: the dataset's.
        textures: whether scans were given instead of procedural textures.
    """
    cites_paper = "ROMNet" in recipe.citation
    return CardText(
        title=name,
        summary=recipe.description,
        made=_made(recipe, textures),
        licence="other",
        licence_name=recipe.licence,
        citations=(recipe.citation,) if cites_paper else (PAPER, recipe.citation),
        tags=("synthetic",) if recipe.degradations else (),
        sections=(("Recipe", _whole_recipe(recipe)),),
    )


def _made(recipe: Recipe, textures: bool) -> str:
    steps = "\n".join(
        f"{number}. {escape_markdown(step.kind.replace('_', ' '))} "
        f"(probability {step.probability:g})"
        for number, step in enumerate(recipe.degradations, start=1)
    )
    variants = f"; each photograph gives {recipe.variants} pairs" if recipe.variants > 1 else ""
    order = "in order" if recipe.order == "as_written" else "in another order for each photograph"
    return "\n\n".join(
        [
            f"By romnet-bench {__version__} from clean colour photographs, by the recipe "
            f"`{recipe.name}` (below) with seed {recipe.seed}{variants}. What happens to a "
            "photograph depends on the seed and its id alone; `meta` holds every number that was "
            "drawn.",
            f"    romnet-bench build-synthetic --recipe {recipe.name} --seed {recipe.seed} "
            f"--source PHOTOGRAPHS --ids ids.csv{' --textures SCANS' if textures else ''} "
            "--out FOLDER",
            "The build leaves `ids.csv`, which names its photographs and their splits. The same "
            f"command, recipe, list{', photographs and scans' if textures else ' and photographs'} "
            "give the same bytes.",
            f"Degradations, {order}:\n\n{steps}"
            if steps
            else "No degradation: the input is the target's own lightness.",
        ]
    )


def _whole_recipe(recipe: Recipe) -> str:
    values = recipe.model_dump(mode="json")
    if recipe.source not in _PUBLIC_SOURCES:
        values["source"] = "PHOTOGRAPHS"  # it may be a folder of the machine that built this
    content = yaml.safe_dump(
        values, sort_keys=False, allow_unicode=True, width=90, default_flow_style=None
    )
    fence = "`" * (max(map(len, re.findall("`+", content)), default=2) + 1)
    return f"{fence}yaml\n{content}{fence}"
