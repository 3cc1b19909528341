"""The main job on the sample photos, end to end: build, train `tiny`, run, report."""

import dataclasses
from pathlib import Path

from romnet_bench.bench.run import RunSettings, run_method
from romnet_bench.data.build import build_dataset
from romnet_bench.data.records import PhotoSet
from romnet_bench.data.sources.listing import list_source
from romnet_bench.methods.contract import MethodOptions
from romnet_bench.methods.registry import load_method
from romnet_bench.references.choice import choose_references
from romnet_bench.references.features import load_features
from romnet_bench.report.build import build_report
from romnet_bench.romnet.presets import TINY
from romnet_bench.romnet.train import TrainSettings, train
from romnet_bench.synthesis.recipe import load_recipe

STEPS = 300
"""Some two minutes on two CPU cores."""


@dataclasses.dataclass(frozen=True)
class Demo:
    """What the demo left behind."""

    page: Path
    table: str  # Markdown


def run_demo(out: Path, steps: int = STEPS, workers: int = 2) -> Demo:
    """Everything below `out`; what an earlier demo finished there is not done again.

    Needs no network: the photos come with scikit-image and matplotlib, `tiny` needs no pretrained
    features, and LPIPS is measured only where its weights are already on the machine.
    """
    recipe = load_recipe("sample")
    data = out / "data" / "sample"
    print(f"1/4 Degrading the sample photos into {data}", flush=True)
    build_dataset(recipe, list_source("sample", recipe.licence), data, workers=workers)

    print(f"2/4 Training the tiny ROMNet for {steps} steps", flush=True)
    trained = train(
        TrainSettings(
            data=data,
            out=out / "checkpoints" / "romnet",
            config=TINY,
            steps=steps,
            save_every=max(steps // 5, 1),
        )
    )

    print("3/4 Running it on the test photos, beside the input itself", flush=True)
    photos = PhotoSet(data, "test")
    references = choose_references(
        photos, PhotoSet(data, "train"), lambda: load_features("filters"), "filters"
    )
    options = MethodOptions(checkpoint=trained.best)
    for name in ("input", "romnet"):
        run_method(
            load_method(name, options),
            photos,
            out / "runs",
            references=references,
            settings=RunSettings(),
        )

    print("4/4 Writing the report", flush=True)
    page = build_report([out / "runs"], out / "report", trainings=[out / "checkpoints" / "romnet"])
    table = (out / "report" / "tables" / "sample-test.md").read_text(encoding="utf-8")
    return Demo(page, table)
