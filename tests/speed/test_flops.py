"""FLOPs against counts by hand, and against what torch counts while the real thing runs."""

import math

import pytest
import torch
from torch.nn import functional
from torch.utils.flop_counter import FlopCounterMode

from romnet_bench.speed.cases import Case
from romnet_bench.speed.flops import count_flops
from romnet_bench.speed.works import prepare


@pytest.mark.parametrize("device", ["cpu", "meta"])
@pytest.mark.parametrize("stride", [1, 2])
def test_a_convolution_is_counted_exactly(device: str, stride: int) -> None:
    x = torch.zeros(2, 5, 12, 16, device=device)
    weight = torch.zeros(7, 5, 3, 3, device=device)
    counted = count_flops(lambda: functional.conv2d(x, weight, stride=stride, padding=1))
    places = 12 * 16 // stride**2
    assert counted == 2 * (2 * 7 * places) * (5 * 3 * 3)


def test_backward_passes_count() -> None:
    x = torch.zeros(1, 5, 8, 8, device="meta", requires_grad=True)
    weight = torch.zeros(7, 5, 3, 3, device="meta", requires_grad=True)
    forward = 2 * 7 * 64 * 45
    counted = count_flops(lambda: functional.conv2d(x, weight, padding=1).sum().backward())
    assert counted == 3 * forward  # itself, its input's gradient and its weights' gradient


def test_attention_counts_as_two_products() -> None:
    q, k, v = (torch.zeros(1, 1, n, 8, device="meta") for n in (30, 50, 50))
    counted = count_flops(lambda: functional.scaled_dot_product_attention(q, k, v))
    assert counted == 2 * (2 * 30 * 50 * 8)


@pytest.mark.parametrize(
    ("work", "flops"),
    [("matrix", 2 * 2048**3), ("convolution", 2 * (64 * 256 * 256) * (64 * 9))],
)
def test_ceilings(work: str, flops: int) -> None:
    assert prepare(Case.model_validate({"work": work, "device": "cpu"})).flops == flops


@pytest.mark.parametrize(
    ("preset", "work"),
    [
        ("tiny", "photo"),
        ("tiny", "restoration"),
        ("tiny", "matching"),
        ("tiny", "colour"),
        ("tiny", "training"),
        ("official", "matching"),  # fuses the rows' maxima, too
    ],
)
def test_what_is_counted_is_what_runs(preset: str, work: str) -> None:
    """Lab's 3×3 matrices and what fused attention computes twice make the small difference."""
    case = {"work": work, "preset": preset, "size": 128, "color_side": 64, "device": "cpu"}
    prepared = prepare(Case.model_validate(case))
    with FlopCounterMode(display=False) as counter:
        prepared.run()
    assert math.isclose(prepared.flops, counter.get_total_flops(), rel_tol=0.03)


def test_a_training_step_counts_every_picture() -> None:
    steps = [
        Case(work="training", preset="tiny", size=64, batch=batch, device="cpu") for batch in (1, 3)
    ]
    one, three = (prepare(step).flops for step in steps)
    assert three == 3 * one > 0
