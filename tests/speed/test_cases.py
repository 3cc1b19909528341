"""Which cases are measured, and what cannot be."""

from pathlib import Path

import pytest
import torch

from romnet_bench.errors import UserError
from romnet_bench.romnet.precision import require_possible
from romnet_bench.speed.cases import plan_cases, plan_methods


def test_every_combination_once_and_ceilings_first() -> None:
    cases = plan_cases(
        ["paper", "tiny", "tiny"],
        [256, 512],
        ["training", "photo", "parts"],
        device="cpu",
        precisions=["fp32", "bf16"],
        compiled=[False, True],
    )
    assert len(set(cases)) == len(cases)
    assert [case.work for case in cases[:4]] == ["matrix", "convolution"] * 2
    assert {case.precision for case in cases[:4]} == {"fp32", "bf16"}
    # At 256 pixels the default size for colours is the full size.
    each = (1 + 1 + 3) + (1 + 2 + 3)
    assert len(cases) == 4 + 2 * 2 * 2 * each
    photos = {(case.size, case.color_side) for case in cases if case.work == "photo"}
    assert photos == {(256, 256), (512, 256), (512, 512)}


def test_batch_is_the_presets_own_or_the_one_asked_for() -> None:
    def batches(batch: int | None) -> set[int]:
        cases = plan_cases(
            ["paper", "lite"],
            [64],
            ["training"],
            device="cpu",
            precisions=["fp32"],
            compiled=[False],
            batch=batch,
        )
        return {case.batch for case in cases if case.work == "training"}

    assert batches(None) == {2, 4}
    assert batches(7) == {7}


@pytest.mark.parametrize(
    ("preset", "size", "words"),
    [("huge", 256, "no preset huge"), ("tiny", 100, "100"), ("tiny", 32, "32")],
)
def test_what_cannot_be_measured(preset: str, size: int, words: str) -> None:
    with pytest.raises(UserError, match=words):
        plan_cases([preset], [size], ["photo"], device="cpu", precisions=["fp32"], compiled=[False])


def test_a_missing_dataset_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="nowhere"):
        plan_cases(
            ["tiny"],
            [64],
            ["training"],
            device="cpu",
            precisions=["fp32"],
            compiled=[False],
            data=tmp_path / "nowhere",
        )


def test_compiling_needs_a_compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CXX", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UserError, match=r"compiler g\+\+"):
        require_possible("cpu", ("fp32",), (False, True))
    require_possible("cpu", ("fp32", "bf16"), (False,))


def test_bf16_needs_a_gpu_that_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "Tesla T4")
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: (7, 5))
    with pytest.raises(UserError, match=r"Tesla T4.* bf16"):
        require_possible("cuda", ("fp32", "bf16"), (False,))
    require_possible("cuda", ("fp32",), (False,))
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda device: (9, 0))
    require_possible("cuda", ("bf16",), (False,))


def test_methods_are_measured_one_photo_at_each_size() -> None:
    cases = plan_methods(["input", "wan", "input"], [256, 100], device="cpu", rounds=2)
    assert [(case.work, case.method, case.size) for case in cases] == [
        ("method", name, size) for name in ("input", "wan") for size in (256, 100)
    ]
    with pytest.raises(UserError, match="no method wann"):
        plan_methods(["wann"], [256], device="cpu")
