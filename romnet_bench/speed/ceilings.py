"""What this machine can do at best: a large matrix product and one large convolution."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from romnet_bench.romnet.precision import Precision

# Large enough that a larger one is hardly faster, small enough for a fraction of a second.
_CPU_SIDE, _GPU_SIDE = 2048, 8192
_CPU_PICTURES, _GPU_PICTURES = 1, 32
_CHANNELS, _PIXELS = 64, 256  # as in the paper's restoration net


def matrix_product(
    device: torch.device, precision: Precision, *, gpu: bool
) -> Callable[[], Tensor]:
    """N×N times N×N, N = 2048 for a CPU and 8192 for a GPU."""
    side = _GPU_SIDE if gpu else _CPU_SIDE
    x, y = _random(device, precision, (2, side, side))
    return lambda: x @ y


def convolution(device: torch.device, precision: Precision, *, gpu: bool) -> Callable[[], Tensor]:
    """3×3, 64 → 64 channels on 256×256 pixels; one picture for a CPU, 32 for a GPU."""
    count = _GPU_PICTURES if gpu else _CPU_PICTURES
    x = _random(device, precision, (count, _CHANNELS, _PIXELS, _PIXELS))
    weight = _random(device, precision, (_CHANNELS, _CHANNELS, 3, 3))
    x, weight = (t.contiguous(memory_format=torch.channels_last) for t in (x, weight))
    return lambda: functional.conv2d(x, weight, padding=1)


def _random(device: torch.device, precision: Precision, shape: tuple[int, ...]) -> Tensor:
    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    if device.type == "meta":
        return torch.empty(shape, device=device, dtype=dtype)
    # Not zeros: on those a GPU draws less power, and runs faster, than it ever would on pictures.
    generator = torch.Generator(device).manual_seed(0)
    return torch.randn(shape, generator=generator, device=device, dtype=dtype)
