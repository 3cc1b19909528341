"""bench: speed, memory and FLOPs."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from romnet_bench.cli import options
from romnet_bench.cli.common import choose_device

if TYPE_CHECKING:
    from romnet_bench.romnet.precision import Precision
    from romnet_bench.speed.cases import Measure


@click.command()
@click.option("--preset", "presets", multiple=True, help="Repeatable.  [default: all of them]")
@click.option(
    "--method",
    "methods",
    multiple=True,
    help="Measure a photo through this method instead, with random weights; repeatable.",
)
@click.option(
    "--size",
    "sizes",
    type=click.IntRange(min=1),
    multiple=True,
    default=(256, 512, 1024),
    show_default=True,
    help="The side of pictures and patches, a multiple of 32; repeatable.",
)
@click.option(
    "--measure",
    "works",
    type=click.Choice(["training", "photo", "parts"]),
    multiple=True,
    default=("training", "photo", "parts"),
    show_default=True,
    help="The training step, one photo from grey to colour, the network's parts; repeatable.",
)
@click.option(
    "--precision",
    "precisions",
    type=click.Choice(["fp32", "bf16"]),
    multiple=True,
    default=("fp32",),
    show_default=True,
    help="Repeatable.",
)
@click.option("--eager", is_flag=True, help="As it is written.  [default, without --compiled]")
@click.option("--compiled", is_flag=True, help="Through torch.compile.")
@click.option(
    "--batch", type=click.IntRange(min=1), help="Patches a step.  [default: the preset's]"
)
@click.option(
    "--data", type=options.FOLDER, help="Measure how fast this dataset's patches are loaded, too."
)
@click.option(
    "--workers", type=click.IntRange(min=0), help="Processes that load.  [default: training's]"
)
@click.option("--rounds", type=click.IntRange(min=1), default=5, show_default=True)
@click.option(
    "--threads", type=click.IntRange(min=1), help="On the CPU.  [default: torch's choice]"
)
@options.device
@click.option(
    "--out",
    type=options.FILE,
    default=Path("romnet-bench-speed"),
    show_default=True,
    help="The table's name; .csv and .md are put behind it.",
)
def bench(
    presets: tuple[str, ...],
    methods: tuple[str, ...],
    sizes: tuple[int, ...],
    works: tuple["Measure", ...],
    precisions: tuple["Precision", ...],
    eager: bool,
    compiled: bool,
    batch: int | None,
    data: Path | None,
    workers: int | None,
    rounds: int,
    threads: int | None,
    device: str,
    out: Path,
) -> None:
    """Measure speed and memory of presets or methods on this machine; Ctrl-C keeps what is done.

    Every case runs in a process of its own, with random weights. Nothing is downloaded.

    \b
    Example:
      romnet-bench bench --preset paper --size 256 --batch 32 --precision bf16 --compiled
    Other systems, by their methods:
      romnet-bench bench --method wan-scratches --method ddcolor --size 512 --rounds 3
    The presets on a CPU, and only for photos:
      romnet-bench bench --preset lite --size 256 --size 512 --measure photo --device cpu
    """
    from romnet_bench.files import human_path
    from romnet_bench.romnet.precision import require_possible
    from romnet_bench.romnet.presets import PRESETS
    from romnet_bench.speed.cases import plan_cases, plan_methods
    from romnet_bench.speed.machine import describe_machine
    from romnet_bench.speed.measure import measure_speed, output_files
    from romnet_bench.speed.table import to_text
    from romnet_bench.training.shares import default_workers

    chosen = choose_device(device)
    modes = (False, True) if eager and compiled else (compiled,)
    chosen_presets = presets or (() if methods else tuple(PRESETS))
    cases = plan_methods(methods, sizes, device=chosen, rounds=rounds, threads=threads)
    if chosen_presets:
        cases += plan_cases(
            chosen_presets,
            sizes,
            works,
            device=chosen,
            precisions=precisions,
            compiled=modes,
            batch=batch,
            rounds=rounds,
            threads=threads,
            data=data,
            workers=workers if workers is not None else default_workers(chosen),
        )
    require_possible(chosen, precisions, modes)
    machine = describe_machine(chosen, threads)
    rows = []
    try:
        for row in measure_speed(cases, out, machine):
            rows.append(row)
    finally:  # Ctrl-C shows what was measured
        if rows:
            facts = "\n".join(f"{name}: {fact}" for name, fact in machine.items())
            files = " and ".join(human_path(path) for path in output_files(out))
            click.echo(f"{facts}\n\n{to_text(rows)}\n\n{files}")
