"""build-synthetic: degraded pairs from clean photographs."""

import os
from pathlib import Path

import click

from romnet_bench.cli import options
from romnet_bench.cli.common import left_out


@click.command("build-synthetic")
@click.option(
    "--source",
    help="A folder of photographs, sample, pascal, div2k, or hub:ORG/NAME[:SPLIT[:COLUMN]] for a "
    "dataset of the Hugging Face Hub.  [default: the recipe's]",
)
@click.option(
    "--recipe", default="old-photos", show_default=True, help="A shipped recipe, or a .yaml file."
)
@click.option("--out", type=options.FOLDER, required=True, help="The dataset's folder.")
@click.option(
    "--textures", type=options.FOLDER, help="Scans of paper and cracks, instead of made-up ones."
)
@click.option("--split", help="Put all photos into this one split.")
@click.option(
    "--ids", type=options.FILE, help="The ids.csv of another build: exactly its photos and splits."
)
@click.option("--download", is_flag=True, help="Fetch pascal (2 GB) or div2k (4 GB) if not here.")
@click.option(
    "--limit", type=click.IntRange(min=1), help="Photos to fetch of a dataset of the Hub."
)
@click.option(
    "--cache",
    type=options.FOLDER,
    help="For downloads.  [default: $ROMNET_BENCH_CACHE, else ~/.cache/romnet-bench]",
)
@click.option("--seed", type=options.SEED, help="Instead of the recipe's.")
@click.option("--workers", type=click.IntRange(min=1), help="Processes.  [default: one a core]")
def build_synthetic(
    source: str | None,
    recipe: str,
    out: Path,
    textures: Path | None,
    split: str | None,
    ids: Path | None,
    download: bool,
    limit: int | None,
    cache: Path | None,
    seed: int | None,
    workers: int | None,
) -> None:
    """Make degraded training pairs from clean photographs.

    The same command goes on with a build or a download that was stopped, and gives the same bytes
    for any number of workers. Recipes for Pascal and DIV2K take the folder in which they lie.

    \b
    Example:
      romnet-bench build-synthetic --source my-photos --out data/mine
      romnet-bench build-synthetic --recipe pascal-degraded --source VOCdevkit --out data/pascal
      romnet-bench build-synthetic --recipe div2k --download --out data/div2k
      romnet-bench build-synthetic --source hub:ORG/NAME --limit 500 --out data/theirs
    """
    from romnet_bench.data.build import build_dataset
    from romnet_bench.data.sources.listing import list_source, resolve_source
    from romnet_bench.files import human_path
    from romnet_bench.synthesis.recipe import load_recipe
    from romnet_bench.synthesis.textures import open_textures

    chosen = load_recipe(recipe)
    if seed is not None:
        chosen = chosen.model_copy(update={"seed": seed})
    scans = open_textures(textures) if textures else None
    photos = list_source(
        resolve_source(source, chosen.source),
        chosen.licence,
        cache=cache,
        download=download,
        limit=limit,
    )
    built = build_dataset(
        chosen,
        photos,
        out,
        textures=scans,
        split=split,
        ids=ids,
        workers=workers or len(os.sched_getaffinity(0)),
    )
    counts = ", ".join(f"{count} {name}" for name, count in built.pairs.items())
    click.echo(f"{human_path(out)}: {counts} pairs by the recipe {chosen.name}.")
    if built.too_small:
        click.echo(f"{built.too_small} photos were too small to be chosen from.")
    left_out([*(scans.skipped if scans else ()), *built.skipped])
