"""Options that several commands share."""

from pathlib import Path

import click

from romnet_bench.romnet.ablations import ABLATIONS

FOLDER = click.Path(path_type=Path, file_okay=False)
FILE = click.Path(path_type=Path, dir_okay=False)
PATH = click.Path(path_type=Path)

data = click.option(
    "--data", type=FOLDER, required=True, help="A dataset's folder, as build-synthetic makes it."
)
split = click.option("--split", default="test", show_default=True, help="Which photos of it.")
runs = click.option(
    "--out", type=FOLDER, default=Path("runs"), show_default=True, help="The folder of all runs."
)
device = click.option(
    "--device", default="auto", show_default=True, help="auto, cpu, cuda or cuda:N."
)
weights = click.option(
    "--weights",
    type=FOLDER,
    help="Folder with pretrained weights, before $ROMNET_BENCH_WEIGHTS and the torch hub cache.",
)
download = click.option(
    "--download/--no-download",
    default=True,
    show_default=True,
    help="Fetch pretrained weights that are missing.",
)
method_weights = click.option(
    "--weights",
    type=FOLDER,
    help="Folder with pretrained and published weights, before $ROMNET_BENCH_WEIGHTS and the "
    "caches; `none` runs the method with random ones.",
)
checkpoint = click.option(
    "--checkpoint",
    type=FILE,
    help="A network that `train` made.  [default: checkpoints/METHOD/best.safetensors, for romnet "
    "else the shipped one]",
)
render_factor = click.option(
    "--render-factor",
    type=click.IntRange(min=1),
    help="DeOldify's: colours are predicted at 16 times it.  [default: 35]",
)
boxes = click.option(
    "--boxes",
    type=FOLDER,
    help="InstColorization's: objects in `<id>.json`, instead of found ones.",
)
correspondences = click.option(
    "--correspondences", type=FOLDER, help="He et al.'s: `<id>.combo`, instead of computed here."
)
ablation = click.option(
    "--ablation", type=click.Choice(list(ABLATIONS)), help="ROMNet without a part (section IV-C)."
)
color_side = click.option(
    "--color-side",
    type=click.IntRange(min=32),
    default=256,
    show_default=True,
    help="Longest side at which colours are predicted.",
)
precision = click.option(
    "--precision",
    type=click.Choice(["fp32", "bf16"]),
    default="fp32",
    show_default=True,
    help="Of forward passes; bf16 is faster on recent GPUs and slower on most CPUs.",
)
compiled = click.option("--compile/--eager", "compiled", default=False, help="Use torch.compile.")
reference_features = click.option(
    "--reference-features",
    default="vgg19",
    show_default=True,
    help="Rank by vgg19, resnet34, squeezenet1_1, alexnet, or filters (needs no weights).",
)
references_split = click.option(
    "--references-split", help="Which photos of it.  [default: references, else train]"
)
SEED = click.IntRange(0, 2**63 - 1)
seed = click.option("--seed", type=SEED, default=0, show_default=True)
