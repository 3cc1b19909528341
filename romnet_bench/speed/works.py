"""Each case as something that can be called again and again, and counted once."""

import dataclasses
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from romnet_bench.methods.contract import MethodOptions
from romnet_bench.methods.registry import load_method
from romnet_bench.romnet.inference import restore_lightness, restore_picture
from romnet_bench.romnet.model import ROMNet, new_model
from romnet_bench.romnet.presets import find_preset
from romnet_bench.romnet.step import new_accelerator, new_nets, training_step
from romnet_bench.speed.cases import Case
from romnet_bench.speed.ceilings import convolution, matrix_product
from romnet_bench.speed.flops import count_flops

SEED = 0
"""Of weights and pictures; how long a pass takes does not depend on them."""

_META = torch.device("meta")


@dataclasses.dataclass(frozen=True)
class Prepared:
    """One pass of a case, and its floating-point operations where they are counted."""

    run: Callable[[], object]
    flops: int | None


def prepare(case: Case) -> Prepared:
    """Builds what a case measures on its device, and counts one pass of it on "meta"."""
    device = torch.device(case.device)
    if case.work in ("matrix", "convolution"):
        ceiling = matrix_product if case.work == "matrix" else convolution
        gpu = device.type != "cpu"
        flops = count_flops(ceiling(_META, case.precision, gpu=gpu))
        return Prepared(ceiling(device, case.precision, gpu=gpu), flops)
    if case.work == "method":
        return Prepared(_method(case), None)
    if case.work == "training":
        plain = case.model_copy(update={"precision": "fp32", "compiled": False})
        flops = count_flops(_training(plain, _META))
        return Prepared(_training(case, device), flops)
    model, empty = _model(case, device), _model(case, _META)
    if case.compiled:
        for part in model.children():
            part.compile()
    work = _photo if case.work == "photo" else _part
    run, counted = work(case, model, device), work(case, empty, _META)
    return Prepared(_inference(run, case, device), count_flops(_inference(counted, case, _META)))


def _method(case: Case) -> Callable[[], object]:
    """A whole photo through a method with random weights."""
    method = load_method(case.method, MethodOptions(device=case.device, untrained=True))
    generator = np.random.default_rng(SEED)
    photo = generator.integers(0, 256, (case.size, case.size), dtype=np.uint8)
    colors = generator.integers(0, 256, (case.size, case.size, 3), dtype=np.uint8)
    reference = colors if method.needs_reference else None
    return lambda: method.restore([photo], [reference])


def _training(case: Case, device: torch.device) -> Callable[[], object]:
    """The whole step: forward, five losses, backward, optimisers, discriminator."""
    with device:  # where weights are drawn: on "meta" that takes no time
        nets = new_nets(
            find_preset(case.preset),
            seed=SEED,
            accelerator=new_accelerator(case.device),
            device=str(device),
            precision=case.precision,
            compiled=case.compiled,
            pretrained=False,
        )
    generator = np.random.default_rng(SEED)
    shape = (case.size, case.size)
    batch = (
        _bytes(generator, (case.batch, 1, *shape), device),
        _bytes(generator, (case.batch, 3, *shape), device),
        _bytes(generator, (case.batch, 3, *shape), device),
    )
    return lambda: training_step(nets, batch, 0)


def _model(case: Case, device: torch.device) -> ROMNet:
    """The network as `checkpoint.load_model` hands it to inference."""
    with device:
        model = new_model(find_preset(case.preset), SEED).to(device)
    return model.to(memory_format=torch.channels_last).eval()


def _photo(case: Case, model: ROMNet, device: torch.device) -> Callable[[], object]:
    """From a grey photo to a colour one; on "meta", where no photo can be, the networks of it."""
    side = case.color_side or case.size
    if device.type == "meta":
        lightness, small = _signal(device, 1, case.size), _signal(device, 1, side)
        ab = _signal(device, 2, side)
        return lambda: (
            restore_lightness(model, lightness),
            model.colorize(small, small, model.color_signal(ab)),
        )
    generator = np.random.default_rng(SEED)
    photo = generator.integers(0, 256, (case.size, case.size), dtype=np.uint8)
    reference = generator.integers(0, 256, (case.size, case.size, 3), dtype=np.uint8)
    return lambda: restore_picture(model, photo, reference, side)


def _part(case: Case, model: ROMNet, device: torch.device) -> Callable[[], object]:
    """A part of the network on one picture whose lightness and colours have the photo's size."""
    lightness, ab = _signal(device, 1, case.size), _signal(device, 2, case.size)
    if case.work == "restoration":
        return lambda: restore_lightness(model, lightness)
    if case.work == "matching":
        return lambda: model.bring_over(lightness, lightness, model.color_signal(ab))
    empty, x = _model(case, _META), _signal(_META, 1, 64)
    brought = empty.bring_over(x, x, empty.color_signal(_signal(_META, 2, 64)))
    channels = next(iter(brought.values())).shape[1]
    scales = model.config.colorization.fusion_scales
    colors = {scale: _signal(device, channels, case.size // scale) for scale in scales}
    return lambda: model.colorization(lightness, colors)


def _inference(run: Callable[[], object], case: Case, device: torch.device) -> Callable[[], object]:
    def quietly() -> object:
        with torch.inference_mode():
            if case.precision == "bf16" and device.type != "meta":
                with torch.autocast(device.type, torch.bfloat16):
                    return run()
            return run()

    return quietly


def _signal(device: torch.device, channels: int, side: int) -> Tensor:
    """1×C×S×S in [−1, 1]."""
    if device.type == "meta":
        return torch.empty(1, channels, side, side, device=device)
    values = np.random.default_rng(SEED).random((1, channels, side, side), dtype=np.float32)
    # In place: a copy would count as memory of what is measured.
    return torch.from_numpy(values).mul_(2).sub_(1).to(device)


def _bytes(generator: np.random.Generator, shape: tuple[int, ...], device: torch.device) -> Tensor:
    return torch.from_numpy(generator.integers(0, 256, shape, dtype=np.uint8)).to(device)
