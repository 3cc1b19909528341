"""build-synthetic: degraded pairs from clean photographs."""

import os
from pathlib import Path

import click

from romnet_bench.cli import options
from romnet_bench.cli.common import left_out


@click.command("build-synthetic")
@click.option("--source", help="A folder of photographs, or `sample`.  [default: the recipe's]")
@click.option(
    "--recipe", default="old-photos", show_default=True, help="A shipped recipe, or a .yaml file."
)
@click.option("--out", type=options.FOLDER, required=True, help="The dataset's folder.")
@click.option(
    "--textures", type=options.FOLDER, help="Scans of paper and cracks, instead of made-up ones."
)
@click.option("--split", help="Put all photos into this one split.")
@click.option("--seed", type=options.SEED, help="Instead of the recipe's.")
@click.option("--workers", type=click.IntRange(min=1), help="Processes.  [default: one a core]")
def build_synthetic(
    source: str | None,
    recipe: str,
    out: Path,
    textures: Path | None,
    split: str | None,
    seed: int | None,
    workers: int | None,
) -> None:
    """Make degraded training pairs from clean photographs.

    The same command goes on with a build that was stopped, and gives the same bytes for any number
    of workers.

    \b
    Example:
      romnet-bench build-synthetic --source my-photos --out data/mine
    """
    from romnet_bench.data.build import build_dataset
    from romnet_bench.data.sources import list_source
    from romnet_bench.files import human_path
    from romnet_bench.synthesis.recipe import load_recipe
    from romnet_bench.synthesis.textures import open_textures

    chosen = load_recipe(recipe)
    if seed is not None:
        chosen = chosen.model_copy(update={"seed": seed})
    scans = open_textures(textures) if textures else None
    photos = list_source(source or chosen.source, chosen.licence)
    built = build_dataset(
        chosen,
        photos,
        out,
        textures=scans,
        split=split,
        workers=workers or len(os.sched_getaffinity(0)),
    )
    counts = ", ".join(f"{count} {name}" for name, count in built.pairs.items())
    click.echo(f"{human_path(out)}: {counts} pairs by the recipe {chosen.name}.")
    left_out([*(scans.skipped if scans else ()), *built.skipped])
