"""What is measured: one case a process."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

import pydantic

from romnet_bench.data.records import PhotoSet
from romnet_bench.errors import UserError
from romnet_bench.methods.registry import list_methods
from romnet_bench.romnet.inference import COLOR_SIDE, STRIDE
from romnet_bench.romnet.patches import TrainingPatches
from romnet_bench.romnet.precision import Precision
from romnet_bench.romnet.presets import find_preset

Part = Literal["restoration", "matching", "colour"]
Measure = Literal["training", "photo", "parts"]
Work = Literal["matrix", "convolution", "loading", "training", "photo", "method"] | Part

PARTS: tuple[Part, ...] = ("restoration", "matching", "colour")

SMALLEST = 64
"""Pixels a side that the discriminator and every feature map need at least."""


class Case(pydantic.BaseModel):
    """Everything that a process must know to measure one thing.

    Args:
        work: `matrix` and `convolution` are the machine's ceilings; `loading` is the DataLoader
            alone; `training` the whole step; `photo` one photo from grey to colour; `method` the
            same by any method; the rest are the network's parts, each on one picture.
        device: "cpu", "cuda" or "cuda:N".
        precision: fp32, or bf16 by autocast.
        compiled: whether torch.compile is used.
        rounds: timings, after the warm-up.
        threads: of torch on the CPU; by default its own choice.
        preset: which network; empty for ceilings, loading and methods.
        method: a name of `run --method`.
        size: the side of pictures and patches, pixels; 0 for the ceilings.
        batch: pictures a pass.
        color_side: the longest side at which a photo's colours are predicted.
        data: a dataset's folder, for loading.
        workers: processes that load.
    """

    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    work: Work
    device: str
    precision: Precision = "fp32"
    compiled: bool = False
    rounds: int = 5
    threads: int | None = None
    preset: str = ""
    method: str = ""
    size: int = 0
    batch: int = 1
    color_side: int | None = None
    data: Path | None = None
    workers: int = 0

    @property
    def name(self) -> str:
        """The work in words."""
        names: dict[Work, str] = {
            "matrix": "ceiling: matrix product",
            "convolution": "ceiling: 3×3 convolution",
            "loading": "data loading alone",
            "training": "training step",
            "photo": f"photo, colours at {self.color_side}",
            "method": "photo, by a method",
        }
        return names.get(self.work, f"part: {self.work}")


def plan_cases(
    presets: Sequence[str],
    sizes: Sequence[int],
    works: Iterable[Measure],
    *,
    device: str,
    precisions: Sequence[Precision],
    compiled: Sequence[bool],
    batch: int | None = None,
    rounds: int = 5,
    threads: int | None = None,
    data: Path | None = None,
    workers: int = 0,
) -> list[Case]:
    """All cases in the order in which they are measured: ceilings, loading, then the networks.

    Args:
        presets: their names.
        sizes: sides of pictures, pixels; patches for training need multiples of 32.
        works: what to measure.
        device: "cpu", "cuda" or "cuda:N".
        precisions: each by itself.
        compiled: False for eager, True for torch.compile.
        batch: patches a training step; by default each preset's own.
        rounds: timings of each case.
        threads: of torch on the CPU.
        data: a dataset whose loading is measured beside training.
        workers: processes that load it.

    Raises:
        UserError: there is no such preset or dataset, or a size that training cannot take.
    """
    configs = [find_preset(name) for name in dict.fromkeys(presets)]
    wrong = [size for size in sizes if size < SMALLEST or size % STRIDE]
    if wrong:
        raise UserError(
            f"--size cannot be {wrong[0]}: give a multiple of {STRIDE}, {SMALLEST} or more."
        )
    chosen = set(works)
    plain = Case(work="matrix", device=device, rounds=rounds, threads=threads)

    def case(**changes: object) -> Case:
        return plain.model_copy(update=changes)

    if data is not None:  # what is wrong with it is said before anything is measured
        TrainingPatches(PhotoSet(data, "train"), sizes[0], seed=0)
    cases = [
        case(work=work, precision=precision)
        for precision in precisions
        for work in ("matrix", "convolution")
    ]
    if data is not None:
        batches = dict.fromkeys(batch or config.training.batch for config in configs)
        cases += [
            case(work="loading", size=size, batch=count, data=data, workers=workers)
            for size in sizes
            for count in batches
        ]
    for config in configs:
        for size in sizes:
            for precision in precisions:
                for compile_it in compiled:
                    one = case(
                        preset=config.name, size=size, precision=precision, compiled=compile_it
                    )
                    if "training" in chosen:
                        patches = batch or config.training.batch
                        cases.append(one.model_copy(update={"work": "training", "batch": patches}))
                    if "photo" in chosen:
                        sides = dict.fromkeys((min(COLOR_SIDE, size), size))
                        cases += [
                            one.model_copy(update={"work": "photo", "color_side": side})
                            for side in sides
                        ]
                    if "parts" in chosen:
                        cases += [one.model_copy(update={"work": part}) for part in PARTS]
    return cases


def plan_methods(
    methods: Sequence[str],
    sizes: Sequence[int],
    *,
    device: str,
    rounds: int = 5,
    threads: int | None = None,
) -> list[Case]:
    """Cases of one photo through each method, square and of each size, with random weights.

    Raises:
        UserError: there is no such method.
    """
    known = list_methods()
    for name in methods:
        if name not in known:
            raise UserError(f"There is no method {name}: choose one of {', '.join(known)}.")
    return [
        Case(work="method", method=name, size=size, device=device, rounds=rounds, threads=threads)
        for name in dict.fromkeys(methods)
        for size in sizes
    ]
