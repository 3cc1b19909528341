"""`methods check`: a verdict for good, bad and broken methods, and never a traceback."""

from importlib.metadata import EntryPoint
from types import ModuleType

import numpy as np
import pytest

from romnet_bench.errors import UserError, WeightsError
from romnet_bench.methods import registry
from romnet_bench.methods.check import check_method
from romnet_bench.methods.contract import MethodOptions


class Good:
    name, label = "theirs", "Theirs"
    restores, colorizes, needs_reference = True, True, True

    def __init__(self) -> None:
        self.notes: list[str] = []

    def restore(self, photos, references):
        assert all(reference is not None for reference in references)
        return [np.repeat(photo[..., None], 3, axis=2) for photo in photos]

    def fingerprint(self):
        return {"a": "1"}


class WrongSize(Good):
    def restore(self, photos, references):
        return [np.zeros((4, 4, 3), np.uint8) for _ in photos]


class Drifts(Good):
    calls = 0

    def restore(self, photos, references):
        self.calls += 1
        return [picture + self.calls for picture in super().restore(photos, references)]


class ChangesItsInput(Good):
    def restore(self, photos, references):
        outputs = super().restore(photos, references)
        for photo in photos:
            photo[:] = 0
        return outputs


class Raises(Good):
    def restore(self, photos, references):
        raise ZeroDivisionError("all is lost")


class OddFingerprint(Good):
    def fingerprint(self):
        return {"a": 1}


class ForgetfulFingerprint(Good):
    calls = 0

    def fingerprint(self):
        self.calls += 1
        return {"calls": str(self.calls)}


class OddLabel(Good):
    label = None


class OddFlag(Good):
    restores = "yes"


class EndsTheProgram(Good):
    def restore(self, photos, references):
        raise SystemExit(0)


class NamedAndBroken(Good):
    def restore_named(self, ids, photos, references):
        raise KeyError(ids[0])


class TakenName(Good):
    name = "input"


def refuse(options):
    raise UserError("Give it a key.")


def without_weights(options):
    if not options.untrained:
        raise WeightsError("The weights theirs/x.pth are missing: fetch them.")
    method = Good()
    method.notes.append("random weights")
    return method


def install(monkeypatch: pytest.MonkeyPatch, load: object) -> None:
    module = ModuleType("theirs_package")
    module.load = load
    monkeypatch.setitem(__import__("sys").modules, "theirs_package", module)
    entry = EntryPoint("theirs", "theirs_package:load", registry.GROUP)
    monkeypatch.setattr(registry, "entry_points", lambda group: [entry])


@pytest.mark.parametrize(
    ("load", "status", "why"),
    [
        (lambda options: Good(), "ok", ""),
        (without_weights, "ok", "With random weights. The weights theirs/x.pth are missing"),
        (lambda options: WrongSize(), "incompatible", "must return 64×64×3"),
        (lambda options: Drifts(), "incompatible", "another picture the second time"),
        (lambda options: ChangesItsInput(), "incompatible", "changes the photos"),
        (lambda options: OddFingerprint(), "incompatible", "fingerprint"),
        (lambda options: ForgetfulFingerprint(), "incompatible", "another one each time"),
        (lambda options: OddLabel(), "incompatible", "label must be a line of text, not None"),
        (lambda options: OddFlag(), "incompatible", "restores must be True or False, not 'yes'"),
        (lambda options: EndsTheProgram(), "failed", "It raised SystemExit: 0"),
        (lambda options: NamedAndBroken(), "failed", "It raised KeyError"),
        (lambda options: TakenName(), "incompatible", "another method's name"),
        (lambda options: "nonsense", "incompatible", "lacks a part of the contract"),
        (lambda options: Raises(), "failed", "ZeroDivisionError: all is lost"),
        (refuse, "failed", "Give it a key"),
    ],
)
def test_verdicts(monkeypatch, load, status, why):
    install(monkeypatch, load)
    verdict = check_method("theirs", MethodOptions())
    assert verdict.status == status, verdict
    assert why in verdict.why


def test_what_cannot_be_imported_is_incompatible(monkeypatch):
    entry = EntryPoint("theirs", "no_such_package_here:load", registry.GROUP)
    monkeypatch.setattr(registry, "entry_points", lambda group: [entry])
    verdict = check_method("theirs", MethodOptions())
    assert verdict.status == "incompatible"
    assert "cannot be imported" in verdict.why


def test_input_is_ok():
    assert check_method("input", MethodOptions()).status == "ok"


def test_an_unknown_name_is_a_mistake():
    with pytest.raises(UserError, match="There is no method nonsense"):
        check_method("nonsense", MethodOptions())
