"""Giving a dataset on: to the Hub, or as the folders of pictures that other code reads."""

from pathlib import Path

import click

from romnet_bench.cli.options import FOLDER


@click.command("publish")
@click.argument("dataset", type=FOLDER)
@click.option("--repo", required=True, help="OWNER/NAME on the Hub.")
@click.option("--public", is_flag=True, help="For everybody to see.  [default: private]")
@click.option("--rights", help="Who allows the photographs to be given on, and how.")
@click.option(
    "--check",
    "pictures",
    type=click.IntRange(min=1),
    help="Pairs whose pictures are decoded first, spread evenly.  [default: all]",
)
@click.option("--dry-run", is_flag=True, help="Upload nothing; write the repository to --out.")
@click.option("--out", type=FOLDER, help="An empty folder for --dry-run, outside the dataset.")
def publish(
    dataset: Path,
    repo: str,
    public: bool,
    rights: str | None,
    pictures: int | None,
    dry_run: bool,
    out: Path | None,
) -> None:
    """Put a dataset on the Hub, once it is checked; what was cut off goes on.

    The token is that of HF_TOKEN or of `hf auth login`; HF_ENDPOINT names another Hub.

    \b
    Example:
      romnet-bench publish data/prokudin --repo my-name/prokudin
    Look at it first:
      romnet-bench publish data/prokudin --repo my-name/prokudin --dry-run --out tree
    """
    from romnet_bench.data.publishing.publish import publish_dataset, try_publishing
    from romnet_bench.data.publishing.repository import content_size
    from romnet_bench.files import human_path

    if dry_run != (out is not None):
        raise click.UsageError("--dry-run and --out go together.")
    if out is None:
        published = publish_dataset(dataset, repo, public=public, rights=rights, pictures=pictures)
        seen = "for you alone: --public opens it" if published.private else "for everybody"
        click.echo(f"{published.url} ({seen})")
        return
    repository = try_publishing(dataset, repo, out, rights, pictures)
    for name, content in repository.files.items():
        click.echo(f"{content_size(content):>14,}  {name}")
    click.echo(
        f"{human_path(out)}: {len(repository.files)} files, {repository.size / 1e6:,.1f} MB, as "
        f"{repo} would hold them. Nothing was uploaded."
    )
    if repository.left_out:
        click.echo(f"Stays here: {', '.join(repository.left_out)}")


@click.command("export")
@click.argument("dataset", type=FOLDER)
@click.option(
    "--layout",
    type=click.Choice(["folders", "pix2pix", "pikfix"]),
    required=True,
    help="SPLIT/input, target and mask; A|B side by side; NAMEo and NAMEt in one folder.",
)
@click.option("--out", type=FOLDER, required=True, help="A new folder.")
@click.option("--split", "splits", multiple=True, help="Repeatable.  [default: all of them]")
def export(dataset: Path, layout: str, out: Path, splits: tuple[str, ...]) -> None:
    """Write a dataset as folders of PNG files, for other code; the same command goes on.

    \b
    Example:
      romnet-bench export data/prokudin --layout pix2pix --out prokudin-pix2pix
    """
    from romnet_bench.cli.common import left_out
    from romnet_bench.data.export import export_dataset
    from romnet_bench.files import human_path

    exported = export_dataset(dataset, layout, out, splits)
    counts = ", ".join(f"{count} {split}" for split, count in exported.pairs.items())
    click.echo(f"{human_path(out)}: {counts} pairs.")
    left_out(exported.skipped)
