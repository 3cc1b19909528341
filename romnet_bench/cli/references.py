"""references: the most similar colour photos for every grey one."""

import functools
from pathlib import Path

import click

from romnet_bench.cli import options
from romnet_bench.cli.common import choose_device


@click.command()
@options.data
@click.option(
    "--split", "splits", multiple=True, help="Photos that ask; repeatable.  [default: all]"
)
@click.option(
    "--references", type=options.FOLDER, help="A dataset that answers.  [default: --data]"
)
@options.references_split
@options.reference_features
@click.option(
    "--count", type=click.IntRange(min=1), default=10, show_default=True, help="For each photo."
)
@click.option(
    "--shortlist",
    type=click.IntRange(min=1),
    help="Compare only so many candidates for each photo, found by sketches; for 100,000 and more.",
)
@click.option(
    "--index",
    type=options.FOLDER,
    help="For the index, 0.7 MB a photo.  [default: hidden in --references]",
)
@options.device
@options.weights
@options.download
def references(
    data: Path,
    splits: tuple[str, ...],
    references: Path | None,
    references_split: str | None,
    reference_features: str,
    count: int,
    shortlist: int | None,
    index: Path | None,
    device: str,
    weights: Path | None,
    download: bool,
) -> None:
    """Rank the most similar colour photos for every photo of a dataset (section III-E).

    The lists stay with the dataset: `run --rank K` takes the K-th of them, and `train` draws its
    references from them. Never the photo itself or a near-duplicate. The same command goes on
    where it was stopped.

    \b
    Example:
      romnet-bench references --data data/mine --reference-features squeezenet1_1
    """
    from romnet_bench.data.records import PhotoSet, list_splits
    from romnet_bench.files import human_path
    from romnet_bench.references.features import load_features
    from romnet_bench.references.lenders import find_lenders
    from romnet_bench.references.ranked import rank_split

    chosen = choose_device(device)
    lenders = find_lenders(references or data, references_split)
    load = functools.cache(lambda: load_features(reference_features, chosen, weights, download))
    for split in splits or [name for name in list_splits(data) if name != "references"]:
        ranked = rank_split(
            PhotoSet(data, split),
            lenders,
            load,
            reference_features,
            count=count,
            shortlist=shortlist,
            index=index,
        )
        checked = f", recall {ranked.origin['recall']}" if "recall" in ranked.origin else ""
        most = max(len(matches) for matches in ranked.matches.values())
        click.echo(
            f"{human_path(ranked.path)}: {len(ranked.matches)} photos of {split}, each with its "
            f"{most} most similar of {ranked.origin['lenders']}{checked}"
        )
